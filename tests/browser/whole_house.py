"""A whole house behind its pages: real shows, store, till and programme; speech and host without weights."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from prometheus_client import CollectorRegistry

from influencer.accounts.roles import Role
from influencer.accounts.service import COMMAND_LINE, Accounts
from influencer.intake.intake import Intake
from influencer.intake.shelf import BriefShelf
from influencer.programme.programme import Programme, kept_programme
from influencer.settings import BackendChoice, Delivery, LanguageChoice, Picture, Settings
from influencer.show.backends import Backends
from influencer.show.house import HouseOfShows
from influencer.store import Store, open_store, utc_now
from influencer.web import WebSettings, create_app, kept_till, server_config
from models.avatar.puppet import PuppetBackend
from models.base import AvatarIdentity
from models.fakes import SolidAvatar, SolidSession, ToneSpeechModel
from streaming.clock import MonotonicClock
from streaming.metrics import ShowMetrics
from tests.databases import database_url


class PlainAvatar(SolidAvatar):
    """Draws every persona as its colour."""

    def open(self, identity: AvatarIdentity, size: tuple[int, int]) -> SolidSession:
        return super().open(AvatarIdentity(identity.persona_id), size)


@dataclass
class WholeHouse:
    """A running house, and how to reach into it from a test that drives a browser."""

    url: str
    house: HouseOfShows
    store: Store
    loop: asyncio.AbstractEventLoop

    def password_of_new(self, login: str, role: Role, advertiser: str | None = None) -> str:
        """Make a user; the one-time password."""

        async def made() -> str:
            accounts = Accounts(self.store)
            if advertiser is not None:
                await self.store.advertisers.ensure(advertiser, advertiser.title())
            issued = await accounts.add_user(login, role, actor=COMMAND_LINE, advertiser_id=advertiser)
            return issued.password

        return asyncio.run_coroutine_threadsafe(made(), self.loop).result(60)


@asynccontextmanager
async def _serving(folder: Path, drawing: bool) -> AsyncIterator[WholeHouse]:
    settings = Settings(
        language=LanguageChoice(backend="none"),
        speech=BackendChoice(backend="kokoro"),
        avatar=BackendChoice(backend="puppet"),
        picture=Picture(width=360, height=640, bitrate=600_000),
        delivery=Delivery(host_addresses=("127.0.0.1",)),
    )
    clock, metrics = MonotonicClock(), ShowMetrics(CollectorRegistry())
    backends = Backends(None, ToneSpeechModel(), PuppetBackend() if drawing else PlainAvatar())
    async with await open_store(database_url(folder)) as store:
        shelf = BriefShelf(store)
        async with HouseOfShows(settings, store, backends, metrics, clock=clock, shelf=shelf) as house:
            intake = await asyncio.to_thread(Intake.of, store, shelf, backends=backends)
            app = await asyncio.to_thread(
                create_app, house, store, WebSettings(), registry=metrics.registry, clock=clock, intake=intake
            )
            server = uvicorn.Server(server_config(app, "127.0.0.1", 0))
            listening = socket.create_server(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            programme = Programme(house, store, clock, utc_now)
            async with kept_till(app, store, clock), kept_programme(programme, clock), asyncio.TaskGroup() as group:
                group.create_task(server.serve([listening]), name="uvicorn")
                yield WholeHouse(url, house, store, asyncio.get_running_loop())
                server.should_exit = True


@contextmanager
def whole_house(folder: Path, *, drawing: bool = False) -> Iterator[WholeHouse]:
    """Serve in a thread with its own event loop; `drawing`: hosts look as their attributes say."""
    ready: list[WholeHouse] = []
    started, done = threading.Event(), threading.Event()

    async def main() -> None:
        async with _serving(folder, drawing) as running:
            ready.append(running)
            started.set()
            await asyncio.to_thread(done.wait)

    def run() -> None:
        try:
            asyncio.run(main())
        finally:
            started.set()

    thread = threading.Thread(target=run, name="whole house")
    thread.start()
    started.wait()
    try:
        if not ready:
            raise RuntimeError("the house did not start; its error is above")
        yield ready[0]
    finally:
        done.set()
        thread.join()
