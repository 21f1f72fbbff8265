"""Money in the store, whatever is ordered and given back: lines add up, and refunds never exceed what was paid."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from influencer.errors import Conflict
from influencer.store import NewOrder, OrderLine, Store, open_store
from influencer.store.refunds import NewRefund
from tests.web_house import AT

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]
Run = Callable[[Callable[[Store], Coroutine[Any, Any, None]]], None]
LINES = st.lists(
    st.tuples(st.integers(1, 20), st.integers(1, 10**12), st.integers(0, 10**6)).map(
        lambda drawn: OrderLine("serum", "S-30", drawn[0], drawn[1], drawn[0] * drawn[1] * drawn[2] // 10**6)
    ),
    min_size=1,
    max_size=5,
)
REFUNDS = st.lists(st.tuples(st.integers(1, 100), st.sampled_from(["succeeded", "failed", "pending"])), max_size=8)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Run a coroutine on one store, in one loop of its own, for all examples."""
    folder: Path = tmp_path_factory.mktemp("money")
    with asyncio.Runner() as runner:
        store = runner.run(open_store(f"sqlite:///{folder}/show.db", now=lambda: AT))
        runner.run(store.shows.create("s1", ("serum",), "en-US", "mina"))
        runner.run(store.stock.seed("S-30", 10**9))
        yield lambda what: runner.run(what(store))
        runner.run(store.aclose())


@settings(max_examples=20, deadline=None)
@given(lines=LINES, refunds=REFUNDS)
def test_lines_add_up_and_refunds_never_exceed_what_was_paid(
    run: Run, lines: list[OrderLine], refunds: list[tuple[int, Any]]
) -> None:
    async def check(store: Store) -> None:
        new = NewOrder("s1", "en-US", "ana", uuid4().hex, "x", "USD", tuple(lines), AT + timedelta(minutes=15))
        order = (await store.orders.place(new)).order
        assert order.total == sum(line.total for line in order.lines) == order.subtotal - order.discount >= 0
        await store.order_steps.pay(order.id)
        back = done = 0
        for count, (percent, ending) in enumerate(refunds):
            amount = max(1, order.total * percent // 100)
            try:
                refund = await store.refunds.claim(NewRefund(order.id, amount, "why", "operator", f"refund-{count}"))
            except Conflict:
                assert amount > order.total - back
                continue
            if ending != "pending":
                await store.refunds.settle(refund.id, ending, provider_id=None, failure=None)
            back += amount if ending != "failed" else 0
            done += amount if ending == "succeeded" else 0
            now = await store.orders.get(order.id)
            assert now is not None
            assert now.refunded == back <= now.total
            assert now.state == ("paid" if done == 0 else "refunded" if done == now.total else "partly_refunded")

    run(check)
