"""From a viewer's question to its answer: in the chat, and as sound at a real WebRTC peer; quiet, and in a storm.

    influencer bench answer --probes 20

A whole live show (script, speech, host, encoders, ledger) with a peer over ICE, DTLS and SRTP on loopback in the same
process. The crowd's messages pass the room's validation, rate limits and assistant as a socket's do. The answer's
first frame is known by the show time in the ledger; RTP time is tied to show time by a packet that was sent and came,
byte for byte; what counts is when the first packet of the answer arrived whose decoded sound is loud. A browser adds
its buffer.

A quiet probe is asked while the script is being said and takes as long as the answer, some 20 s; probes of the storm
are asked at random moments of it and wait at the same time. Twenty of each take ten minutes.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import random
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import structlog
import yaml
from prometheus_client import CollectorRegistry

from influencer.assistant.assistant import Assistant
from influencer.assistant.values import Question
from influencer.loading import load_market
from influencer.settings import Settings
from influencer.show.backends import Backends
from influencer.show.control import StartRequest
from influencer.show.house import HouseOfShows
from influencer.show.live import LiveShow
from influencer.store import Store, open_store
from influencer.store.utterances import Utterance
from streaming.bench_ear import Ear
from streaming.chat_hub import ChatMessage, ChatPolicy, ChatSubscription, RateLimiter, validate_message
from streaming.clock import MonotonicClock
from streaming.media import OPUS_FRAME, SAMPLE_RATE
from streaming.metrics import ShowMetrics

log = structlog.get_logger(__name__)

PATIENCE_S = 60.0
"""A probe that was not said by then is counted as not said; the assistant itself gives up at this age."""
STORM_S = 5.0
"""Seconds of storm for each probe in it."""
JUST_SAID_S = 60.0
"""An answer that was said so shortly before the question is not said again."""
_AUDIBLE = 300
_DATA = yaml.safe_load(files("influencer.show").joinpath("bench_answer.yaml").read_text("utf-8"))


@dataclass(slots=True)
class _Room:
    """The show, its ledger and its peer."""

    show: LiveShow
    store: Store
    ear: Ear
    assistant: Assistant
    """Tells which facts a probe is answered from."""
    limiter: RateLimiter
    came: Counter[str] = field(default_factory=Counter)

    async def write(self, author: str, text: str) -> None:
        """As the chat socket does it."""
        message = validate_message(json.dumps({"author": author, "text": text}))
        if not isinstance(message, ChatMessage) or self.limiter.admit(author) is not None:
            self.came["refused"] += 1
            return
        self.came["taken"] += 1
        await self.show.ask(message, author)


async def run(
    settings: Settings, backends: Backends, folder: Path, *, probes: int, per_minute: int, seed: int = 0
) -> dict[str, Any]:
    """Measure; `probes` of each kind, a crowd of `per_minute` messages. Its database is written to `folder`.

    Raises:
        NotFound: the demo brief is missing.
    """
    rng = random.Random(seed)
    async with _on_air(settings, backends, folder) as room:
        load = os.getloadavg()[0]
        quiet = [await _quiet_probe(room, n, rng) for n in range(probes)]
        cuts = [await _cut(room, rng) for _ in range(probes)]
        log.info("measuring the storm", quiet=_summary(quiet))
        async with asyncio.TaskGroup() as group:
            crowd = group.create_task(_crowd(room, per_minute, rng))
            before, began = room.came.copy(), time.monotonic()
            moments = sorted(rng.uniform(0.0, STORM_S * probes) for _ in range(probes))
            asked = [group.create_task(_probe(room, probes + n, moment)) for n, moment in enumerate(moments)]
            storm = [await each for each in asked]
            minutes = (time.monotonic() - began) / 60
            crowd.cancel()
        came = room.came - before
        stats = {stat.name: stat.value for stat in room.show.stats()}
    return {
        "machine": {
            "cpu": await asyncio.to_thread(_processor),
            "cores": os.cpu_count(),
            "load_before": round(load, 2),
            "load_after": round(os.getloadavg()[0], 2),
        },
        "date": datetime.now(UTC).date().isoformat(),
        "models": {"speech": settings.speech.backend, "avatar": settings.avatar.backend},
        "quiet": _summary(quiet),
        "storm": _summary(storm) | {"messages_a_minute": {kind: round(n / minutes) for kind, n in came.items()}},
        "cut_s": _spread([cut for cut in cuts if cut is not None]) | {"tried": probes},
        "show": stats,
    }


@asynccontextmanager
async def _on_air(settings: Settings, backends: Backends, folder: Path) -> AsyncIterator[_Room]:
    clock = MonotonicClock()
    async with await open_store(f"sqlite:///{folder}/bench.db") as store:
        house = HouseOfShows(settings, store, backends, ShowMetrics(CollectorRegistry()), clock=clock)
        async with house:
            info = await house.start(StartRequest(("dew-serum",), "en-US"))
            show = house.get(info.id)
            while not await store.utterances.count(show.id):  # noqa: ASYNC110 - as a page asks
                await asyncio.sleep(0.1)
            market = load_market("en-US")
            brief = show.product("dew-serum")
            assistant = await asyncio.to_thread(
                lambda: Assistant((brief,), market, clock_now=lambda: datetime.now(UTC), stock=lambda _: None)
            )
            ear = Ear(show.whep, show.whep.broadcast)
            await ear.join()
            try:
                yield _Room(show, store, ear, assistant, RateLimiter(ChatPolicy(), clock))
            finally:
                await ear.aclose()


@dataclass(frozen=True, slots=True)
class _Probe:
    """Seconds from a question to its answer; None for what did not come."""

    text_s: float | None
    sound_s: float | None = None
    just_said: bool = False
    """Its answer was on air shortly before it was asked."""


async def _quiet_probe(room: _Room, number: int, rng: random.Random) -> _Probe:
    """Ask while the script is being said."""
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            while not await _in_script(room):  # noqa: ASYNC110 - as a page asks
                await asyncio.sleep(0.1)
    return await _probe(room, number, rng.uniform(0.0, 4.0))


async def _in_script(room: _Room) -> bool:
    """Whether the line on air is of the script, and not a bridge back to it."""
    on_air = room.show.on_air()
    line = (await room.store.utterances.latest(room.show.id, 1))[-1]
    return on_air is not None and line.source in {"template", "model"} and line.segment != "bridge"


async def _probe(room: _Room, number: int, in_s: float) -> _Probe:
    """Ask in so many seconds, and time the text and the sound."""
    await asyncio.sleep(in_s)
    asker, question = f"Probe{number}", _DATA["probes"][number % len(_DATA["probes"])]
    wanted = room.assistant.answer(Question(asker, question)).spoken
    facts = frozenset(wanted.fact_ids) if wanted is not None else frozenset()
    lines = await room.store.utterances.latest(room.show.id, 20)
    since = datetime.now(UTC) - timedelta(seconds=JUST_SAID_S)
    just_said = any(line.spoken_at > since and _answers(line, facts) for line in lines)
    asked_at = time.monotonic_ns()
    with room.show.chat.subscribe(room.show.chat.last_seq) as listener:
        await room.write(asker, question)
        text = await _text(listener, asker, asked_at)
    if text is None:
        return _Probe(None)
    sound = await _sound(room, facts, lines[-1].id, asked_at, 0.0 if just_said else PATIENCE_S)
    return _Probe(text, sound, just_said)


def _answers(line: Utterance, facts: frozenset[str]) -> bool:
    return line.source == "answer" and facts <= set(line.fact_ids)


async def _text(listener: ChatSubscription, asker: str, asked_at: int) -> float | None:
    question: int | None = None
    try:
        async with asyncio.timeout(5):
            while True:
                for event in json.loads(await anext(listener)):
                    if event["payload"].get("author") == asker:
                        question = event["seq"]
                    if question is not None and event["payload"].get("reply_to") == question:
                        return (time.monotonic_ns() - asked_at) / 1e9
    except TimeoutError:
        return None


async def _sound(room: _Room, facts: frozenset[str], after: int, asked_at: int, patience_s: float) -> float | None:
    with suppress(TimeoutError):
        async with asyncio.timeout(patience_s):
            while True:
                for line in await room.store.utterances.latest(room.show.id, 20):
                    if line.id > after and _answers(line, facts):
                        at = room.ear.audible_after(line.pts, line.pts + SAMPLE_RATE, _AUDIBLE)
                        if at is not None and (came := room.ear.came(at)) is not None:
                            return (came - asked_at) / 1e9
                await asyncio.sleep(0.1)
    return None


async def _cut(room: _Room, rng: random.Random) -> float | None:
    """Seconds from the operator's command to the first silent packet at the peer; None when nothing was being said."""
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            while room.show.on_air() is None:  # noqa: ASYNC110 - as a page asks
                await asyncio.sleep(0.05)
    await asyncio.sleep(rng.uniform(0.5, 1.5))
    before = (await room.store.utterances.latest(room.show.id, 1))[-1].id
    began = time.monotonic_ns()
    await room.show.cut()
    await asyncio.sleep(1.5)
    lines = await room.store.utterances.latest(room.show.id, 4)
    await room.show.resume()
    cut = next((line for line in lines if line.source == "cut" and line.id > before), None)
    if cut is None:
        return None
    silent = cut.pts + OPUS_FRAME  # the fade is over in the first half of the slot
    while (room.ear.loudest(silent, silent + SAMPLE_RATE // 5) or 0) > _AUDIBLE:
        silent += OPUS_FRAME
    came = room.ear.came(silent)
    return None if came is None else (came - began) / 1e9


async def _crowd(room: _Room, per_minute: int, rng: random.Random) -> None:
    """Messages at random moments (a Poisson process), from 200 people; none waits for the answer to another."""
    due = time.monotonic()
    async with asyncio.TaskGroup() as group:
        while True:
            due += rng.expovariate(per_minute / 60)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            group.create_task(room.write(f"Viewer{rng.randrange(200)}", rng.choice(_DATA["crowd"])))


def _summary(probes: Sequence[_Probe]) -> dict[str, Any]:
    """`just_said` of `tried` were told in the chat alone, `not_said` waited in vain; neither is in the percentiles."""
    texts = [probe.text_s for probe in probes if probe.text_s is not None]
    fresh = [probe for probe in probes if not (probe.just_said and probe.sound_s is None)]
    sounds = [probe.sound_s for probe in fresh if probe.sound_s is not None]
    return {
        "text_s": _spread(texts) | {"tried": len(probes)},
        "sound_s": _spread(sounds)
        | {"tried": len(probes), "just_said": len(probes) - len(fresh), "not_said": len(fresh) - len(sounds)},
    }


def _spread(values: Sequence[float]) -> dict[str, Any]:
    """Count, median, 95th percentile (nearest rank) and largest."""
    if not values:
        return {"count": 0}
    ordered = sorted(values)
    rank = max(0, -(-95 * len(ordered) // 100) - 1)
    return {
        "count": len(ordered),
        "p50": round(statistics.median(ordered), 3),
        "p95": round(ordered[rank], 3),
        "max": round(ordered[-1], 3),
    }


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
            return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
