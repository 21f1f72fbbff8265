"""The numbers of the house that alerts look at: what waits, what has lapsed or failed, and the disk."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from influencer.alerts.rules import Reading
from influencer.likeness.consent import StoredConsent
from influencer.likeness.people import same_person
from influencer.store import Store

_LAPSED_DAYS = 7
"""How long a likeness that lapsed is told of."""
_FAILED_TRIES = 3
"""Tries after which a webhook of the test provider counts as failing."""


class StoreGauges:
    """Reads the store and the disk.

    Args:
        store: where things wait.
        disk: a folder on the disk that must not be full.
        refused: how often a payment provider's webhook could not be taken, ever; see `Settlement.refused`.
        now: aware wall clock.
    """

    def __init__(
        self, store: Store, disk: Path, refused: Callable[[], int], now: Callable[[], datetime]
    ) -> None:  # fmt: skip
        self._store, self._disk, self._refused, self._now = store, disk, refused, now
        self._refusals: list[tuple[datetime, int]] = []

    async def read(self) -> list[Reading]:
        """The numbers of now."""
        consents = await self._store.consents.all()
        found = [*_likenesses(consents, self._now()), *await self._waiting(), *await self._payments()]
        for endpoint in await self._store.webhooks.all():
            failed = endpoint.disabled_because == "failing"
            told = f"{endpoint.advertiser_id or 'the house'}: {endpoint.url}"
            found.append(Reading("webhook-disabled", endpoint.id, float(failed), told))
        found += [
            Reading("programme-missed", f"{one.entry_id} {one.start:%Y-%m-%d %H:%M}", 1, one.failed)
            for one in await self._store.programme.latest()
            if one.failed is not None and one.end > self._now()
        ]
        usage = await asyncio.to_thread(shutil.disk_usage, self._disk)
        free = 100 * usage.free / usage.total
        found.append(Reading("disk-full", "disk", free, f"{free:.1f} % free, {usage.free / 1e9:.1f} GB"))
        return found

    async def _waiting(self) -> list[Reading]:
        """Seconds the oldest message and the oldest question of each show wait."""
        now, found = self._now(), []
        for show_id, since in (await self._store.moderation.oldest_waiting()).items():
            waits = (now - since).total_seconds()
            found.append(
                Reading("held-message-waiting", show_id, waits, f"the oldest waits since {since:%H:%M:%S} UTC")
            )
        for show_id, since in (await self._store.hand_offs.oldest_waiting()).items():
            waits = (now - since).total_seconds()
            found.append(Reading("hand-off-waiting", show_id, waits, f"the oldest waits since {since:%H:%M:%S} UTC"))
        return found

    async def _payments(self) -> list[Reading]:
        """Webhooks that were refused in the last ten minutes, and those the test provider cannot get rid of."""
        now, total = self._now(), self._refused()
        self._refusals = [one for one in self._refusals if (now - one[0]).total_seconds() < 600] or [(now, total)]
        self._refusals.append((now, total))
        lately = total - self._refusals[0][1]
        stuck = await self._store.sandbox.stuck(_FAILED_TRIES)
        told = f"{lately} could not be taken in the last ten minutes, {stuck} wait after several tries"
        number = max(lately, _FAILED_TRIES if stuck else 0)
        return [Reading("payment-webhooks-failing", "payments", number, told)]


def _likenesses(consents: list[StoredConsent], now: datetime) -> Iterator[Reading]:
    """Days to the end of each record in force, and records that lapsed lately with no other in their place."""
    in_force = [one for one in consents if one.revoked_at is None and one.record.valid_until >= now.date()]
    for one in consents:
        hosts = ", ".join(one.record.personas)
        others = [each for each in in_force if each is not one and same_person(each.record.person, one.record.person)]
        if one in in_force:
            days = (one.record.valid_until - now.date()).days
            if not any(each.record.valid_until > one.record.valid_until for each in others):
                yield Reading("likeness-ending", one.id, days, f"host {hosts}: until {one.record.valid_until}")
            continue
        ended = one.record.valid_until if one.revoked_at is None else one.revoked_at.date()
        if (now.date() - ended).days <= _LAPSED_DAYS and not others:
            why = "ended" if one.revoked_at is None else "was revoked"
            yield Reading("likeness-lapsed", one.id, 1, f"host {hosts}: the record {why} on {ended}")
