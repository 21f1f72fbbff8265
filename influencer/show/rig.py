"""Everything between the script and the packets of one show, wired together once for live shows and recordings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from influencer.script.rule_packs import notice_for
from influencer.settings import Picture
from influencer.show.backends import Backends
from influencer.show.casting import Casting
from influencer.show.control import Stat
from influencer.show.desk import MarketDesk
from influencer.show.fonts import fonts_for
from influencer.show.painter import Stage
from influencer.show.performer import Performer
from influencer.show.persona_preview import render_still
from influencer.show.preparer import Preparer
from influencer.show.session import ShowSession
from influencer.show.threads import run_on_thread
from models.avatar.performance import Performance
from models.base import AvatarSession
from streaming.clock import Clock
from streaming.compositor import Compositor
from streaming.media import FPS, Overlay, ProductCard, Rgba
from streaming.output import Output
from streaming.show_encoder import EncoderSettings
from streaming.station import Station, StationStats
from streaming.timeline import Timeline

THUMBNAIL = 320
"""Pixels of a product picture's side as the compositor is given it."""
AHEAD = 15
"""Slots rendered ahead of the air: 600 ms hides a slow moment, and an answer waits no longer than that."""

Observe = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class RigOptions:
    """What differs between a live show and a recording."""

    picture: Picture
    clock: Clock
    outputs: Sequence[Output]
    observe: Observe
    on_restart: Callable[[str], None]
    live: bool = True
    frame_limit: int | None = None
    """Stop after this many frames (recordings)."""
    seed: int = 0


class Rig:
    """Owns a show's hosts, performer, station and session. Make it with `Rig.open`."""

    def __init__(
        self, options: RigOptions, backends: Backends, casting: Casting, desk: MarketDesk, host: AvatarSession,
        images: Mapping[str, Rgba], compositor: Compositor,
    ) -> None:  # fmt: skip
        self._options = options
        self._backends = backends
        self._images = images
        self._timeline = Timeline(AHEAD)
        self._station: Station | None = None
        self._cards: dict[str, ProductCard] = {}
        self._speech_pool = ThreadPoolExecutor(1, thread_name_prefix="speech")
        self._compositor = compositor
        self._looking = asyncio.Lock()
        self.performer = Performer(
            host=host,
            performance=Performance(options.seed, FPS),
            compositor=self._compositor,
            timeline=self._timeline,
            stage=self._stage(casting),
            on_lost=lambda ticket: self.session.lost(ticket),
            observe=options.observe,
            live=options.live,
            frame_limit=options.frame_limit,
        )
        self.session = ShowSession(
            desk=desk,
            voice=casting.voice,
            preparer=Preparer(backends.speech, self._speech_pool, self.performer, options.observe),
            performer=self.performer,
            station=self._run_station,
            clock=options.clock,
            on_restart=options.on_restart,
        )
        self.forget_cards()

    @classmethod
    async def open(
        cls, options: RigOptions, backends: Backends, casting: Casting, desk: MarketDesk, images: Mapping[str, Path]
    ) -> Rig:
        """Prepare the host and read the product pictures, in worker threads.

        Raises:
            BadIdentity: the persona has an attribute the avatar does not know.
        """
        host = await asyncio.to_thread(backends.avatar.open, casting.identity, options.picture.size)
        pictures = await asyncio.to_thread(lambda: {product: _thumbnail(path) for product, path in images.items()})
        await asyncio.to_thread(desk.warm_up)
        fonts = await asyncio.to_thread(fonts_for, casting.market.language)
        return cls(options, backends, casting, desk, host, pictures, Compositor(options.picture.size, fonts))

    async def open_host(self, casting: Casting) -> AvatarSession:
        """Prepare another host, in a worker thread.

        Raises:
            BadIdentity: the persona has an attribute the avatar does not know.
        """
        return await asyncio.to_thread(self._backends.avatar.open, casting.identity, self._options.picture.size)

    def put_on(self, host: AvatarSession) -> None:
        """Cross-fade to a host that was prepared."""
        self.performer.swap_host(host)

    async def recast(self, casting: Casting) -> None:
        """Cross-fade to another host; the voice changes with the next utterance that is prepared."""
        self.put_on(await self.open_host(casting))
        self.session.voice = casting.voice
        self.session.desk.talk_like(casting.persona.temper)

    async def enter_market(self, casting: Casting) -> None:
        """Change language, prices, voice, label and the host's style."""
        desk = self.session.desk.moved_to(casting.market)
        await asyncio.to_thread(desk.warm_up)
        self.session.desk = desk
        self._compositor.use_fonts(await asyncio.to_thread(fonts_for, casting.market.language))
        self.forget_cards()
        self.performer.stage = self._stage(casting)
        await self.recast(casting)

    def forget_cards(self) -> None:
        """Build the product cards anew from what is true now."""
        desk = self.session.desk
        self._cards = {product: self._card(product, desk) for product in desk.products}

    @property
    def station_stats(self) -> StationStats:
        """The encode loop's counters."""
        return self._station.stats if self._station else StationStats()

    @property
    def speaks(self) -> bool:
        """Whether an utterance is on air, or so near to it that it can no longer be taken back."""
        state = self.session.state
        return bool(self.performer.waiting.begun((*state.script, *state.urgent)))

    def depths(self) -> dict[str, int]:
        """What waits where."""
        urgent, script = self.performer.waiting.counts()
        return {"urgent utterances": urgent, "script utterances": script}

    def stats(self) -> list[Stat]:
        """Live numbers for the operator."""
        station = self.station_stats
        urgent, script = self.performer.waiting.counts()
        drawn = self.performer.drawn / self.performer.frames if self.performer.frames else 1.0
        return [
            Stat("frames", str(station.ticks)),
            Stat("repeated frames", str(station.repeats)),
            Stat("late ticks", str(station.late)),
            Stat("encode", f"{station.encode_ms:.1f}", "ms"),
            Stat("drift", f"{station.drift_ms:.1f}", "ms"),
            Stat("slots ahead", str(station.queued)),
            Stat("frames drawn", f"{100 * drawn:.0f}", "%"),
            Stat("utterances ready", f"{urgent} urgent, {script} script"),
        ]

    async def aclose(self) -> None:
        """Stop the speech thread. The session has ended before."""
        await asyncio.to_thread(self._speech_pool.shutdown, wait=True, cancel_futures=True)

    # --- inside ---

    async def _run_station(self) -> None:
        """The encode loop; when it crashes, the next one goes on at the same pts for the same viewers."""
        options = self._options
        station = self._station = Station(
            self._timeline,
            options.clock,
            options.outputs,
            live=options.live,
            settings=EncoderSettings(size=options.picture.size, video_bitrate=options.picture.bitrate),
            standby=self._standby(),
            first_tick=self.station_stats.ticks,
            on_cue=self.session.cue,
            observe=options.observe,
        )
        station.start()
        await run_on_thread("station watch", lambda: _join(station), station.close)

    def _standby(self) -> Rgba:
        stage = self.performer.stage
        return self._compositor.standby(stage.label, "", stage.language)

    async def slate(self, text: str) -> Rgba:
        """A still to show in place of the host, with the label and `text`."""
        stage = self.performer.stage

        def drawn() -> Rgba:  # by a compositor of its own: the show's belongs to the renderer
            return Compositor(self._options.picture.size, fonts_for(stage.language)).standby(
                stage.label, text, stage.language
            )

        return await asyncio.to_thread(drawn)

    async def still(self, casting: Casting, desk: MarketDesk, product: str, caption: str) -> Rgba:
        """A host as the show would show it, with what lies over it; nothing on air changes. One at a time.

        Raises:
            BadIdentity: the persona has an attribute the avatar does not know.
        """
        size, card = self._options.picture.size, self._card(product, desk)
        overlay = Overlay(casting.market.label, card, caption or None, language=casting.market.id)

        def drawn() -> Rgba:
            host = render_still(
                casting.persona, casting.market.id, casting.changes, size, self._backends.avatar,
                footage=casting.footage,
            )  # fmt: skip
            return Compositor(size, fonts_for(casting.market.language)).compose(host, overlay)

        async with self._looking:
            return await asyncio.to_thread(drawn)

    def _stage(self, casting: Casting) -> Stage:
        return Stage(
            casting.market.label, casting.market.id, lambda product: self._cards.get(product), casting.market.person
        )  # fmt: skip

    def _card(self, product_id: str, desk: MarketDesk) -> ProductCard:
        sheet = desk.sheet(product_id)
        slots = sheet.slots
        return ProductCard(
            product_id=product_id,
            name=slots["name"],
            price=slots["price"],
            list_price=slots.get("list_price"),
            discount=slots.get("discount"),
            coupon=slots.get("coupon"),
            stock=sheet.facts["stock"].text,
            image=self._images.get(product_id),
            notice=notice_for(sheet.brief, sheet.market),
        )


def _join(station: Station) -> None:
    station.join()


def _thumbnail(path: Path) -> Rgba:
    with Image.open(path) as image:
        small = image.convert("RGBA")
        small.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
        return np.asarray(small)
