"""Lays saved versions over the files: a house those of its store, a command line those of the settings' database."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from influencer.errors import InfluencerError
from influencer.loading import pack_from
from influencer.packs.catalogue import CATALOGUE, Key, Laid

if TYPE_CHECKING:
    from influencer.store import Store
    from influencer.store.packs import PackVersion

log = structlog.get_logger(__name__)


async def lay_saved(store: Store) -> None:
    """Let the newest approved versions of a store lie over the files, for this whole process."""
    CATALOGUE.lay(laid(await store.packs.all()))


def laid(versions: Iterable[PackVersion]) -> dict[Key, Laid]:
    """Of each pack the newest approved version that still is one; `versions` come newest first.

    A version that the code has outgrown is passed over, and said so: the one before it counts, else the file.
    """
    found: dict[Key, Laid | None] = {}
    for one in versions:
        key = (one.kind, one.pack_id)
        if one.state != "approved" or key in found:
            continue
        if one.document is None:
            found[key] = None
            continue
        try:
            pack = pack_from(one.kind, one.document, f"{one.pack_id}, version {one.version}")
        except InfluencerError as error:
            log.warning("a saved pack is not valid any more", kind=one.kind, pack=one.pack_id, why=str(error))
            continue
        found[key] = Laid(one.version, pack)
    return {key: one for key, one in found.items() if one is not None}


def of_the_settings() -> Mapping[Key, Laid]:
    """What the database of the settings holds; nothing when there is no database yet, or when it cannot be opened."""
    read: dict[Key, Laid] = {}

    def run() -> None:
        read.update(asyncio.run(_read()))

    # The caller may be inside an event loop, which cannot run another.
    thread = threading.Thread(target=run, name="saved packs")
    thread.start()
    thread.join()
    return read


async def _read() -> dict[Key, Laid]:
    from influencer.settings import load_settings

    url = load_settings().database
    kind, _, file = url.partition(":///")
    if kind.startswith("sqlite") and not Path(file).is_file():  # noqa: ASYNC240 - nothing else runs here
        return {}
    from influencer.store import open_store

    try:
        async with await open_store(url) as store:
            return laid(await store.packs.all())
    except InfluencerError as error:
        log.warning("saved packs cannot be read; the files are used", why=str(error))
        return {}
