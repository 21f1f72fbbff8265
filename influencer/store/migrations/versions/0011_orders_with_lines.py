"""Orders with lines, states and money in minor units.

Revision ID: 0011
Revises: 0010

Orders that exist were placed without a payment and count as paid. Going back keeps what was sold: one order a line (a
line whose total is no whole multiple of its quantity becomes two), without those that were not paid or went back whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from alembic import op
from babel.numbers import get_currency_precision

from influencer.store.types import Amount, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_CHUNK = 500


def upgrade() -> None:
    """Build the new tables and move the orders over."""
    _put_orders_aside()
    _create_orders()
    _move(_to_minor_units)
    op.drop_table("orders_before")


def downgrade() -> None:
    """Back to one row a product, in decimals."""
    op.rename_table("order_lines", "order_lines_before")
    _put_orders_aside()
    _create_old_orders()
    _move(_to_decimals)
    op.drop_table("order_lines_before")
    op.drop_table("orders_before")


def _put_orders_aside() -> None:
    """Rename the table and free the names that are one for the whole database."""
    for index in sa.inspect(op.get_bind()).get_indexes("orders"):
        op.drop_index(str(index["name"]), table_name="orders")
    op.rename_table("orders", "orders_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE orders_before RENAME CONSTRAINT pk_orders TO pk_orders_before")


def _create_orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("show_id", sa.String(40), nullable=False),
        sa.Column("market", sa.String(16), nullable=False),
        sa.Column("viewer_id", sa.String(64), nullable=False),
        sa.Column("idempotency_key", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("from_cart", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("subtotal", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("coupon", sa.String(20), nullable=True),
        sa.Column("utterance_id", _ROW_ID, nullable=True),
        sa.Column("provider", sa.String(20), nullable=True),
        sa.Column("intent_id", sa.String(128), nullable=True),
        sa.Column("pay_url", sa.Text(), nullable=True),
        sa.Column("failure", sa.String(64), nullable=True),
        sa.Column("placed_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("checked_at", UtcDateTime(), nullable=True),
        sa.Column("paid_at", UtcDateTime(), nullable=True),
        sa.Column("fulfilled_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("total = subtotal - discount", name=op.f("ck_orders_total_adds_up")),
        sa.CheckConstraint(
            "total >= 0 AND refunded >= 0 AND refunded <= total", name=op.f("ck_orders_refunded_bounded")
        ),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_orders_show_id_shows")),
        sa.ForeignKeyConstraint(["utterance_id"], ["utterances.id"], name=op.f("fk_orders_utterance_id_utterances")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
    )
    op.create_index("uq_orders_viewer_id_idempotency_key", "orders", ["viewer_id", "idempotency_key"], unique=True)
    op.create_index("ix_orders_show_id_placed_at", "orders", ["show_id", "placed_at"])
    op.create_index("ix_orders_viewer_id_placed_at", "orders", ["viewer_id", "placed_at"])
    op.create_index("ix_orders_state_expires_at", "orders", ["state", "expires_at"])
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.String(24), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.String(64), nullable=False),
        sa.Column("sku", sa.String(40), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_amount", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("utterance_id", _ROW_ID, nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_lines_quantity_positive")),
        sa.CheckConstraint(
            "discount >= 0 AND discount <= unit_amount * quantity", name=op.f("ck_order_lines_discount_bounded")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id_orders")),
        sa.ForeignKeyConstraint(
            ["utterance_id"], ["utterances.id"], name=op.f("fk_order_lines_utterance_id_utterances")
        ),
        sa.PrimaryKeyConstraint("order_id", "position", name=op.f("pk_order_lines")),
    )
    op.create_index("ix_order_lines_product_id", "order_lines", ["product_id"])


def _create_old_orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("show_id", sa.String(40), nullable=False),
        sa.Column("product_id", sa.String(64), nullable=False),
        sa.Column("sku", sa.String(40), nullable=False),
        sa.Column("market", sa.String(16), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_amount", Amount(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("coupon", sa.String(20), nullable=True),
        sa.Column("viewer_id", sa.String(64), nullable=False),
        sa.Column("idempotency_key", sa.String(64), nullable=False),
        sa.Column("utterance_id", _ROW_ID, nullable=True),
        sa.Column("placed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_orders_quantity_positive")),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_orders_show_id_shows")),
        sa.ForeignKeyConstraint(["utterance_id"], ["utterances.id"], name=op.f("fk_orders_utterance_id_utterances")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
    )
    op.create_index("ix_orders_show_id_placed_at", "orders", ["show_id", "placed_at"])
    op.create_index("uq_orders_viewer_id_idempotency_key", "orders", ["viewer_id", "idempotency_key"], unique=True)


# --- the data ---


def _move(convert: Any) -> None:
    """Convert every order that was put aside, in chunks: a table of any size needs little memory."""
    bind = op.get_bind()
    for rows in _chunks(bind):
        for table, values in convert(bind, rows):
            if values:
                bind.execute(sa.insert(_table(table)), values)


def _table(name: str) -> sa.Table:
    """A table as it is now, with the types that are ours."""
    table = sa.Table(name, sa.MetaData(), autoload_with=op.get_bind())
    for column in table.columns:
        if isinstance(column.type, sa.DateTime):
            column.type = UtcDateTime()
        elif column.name == "unit_amount" and name.startswith("orders"):
            column.type = Amount()
    return table


def _chunks(bind: sa.Connection) -> Iterator[list[Any]]:
    table = _table("orders_before")
    last = ""
    while True:
        query = sa.select(table).where(table.c.id > last).order_by(table.c.id).limit(_CHUNK)
        rows = list(bind.execute(query).mappings())
        if not rows:
            return
        yield rows
        last = rows[-1]["id"]


def _to_minor_units(_: sa.Connection, rows: list[Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    orders, lines = [], []
    for row in rows:
        digits = int(get_currency_precision(row["currency"]))
        unit = int(row["unit_amount"].scaleb(digits).to_integral_value())
        kept = ("id", "show_id", "market", "viewer_id", "idempotency_key", "currency", "coupon", "utterance_id")
        orders.append(
            {name: row[name] for name in kept}
            | {"placed_at": row["placed_at"], "updated_at": row["placed_at"], "paid_at": row["placed_at"]}
            | {"fingerprint": "", "from_cart": False, "state": "paid", "discount": 0, "refunded": 0}
            | {"subtotal": unit * row["quantity"], "total": unit * row["quantity"]}
        )
        of_line = ("product_id", "sku", "quantity", "utterance_id")
        lines.append(
            {name: row[name] for name in of_line}
            | {"order_id": row["id"], "position": 0, "unit_amount": unit, "discount": 0}
        )
    yield "orders", orders
    yield "order_lines", lines


def _to_decimals(bind: sa.Connection, rows: list[Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    sold = {row["id"]: row for row in rows if row["state"] in {"paid", "fulfilled", "partly_refunded"}}
    table = _table("order_lines_before")
    query = sa.select(table).where(table.c.order_id.in_(list(sold))).order_by(table.c.order_id, table.c.position)
    kept = ("show_id", "market", "viewer_id", "currency", "coupon", "placed_at")
    orders: list[dict[str, Any]] = []
    numbers: dict[str, int] = {}
    for line in bind.execute(query).mappings():
        order = sold[line["order_id"]]
        digits = int(get_currency_precision(order["currency"]))
        for quantity, unit in _whole(line["quantity"], line["unit_amount"] * line["quantity"] - line["discount"]):
            number = numbers[order["id"]] = numbers.get(order["id"], -1) + 1
            suffix = f".{number}" if number else ""
            orders.append(
                {name: order[name] for name in kept}
                | {name: line[name] for name in ("product_id", "sku")}
                | {"utterance_id": line["utterance_id"] or order["utterance_id"], "id": order["id"] + suffix}
                | {"idempotency_key": order["idempotency_key"][: 64 - len(suffix)] + suffix}
                | {"quantity": quantity, "unit_amount": Decimal(unit).scaleb(-digits)}
            )
    yield "orders", orders


def _whole(quantity: int, total: int) -> Iterator[tuple[int, int]]:
    """Quantities and unit prices that add up to the total exactly."""
    unit, more = divmod(total, quantity)
    if quantity > more:
        yield quantity - more, unit
    if more:
        yield more, unit + 1
