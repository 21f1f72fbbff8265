"""Looks at the picture of a show once a minute for logos, and writes down what it saw."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from influencer.insight.logos import Logo, sightings
from influencer.sales.events import Airing
from influencer.store import Store
from streaming.clock import Clock

EVERY_S = 60
"""A look costs up to a second of one core: one in a minute is below two in a hundred."""


class LogoWatch:
    """Of one show. Belongs to the event loop; the looking is done in a worker thread. Run it supervised."""

    def __init__(
        self,
        show_id: str,
        logos: Sequence[Logo],
        store: Store,
        clock: Clock,
        frame: Callable[[], npt.NDArray[np.uint8] | None],
        airing: Callable[[], Airing],
    ) -> None:
        self._show_id, self._logos, self._store, self._clock = show_id, tuple(logos), store, clock
        self._frame, self._airing = frame, airing

    async def run(self) -> None:
        """Look until cancelled; returns at once when there is no logo to look for."""
        while self._logos:
            await self._clock.wait_until(self._clock.now_ns() + EVERY_S * 1_000_000_000)
            await self.look()

    async def look(self) -> None:
        """Look now, and keep what was seen."""
        picture, airing = self._frame(), self._airing()
        if picture is None:
            return
        found = await asyncio.to_thread(sightings, picture[..., :3], self._logos)
        await self._store.insight.saw(self._show_id, airing.product_id, airing.market, found, EVERY_S)
