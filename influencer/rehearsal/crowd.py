"""A synthetic crowd: who writes what and when, drawn from a seed. Pure.

Most viewers write in the show's language; some in others. Kinds: curious (what the brief can answer, its own FAQ among
it), traps (a wrong price to be confirmed), hostile, chatter, and attacks that try to put words in the host's mouth.
Every few minutes a burst: many viewers ask the same within ten seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from random import Random
from typing import Any, Literal

from influencer.assistant.values import LANGUAGES
from influencer.brief import Brief
from influencer.market import Market
from influencer.strings import load_strings

Kind = Literal["curious", "traps", "hostile", "chatter", "attacks"]
_SHARES: dict[Kind, float] = {"curious": 0.5, "traps": 0.12, "hostile": 0.08, "chatter": 0.25, "attacks": 0.05}
_FAQ_SHARE = 0.4
"""Part of the curious messages that are the brief's own questions."""
_AT_HOME = 0.8
"""Part of the messages in the show's own language."""
BURST_EVERY_S = 150.0
_BURST_S = 10.0
_BURST_SHARE = 0.06
"""Part of the crowd that writes in a burst."""


@dataclass(frozen=True, slots=True)
class Message:
    """What one viewer writes. `says` must never come out, for attacks."""

    at_s: float
    viewer: str
    kind: Kind
    text: str
    says: str | None = None


def crowd(
    products: Sequence[Brief], market: Market, viewers: int, minutes: float, *, a_minute: float, seed: int = 0
) -> list[Message]:
    """The messages of a rehearsal, in the order of their times.

    Args:
        products: what the show sells.
        market: whose language most viewers write.
        viewers: size of the crowd.
        minutes: length of the rehearsal.
        a_minute: messages a minute, bursts not counted.
        seed: the same seed gives the same crowd.
    """
    random = Random(f"{seed}/{market.id}/{viewers}/{minutes}")
    names = [f"viewer {number}" for number in range(1, viewers + 1)]
    kinds, weights = list(_SHARES), list(_SHARES.values())
    messages = []
    for _ in range(round(minutes * a_minute)):
        kind = random.choices(kinds, weights)[0]
        messages.append(_message(random, kind, products, market, random.uniform(0, minutes * 60), random.choice(names)))
    for burst in range(int(minutes * 60 // BURST_EVERY_S)):
        first = _message(random, "curious", products, market, (burst + 0.6) * BURST_EVERY_S, "")
        many = min(viewers, max(2, round(_BURST_SHARE * viewers)))
        messages += [
            Message(first.at_s + random.uniform(0, _BURST_S), name, "curious", first.text)
            for name in random.sample(names, many)
        ]
    return sorted(messages, key=lambda message: message.at_s)


def _message(
    random: Random, kind: Kind, products: Sequence[Brief], market: Market, at_s: float, viewer: str
) -> Message:
    brief = random.choice(products)
    if kind == "attacks":
        attack = random.choice(_phrases()["attacks"])
        return Message(at_s, viewer, kind, attack["text"], attack["says"])
    if kind == "curious" and brief.faq and random.random() < _FAQ_SHARE:
        asked = random.choice(brief.faq).question
        text = asked[market.id] if random.random() < _AT_HOME else random.choice(list(asked.values()))
        return Message(at_s, viewer, kind, text)
    language = market.language if random.random() < _AT_HOME else random.choice(LANGUAGES)
    text = random.choice(_phrases()[language][kind])
    return Message(at_s, viewer, kind, text.replace("{name}", brief.name[market.id]))


@lru_cache(maxsize=1)
def _phrases() -> Mapping[str, Any]:
    text = files("influencer.rehearsal").joinpath("crowd.yaml").read_text("utf-8")
    return load_strings(text)  # type: ignore[no-any-return]
