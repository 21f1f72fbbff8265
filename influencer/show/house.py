"""All shows of this process: starts them, keeps them apart, and brings them back after a crash."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Any, Self

import structlog

from influencer.brief import MARKET_IDS, Brief
from influencer.commerce.stock_view import StockView
from influencer.errors import Busy, Conflict, InfluencerError, NotFound
from influencer.insight.brands import logos
from influencer.insight.watch import LogoWatch
from influencer.intake.budgets import used_up
from influencer.intake.shelf import BriefShelf, Shelved
from influencer.likeness.meter import LikenessMeter
from influencer.likeness.on_air import LikenessWatch, cleared, goods_of
from influencer.loading import markets, personas
from influencer.moderation.moderator import Moderator
from influencer.packs.catalogue import CATALOGUE
from influencer.packs.saved import lay_saved
from influencer.sales.trials import of_show
from influencer.script.run_of_show import RunOfShow
from influencer.script.rundown import compile_show
from influencer.script.values import Position
from influencer.settings import Settings
from influencer.show import casts
from influencer.show.answering import Knowledge
from influencer.show.backends import Backends
from influencer.show.budget_watch import BudgetWatch
from influencer.show.casting import Casting, cast
from influencer.show.control import BriefChoice, Catalogue, Choice, ShowInfo, StartRequest
from influencer.show.desk import MarketDesk
from influencer.show.live import LiveShow
from influencer.show.recording import ShowRecorder
from influencer.show.rig import Rig, RigOptions
from influencer.show.supervise import supervise
from influencer.store import Store
from models.errors import ModelError
from streaming.broadcast import Broadcast
from streaming.chat_hub import ChatHub
from streaming.clock import Clock
from streaming.hls import HlsPackager
from streaming.metrics import ShowMetrics
from streaming.output import Output
from streaming.webrtc import WhepService

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _OnAir:
    show: LiveShow
    task: asyncio.Task[None]
    rights: LikenessWatch


@dataclass(frozen=True, slots=True)
class _Return:
    """Where a show begins: by default at the beginning."""

    position: Position = Position()
    run: RunOfShow | None = None
    operator: dict[str, Any] | None = None
    paused: bool = False


class HouseOfShows:
    """Owns every show's task (implements `influencer.show.control.House`). Use it as an async context manager."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        backends: Backends,
        metrics: ShowMetrics,
        *,
        clock: Clock,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        shelf: BriefShelf | None = None,
    ) -> None:
        self._shelf = shelf or BriefShelf(store)
        self._settings = settings
        self._store = store
        self._backends = backends
        self._metrics = metrics
        self._clock = clock
        self._now = now
        self._shows: dict[str, _OnAir] = {}
        self._starting = asyncio.Lock()
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._shelf.refresh()
        await lay_saved(self._store)
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take every show off air without marking it stopped: the next start brings it back."""
        for on_air in self._shows.values():
            on_air.task.cancel()
        await self._tasks.__aexit__(None, None, None)
        CATALOGUE.lift()

    # --- reading ---

    @property
    def places(self) -> int:
        """Shows this machine is set to run at once."""
        return self._settings.max_shows

    def shows(self) -> Sequence[ShowInfo]:
        """Shows that run, oldest first."""
        return tuple(on_air.show.info() for on_air in self._shows.values())

    def get(self, show_id: str) -> LiveShow:
        """A running show."""
        if show_id not in self._shows:
            raise NotFound(f"show: got {show_id!r}; on air: {', '.join(self._shows) or 'none'}")
        return self._shows[show_id].show

    def catalogue(self) -> Catalogue:
        """Every brief that may be on air, every market and every persona."""
        return Catalogue(
            briefs=tuple(_brief_choice(shelved.brief) for shelved in self._shelf.all()),
            markets=tuple(Choice(market.id, market.language_name) for market in markets().values()),
            personas=tuple(Choice(persona.id, next(iter(persona.name.values()))) for persona in personas().values()),
        )

    # --- starting and stopping ---

    async def start(self, request: StartRequest) -> ShowInfo:
        """Put a new show on air."""
        async with self._starting:
            self._admit()
            await lay_saved(self._store)
            casting = cast(request.market, request.persona)
            show_id = f"{request.brief_ids[0] if request.brief_ids else 'show'}-{secrets.token_hex(3)}"
            await self._shelf.refresh()
            products = self._shelf.products(request.brief_ids, casting.market.id)
            casting = await cleared(self._store, casting, self._now(), goods_of([one.brief for one in products]))
            await self._require_budget([one.brief.id for one in products])
            if request.run is not None:
                briefs = [shelved.brief for shelved in products]
                await asyncio.to_thread(compile_show, request.run, briefs, casting.market)
            ids = tuple(shelved.brief.id for shelved in products)
            await self._store.shows.create(show_id, ids, casting.market.id, casting.persona.id)
            await casts.keep(self._store, show_id, casting)
            if request.run is not None:
                await self._store.desks.save_run(show_id, request.run.model_dump(mode="json"))
            return await self._go_on_air(show_id, casting, products, _Return(run=request.run))

    async def restore(self) -> Sequence[ShowInfo]:
        """Bring back the shows a crash or a restart took off air, each at its line."""
        restored = []
        for stored in await self._store.shows.unfinished():
            async with self._starting:
                try:
                    self._admit()
                    casting = await casts.cast_again(self._store, stored)
                    products = self._shelf.products(stored.brief_ids, stored.market)
                    goods = goods_of([one.brief for one in products])
                    casting = await cleared(self._store, casting, self._now(), goods)
                    await self._require_budget(stored.brief_ids)
                    position = await self._store.positions.load(stored.id) or Position()
                    run, operator = await self._store.desks.load(stored.id)
                    planned = None if run is None else RunOfShow.model_validate(run)
                    back = _Return(position, planned, operator, paused=stored.state == "paused")
                    info = await self._go_on_air(stored.id, casting, products, back)
                    restored.append(info)
                except (InfluencerError, ModelError) as error:
                    log.exception("show not restored", show=stored.id, error=str(error))
        return restored

    async def stop(self, show_id: str) -> None:
        """Take a show off air for good."""
        show = self.get(show_id)
        task = self._shows[show_id].task
        await show.stop()
        await asyncio.wait([task])

    async def check_likenesses(self) -> Sequence[str]:
        """Look at every show's right to its host now; the shows that were taken off the air for want of one."""
        running = list(self._shows.items())
        return tuple([show_id for show_id, on_air in running if not await on_air.rights.look()])

    def _admit(self) -> None:
        if len(self._shows) >= self._settings.max_shows:
            raise Busy(
                f"{len(self._shows)} shows run, this machine is set to {self._settings.max_shows}; stop one first"
            )

    async def _require_budget(self, brief_ids: Sequence[str]) -> None:
        """Refuse a show that could present nothing; one that is short of some products goes on air without them."""
        closed = await used_up(self._store, brief_ids, self._now())
        if closed.issuperset(brief_ids):
            raise Conflict(f"the budget of {', '.join(sorted(closed))} is used up")

    async def _go_on_air(self, show_id: str, casting: Casting, shelved: Sequence[Shelved], back: _Return) -> ShowInfo:
        settings = self._settings
        products = [one.brief for one in shelved]
        others = self._shelf.beside(shelved)
        stock = StockView(self._store.stock, [*products, *others])
        await stock.open()
        ids = tuple(one.id for one in products)
        closed = await used_up(self._store, ids, self._now())
        desk = MarketDesk(
            products, casting.market, now=self._now, units=stock.units,
            language=self._backends.language, choice=settings.language,
            recent=back.position.recent_variants, run=back.run,
        )  # fmt: skip
        desk.talk_like(casting.persona.temper)
        desk.closed = closed
        images = {one.brief.id: one.image for one in shelved if one.image is not None}
        broadcast = Broadcast(self._clock)
        recorder = await self._recorder(show_id)
        taker = None if recorder is None else recorder.take
        packager = HlsPackager(taker=taker) if settings.delivery.hls or recorder is not None else None
        hls = packager if settings.delivery.hls else None
        outputs: list[Output] = [broadcast] if packager is None else [broadcast, packager]
        metrics = self._metrics.of(show_id)
        options = RigOptions(
            picture=settings.picture, clock=self._clock, outputs=outputs, observe=metrics.observe,
            on_restart=metrics.restarted, seed=secrets.randbits(32),
        )  # fmt: skip
        rig = await Rig.open(options, self._backends, casting, desk, images)
        knowledge = Knowledge(tuple(products), self._now, stock, others)
        assistant = await knowledge.by_words(casting.market)
        experiments = await asyncio.to_thread(of_show, casting.market.id, [b.id for b in products])
        whep = WhepService(
            broadcast,
            max_viewers=settings.delivery.max_viewers,
            host_addresses=settings.delivery.host_addresses,
            clock=self._clock,
        )
        await asyncio.to_thread(Moderator, casting.market.language)  # reads the word lists, which are then kept
        show = LiveShow(
            show_id, casting=casting, briefs=products, images=images, stock=stock, store=self._store, rig=rig,
            assistant=assistant, knowledge=knowledge, broadcast=broadcast, whep=whep, hls=hls, chat=ChatHub(),
            metrics=metrics, clock=self._clock, now=self._now, experiments=experiments, freshness=settings.freshness,
        )  # fmt: skip
        if recorder is not None:
            recorder.may = partial(_may_be_kept, show)
        seen = await asyncio.to_thread(logos)
        watch = LogoWatch(show_id, seen, self._store, self._clock, lambda: rig.performer.latest, show.airing)
        rights = LikenessWatch(
            show_id, self._store.consents, show.host, partial(_take_down, show), self._clock, self._now,
            goods_of(products),
        )  # fmt: skip
        meter = LikenessMeter(
            show_id, self._store, show.host_seen, lambda: rig.station_stats.ticks, self._clock, self._now
        )
        budgets = BudgetWatch(
            show_id, brief_ids=ids, store=self._store, session=rig.session, meter=show.books.meter,
            is_quiet=lambda: show.on_air() is None and not rig.speaks, end=show.stop, now=self._now,
        )  # fmt: skip
        spending = supervise("budgets", budgets.run, clock=self._clock, on_restart=metrics.restarted)
        looking = supervise("logos", watch.run, clock=self._clock, on_restart=metrics.restarted)
        lapsing = supervise("likeness", rights.run, clock=self._clock, on_restart=metrics.restarted)
        metering = supervise("likeness meter", meter.run, clock=self._clock, on_restart=metrics.restarted)
        task = self._tasks.create_task(
            self._run(show, back, (looking, lapsing, metering, spending), recorder), name=show_id
        )
        self._shows[show_id] = _OnAir(show, task, rights)
        log.info(
            "show starts",
            show=show_id,
            market=casting.market.id,
            persona=casting.persona.id,
            resumed=back.position != Position(),
        )
        return show.info()

    async def _recorder(self, show_id: str) -> ShowRecorder | None:
        """A folder of its own for each start, noted even when nothing is recorded: each has its own clock."""
        recording_id = await self._store.recordings.begin(show_id)
        given = self._settings.recording
        return ShowRecorder(given.folder, recording_id, given.megabytes * 1_000_000) if given.on else None

    async def _run(
        self, show: LiveShow, back: _Return, watches: Sequence[Coroutine[Any, Any, None]], recorder: ShowRecorder | None
    ) -> None:
        beside = [self._tasks.create_task(watch, name=f"{show.id} watch") for watch in watches]
        try:
            await show.run(back.position, paused=back.paused, desk=back.operator)
        finally:
            for watch in beside:
                watch.cancel()
            del self._shows[show.id]
            self._metrics.forget(show.id)
            if recorder is not None:
                await asyncio.to_thread(recorder.close)
            log.info("show ended", show=show.id)


async def _take_down(show: LiveShow) -> None:
    """Replace the picture at once, then end: what was shown may not be shown any more."""
    try:
        await show.operator.slate("")
    finally:
        await show.stop()


def _may_be_kept(show: LiveShow) -> bool:
    """Only a host who is nobody: a real person's licence may end, and what is on disk then would outlive it."""
    return show.host()[0].synthetic


def _brief_choice(brief: Brief) -> BriefChoice:
    first = next((market for market in MARKET_IDS if market in brief.name), brief.markets[0])
    return BriefChoice(brief.id, brief.name[first], brief.brand, tuple(brief.markets))
