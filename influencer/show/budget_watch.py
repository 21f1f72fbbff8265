"""Takes products out of a show whose budget is used up, at the end of what is being said; without any left it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

import structlog

from influencer.intake.budgets import used_up
from influencer.show.airtime import AirtimeMeter
from influencer.show.session import ShowSession
from influencer.store import Store

log = structlog.get_logger(__name__)

LOOK_S = 5.0
"""How often other shows' spending, and budgets that were changed, are looked at; each sentence is a look too."""
QUIET_S = 0.1


class BudgetWatch:
    """Of one show. Run it supervised, beside the show."""

    def __init__(
        self,
        show_id: str,
        *,
        brief_ids: tuple[str, ...],
        store: Store,
        session: ShowSession,
        meter: AirtimeMeter,
        is_quiet: Callable[[], bool],
        end: Callable[[], Awaitable[None]],
        now: Callable[[], datetime],
    ) -> None:
        self._show_id, self._brief_ids, self._store, self._session = show_id, brief_ids, store, session
        self._meter, self._is_quiet, self._end, self._now = meter, is_quiet, end, now
        self._stirred = asyncio.Event()
        meter.stirred = self._stirred.set

    async def run(self) -> None:
        """Look until cancelled, or until the show had to be ended."""
        while True:
            self._stirred.clear()
            closed = await used_up(self._store, self._brief_ids, self._now(), self._meter.saying)
            if closed != self._session.desk.closed:
                log.info("products are on offer by their budgets", show=self._show_id, closed=sorted(closed))
                self._session.desk.closed = closed
            if len(closed) == len(self._brief_ids) and self._is_quiet():
                log.warning("the show ends: every budget is used up", show=self._show_id)
                await self._end()
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(QUIET_S if len(closed) == len(self._brief_ids) else LOOK_S):
                    await self._stirred.wait()
