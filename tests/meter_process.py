"""A process of its own that meters a likeness until it is killed, with a real database, records and clock."""

from __future__ import annotations

import asyncio
import sys

from influencer.likeness import meter
from influencer.likeness.meter import LikenessMeter
from influencer.loading import load_persona
from influencer.persona import Consent
from influencer.store import open_store, utc_now
from streaming.clock import MonotonicClock


async def main(url: str) -> None:
    meter.WRITE_S, meter.COUNT_S = 0.4, 0.1
    clock = MonotonicClock()
    began = clock.now_ns()
    real = {"id": "anna", "synthetic": False, "consent": Consent(person="Anna Real", scope="all", expires="see")}
    anna = load_persona("maya").model_copy(update=real)

    def slots() -> int:
        return (clock.now_ns() - began) // 40_000_000

    async with await open_store(url) as store:
        await LikenessMeter("demo", store, lambda: (anna, "en-US"), slots, clock, utc_now).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
