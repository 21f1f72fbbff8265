"""A served house whose one show is really on air: puppet, station, broadcast, WHEP, chat, store."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import uvicorn
from fastapi import FastAPI
from PIL import Image
from prometheus_client import CollectorRegistry

from influencer.brief import MarketId
from influencer.show.control import Picture
from influencer.show.doorkeeper import Doorkeeper
from influencer.store import Store, open_store
from influencer.web import WebSettings, create_app, kept_till, server_config
from models.avatar.puppet import PuppetBackend
from models.base import AvatarIdentity, FrameControls
from streaming.clock import MonotonicClock
from streaming.compositor import Compositor
from streaming.errors import TimelineClosed
from streaming.hls import HlsPackager
from streaming.media import SAMPLE_RATE, SAMPLES_PER_FRAME, Overlay, ProductCard, Rgba
from streaming.show_encoder import EncoderSettings
from streaming.station import Station
from streaming.timeline import Slot, Timeline
from streaming.webrtc import WhepService
from tests.databases import database_url
from tests.web_house import BRIEF, RoomHouse, RoomShow

SIZE = (360, 640)
OVERLAY = Overlay(
    label="AI-generated",
    card=ProductCard(BRIEF.id, "Dew Serum", "$24.00", "$32.00", "−25%", "DEW10 −10%", "3 left"),
    caption="This is Dew Serum, a light daily face serum.",
)
LOOP = 50
"""Two seconds of frames, rendered once and played for ever."""


def frames() -> list[Rgba]:
    """A host who talks, looks around and blinks."""
    session = PuppetBackend().open(AvatarIdentity("mina", {"backdrop": "studio"}), SIZE)
    drawn = session.render([_controls(n) for n in range(LOOP)])
    session.close()
    compositor = Compositor(SIZE)
    return [compositor.compose(frame, OVERLAY) for frame in drawn]


def _controls(n: int) -> FrameControls:
    phase = 2 * math.pi * n / LOOP
    talk = 0.5 + 0.5 * math.sin(8 * phase)
    return FrameControls(
        visemes=(("aa", talk), ("sil", 1 - talk)),
        jaw_open=0.6 * talk,
        blink_left=float(n in (20, 21, 22)),
        blink_right=float(n in (20, 21, 22)),
        smile=0.5,
        head_yaw=6 * math.sin(phase),
        head_roll=2 * math.cos(phase),
    )


def _tone(n: int) -> np.ndarray:
    t = (np.arange(SAMPLES_PER_FRAME) + n * SAMPLES_PER_FRAME) / SAMPLE_RATE
    return (6000 * np.sin(2 * np.pi * 440 * t)).astype(np.int16)


def _fill(timeline: Timeline, pictures: list[Rgba]) -> None:
    with contextlib.suppress(TimelineClosed):
        for n in itertools.count():
            timeline.put(Slot(pictures[n % LOOP], _tone(n)))


class AirShow(RoomShow):
    """A room show with a picture."""

    def __init__(self, show_id: str, market: MarketId, persona: str, stock: int) -> None:
        super().__init__(show_id, market, persona, stock)
        self.whep = WhepService(self.broadcast, host_addresses=("127.0.0.1",))
        pictures = frames()
        buffer = BytesIO()
        Image.fromarray(pictures[0][..., :3]).save(buffer, "JPEG", quality=88)
        self._poster = Picture(buffer.getvalue(), "image/jpeg")
        self._timeline = Timeline()
        settings = EncoderSettings(size=SIZE, video_bitrate=600_000)
        self.hls = HlsPackager()
        outputs = [self.broadcast, self.hls]
        self._station = Station(self._timeline, MonotonicClock(), outputs, settings=settings)
        self._renderer = threading.Thread(target=_fill, args=(self._timeline, pictures), daemon=True)
        self._renderer.start()
        self._station.start()

    async def poster(self) -> Picture:
        return self._poster

    async def aclose(self) -> None:
        await asyncio.to_thread(self._station.close)
        self._timeline.close()
        await asyncio.to_thread(self._renderer.join)
        await super().aclose()


class AirHouse(RoomHouse):
    """A house whose shows have a picture."""

    def add(self, show_id: str, market: MarketId = "en-US", persona: str = "mina") -> RoomShow:
        show = self._shows[show_id] = AirShow(show_id, market, persona, BRIEF.stock)
        return show


@dataclass
class Served:
    """A running server: its address, and its house and store for what tests arrange or check."""

    url: str
    house: AirHouse
    store: Store
    loop: asyncio.AbstractEventLoop
    app: FastAPI


@asynccontextmanager
async def _serving(folder: Path, market: MarketId, settings: WebSettings, port: int) -> AsyncIterator[Served]:
    house = AirHouse()
    async with await open_store(database_url(folder)) as store:
        await store.shows.create("demo", (BRIEF.id,), market, "mina")
        await store.stock.seed(BRIEF.sku, BRIEF.stock)
        show = house.add("demo", market)
        show.door = Doorkeeper(store.moderation, "demo", market[:2], show.metrics.of("demo"), MonotonicClock())
        app = await asyncio.to_thread(create_app, house, store, settings, registry=CollectorRegistry())
        server = uvicorn.Server(server_config(app, "127.0.0.1", port))
        listening = socket.create_server(("127.0.0.1", port))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with kept_till(app, store, MonotonicClock()), asyncio.TaskGroup() as group:
            group.create_task(server.serve([listening]), name="uvicorn")
            yield Served(url, house, store, asyncio.get_running_loop(), app)
            await house.aclose()
            server.should_exit = True


@contextmanager
def served(
    folder: Path, market: MarketId = "en-US", settings: WebSettings | None = None, port: int = 0
) -> Iterator[Served]:
    """Serve in a thread with its own event loop, for tests that drive a browser synchronously."""
    ready: list[Served] = []
    started, done = threading.Event(), threading.Event()

    async def main() -> None:
        async with _serving(folder, market, settings or WebSettings(demo=True), port) as running:
            ready.append(running)
            started.set()
            await asyncio.to_thread(done.wait)

    def run() -> None:
        try:
            asyncio.run(main())
        finally:
            started.set()

    thread = threading.Thread(target=run, name="served house")
    thread.start()
    started.wait()
    if not ready:
        thread.join()
        raise RuntimeError("the server did not start; its error is above")
    try:
        yield ready[0]
    finally:
        done.set()
        thread.join()
