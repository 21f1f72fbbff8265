"""What a show tells its room beside talk: the payloads the viewer page reads."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from PIL import Image

from influencer.brief import MarketId
from influencer.sales.cues import Cue
from influencer.sales.events import Airing
from influencer.show.control import CardView, ShowInfo
from streaming.chat_hub import ChatEvent
from streaming.media import Caption

_MARKED = 50
_NOTHING = Airing()
_NONE: Mapping[MarketId, str | None] = {}


def caption_event(
    caption: Caption,
    airing: Airing = _NOTHING,
    cues: Sequence[Cue] = (),
    translated: Mapping[MarketId, str | None] = _NONE,
) -> ChatEvent:
    """What the host is saying now; `start` and `end` in 1/48000 s of the show clock.

    `utterance_id` is what the page sends back with a click, `cues` what it lights up until `end`. `translated` is the
    whole line in the languages that viewers read along in; None where there are no words for it.
    """
    line = {"utterance_id": airing.utterance_id, "product_id": airing.product_id, "segment": airing.segment}
    return ChatEvent("caption", asdict(caption) | line | {"cues": list(cues), "translated": dict(translated)})


def card_event(card: CardView | None, cards: Sequence[CardView] = ()) -> ChatEvent:
    """The product on air changed, or a price, a coupon or the stock did; `cards` are all products of the show."""
    return ChatEvent(
        "card", {"card": None if card is None else asdict(card), "cards": [asdict(each) for each in cards]}
    )


def state_event(info: ShowInfo) -> ChatEvent:
    """The show was paused, resumed, stopped, or switched to another market or host."""
    return ChatEvent(
        "state",
        {
            "state": info.state,
            "title": info.title,
            "market": info.market,
            "persona_name": info.persona_name,
            "label": info.label,
            "person": info.person,
        },
    )


def viewers_event(viewers: int) -> ChatEvent:
    """How many people watch."""
    return ChatEvent("viewers", {"viewers": viewers})


def turn_event(now: Sequence[int], next_: Sequence[int]) -> ChatEvent:
    """Whose questions are being answered aloud, and whose are next: the seqs of those questions, the latest 50 of each.

    One state for the whole room, so that a page marks the questions and nobody is sent a message for each.
    """
    return ChatEvent("turn", {"now": list(now[-_MARKED:]), "next": list(next_[-_MARKED:])})


def jpeg_bytes(image: Image.Image) -> bytes:
    """A still for the page. Blocks for some milliseconds."""
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
