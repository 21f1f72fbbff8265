"""Opening a database: which URLs are allowed, how SQLite is tuned, how errors are told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from influencer.errors import InvalidInput, Mistake

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
_ALLOWED = "sqlite:///FILE or postgresql://USER@HOST/NAME"
BUSY_TIMEOUT_MS = 5_000


def utc_now() -> datetime:
    """The wall clock, aware: for records that people read, never for pacing."""
    return datetime.now(UTC)


def database_url(given: str) -> URL:
    """Check a database URL and put the async driver in.

    Raises:
        InvalidInput: not a URL, another database, or SQLite without a file (nothing would survive).
    """
    try:
        url = make_url(given)
    except ArgumentError:
        raise InvalidInput("settings", [Mistake("database", "something that is no URL", _ALLOWED)]) from None
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise InvalidInput("settings", [Mistake("database", url.drivername, _ALLOWED)])
    if driver.startswith("sqlite") and url.database in {None, "", ":memory:"}:
        raise InvalidInput("settings", [Mistake("database", "SQLite without a file", _ALLOWED)])
    return url.set(drivername=driver)


def create_engine(url: URL, **options: Any) -> AsyncEngine:
    """An async engine; SQLite gets WAL (readers never wait for the writer), a busy timeout and foreign keys."""
    if url.get_backend_name() == "postgresql":
        options.setdefault("pool_pre_ping", True)
    engine = create_async_engine(url, **options)
    if url.get_backend_name() == "sqlite":
        event.listen(engine.sync_engine, "connect", _tune_sqlite)
    return engine


def _tune_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    # In WAL mode NORMAL survives a killed process; only a power cut can lose the last commits.
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()
