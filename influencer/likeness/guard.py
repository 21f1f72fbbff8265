"""The likeness guard: the only maker of a cleared order, and the portrait maker paints nothing else.

A named person, or a picture that this house did not paint, needs a consent record that allows this use now. A name is
never put into a prompt: a likeness comes from the pictures its owner agreed to, not from what a model remembers.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from influencer.errors import InvalidInput, LikenessRefused, Mistake
from influencer.likeness.consent import Purpose, StoredConsent, Use, refusal
from influencer.likeness.people import imitations, mask, name_findings, same_person
from influencer.market import Market
from influencer.persona import Persona
from influencer.pictures import image_mistakes
from influencer.store.consents import ConsentRepository
from influencer.store.portraits import PortraitRepository

NEEDS = "a host who is nobody, or `portrait consent add` for the person"
OWN_PICTURE = "a portrait painted here, or a picture that a consent record lists (`portrait consent add --reference`)"
MAX_EXTRA = 200


@dataclass(frozen=True, slots=True)
class PortraitOrder:
    """What an operator asks for. `market` None is the master portrait alone."""

    persona: Persona
    market: Market | None
    extra: str = ""
    reference: Path | None = None


@dataclass(frozen=True, slots=True)
class ClearedReference:
    """A picture that may be used, read once: what was checked is what is painted from."""

    data: bytes
    sha256: str
    consent: StoredConsent | None
    """The record it rests on; None when we painted it and it shows nobody who exists."""


@dataclass(frozen=True, slots=True)
class ClearedOrder:
    """An order that imitates nobody without consent. Only `LikenessGuard.clear` makes one."""

    persona: Persona
    market: Market | None
    extra: str
    """Without any name."""
    reference: ClearedReference | None

    @property
    def consent(self) -> StoredConsent | None:
        """The record that the whole picture rests on; None when it shows nobody who exists."""
        return self.reference.consent if self.reference else None


class LikenessGuard:
    """Checks orders and pictures against the consent records, at the moment of use."""

    def __init__(self, consents: ConsentRepository, portraits: PortraitRepository, now: Callable[[], datetime]) -> None:
        self._consents = consents
        self._portraits = portraits
        self._now = now

    async def clear(self, order: PortraitOrder, purpose: Purpose = "portrait") -> ClearedOrder:
        """Check every free text and picture of an order.

        Raises:
            LikenessRefused: somebody would be imitated; each reason names the field, and the clause of the record.
            InvalidInput: the extra is too long, or the reference is no picture.
        """
        if len(order.extra) > MAX_EXTRA:
            raise InvalidInput("portrait", [Mistake("extra", f"{len(order.extra)} letters", f"at most {MAX_EXTRA}")])
        use = Use(purpose, order.persona.id, order.market.id if order.market else None, self._now())
        reference = await self._reference(order.reference, use)
        mistakes: list[Mistake] = []
        named = await self._named(order, use, mistakes)
        own_names = set(order.persona.name.values())
        people = {consent.record.person for consent in named}
        _read_texts(order, own_names | people, people, mistakes)
        mistakes += _picture_mistakes(order.persona, reference, people)
        if mistakes:
            raise LikenessRefused(mistakes)
        extra = mask(mask(order.extra, people, "the person in the reference picture"), own_names, "the host")
        return ClearedOrder(order.persona, order.market, extra, reference)

    async def check_picture(self, data: bytes, use: Use) -> StoredConsent | None:
        """Check that a picture may be used: by the portrait maker, or by anything that makes it move.

        Returns:
            The consent record it rests on, None for a person who does not exist.

        Raises:
            LikenessRefused: nobody agreed to this use of it.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        ours = await self._portraits.find(sha256)
        if ours is not None and ours.consent_id is None:
            return None
        records = [await self._consents.get(ours.consent_id)] if ours and ours.consent_id else []
        records = records or await self._consents.of_picture(sha256)
        if not records:
            given = f"a picture nobody vouches for ({sha256[:12]}…)"
            raise LikenessRefused([Mistake("reference", given, OWN_PICTURE)])
        return _allowing(records, use)

    async def _reference(self, file: Path | None, use: Use) -> ClearedReference | None:
        if file is None:
            return None
        data = await asyncio.to_thread(_picture, file)
        return ClearedReference(data, hashlib.sha256(data).hexdigest(), await self.check_picture(data, use))

    async def _named(self, order: PortraitOrder, use: Use, mistakes: list[Mistake]) -> list[StoredConsent]:
        """The records in force of everybody the order names; why not, into `mistakes`, for the others."""
        texts = [order.extra, *order.persona.name.values()]
        known = {consent.record.person for consent in await self._consents.all()}
        persons = {person for person in known if any(mask(text, [person]) != mask(text, []) for text in texts)}
        if not order.persona.synthetic and order.persona.consent is not None:
            persons.add(order.persona.consent.person)
        named: list[StoredConsent] = []
        for person in sorted(persons):
            records = await self._consents.of_person(person)
            if not records:
                mistakes.append(Mistake("consent.person", repr(person), NEEDS))
                continue
            try:
                named.append(_allowing(records, use))
            except LikenessRefused as refused:
                mistakes += refused.mistakes
        return named


def _picture(file: Path) -> bytes:
    mistakes = image_mistakes(file.parent, [file.name])
    if mistakes:
        raise InvalidInput("portrait", [Mistake("reference", each.given, each.allowed) for each in mistakes])
    return file.read_bytes()


def _read_texts(order: PortraitOrder, extra_names: set[str], people: set[str], mistakes: list[Mistake]) -> None:
    for market, name in order.persona.name.items():
        if mask(name, people) == mask(name, []):
            mistakes += [Mistake(f"name.{market}", repr(f.words), f"{NEEDS} ({f.why})") for f in name_findings(name)]
    mistakes += [Mistake("extra", repr(f.words), f"{NEEDS} ({f.why})") for f in imitations(order.extra, extra_names)]
    card = order.market.style_card if order.market else None
    for field, text in (("light", card.light), ("mood", card.mood)) if card else ():
        mistakes += [Mistake(f"style_card.{field}", repr(f.words), f"{NEEDS} ({f.why})") for f in imitations(text)]


def _picture_mistakes(persona: Persona, reference: ClearedReference | None, people: set[str]) -> list[Mistake]:
    """What is wrong between the people named, the person in the picture, and what the persona's file says."""
    shown = reference.consent.record.person if reference and reference.consent else None
    found = [
        Mistake("reference", f"no picture of {person}", f"a picture listed in the consent record of {person}")
        for person in sorted(people)
        if shown is None or not same_person(person, shown)
    ]
    if shown is not None and persona.synthetic:
        given = f"true, with a picture of {shown}"
        found.append(
            Mistake("synthetic", given, "false and a consent block, in the file of a persona of a real person")
        )
    return found


def _allowing(records: list[StoredConsent], use: Use) -> StoredConsent:
    """The first record that allows the use; else the refusals of all."""
    refusals: list[Mistake] = []
    for record in records:
        found = refusal(record, use)
        if found is None:
            return record
        refusals.append(found)
    raise LikenessRefused(refusals)
