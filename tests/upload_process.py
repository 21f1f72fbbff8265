"""A server that takes briefs and kills itself at one point, as the kernel would: see `main` for how it is started.

The points are put around the store from outside, as in `tests.checkout_process`; "while it is committed" is the moment
before the database is told to.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

import uvicorn
from prometheus_client import CollectorRegistry
from sqlalchemy import event

from influencer.store import Store, open_store
from influencer.web import WebSettings, create_app, server_config
from tests.checkout_process import around, die
from tests.web_house import RoomHouse

POINTS = (
    "in the middle of the picture's bytes",
    "before the picture is written",
    "while the picture is committed",
    "after the picture was written",
    "in the middle of the brief's bytes",
    "before the brief is written",
    "between the brief and its version",
    "while the brief is committed",
    "after the brief was written",
    "before the change is written",
    "while the change is committed",
    "after the change was written",
    "while the second row of a sheet is committed",
    "never",
)
"""In the order in which an advertiser comes by them. Where bytes are cut the test itself kills the process."""
_AROUND = {"picture": "add_image", "brief": "create", "change": "save"}


def lay(store: Store, point: str) -> None:
    """Put the point where it belongs."""
    for what, method in _AROUND.items():
        around(store.briefs, method, f"before the {what} is written", f"after the {what} was written", point)
        if point == f"while the {what} is committed":
            _at_commit(store, method, 1)
    if point == "while the second row of a sheet is committed":
        _at_commit(store, "create", 3)  # the first is the brief itself
    if point == "between the brief and its version":
        event.listen(store._engine.sync_engine, "before_cursor_execute", _before_the_version)


def _before_the_version(_c: object, _cursor: object, statement: str, *_: object) -> None:
    if statement.startswith("INSERT INTO brief_versions"):
        die()


def _at_commit(store: Store, method: str, call: int) -> None:
    """Die when the database is about to be told to commit what the method's nth call has written."""
    real, calls = getattr(store.briefs, method), 0

    async def wrapped(*given: object, **more: object) -> object:
        nonlocal calls
        calls += 1
        if calls == call:
            event.listen(store._engine.sync_engine, "commit", lambda _: die())
        return await real(*given, **more)

    setattr(store.briefs, method, wrapped)


async def serve(database: Path, point: str) -> None:
    """Serve until killed; the port is the only thing that is printed."""
    async with await open_store(f"sqlite:///{database}") as store:
        app = await asyncio.to_thread(create_app, RoomHouse(), store, WebSettings(), registry=CollectorRegistry())
        lay(store, point)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            print(listening.getsockname()[1], flush=True)  # who connects now waits until the server takes it
            await uvicorn.Server(server_config(app, "127.0.0.1", 0)).serve(sockets=[listening])


def main() -> None:
    """`python -m tests.upload_process DATABASE POINT`."""
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2]))


if __name__ == "__main__":
    main()
