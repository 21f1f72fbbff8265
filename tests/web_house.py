"""A house for the tests of the web side: real rooms and WHEP services, a show state that commands really change."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO

from PIL import Image, ImageDraw

from influencer.brief import Brief, MarketId
from influencer.errors import ClaimRejected, Conflict, InvalidInput, Mistake, NotFound
from influencer.moderation.moderator import Moderator
from influencer.sales.events import Airing
from influencer.show.control import (
    BriefChoice,
    CardView,
    Catalogue,
    Choice,
    MicrophoneView,
    OnAir,
    Picture,
    Sale,
    ShowInfo,
    ShowState,
    StartRequest,
    Stat,
)
from influencer.show.doorkeeper import Doorkeeper, Notice
from influencer.show.room import card_event, state_event
from influencer.show.swapping import Swap, SwapPreview
from influencer.store.moderation import HeldMessage
from streaming.broadcast import Broadcast
from streaming.chat_hub import ChatHub, ChatMessage, chat_event
from streaming.clock import MonotonicClock
from streaming.hls import HlsPackager
from streaming.media import Caption
from streaming.metrics import ShowMetrics
from streaming.webrtc import WhepService
from streaming.whip import MicrophoneService
from tests.room_operator import RoomOperator

AT = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
BRIEF = Brief.model_validate(
    {
        "id": "dew-serum",
        "sku": "ORV-DEW-30",
        "brand": "Halvenne",
        "name": {"en-US": "Dew Serum", "ko-KR": "듀 세럼"},
        "category": "beauty",
        "summary": {"en-US": "a light daily face serum", "ko-KR": "가벼운 데일리 세럼"},
        "markets": ["en-US", "ko-KR"],
        "prices": {
            "en-US": {"amount": "24.00", "currency": "USD", "list_price": "32.00"},
            "ko-KR": {"amount": "29000", "currency": "KRW", "list_price": "38000"},
        },
        "stock": 3,
        "key_points": [
            {
                "id": "fragrance-free",
                "text": {"en-US": "No added fragrance.", "ko-KR": "향료를 넣지 않았어요."},
                "evidence": {"kind": "ingredient-list", "reference": "Label, revision 4"},
            }
        ],
        "offer": {
            "coupon": "DEW10",
            "percent_off": 10,
            "starts": "2026-01-01T00:00:00Z",
            "ends": "2030-01-01T00:00:00Z",
        },
        "audience": {"en-US": "dry skin", "ko-KR": "건조한 피부"},
        "shipping": {"en-US": "Free, 2 to 4 business days.", "ko-KR": "무료, 영업일 2~4일."},
        "returns": {"en-US": "Unopened within 30 days.", "ko-KR": "미개봉 시 30일 이내."},
    }
)
_HOSTS: dict[str, str] = {"mina": "Mina", "theo": "Theo"}
_PRICES: dict[str, tuple[str, str]] = {"en-US": ("$24.00", "$32.00"), "ko-KR": ("29,000원", "38,000원")}


async def _unheard(*_told: object) -> None:
    """Nobody runs this show."""


class NoBooks:
    """Nobody is muted, and nothing can be held."""

    async def muted_until(self, show_id: str, viewer: str) -> datetime | None:
        return None

    async def hold(
        self, show_id: str, viewer: str, author: str, text: str, reasons: Sequence[str]
    ) -> HeldMessage | None:
        return None


class RoomShow:
    """One show without a renderer: what it is told changes what it says about itself."""

    def __init__(self, show_id: str, market: MarketId, persona: str, stock: int) -> None:
        self._id, self._market, self._persona = show_id, market, persona
        self.state: ShowState = "live"
        self.units = stock
        self.said: list[str] = []
        self.offer_ends: str | None = None
        self.notice: str | None = None
        self.sales: list[Sale] = []
        self.swaps: list[Swap] = []
        self.utterance_id: int | None = None
        self.arms: dict[str, str] = {}
        self.more_cards: list[CardView] = []
        self.translations: dict[MarketId, str] = {}
        self.readers: set[MarketId] = set()
        self.chat = ChatHub(batch_ms=1)
        self.metrics = ShowMetrics()
        self.door = Doorkeeper(NoBooks(), show_id, market[:2], self.metrics.of(show_id), MonotonicClock())
        self.broadcast = Broadcast(MonotonicClock())
        self.whep = WhepService(self.broadcast)
        self.hls: HlsPackager | None = None
        self.operator = RoomOperator(BRIEF.id, self.said.append, self._set)
        self.microphone = MicrophoneService(on_open=_unheard, on_end=_unheard)

    def info(self) -> ShowInfo:
        name = BRIEF.name[self._market]
        return ShowInfo(
            id=self._id,
            title=name,
            market=self._market,
            language=self._market[:2],
            persona_id=self._persona,
            persona_name=_HOSTS[self._persona],
            brief_ids=(BRIEF.id,),
            product_on_air=BRIEF.id,
            state=self.state,
            started_at=AT,
            viewers=self.whep.viewers,
            label="AI 생성" if self._market == "ko-KR" else "AI-generated",
        )

    def speaker(self) -> MicrophoneView:
        session = self.microphone.session
        return MicrophoneView(None if session is None else session.speaker)

    def card(self) -> CardView | None:
        price, list_price = _PRICES[self._market]
        return CardView(
            product_id=BRIEF.id,
            name=BRIEF.name[self._market],
            summary=BRIEF.summary[self._market],
            price=price,
            list_price=list_price,
            discount="−25%",
            coupon="DEW10 −10%",
            coupon_code="DEW10",
            coupon_price="$21.60" if self._market == "en-US" else "26,100원",
            offer_ends=self.offer_ends,
            stock=f"{self.units} left",
            sold_out=self.units == 0,
            has_image=True,
            shipping=BRIEF.shipping[self._market],
            returns=BRIEF.returns[self._market],
            notice=self.notice,
        )

    def cards(self) -> Sequence[CardView]:
        card = self.card()
        assert card is not None
        return [card, *self.more_cards]

    async def read_along(self, market: MarketId) -> str | None:
        self.readers.add(market)
        return self.translations.get(market)

    def transcript(self) -> Sequence[Caption]:
        return [Caption("This is Dew Serum.", self._market, 0, 96_000)]

    def on_air(self) -> OnAir | None:
        return None if self.utterance_id is None else OnAir(self.utterance_id, "This is Dew Serum.")

    def stats(self) -> Sequence[Stat]:
        return [Stat("picture", "25.0", "fps"), Stat("drift", "0.4", "ms")]

    def product(self, product_id: str) -> Brief:
        if product_id != BRIEF.id:
            raise NotFound(f"this show does not sell {product_id!r}; it sells {BRIEF.id}")
        return BRIEF

    async def poster(self) -> Picture:
        return Picture(_png((90, 160), "#7a3350"), "image/png")

    async def product_image(self, product_id: str) -> Picture:
        self.product(product_id)
        return Picture(_bottle(), "image/png")

    def airing(self, utterance_id: int | None = None) -> Airing:
        return Airing(self.utterance_id, BRIEF.id, "offer", self._persona, self._market, "offer-1", dict(self.arms))

    async def ask(self, message: ChatMessage, viewer: str | None = None) -> Notice:
        notice, admitted = await self.door.admit(message, viewer)
        if admitted is not None:
            await self.post(admitted, viewer)
        return notice

    async def post(self, message: ChatMessage, viewer: str | None = None) -> None:
        asked = self.chat.publish(chat_event(message.author, message.text, role="viewer", at=AT.isoformat()))
        self.door.shown(asked.seq, message.author, viewer)
        if "how much" in message.text.lower():
            answer = f"It is {_PRICES[self._market][0]}."
            self.chat.publish(
                chat_event(
                    _HOSTS[self._persona],
                    answer,
                    role="host",
                    at=AT.isoformat(),
                    reply_to=asked.seq,
                    kind="answer",
                )
            )

    async def sold(self, sale: Sale) -> None:
        self.sales.append(sale)
        self.units = sale.units_left
        self.chat.publish(card_event(self.card(), self.cards()))

    async def say(self, text: str, at: str = "sentence") -> None:
        if "miracle" in text:
            raise ClaimRejected(text, ["'miracle' is never said here"])
        if self.state != "live":
            raise Conflict("the show is paused")
        self.said.append(text if at == "sentence" else f"{at}: {text}")

    async def cut(self) -> None:
        await self.pause()

    async def pause(self) -> None:
        if self.state != "live":
            raise Conflict("the show is not live")
        self._set("paused")

    async def resume(self) -> None:
        if self.state != "paused":
            raise Conflict("the show is not paused")
        self.operator.mode = "script"
        self._set("live")

    async def switch_market(self, market: MarketId) -> None:
        if market not in BRIEF.markets:
            raise Conflict(f"{BRIEF.id} is not sold in {market}")
        self._market = market
        self._set(self.state)

    async def switch_persona(self, persona: str) -> None:
        if persona not in _HOSTS:
            raise NotFound(f"persona {persona!r} does not exist; there are {', '.join(_HOSTS)}")
        self._persona = persona
        self._set(self.state)

    async def swap(self, wanted: Swap) -> None:
        self.swaps.append(wanted)
        if wanted.market is not None:
            await self.switch_market(wanted.market)
        if wanted.persona is not None:
            await self.switch_persona(wanted.persona)

    async def preview_swap(self, wanted: Swap) -> SwapPreview:
        persona, market = wanted.persona or self._persona, wanted.market or self._market
        if persona not in _HOSTS:
            raise NotFound(f"persona {persona!r} does not exist; there are {', '.join(_HOSTS)}")
        colour = str(wanted.changes.get("outfit.color", "#7a3350"))
        still = Picture(_png((90, 160), colour), "image/png")
        return SwapPreview(persona, 2, market, 0, _HOSTS[persona], "af_heart", "AI", "This is Dew Serum.", still)

    def _set(self, state: ShowState) -> None:
        self.state = state
        self.chat.publish(state_event(self.info()))

    async def aclose(self) -> None:
        await self.whep.aclose()
        self.broadcast.close()
        await self.chat.aclose()
        await asyncio.sleep(0)  # the broadcast closes its readers in the loop's next turn


class RoomHouse:
    """Shows by id, and the demo catalogue of one product."""

    def __init__(self) -> None:
        self._shows: dict[str, RoomShow] = {}
        self._numbers = itertools.count(1)

    places = 2

    def shows(self) -> Sequence[ShowInfo]:
        return [show.info() for show in self._shows.values()]

    def get(self, show_id: str) -> RoomShow:
        if show_id not in self._shows:
            raise NotFound(f"no show {show_id!r}; on air: {', '.join(self._shows) or 'none'}")
        return self._shows[show_id]

    def catalogue(self) -> Catalogue:
        return Catalogue(
            briefs=(BriefChoice(BRIEF.id, BRIEF.name["en-US"], BRIEF.brand, tuple(BRIEF.markets)),),
            markets=(Choice("en-US", "English (US)"), Choice("ko-KR", "한국어"), Choice("ja-JP", "日本語")),
            personas=tuple(Choice(*item) for item in _HOSTS.items()),
        )

    async def start(self, request: StartRequest) -> ShowInfo:
        for brief_id in request.brief_ids:
            if brief_id != BRIEF.id:
                raise NotFound(f"no brief {brief_id!r}; there is {BRIEF.id}")
        if request.market not in BRIEF.markets:
            raise InvalidInput("request", [Mistake("market", request.market, ", ".join(BRIEF.markets))])
        await asyncio.to_thread(Moderator, request.market[:2])  # reads the word lists, which are then kept
        show = self.add(f"show-{next(self._numbers)}", request.market, request.persona or "mina")
        return show.info()

    def add(self, show_id: str, market: MarketId = "en-US", persona: str = "mina") -> RoomShow:
        show = self._shows[show_id] = RoomShow(show_id, market, persona, BRIEF.stock)
        return show

    async def stop(self, show_id: str) -> None:
        show = self.get(show_id)
        del self._shows[show_id]
        await show.aclose()

    async def check_likenesses(self) -> Sequence[str]:
        return ()

    async def aclose(self) -> None:
        for show_id in list(self._shows):
            await self.stop(show_id)


def _png(size: tuple[int, int], color: str) -> bytes:
    return _encoded(Image.new("RGB", size, color))


def _bottle() -> bytes:
    image = Image.new("RGB", (240, 240), "#f7e3e8")
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((85, 90, 155, 215), 16, fill="#d9738f")
    draw.rounded_rectangle((102, 40, 138, 92), 8, fill="#43303a")
    draw.rectangle((97, 130, 143, 175), fill="#fff3f6")
    return _encoded(image)


def _encoded(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
