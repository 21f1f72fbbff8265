"""Several live shows in one process, in phases: what each drew, what was left out, and how they came back.

    influencer bench shows --phases 1,2,1 --seconds 60

Everything is real and paced by the clock: script, speech, host, compositor, encoders. Only viewers and the store are
missing; packets are counted and dropped.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from influencer.errors import InvalidInput, Mistake
from influencer.loading import briefs, load_brief
from influencer.script.values import Position
from influencer.settings import Settings
from influencer.show.backends import Backends
from influencer.show.casting import Casting, cast
from influencer.show.desk import MarketDesk
from influencer.show.painter import FADE_FRAMES
from influencer.show.rig import Rig, RigOptions
from streaming.clock import Clock, MonotonicClock
from streaming.media import FPS, EncodedPacket
from streaming.output import Codec

MARKETS = ("en-US", "ko-KR", "ja-JP", "es-MX", "fr-FR", "it-IT", "pt-BR", "id-ID", "zh-CN", "hi-IN")
"""The market of each further show, so that no two say the same or show the same host."""
SAMPLE_S = 0.2


class Steps(Protocol):
    """What a render engine tells about its quality; see `models.engine.core.Engine`."""

    @property
    def step(self) -> int:
        """0 is the best."""
        ...


class _Counted:
    """An output that counts what it is given."""

    codecs: frozenset[Codec] = frozenset({"h264", "opus"})

    def __init__(self) -> None:
        self.packets: Counter[str] = Counter()

    def push(self, packets: Sequence[EncodedPacket]) -> None:
        """Count them."""
        self.packets.update(packet.codec for packet in packets if packet.codec in self.codecs)

    def wants_keyframe(self) -> bool:
        """Nobody joins."""
        return False

    def close(self) -> None:
        """Nothing to free."""


@dataclass(slots=True)
class _OnAir:
    """A running show and its counters at the start of the phase."""

    market: str
    rig: Rig
    output: _Counted
    busy: Counter[str] = field(default_factory=Counter)
    before: dict[str, float] = field(default_factory=dict)

    def totals(self) -> dict[str, float]:
        station, performer = self.rig.station_stats, self.rig.performer
        return {
            "ticks": station.ticks,
            "repeated": station.repeats,
            "late": station.late,
            "pictures_left_out": station.skipped_video,
            "frames": performer.frames,
            "drawn": performer.drawn,
            **{f"packets_{codec}": count for codec, count in sorted(self.output.packets.items())},
            **{f"busy_{stage}_s": spent for stage, spent in sorted(self.busy.items())},
        }


@dataclass(frozen=True, slots=True)
class Phase:
    """What happened while `shows` shows were on air."""

    shows: int
    seconds: float
    steps: dict[int, float]
    """Quality step of the engine -> share of the phase; empty without an engine."""
    frames_ended: dict[str, int]
    """How the engine's frames ended; see `models.engine.frames.End`."""
    by_show: list[dict[str, Any]]
    swap: dict[str, float] = field(default_factory=dict)
    """Seconds to prepare the guest and to fade to it, and frames lost meanwhile; empty without a swap."""


async def run_phases(
    settings: Settings,
    backends: Backends,
    phases: Sequence[int],
    seconds: float,
    *,
    swap_to: str | None = None,
    clock: Clock | None = None,
) -> list[Phase]:
    """Run shows in phases; between two phases shows start or stop, the first ones stay.

    Args:
        settings: the picture's size.
        backends: shared by the shows, as in a live house; closed by the caller.
        phases: how many shows each phase has, 1 to 10.
        seconds: length of a phase, from when its shows are on air.
        swap_to: a persona that takes over the first show in the middle of each phase, and then hands it back.
        clock: paces the shows.

    Raises:
        InvalidInput: a number of shows is out of range.
        NotFound: there is no such persona.
    """
    wrong = [count for count in phases if not 1 <= count <= len(MARKETS)]
    if wrong or not phases:
        raise InvalidInput("bench", [Mistake("phases", str(list(phases)), f"numbers of shows, 1 to {len(MARKETS)}")])
    clock = clock or MonotonicClock()
    guests = itertools.cycle([cast(MARKETS[0], swap_to), cast(MARKETS[0])] if swap_to else [None])
    done: list[Phase] = []
    on_air: list[tuple[_OnAir, AsyncExitStack]] = []
    async with AsyncExitStack() as house:
        for count in phases:
            while len(on_air) > count:
                await on_air.pop()[1].aclose()
            while len(on_air) < count:
                stack = await house.enter_async_context(AsyncExitStack())
                show = await stack.enter_async_context(_show(settings, backends, MARKETS[len(on_air)], clock))
                on_air.append((show, stack))
            done.append(await _measure([show for show, _ in on_air], backends, seconds, next(guests)))
    return done


@asynccontextmanager
async def _show(settings: Settings, backends: Backends, market: str, clock: Clock) -> AsyncIterator[_OnAir]:
    """A show on air; stopped at the end."""
    brief = next(one for one in map(load_brief, briefs().values()) if market in one.markets)
    casting = cast(market, None)
    desk = MarketDesk(
        [brief], casting.market, now=lambda: datetime.now(UTC), units=lambda _: brief.stock,
        language=backends.language, choice=settings.language, seed=0,
    )  # fmt: skip
    output, busy = _Counted(), Counter[str]()
    options = RigOptions(
        picture=settings.picture,
        clock=clock,
        outputs=[output],
        observe=lambda stage, spent: busy.update({stage: spent}),
        on_restart=lambda stage: busy.update({f"{stage} restarts": 1}),
    )
    rig = await Rig.open(options, backends, casting, desk, {})
    try:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(rig.session.run(Position()))
            yield _OnAir(market, rig, output, busy)
            running.cancel()
    finally:
        await rig.aclose()


async def _measure(shows: Sequence[_OnAir], backends: Backends, seconds: float, guest: Casting | None) -> Phase:
    engine, ended = _engine(backends)
    before = ended()
    for show in shows:
        show.before = show.totals()
    steps: Counter[int] = Counter()
    samples = max(1, round(seconds / SAMPLE_S))
    swap: dict[str, float] = {}
    for number in range(samples):
        await asyncio.sleep(seconds / samples)
        if guest is not None and number == samples // 2:
            swap = await _swap(shows[0], guest)
        if engine is not None:
            steps[engine.step] += 1
    after = ended()
    return Phase(
        shows=len(shows),
        seconds=seconds,
        steps={step: round(count / samples, 3) for step, count in sorted(steps.items())},
        frames_ended={end: after[end] - before.get(end, 0) for end in after if after[end] > before.get(end, 0)},
        by_show=[_since(show) for show in shows],
        swap=swap,
    )


async def _swap(show: _OnAir, guest: Casting) -> dict[str, float]:
    """Puts a guest on stage; what it took, and what it cost until two seconds after."""
    before, began = show.totals(), time.monotonic()
    await show.rig.recast(guest)
    prepared = time.monotonic() - began
    await asyncio.sleep(2)
    after = show.totals()
    lost = {name: after[name] - before[name] for name in ("repeated", "pictures_left_out")}
    return {"prepared_s": round(prepared, 2), "fade_s": FADE_FRAMES / FPS, **lost}


def _since(show: _OnAir) -> dict[str, Any]:
    totals = show.totals()
    changed = {name: round(total - show.before.get(name, 0), 2) for name, total in totals.items()}
    return {"market": show.market, **changed}


def _engine(backends: Backends) -> tuple[Steps | None, Callable[[], dict[str, int]]]:
    """The render engine behind the avatar, if it has one, and what its frames came to."""
    from models.avatar.fallback import FallbackAvatar
    from models.runtime import EngineBackend

    avatar = backends.avatar.first if isinstance(backends.avatar, FallbackAvatar) else backends.avatar
    if not isinstance(avatar, EngineBackend):
        return None, dict
    engine = avatar.engine
    return engine, lambda: {str(end): count for end, count in (engine.stats.ends or {}).items()}


def as_data(phases: Sequence[Phase]) -> list[dict[str, Any]]:
    """The phases for JSON."""
    return [asdict(phase) for phase in phases]
