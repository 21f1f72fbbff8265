"""What the pages may see and do: the one seam between the web and the running shows.

The web holds a `House` and nothing else of a show's inside. Reading methods are plain functions that answer at
once from memory; commands are coroutines that return when the show has accepted them. Every failure is one of
`influencer.errors`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

from influencer.brief import MarketId

if TYPE_CHECKING:  # values only: the pages never build these
    from collections.abc import Sequence

    from influencer.brief import Brief
    from influencer.sales.events import Airing
    from influencer.script.run_of_show import RunOfShow
    from influencer.show.doorkeeper import Doorkeeper, Notice
    from influencer.show.interruptions import Boundary
    from influencer.show.operator import Operator
    from influencer.show.swapping import Swap, SwapPreview
    from streaming.chat_hub import ChatHub, ChatMessage
    from streaming.hls import HlsPackager
    from streaming.media import Caption
    from streaming.webrtc import WhepService
    from streaming.whip import MicrophoneService

ShowState = Literal["starting", "live", "paused", "stopped"]
"""starting: no picture yet; live: the rundown runs; paused: a silent host, streams go on; stopped: ended."""


@dataclass(frozen=True, slots=True)
class ShowInfo:
    """One show as a list or a header shows it."""

    id: str
    title: str
    """The product's name (or names) in the market's language."""
    market: MarketId
    language: str
    """ISO 639-1: ko."""
    persona_id: str
    persona_name: str
    brief_ids: tuple[str, ...]
    product_on_air: str | None
    state: ShowState
    started_at: datetime | None
    """Aware UTC; None while starting."""
    viewers: int
    label: str
    """The market's AI notice, the same words as on the picture."""
    person: str | None = None
    """That a person is speaking, in the market's words; None while only the host does."""


@dataclass(frozen=True, slots=True)
class CardView:
    """The product on air; every text is already in the market's format."""

    product_id: str
    name: str
    summary: str
    price: str
    list_price: str | None = None
    discount: str | None = None
    coupon: str | None = None
    coupon_code: str | None = None
    """What an order sends to get the coupon's price; None when no coupon is valid now."""
    coupon_price: str | None = None
    offer_ends: str | None = None
    """When the coupon ends, ISO 8601 in UTC; None when none is valid now."""
    stock: str | None = None
    sold_out: bool = False
    has_image: bool = False
    shipping: str = ""
    returns: str = ""
    notice: str | None = None
    """What the law wants read beside the product."""


@dataclass(frozen=True, slots=True)
class OnAir:
    """What is being said now: the utterance's id in the store (orders are attributed to it) and its words."""

    utterance_id: int
    text: str


@dataclass(frozen=True, slots=True)
class MicrophoneView:
    """A show's microphone as the desk shows it."""

    speaker: str | None = None
    """Who is connected, or about to be."""
    on_air: bool = False
    """What they say now goes to the viewers."""
    heard: bool = False
    """Their voice is on air at this moment, and labelled."""
    ended: str | None = None
    """Why the last speaker's microphone was closed; None before the first, and while one is open."""


@dataclass(frozen=True, slots=True)
class Sale:
    """An order that was just stored, as the show hears of it."""

    order_id: str
    product_id: str
    quantity: int
    units_left: int


@dataclass(frozen=True, slots=True)
class Stat:
    """One live number for the operator ("speech real-time factor", "0.31", "x")."""

    name: str
    value: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded still."""

    data: bytes
    media_type: Literal["image/jpeg", "image/png", "image/webp"]


@dataclass(frozen=True, slots=True)
class StartRequest:
    """Which products to present, where, and by whom (None: the market's house persona)."""

    brief_ids: tuple[str, ...]
    market: MarketId
    persona: str | None = None
    run: RunOfShow | None = None
    """The planned run-of-show; None: the usual turns."""


@dataclass(frozen=True, slots=True)
class BriefChoice:
    """A brief the operator can put on air."""

    id: str
    name: str
    brand: str
    markets: tuple[MarketId, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A market or a persona the operator can pick."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything a show can be started with."""

    briefs: tuple[BriefChoice, ...]
    markets: tuple[Choice, ...]
    personas: tuple[Choice, ...]


class Show(Protocol):
    """One running show."""

    @property
    def chat(self) -> ChatHub:
        """The room viewers talk in; captions and card changes are published there too."""
        ...

    @property
    def whep(self) -> WhepService:
        """The WebRTC way out."""
        ...

    @property
    def hls(self) -> HlsPackager | None:
        """The fallback way out; None when this preset does without."""
        ...

    @property
    def operator(self) -> Operator:
        """The operator's desk: the coming lines, taking over, breaks and the slate."""
        ...

    def info(self) -> ShowInfo:
        """The show now."""
        ...

    def card(self) -> CardView | None:
        """The product on air, None between products."""
        ...

    def cards(self) -> Sequence[CardView]:
        """Every product of the show, the one on air first, the others in the show's order."""
        ...

    async def read_along(self, market: MarketId) -> str | None:
        """What is being said, in another market's language: the same facts, natively worded.

        None when there is no such wording, or nothing is said. From now on captions carry that language too.

        Raises:
            NotFound: no such market.
        """
        ...

    def transcript(self) -> Sequence[Caption]:
        """The latest captions, oldest first, at most a few dozen."""
        ...

    def on_air(self) -> OnAir | None:
        """What is being said at this moment, None in a pause."""
        ...

    def airing(self, utterance_id: int | None = None) -> Airing:
        """What a viewer reacted to: the line their page names when it was on air lately, else the one begun last."""
        ...

    @property
    def microphone(self) -> MicrophoneService:
        """The way in for one person's voice (WHIP)."""
        ...

    def speaker(self) -> MicrophoneView:
        """Who is at the microphone."""
        ...

    def stats(self) -> Sequence[Stat]:
        """Live numbers: frames a second, drift, queue depths, real-time factors."""
        ...

    def product(self, product_id: str) -> Brief:
        """The brief of one of this show's products, for its price and offer.

        Raises:
            NotFound: this show does not sell it; the message lists what it sells.
        """
        ...

    async def poster(self) -> Picture:
        """The latest composed frame.

        Raises:
            Busy: there is no frame yet.
        """
        ...

    async def product_image(self, product_id: str) -> Picture:
        """The product's own picture, re-encoded by us.

        Raises:
            NotFound: no such product here, or it has no picture.
        """
        ...

    @property
    def door(self) -> Doorkeeper:
        """Who and what comes into the room: mutes, moderation, and telling a sender."""
        ...

    async def ask(self, message: ChatMessage, viewer: str | None = None) -> Notice:
        """Moderate a viewer's message, publish it to the room and let the assistant answer it.

        `viewer` is the cookie of who wrote it, or whatever else tells them from others. Returns what the sender is to
        be told.
        """
        ...

    async def post(self, message: ChatMessage, viewer: str | None = None) -> None:
        """Publish a message that was moderated, and let the assistant answer it."""
        ...

    async def sold(self, sale: Sale) -> None:
        """Hear of an order: the card's stock changes, the director may thank the viewer."""
        ...

    async def say(self, text: str, at: Boundary = "sentence") -> None:
        """Speak an operator's words; `at` says where they may cut what is being said.

        Raises:
            ClaimRejected: a claim in it has no fact behind it; nothing is said.
            Conflict: the show is paused or stopped.
        """
        ...

    async def cut(self) -> None:
        """Fall silent now, in the middle of a word; `resume` says the sentence again.

        Raises:
            Conflict: the show is not live.
        """
        ...

    async def pause(self) -> None:
        """Fall silent at the sentence's end; the picture and the streams go on.

        Raises:
            Conflict: the show is not live.
        """
        ...

    async def resume(self) -> None:
        """Go on at the line where the pause began.

        Raises:
            Conflict: the show is not paused.
        """
        ...

    async def switch_market(self, market: MarketId) -> None:
        """Go on in another market's language, currency and manners, without a gap in the streams.

        Raises:
            NotFound: no such market.
            Conflict: a product of the show is not sold there.
        """
        ...

    async def switch_persona(self, persona: str) -> None:
        """Go on with another host.

        Raises:
            NotFound: no such persona.
        """
        ...

    async def swap(self, wanted: Swap) -> None:
        """Go on with another host, outfit or market, or with newer versions of those on air.

        Raises:
            NotFound: no such persona or market.
            InvalidInput: the outfit cannot be drawn.
            Conflict: a product of the show is not sold there, or what was looked at has changed since.
            LikenessRefused: the host is a real person's, and no record allows it now.
        """
        ...

    async def preview_swap(self, wanted: Swap) -> SwapPreview:
        """What a swap would look and sound like; nothing on air changes. Raises as `swap` does."""
        ...


class House(Protocol):
    """All shows of this process."""

    @property
    def places(self) -> int:
        """Shows it may run at once."""
        ...

    def shows(self) -> Sequence[ShowInfo]:
        """Shows that are not stopped, oldest first."""
        ...

    def get(self, show_id: str) -> Show:
        """A show by id.

        Raises:
            NotFound: there is none, or it has stopped.
        """
        ...

    def catalogue(self) -> Catalogue:
        """What can be put on air."""
        ...

    async def start(self, request: StartRequest) -> ShowInfo:
        """Put a show on air; returns as soon as it is starting.

        Raises:
            NotFound: an unknown brief, market or persona.
            InvalidInput: a brief is not sold in that market.
            Busy: as many shows run as this machine is allowed.
        """
        ...

    async def stop(self, show_id: str) -> None:
        """Take a show off air and wait until it has let go of everything.

        Raises:
            NotFound: there is none.
        """
        ...

    async def check_likenesses(self) -> Sequence[str]:
        """Look at every show's right to its host now; the ids of shows that were taken off the air for want of one."""
        ...
