"""Alembic's environment: one connection of the async driver, one process at a time.

Alembic executes this file inside a worker thread; see `influencer.store.migrate`.
"""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.pool import NullPool

from influencer.store.engine import create_engine
from influencer.store.schema import Row

_ADVISORY_LOCK = 0x1F10E4CE
"""Any constant: PostgreSQL's name for "somebody is migrating this database"."""


def _migrate(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    context.configure(connection=connection, target_metadata=Row.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()


async def _run() -> None:
    engine = create_engine(context.config.attributes["url"], poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_migrate)
    finally:
        await engine.dispose()


# The scripts are read from disk here, before the loop starts.
context.script.get_heads()
asyncio.run(_run())
