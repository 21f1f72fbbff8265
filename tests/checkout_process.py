"""Processes that sell and kill themselves at one point, as the kernel would: `python -m tests.checkout_process FOLDER`.

Nothing of ours knows these points: they are put between the steps from outside, around what the till is made of. Each
point has a process of its own, forked from one that has imported everything and has done nothing yet.
"""

from __future__ import annotations

import asyncio
import functools
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from influencer.store import open_store
from influencer.store.refunds import NewRefund
from tests.checkout_parts import Shop, Wall, reopen_shop

POINTS = (
    "before the order is written",
    "after the order was written",
    "after the payment was created",
    "after the payment was written down",
    "after the card was charged",
    "while the webhook is answered",
    "after the order was paid",
    "after the refund was claimed",
    "after the money went back",
    "after the refund was settled",
    "before the payment is cancelled",
    "after the payment was cancelled",
    "never",
)
"""In the order in which one purchase, its refund and a second order that is cancelled come by them."""


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def around(what: Any, method: str, before: str | None, after: str | None, point: str) -> None:
    """Die before or after a method of an object, if that is the point."""
    real: Callable[..., Awaitable[Any]] = getattr(what, method)

    @functools.wraps(real)
    async def wrapped(*given: Any, **more: Any) -> Any:
        if before == point:
            die()
        result = await real(*given, **more)
        if after == point:
            die()
        return result

    setattr(what, method, wrapped)


def lay(shop: Shop, point: str) -> None:
    """Put the point where it belongs."""
    store, provider = shop.store, shop.provider
    around(store.orders, "place", "before the order is written", "after the order was written", point)
    around(provider, "create", None, "after the payment was created", point)
    around(store.orders, "set_payment", None, "after the payment was written down", point)
    around(provider, "confirm", None, "after the card was charged", point)
    around(store.order_steps, "event_is_new", None, "while the webhook is answered", point)
    around(store.order_steps, "pay", None, "after the order was paid", point)
    around(store.refunds, "claim", None, "after the refund was claimed", point)
    around(provider, "refund", None, "after the money went back", point)
    around(store.refunds, "settle", None, "after the refund was settled", point)
    around(provider, "cancel", "before the payment is cancelled", "after the payment was cancelled", point)


async def purchase(shop: Shop, say: Callable[[str], None]) -> None:
    """What a viewer and an operator do, each step told once it is acknowledged."""
    order = await shop.order(quantity=2)
    say(f"ordered {order.id}")
    await shop.pay(order)
    say("charged")
    await shop.hear()
    say("paid")
    await shop.till.refunding.refund(NewRefund(order.id, 1000, "one leaked", "operator", "refund-1"))
    say("refunded")
    second = await shop.order("ben", "key-00000002")
    say(f"second {second.id}")
    await shop.till.settlement.cancel(second, "by_viewer")
    say("cancelled")


async def sell(database: Path, point: str) -> None:
    """Sell until the point; what is acknowledged goes into a file beside the database."""
    with database.with_suffix(".told").open("w", buffering=1) as told:
        async with await open_store(f"sqlite:///{database}", now=Wall()) as store:
            shop = reopen_shop(store, Wall())
            lay(shop, point)
            await purchase(shop, lambda text: print(text, file=told))
            await shop.house.aclose()


def main(folder: Path) -> None:
    """Fork a process a point, one after the other, and print how each ended."""
    for number, point in enumerate(POINTS):
        child = os.fork()
        if child == 0:
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # logs are no answer
            asyncio.run(sell(folder / f"{number}.db", point))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
