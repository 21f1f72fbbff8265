"""Orders of older versions come along, exactly, and go back again, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from influencer.store import NewOrder, OrderLine, open_store
from influencer.store.engine import create_engine, database_url
from influencer.store.migrate import alembic_config
from influencer.store.refunds import NewRefund
from influencer.store.types import Amount, UtcDateTime

pytestmark = pytest.mark.integration
AT = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
SHOWS = sa.table(
    "shows",
    *(sa.column(name) for name in ("id", "market", "persona", "state")),
    sa.column("brief_ids", sa.JSON()),
    sa.column("created_at", UtcDateTime()),
    sa.column("updated_at", UtcDateTime()),
)
ORDERS = sa.table(
    "orders",
    *(sa.column(name) for name in ("id", "show_id", "product_id", "sku", "market", "quantity", "currency", "coupon")),
    *(sa.column(name) for name in ("viewer_id", "idempotency_key", "utterance_id")),
    sa.column("unit_amount", Amount()),
    sa.column("placed_at", UtcDateTime()),
)


def old(number: int, quantity: int, unit: str, currency: str, market: str) -> dict[str, Any]:
    return {
        "id": f"K7QM-2VXA-{number:04}", "show_id": "s1", "product_id": "serum", "sku": "S-30", "market": market,
        "quantity": quantity, "currency": currency, "coupon": "DEW10" if number % 2 else None, "viewer_id": "ana",
        "idempotency_key": f"key-{number:04}", "utterance_id": None, "unit_amount": Decimal(unit),
        "placed_at": AT + timedelta(seconds=number),
    }  # fmt: skip


OLD = [
    old(1, 2, "21.60", "USD", "en-US"),
    old(2, 1, "29000", "KRW", "ko-KR"),
    old(3, 20, "99999.99", "BRL", "pt-BR"),
    *(old(number, 1, "1.01", "EUR", "it-IT") for number in range(4, 1204)),
]


async def _at(url: str, revision: str, *, down: bool = False) -> None:
    move = command.downgrade if down else command.upgrade
    await asyncio.to_thread(move, alembic_config(database_url(url)), revision)


async def _old_orders(url: str) -> list[dict[str, Any]]:
    engine = create_engine(database_url(url))
    async with engine.connect() as connection:
        rows = (await connection.execute(sa.select(ORDERS).order_by(ORDERS.c.id))).mappings().all()
    await engine.dispose()
    return [dict(row) for row in rows]


async def _write_old(url: str) -> None:
    engine = create_engine(database_url(url))
    async with engine.begin() as connection:
        show = {"id": "s1", "market": "en-US", "persona": "mina", "state": "live", "brief_ids": ["serum"]}
        await connection.execute(sa.insert(SHOWS), [show | {"created_at": AT, "updated_at": AT}])
        await connection.execute(sa.insert(ORDERS), OLD)
    await engine.dispose()


async def test_old_orders_are_paid_orders_with_one_line_and_go_back_unchanged(url: str) -> None:
    await _at(url, "0010")
    await _write_old(url)
    async with await open_store(url) as store:
        dollars, won = [await store.orders.get(f"K7QM-2VXA-000{n}") for n in (1, 2)]
        assert dollars is not None and won is not None
        assert (dollars.state, dollars.total, dollars.currency, dollars.coupon) == ("paid", 4320, "USD", "DEW10")
        assert dollars.lines == (OrderLine("serum", "S-30", 2, 2160),)
        assert (dollars.placed_at, dollars.paid_at) == (AT + timedelta(seconds=1),) * 2
        assert (won.total, won.lines[0].unit_amount) == (29_000, 29_000)
        assert len(await store.orders.latest("s1", limit=2000)) == len(OLD)
    await _at(url, "0010", down=True)
    assert await _old_orders(url) == OLD
    async with await open_store(url) as store:
        assert len(await store.orders.latest("s1", states=("paid",), limit=2000)) == len(OLD)


async def test_going_back_keeps_every_cent_of_what_was_sold(url: str) -> None:
    lines = (OrderLine("serum", "S-30", 3, 1000, 100), OrderLine("mug", "M-1", 1, 500))
    new = NewOrder("s1", "en-US", "ana", "k" * 64, "x", "USD", lines, AT + timedelta(minutes=15), coupon="ONCE1")
    async with await open_store(url, now=lambda: AT) as store:
        await store.shows.create("s1", ("serum",), "en-US", "mina")
        for sku in ("S-30", "M-1"):
            await store.stock.seed(sku, 50)
        sold = (await store.orders.place(new)).order
        await store.order_steps.pay(sold.id)
        for number, ending in enumerate(("pending", "cancelled", "refunded")):
            other = NewOrder("s1", "en-US", f"viewer-{number}", "key", "x", "USD", lines, AT + timedelta(minutes=15))
            order = (await store.orders.place(other)).order
            if ending == "cancelled":
                await store.order_steps.cancel(order.id, "expired")
            if ending == "refunded":
                await store.order_steps.pay(order.id)
                refund = await store.refunds.claim(NewRefund(order.id, None, "broken", "system", "key"))
                await store.refunds.settle(refund.id, "succeeded", provider_id="re_1", failure=None)
    await _at(url, "0010", down=True)
    back = await _old_orders(url)
    assert {row["id"].split(".")[0] for row in back} == {sold.id}, "only what was sold, and not what went back"
    assert sum(row["unit_amount"] * row["quantity"] for row in back) == Decimal("34.00")
    assert sorted((row["product_id"], row["quantity"], str(row["unit_amount"])) for row in back) == [
        ("mug", 1, "5.00"),
        ("serum", 1, "9.66"),
        ("serum", 2, "9.67"),
    ]
    assert len({row["idempotency_key"] for row in back}) == 3
