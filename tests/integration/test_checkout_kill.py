"""Kill -9 in the middle of a checkout, at every step: nothing acknowledged is lost, nothing is charged twice."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from influencer.store import Store, open_store
from influencer.store.sandbox_schema import SandboxIntentRow
from tests.checkout_parts import Shop, Wall, open_shop, reopen_shop
from tests.checkout_process import POINTS, purchase
from tests.web_house import BRIEF

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database and what was acknowledged for each point, all processes dead."""
    folder = tmp_path_factory.mktemp("killed")

    async def prepare() -> None:
        wall = Wall()
        async with await open_store(f"sqlite:///{folder}/0.db", now=wall) as store:
            await (await open_shop(store, wall, stock=5)).house.aclose()

    asyncio.run(prepare())
    for number in range(1, len(POINTS)):
        shutil.copy(folder / "0.db", folder / f"{number}.db")
    command = [sys.executable, "-m", "tests.checkout_process", str(folder)]
    ended = subprocess.run(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True, check=True)
    codes = dict(zip(POINTS, map(int, ended.stdout.split()), strict=True))
    assert codes == {point: 0 if point == "never" else -signal.SIGKILL for point in POINTS}
    return folder


async def _intents(store: Store) -> Sequence[SandboxIntentRow]:
    async with store._engine.connect() as connection:
        return (await connection.execute(sa.select(SandboxIntentRow.__table__))).all()  # type: ignore[return-value]


@pytest.mark.parametrize("point", POINTS)
async def test_a_purchase_that_is_killed_anywhere_is_finished_by_trying_again(killed: Path, point: str) -> None:
    database, wall = killed / f"{POINTS.index(point)}.db", Wall()
    told = database.with_suffix(".told").read_text("utf-8").splitlines()
    async with await open_store(f"sqlite:///{database}", now=wall) as store:
        shop = reopen_shop(store, wall)
        await _what_was_acknowledged_is_there(shop, told)
        if "charged" in told or point == "after the card was charged":
            # The client's answer got lost, and so may the webhook: the sweep alone must find out.
            wall.forward(seconds=30)
            await shop.till.settlement.sweep()
            (paid,) = [order for order in await store.orders.latest() if order.viewer_id == "ana"]
            assert paid.state in {"paid", "partly_refunded"}
        await _again(shop)
        await _all_is_as_if_nothing_had_happened(shop)
        await shop.house.aclose()


async def _what_was_acknowledged_is_there(shop: Shop, told: list[str]) -> None:
    facts = dict(line.partition(" ")[::2] for line in told)
    if "ordered" in facts:
        order = await shop.store.orders.get(facts["ordered"])
        assert order is not None and order.intent_id is not None and order.total == 4800
        if "paid" in facts:
            assert order.state in {"paid", "partly_refunded"}
        if "refunded" in facts:
            assert (order.state, order.refunded) == ("partly_refunded", 1000)
    if "second" in facts:
        second = await shop.store.orders.get(facts["second"])
        assert second is not None and (second.state == "cancelled" or "cancelled" not in facts)


async def _again(shop: Shop) -> None:
    """The viewer and the operator send everything again, with the same keys; a card is given where none was charged."""
    real = shop.pay

    async def pay(order: object) -> None:
        intent = await shop.provider.retrieve(order.intent_id)  # type: ignore[attr-defined]
        if intent.state == "requires_payment_method":
            await real(order)  # type: ignore[arg-type]

    shop.pay = pay  # type: ignore[method-assign, assignment]
    await purchase(shop, lambda _: None)
    shop.wall.forward(minutes=20)
    for _ in range(2):
        await shop.till.settlement.sweep()
        await shop.hear()


async def _all_is_as_if_nothing_had_happened(shop: Shop) -> None:
    store = shop.store
    by_viewer = {order.viewer_id: order for order in await store.orders.latest()}
    assert len(await store.orders.latest()) == 2
    bought, given_up = by_viewer["ana"], by_viewer["ben"]
    assert (bought.state, bought.total, bought.refunded) == ("partly_refunded", 4800, 1000)
    assert given_up.state == "cancelled"
    assert [refund.state for refund in await store.refunds.of_order(bought.id)] == ["succeeded"]
    assert await store.stock.units(BRIEF.sku) == 3
    assert await store.stock.held(BRIEF.sku) == 0
    charged = {row.reference: (row.state, row.amount, row.refunded) for row in await _intents(store)}
    assert charged[bought.id] == ("succeeded", 4800, 1000), "charged once, given back once"
    assert charged[given_up.id][0] == "canceled"
    assert len(charged) == len(await _intents(store)) == 2, "one payment an order"
