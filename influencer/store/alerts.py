"""Alerts: opened once for a rule and a subject, acknowledged by a person, resolved; each step audited and told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.errors import Conflict, NotFound
from influencer.store.accounts_schema import AuditRow
from influencer.store.alerts_schema import AlertRow
from influencer.store.outbox import HOUSE, tell
from influencer.store.schema import columns

MAX_OPEN = 200


@dataclass(frozen=True, slots=True)
class NewAlert:
    """What is wrong: the rule's id, what it was measured of, and how bad it is."""

    rule: str
    subject: str
    severity: str
    title: str
    detail: str
    number: float


@dataclass(frozen=True, slots=True)
class Alert(NewAlert):
    """A stored one. It is open until `resolved_at`, whoever acknowledged it."""

    id: int
    opened_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    resolved_at: datetime | None

    def as_data(self) -> dict[str, Any]:
        """For JSON, times in ISO 8601."""
        names = ("opened_at", "acknowledged_at", "resolved_at")
        times = {
            name: None if (at := getattr(self, name)) is None else at.isoformat(timespec="seconds") for name in names
        }
        plain = ("id", "rule", "subject", "severity", "title", "detail", "number", "acknowledged_by")
        return {name: getattr(self, name) for name in plain} | times


class AlertRepository:
    """Every method is one transaction: the alert, its line in the audit log, and its webhook."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def open(self, new: NewAlert) -> Alert | None:
        """Open an alert; None when it is open already, by whomever."""
        now = self._now()
        subject = new.subject[:160]
        row = AlertRow(
            rule=new.rule, subject=subject, severity=new.severity, title=new.title, detail=new.detail[:400],
            number=new.number, open_key=f"{new.rule}:{subject}", opened_at=now,
        )  # fmt: skip
        try:
            async with self._sessions.begin() as session:
                session.add(row)
                await session.flush()
                session.add(_audit(row, "alert opened", now))
                await tell(session, "alert.opened", {HOUSE: _told(row)}, now)
        except IntegrityError:
            return None
        return _value(row)

    async def resolve(self, rule: str, subject: str) -> Alert | None:
        """Resolve an open alert; None when it is not open (any more)."""
        now = self._now()
        query = select(AlertRow).where(AlertRow.open_key == f"{rule}:{subject}").with_for_update()
        async with self._sessions.begin() as session:
            row = (await session.scalars(query)).first()
            if row is None:
                return None
            row.resolved_at, row.open_key = now, None
            session.add(_audit(row, "alert resolved", now))
            await tell(session, "alert.resolved", {HOUSE: _told(row)}, now)
        return _value(row)

    async def acknowledge(self, alert_id: int, by: str) -> Alert:
        """Write down that somebody has seen it; the first one counts.

        Raises:
            NotFound: there is none.
            Conflict: it is resolved already.
        """
        async with self._sessions.begin() as session:
            row = await session.get(AlertRow, alert_id, with_for_update=True)
            if row is None:
                raise NotFound(f"there is no alert {alert_id}")
            if row.resolved_at is not None:
                raise Conflict(f"alert {alert_id} was resolved at {row.resolved_at:%Y-%m-%d %H:%M} UTC")
            if row.acknowledged_at is None:
                row.acknowledged_at, row.acknowledged_by = self._now(), by
        return _value(row)

    async def open_now(self) -> list[Alert]:
        """Open alerts, the worst first, then the newest."""
        rank = case({"critical": 0, "warning": 1}, value=AlertRow.severity, else_=2)
        query = select(AlertRow).where(AlertRow.resolved_at.is_(None)).order_by(rank, AlertRow.id.desc())
        async with self._sessions() as session:
            return [_value(row) for row in await session.scalars(query.limit(MAX_OPEN))]

    async def page(self, *, before: int | None = None, limit: int = 50) -> list[Alert]:
        """Alerts, open or not, newest first."""
        query = select(AlertRow).order_by(AlertRow.id.desc()).limit(limit)
        if before is not None:
            query = query.where(AlertRow.id < before)
        async with self._sessions() as session:
            return [_value(row) for row in await session.scalars(query)]


def _value(row: AlertRow) -> Alert:
    values = columns(row)
    del values["open_key"]
    return Alert(**values)


def _told(row: AlertRow) -> dict[str, Any]:
    resolved = None if row.resolved_at is None else row.resolved_at.isoformat(timespec="seconds")
    return {
        "alert_id": row.id, "rule": row.rule, "severity": row.severity, "subject": row.subject, "title": row.title,
        "detail": row.detail, "opened_at": row.opened_at.isoformat(timespec="seconds"), "resolved_at": resolved,
    }  # fmt: skip


def _audit(row: AlertRow, action: str, at: datetime) -> AuditRow:
    detail = {"alert": row.id, "subject": row.subject, "detail": row.detail}
    return AuditRow(at=at, action=action, actor="alerts", subject=row.rule, address="", detail=detail)
