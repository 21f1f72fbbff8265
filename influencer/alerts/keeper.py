"""Looks at the rules once a second: opens what is wrong, resolves what is well again. Survives a restart."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from influencer.alerts.rules import AlertRules, Decider, Reading
from influencer.alerts.show_gauges import ShowGauges
from influencer.alerts.store_gauges import StoreGauges
from influencer.show.supervise import supervise
from influencer.store import Store
from influencer.store.alerts import NewAlert
from streaming.clock import Clock

_TICK_NS = 1_000_000_000
_TICKS_A_STORE = 5
"""Looks at the shows between two at the store and the disk."""

log = structlog.get_logger(__name__)


class AlertKeeper:
    """Owns the comparison only: numbers are the gauges', alerts the store's."""

    def __init__(self, rules: AlertRules, shows: ShowGauges, house: StoreGauges, store: Store, clock: Clock) -> None:
        self._rules, self._shows, self._house = rules.rules, shows, house
        self._alerts, self._clock = store.alerts, clock
        self._decider = Decider(rules.rules)
        self._of_the_house: list[Reading] = []

    async def run(self) -> None:
        """Look until cancelled. Run it supervised."""
        for tick in itertools.count():
            await self.look(store_too=tick % _TICKS_A_STORE == 0)
            await self._clock.wait_until(self._clock.now_ns() + _TICK_NS)

    async def look(self, *, store_too: bool = True) -> None:
        """One look at everything, or at the shows alone."""
        now_s = self._clock.now_ns() / 1e9
        if store_too:
            self._of_the_house = await self._house.read()
        readings = [*self._shows.read(now_s), *self._of_the_house]
        is_open = {(alert.rule, alert.subject) for alert in await self._alerts.open_now()}
        opened, resolved = self._decider.decide(readings, is_open, now_s)
        for reading in opened:
            rule = self._rules[reading.rule]
            new = NewAlert(
                reading.rule, reading.subject, rule.severity, rule.title, reading.detail, reading.number
            )  # fmt: skip
            if await self._alerts.open(new) is not None:
                log.warning("alert", rule=reading.rule, subject=reading.subject, detail=reading.detail)
        for rule_id, subject in resolved:
            if await self._alerts.resolve(rule_id, subject) is not None:
                log.info("alert resolved", rule=rule_id, subject=subject)


@asynccontextmanager
async def kept_alerts(keeper: AlertKeeper, clock: Clock) -> AsyncIterator[None]:
    """Look in the background, restarted when it crashes, until the context is left."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(supervise("alerts", keeper.run, clock=clock, on_restart=_restarted), name="alerts")
        try:
            yield
        finally:
            task.cancel()


def _restarted(stage: str) -> None:
    log.warning("alerts restarted", stage=stage)
