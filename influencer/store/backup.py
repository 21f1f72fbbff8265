"""Backup and restore: every table as JSON Lines in one zip file, from SQLite or PostgreSQL into either.

A backup is one moment: all tables are read in one transaction, while shows go on. A restore fills an empty database, or
nothing: it is one transaction too.
"""

from __future__ import annotations

import asyncio
import base64
import json
import zipfile
from collections.abc import AsyncIterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy import Date, LargeBinary, Table, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from influencer.errors import Conflict, InvalidInput, Mistake
from influencer.store.engine import create_engine, database_url, utc_now
from influencer.store.migrate import MIGRATIONS, upgrade
from influencer.store.schema import Row
from influencer.store.types import Amount, UtcDateTime

MANIFEST = "backup.json"
FORMAT = 1
BATCH = 500
_ALLOWED = "a file that `influencer data backup` wrote"


async def backup(url: str, file: Path) -> dict[str, int]:
    """Write every row of a database into a new zip file.

    Returns:
        Rows by table.

    Raises:
        Conflict: the file exists: a backup never overwrites another.
        InvalidInput: the URL names no database.
    """
    if file.exists():  # noqa: ASYNC240 - nothing else runs in a process that makes a backup
        raise Conflict(f"{file} exists; a backup never overwrites another")
    engine = create_engine(database_url(url))
    part = file.with_name(f"{file.name}.part")
    counts: dict[str, int] = {}
    try:
        with part.open("xb") as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
            async with _one_moment(engine) as connection:
                for table in Row.metadata.sorted_tables:
                    counts[table.name] = await _write(connection, table, archive)
            manifest = {
                "format": FORMAT,
                "schema": head(),
                "made_at": utc_now().isoformat(timespec="seconds"),
                "rows": counts,
            }
            archive.writestr(MANIFEST, json.dumps(manifest, indent=2))
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
        await engine.dispose()
    return counts


async def restore(url: str, file: Path) -> dict[str, int]:
    """Fill an empty database from a backup; all of it, or nothing.

    Returns:
        Rows by table.

    Raises:
        InvalidInput: the file is no backup, is damaged, or is of another version of the schema.
        Conflict: the database is not empty.
    """
    manifest = read_manifest(file)
    target = database_url(url)
    await asyncio.to_thread(upgrade, target)
    engine = create_engine(target)
    try:
        with zipfile.ZipFile(file) as archive:
            async with engine.begin() as connection:
                await _require_empty(connection)
                counts = {table.name: await _read(connection, table, archive) for table in Row.metadata.sorted_tables}
                if counts != manifest["rows"]:
                    raise InvalidInput("backup", [Mistake("rows", "other numbers than it was made with", _ALLOWED)])
                await _count_on(connection)
    finally:
        await engine.dispose()
    return counts


def read_manifest(file: Path) -> dict[str, Any]:
    """What a backup says of itself.

    Raises:
        InvalidInput: it is none, or of another version of the schema.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            broken = archive.testzip()
            manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError):
        raise InvalidInput("backup", [Mistake("file", str(file), _ALLOWED)]) from None
    if broken is not None:
        raise InvalidInput("backup", [Mistake("file", f"one whose {broken} is damaged", _ALLOWED)])
    if (manifest.get("format"), manifest.get("schema")) != (FORMAT, head()):
        given = f"schema {manifest.get('schema')}"
        raise InvalidInput("backup", [Mistake("schema", given, f"{head()}: restore with the version that made it")])
    return manifest


def head() -> str:
    """The newest schema this version knows."""
    return str(ScriptDirectory(str(MIGRATIONS)).get_current_head())


class _one_moment:  # noqa: N801 - a context manager, used like a function
    """A connection whose reads all see the database as it was at the first of them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._connection = engine.connect()

    async def __aenter__(self) -> AsyncConnection:
        connection = await self._connection.__aenter__()
        if connection.dialect.name == "postgresql":
            return await connection.execution_options(isolation_level="REPEATABLE READ")
        await connection.exec_driver_sql("BEGIN")
        return connection

    async def __aexit__(self, *error: Any) -> None:
        await self._connection.__aexit__(*error)


async def _write(connection: AsyncConnection, table: Table, archive: zipfile.ZipFile) -> int:
    count = 0
    with archive.open(f"{table.name}.jsonl", "w") as lines:
        async for row in _rows(connection, table):
            values = {name: _plain(value) for name, value in row.items()}
            lines.write(json.dumps(values, ensure_ascii=False).encode() + b"\n")
            count += 1
    return count


async def _rows(connection: AsyncConnection, table: Table) -> AsyncIterator[dict[str, Any]]:
    result = await connection.stream(select(table).order_by(*table.primary_key.columns))
    async for row in result:
        yield dict(row._mapping)


async def _read(connection: AsyncConnection, table: Table, archive: zipfile.ZipFile) -> int:
    count, batch = 0, list[dict[str, Any]]()
    try:
        with archive.open(f"{table.name}.jsonl") as lines:
            for line in lines:
                batch.append({name: _typed(table, name, value) for name, value in json.loads(line).items()})
                count += 1
                if len(batch) >= BATCH:
                    await connection.execute(insert(table), batch)
                    batch = []
    except (KeyError, ValueError):
        raise InvalidInput("backup", [Mistake(table.name, "rows that cannot be read", _ALLOWED)]) from None
    if batch:
        await connection.execute(insert(table), batch)
    return count


async def _require_empty(connection: AsyncConnection) -> None:
    for table in Row.metadata.sorted_tables:
        if await connection.scalar(select(func.count()).select_from(table)):
            raise Conflict(f"the database is not empty ({table.name} has rows); restore into a new one")


async def _count_on(connection: AsyncConnection) -> None:
    """PostgreSQL's counters do not move when rows bring their ids along."""
    if connection.dialect.name != "postgresql":
        return
    for table in Row.metadata.sorted_tables:
        for column in table.primary_key.columns:
            if column is table.autoincrement_column:
                await connection.execute(
                    text(
                        f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'), "
                        f"coalesce(max({column.name}), 1), max({column.name}) IS NOT NULL) FROM {table.name}"
                    )
                )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def _typed(table: Table, name: str, value: Any) -> Any:
    kind = table.columns[name].type
    if value is None:
        return None
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, Amount):
        return Decimal(value)
    return base64.b64decode(value) if isinstance(kind, LargeBinary) else value
