"""What the show itself says passes the same lists: texts for the chat, and lines before the guard approves them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from influencer.moderation.moderator import Moderator, Reason, Verdict
from influencer.script.guard.folding import fold

_FIT: frozenset[Reason] = frozenset({"promotion"})
"""A host may say "follow me"."""
_OF_THE_SHOP: frozenset[Reason] = frozenset({"personal", "link"})
"""What an advertiser's own facts may hold: a shop's address, the number of its service."""

_SHORTEST = 4
"""Letters of a fact below which it holds neither an address nor a number."""


def unfit(text: str, language: str, own: Iterable[str] = ()) -> tuple[Reason, ...]:
    """Why a text must not be shown or said; empty when it may. Never raises.

    Args:
        text: as it would be shown or heard.
        language: the market's, ISO 639-1; English words are looked for everywhere.
        own: the advertiser's own facts; an address or a number that stands in one of them is no fault.
    """
    verdict = _read(text, language)
    reasons = tuple(reason for reason in verdict.reasons if reason not in _FIT)
    if _OF_THE_SHOP & set(reasons):
        rest = _without(text, own)
        if rest != text:
            return unfit(rest, language)
    return reasons


def rude(text: str, language: str) -> tuple[Reason, ...]:
    """Why a person of the team must not write a text: words alone, for they may well give an address or a number."""
    return tuple(reason for reason in _read(text, language).reasons if reason not in _FIT | _OF_THE_SHOP)


def _without(text: str, own: Iterable[str]) -> str:
    """The text without the advertiser's facts that it holds word for word."""
    plain = fold(text).text
    for fact in sorted({fold(one).text.strip(" .!") for one in own}, key=len, reverse=True):
        if len(fact) >= _SHORTEST and fact in plain:
            plain = plain.replace(fact, " ")
    return text if plain == fold(text).text else plain


@lru_cache(maxsize=2048)
def _read(text: str, language: str) -> Verdict:
    return _moderator(language).read(text)


@lru_cache
def _moderator(language: str) -> Moderator:
    return Moderator(language)
