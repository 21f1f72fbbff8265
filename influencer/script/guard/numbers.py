"""Check: every number of a line states a fact, in the role the fact has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from influencer.script.guard.context import same_subject, sentence_around
from influencer.script.guard.grounds import VOLATILE, Ground, Grounds
from influencer.script.guard.lexicon import Phrases
from influencer.script.guard.mentions import HUMBLE, Mention, find_mentions
from influencer.script.guard.view import Finding, LineView

_SAVING_FACTS = {"discount", "coupon_value"}
_STATED = {"price", "list_price", "discount", "stock", "coupon", "coupon_value", "coupon_price", "offer_ends"}
"""Facts that are a bare quantity: no common subject is needed to recognise them."""
_CUE_TOKENS_BEFORE, _CUE_TOKENS_AFTER = 5, 4
_CUE_CHARS = 12
_SAVING_FOLLOWS = {"ko", "ja"}
"""Where a saving is named behind its amount: 29,000원 할인. 10%オフで2,682円 is a price …"""
_SAVED_AMOUNT = re.compile(r"(?:금액|할인액|額)[^ ]? ?$")
"""… but 할인 금액은 9,000원 is a saving."""
_CLAUSE = re.compile(r"[,;:.!?、，。！？।](?!\d)")
_PHYSICAL = {
    "ml",
    "g",
    "mm",
    "inch",
    "ounce",
    "fl-oz",
    "watt",
    "volt",
    "mah",
    "kcal",
    "mb",
    "celsius",
    "lumen",
    "decibel",
}


def check_numbers(view: LineView, grounds: Grounds) -> Iterator[Finding]:
    """One finding for each quantity that is not trusted."""
    for mention in find_mentions(view.unchecked, grounds.language, grounds.currency):
        if mention.words == HUMBLE:
            continue
        supporting = [ground for ground in grounds.facts if _supports(ground, mention, view, grounds)]
        if supporting:
            slot = _slot(supporting, mention, grounds)
            span = mention.number if slot == "stock" else (mention.start, mention.end)  # "480 left" keeps its words
            yield Finding(*span, _ids(supporting), slot=slot)
        else:
            said = view.words(mention.start, mention.end)
            yield Finding(mention.start, mention.end, reason=f'"{said}": no fact says this {_NAMES[mention.kind]}')


_NAMES = {
    "money": "amount", "percent": "percentage", "measure": "measure", "date": "date", "count": "number",
    "ratio": "multiple", "code": "code or number",
}  # fmt: skip


def _ids(supporting: list[Ground]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ground.fact.id for ground in supporting))


def _supports(ground: Ground, mention: Mention, view: LineView, grounds: Grounds) -> bool:
    if mention.kind == "code":
        return _says_code(ground.text, mention.words)
    if mention.kind == "ratio" and _is_discount(ground, mention):
        return True
    if not any(_equal(mention, stated) for stated in ground.mentions):
        return False
    if ground.fact.kind == "discount" and _by_coupon(mention, view, grounds):
        return False  # what the coupon takes off is another number than what is off the regular price
    role = _role(ground)
    if role is not None:
        return _role_fits(role, mention, view, grounds)
    if mention.kind == "measure" and ground.fact.kind == "spec" and mention.unit in _PHYSICAL:
        return True
    return _same_subject(ground, mention, view, grounds)


def _says_code(text: str, code: str) -> bool:
    words = text.replace(",", " ").replace(".", " ").split()
    return code in words or code in text.split()


def _equal(claim: Mention, stated: Mention) -> bool:
    if (claim.kind, claim.unit) != (stated.kind, stated.unit):
        return False
    if claim.kind != "date" and claim.bound != stated.bound:
        return False
    if claim.kind == "count" and claim.words[:4] != stated.words[:4]:
        return False
    if claim.kind == "date" and claim.words and stated.words and claim.words != stated.words:
        return False
    return claim.value == stated.value


def _is_discount(ground: Ground, mention: Mention) -> bool:
    """Half price is 50 % off."""
    return ground.fact.kind in _SAVING_FACTS and any(
        stated.kind == "percent" and stated.value == (1 - mention.value) * 100 for stated in ground.mentions
    )


def _role(ground: Ground) -> str | None:
    """What a bare quantity is: a price to pay, the regular price, a saving; None for quantities within a text."""
    kind = ground.fact.kind
    if kind not in _STATED:
        return None
    roles = {"list_price": "regular", "price": "price", "coupon_price": "price"}
    return "saving" if kind in _SAVING_FACTS else roles.get(kind, "other")


def _role_fits(role: str, mention: Mention, view: LineView, grounds: Grounds) -> bool:
    lexicon = grounds.lexicon
    if role == "saving":
        return any(_cued(cues, mention, view, grounds) for cues in (lexicon.saving, lexicon.coupon))
    if role == "regular":
        return _cued(lexicon.regular, mention, view, grounds)
    if role == "price":
        return not _cued(lexicon.saving, mention, view, grounds, close=True)
    return True


def _by_coupon(mention: Mention, view: LineView, grounds: Grounds) -> bool:
    offer = grounds.sheet.brief.offer
    code = grounds.lexicon.phrases([offer.coupon] if offer is not None else [])
    return any(_cued(cues, mention, view, grounds) for cues in (grounds.lexicon.coupon, code))


def _cued(cues: Phrases, mention: Mention, view: LineView, grounds: Grounds, *, close: bool = False) -> bool:
    """Whether a cue stands near a quantity; `close`: right next to it."""
    before, after = view.text[: mention.start], view.text[mention.end :]
    if close:
        before, after = _CLAUSE.split(before)[-1], _CLAUSE.split(after)[0]
        if grounds.language in _SAVING_FOLLOWS and not _SAVED_AMOUNT.search(before):
            before = ""
    if grounds.lexicon.spaced:
        left, right = (2, 2) if close else (_CUE_TOKENS_BEFORE, _CUE_TOKENS_AFTER)
        before, after = " ".join(before.split()[-left:]), " ".join(after.split()[:right])
    else:
        width = _CUE_CHARS // 4 if close else _CUE_CHARS
        before, after = before[-(_CUE_CHARS if _SAVED_AMOUNT.search(before) else width) :], after[:width]
    return cues.within(before) or cues.within(after)


def _same_subject(ground: Ground, mention: Mention, view: LineView, grounds: Grounds) -> bool:
    sentence = sentence_around(view.text, mention.start, mention.end)
    return same_subject(sentence, ground.text, grounds.language, besides=grounds.name_stems)


def _slot(supporting: list[Ground], mention: Mention, grounds: Grounds) -> str | None:
    """The slot to say instead, when everything that supports a quantity may change while the show runs."""
    ids = [ground.fact.id for ground in supporting]
    if mention.kind == "ratio" or not all(id_ in VOLATILE for id_ in ids):
        return None
    if mention.kind in {"measure", "count"}:
        return "stock" if ids == ["stock"] else None
    for ground in supporting:
        slot = "saving" if ground.fact.text == grounds.sheet.slots.get("saving") else ground.fact.id
        if slot in grounds.sheet.slots and (mention.kind != "date" or slot == "offer_ends"):
            return slot
    return None
