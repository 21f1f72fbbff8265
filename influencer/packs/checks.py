"""What a pack must hold beyond its fields' own rules, before it is kept: for persons and for programs alike.

A file that is wrong is found when it is read; what is edited in a page is found here, with the field named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from babel import Locale
from babel.numbers import get_territory_currencies
from pydantic import ValidationError

from influencer.brief import Brief
from influencer.errors import InvalidInput, Mistake
from influencer.likeness.guard import NEEDS
from influencer.likeness.people import imitations, name_findings
from influencer.loading import briefs, load_brief, personas
from influencer.market import Market
from influencer.packs.catalogue import Kind, Pack
from influencer.persona import Persona
from influencer.script.claims import ClaimGuard, Explanation
from influencer.script.facts import FactSheet
from influencer.script.values import Line
from models.avatar.attributes import HostAttributes, allowed_values, attribute_keys

_SYNTHETIC = {
    "en": r"\bAI\b|artificial intelligence", "ko": r"AI|인공지능", "ja": r"AI|人工知能", "zh": r"AI|人工智能",
    "es": r"\bIA\b|inteligencia artificial", "pt": r"\bIA\b|inteligência artificial",
    "fr": r"\bIA\b|intelligence artificielle", "it": r"\b[AI]{2}\b|intelligenza artificiale",
    "hi": r"AI|एआई|कृत्रिम बुद्धिमत्ता", "id": r"\bAI\b|kecerdasan buatan",
}  # fmt: skip
"""How a language says that a host is made by software: the disclosure says one of these."""
WITNESSES = 2
"""Demo briefs whose facts own texts are checked against: what one of them happens to prove does not make it so."""


def pack_mistakes(kind: Kind, pack: Pack, pack_id: str, before: Pack | None, now: datetime) -> list[Mistake]:
    """Everything wrong with a pack that is about to be kept, `before` being what it changes.

    Blocks for some tenths of a second: call it in a worker thread.
    """
    found = [] if pack.id == pack_id else [Mistake("id", pack.id, f"{pack_id}: an id stays")]
    if isinstance(pack, Persona):
        return found + persona_mistakes(pack, before if isinstance(before, Persona) else None)
    return found + list(_market_mistakes(pack, before if isinstance(before, Market) else None, now))


def persona_mistakes(persona: Persona, before: Persona | None) -> list[Mistake]:
    """Attributes, names and rights of a persona."""
    found = list(_attribute_mistakes(persona))
    if before is not None and not before.synthetic and persona.synthetic:
        found.append(Mistake("synthetic", "true", "false: this is a real person's, and stays so"))
    if persona.synthetic:
        for market, name in persona.name.items():
            findings = name_findings(name)
            found += [Mistake(f"name.{market}", repr(one.words), f"{NEEDS} ({one.why})") for one in findings]
        findings = imitations(persona.manner, set(persona.name.values()))
        found += [Mistake("manner", repr(one.words), f"{NEEDS} ({one.why})") for one in findings]
    return found


def _attribute_mistakes(persona: Persona) -> Iterator[Mistake]:
    styled = {f"styles.{market}": style for market, style in persona.styles.items()}
    for place, attributes in {"attributes": persona.attributes, **styled}.items():
        try:
            HostAttributes.model_validate(dict(attributes))
        except ValidationError as error:
            for one in error.errors():
                key = str(one["loc"][0])
                if one["type"] == "extra_forbidden":
                    yield Mistake(f"{place}.{key}", "an unknown attribute", ", ".join(attribute_keys()))
                else:
                    yield Mistake(f"{place}.{key}", repr(attributes.get(key)), allowed_values(key) or str(one["msg"]))


def _market_mistakes(market: Market, before: Market | None, now: datetime) -> Iterator[Mistake]:
    hosts = personas()
    if market.persona not in hosts:
        yield Mistake("persona", market.persona, f"one of {', '.join(hosts)}")
    if not market.voices or not set(market.voices) <= {"female", "male"}:
        yield Mistake("voices", ", ".join(market.voices) or "nothing", "female, male, or both")
    territory = Locale.parse(market.locale).territory
    if market.currency not in get_territory_currencies(territory):
        yield Mistake("currency", market.currency, " or ".join(get_territory_currencies(territory)))
    if not re.search(_SYNTHETIC[market.language], market.disclosure, re.IGNORECASE):
        yield Mistake("disclosure", repr(market.disclosure[:40]), "words that say that the host is made by an AI")
    if not re.search(r"AI|IA", market.label):
        yield Mistake("label", repr(market.label), "a label with AI (or IA) in it: viewers must be able to tell")
    for field in ("light", "mood") if market.style_card else ():
        findings = imitations(getattr(market.style_card, field))
        for one in findings:
            yield Mistake(f"style_card.{field}", repr(one.words), f"{NEEDS} ({one.why})")
    known = {*before.own_texts, before.person} if before else set()
    yield from _said_mistakes(market, known, before or market, now)


def _said_mistakes(market: Market, known: set[str], before: Market, now: datetime) -> Iterator[Mistake]:
    """Texts that nobody has read before must claim nothing; those that shipped or were approved were read."""
    guards = own_text_guards(market, before, now)
    for field, text in own_fields(market):
        spoken = {taboo for taboo in market.taboo_claims if taboo.casefold() in text.casefold()}
        if text in known and not spoken:
            continue
        for guard, product in guards:
            verdict = explained(guard, text, product, market)
            if not verdict.approved:
                yield Mistake(field, repr(text[:60]), f"words that claim nothing ({'; '.join(verdict.reasons)})")
                break


def own_fields(market: Market) -> Iterator[tuple[str, str]]:
    """What hosts say here whatever they sell, each by its field."""
    yield "disclosure", market.disclosure
    yield "person", market.person
    for name in ("greetings", "farewells", "fillers"):
        for index, text in enumerate(getattr(market, name)):
            yield f"{name}[{index}]", text


def own_text_guards(market: Market, before: Market, now: datetime) -> list[tuple[ClaimGuard, str]]:
    """Guards over products that have nothing to do with the texts, whose words must not vouch for themselves."""
    own = {name: getattr(before, name) for name in ("disclosure", "greetings", "farewells", "fillers")}
    judge = market.model_copy(update=own)
    return [(ClaimGuard(judge, [FactSheet.build(one, judge, now=now)]), one.id) for one in demo_briefs(market)]


def demo_briefs(market: Market) -> list[Brief]:
    """Some products of the house that are sold here."""
    found = [brief for brief in map(load_brief, briefs()) if market.id in brief.markets]
    return found[:WITNESSES]


def explained(guard: ClaimGuard, text: str, product: str, market: Market) -> Explanation:
    """The guard's verdict on one of a market's own texts."""
    line = Line(text, "opening", product, market.id, (), "template", "pack")
    return guard.explain(line)


def refuse(source: str, mistakes: list[Mistake]) -> None:
    """Raise what was found.

    Raises:
        InvalidInput: something was.
    """
    if mistakes:
        raise InvalidInput(source, mistakes)
