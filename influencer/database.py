"""The database of the settings, opened for one command. Imports SQLAlchemy only when it is used."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from influencer.store import Store

T = TypeVar("T")


def with_store(work: Callable[[Store], Awaitable[T]]) -> T:
    """Open the database of the settings, work, close it.

    Raises:
        StoreError: the database cannot be opened.
    """
    from influencer.settings import load_settings
    from influencer.store import open_store

    async def run() -> T:
        async with await open_store(load_settings().database) as store:
            return await work(store)

    return asyncio.run(run())
