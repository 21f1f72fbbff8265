"""Carts, coupons, refunds, what orders hold of the stock, and the books of the test payment provider.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from influencer.store.types import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables."""
    _create_selling()
    _create_sandbox()


def downgrade() -> None:
    """Drop them."""
    for table in (
        "sandbox_events", "sandbox_refunds", "sandbox_intents", "payment_events", "refunds", "coupon_uses", "coupons",
        "cart_lines", "carts", "stock_reservations",
    ):  # fmt: skip
        op.drop_table(table)


def _create_selling() -> None:
    op.create_table(
        "stock_reservations",
        sa.Column("order_id", sa.String(24), nullable=False),
        sa.Column("sku", sa.String(40), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_stock_reservations_quantity_positive")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_stock_reservations_order_id_orders")),
        sa.PrimaryKeyConstraint("order_id", "sku", name=op.f("pk_stock_reservations")),
    )
    op.create_index("ix_stock_reservations_sku_state", "stock_reservations", ["sku", "state"])
    op.create_table(
        "carts",
        sa.Column("show_id", sa.String(40), nullable=False),
        sa.Column("viewer_id", sa.String(64), nullable=False),
        sa.Column("coupon", sa.String(20), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_carts_show_id_shows")),
        sa.PrimaryKeyConstraint("show_id", "viewer_id", name=op.f("pk_carts")),
    )
    op.create_index("ix_carts_updated_at", "carts", ["updated_at"])
    op.create_table(
        "cart_lines",
        sa.Column("show_id", sa.String(40), nullable=False),
        sa.Column("viewer_id", sa.String(64), nullable=False),
        sa.Column("product_id", sa.String(64), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("utterance_id", _ROW_ID, nullable=True),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_cart_lines_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["show_id", "viewer_id"], ["carts.show_id", "carts.viewer_id"], ondelete="CASCADE",
            name=op.f("fk_cart_lines_show_id_viewer_id_carts"),
        ),
        sa.ForeignKeyConstraint(
            ["utterance_id"], ["utterances.id"], name=op.f("fk_cart_lines_utterance_id_utterances")
        ),
        sa.PrimaryKeyConstraint("show_id", "viewer_id", "product_id", name=op.f("pk_cart_lines")),
    )  # fmt: skip
    op.create_table(
        "coupons",
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("starts", UtcDateTime(), nullable=False),
        sa.Column("ends", UtcDateTime(), nullable=False),
        sa.Column("percent_off", sa.Integer(), nullable=True),
        sa.Column("amount_off", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=True),
        sa.Column("minimum", sa.BigInteger(), nullable=False),
        sa.Column("products", sa.JSON(), nullable=False),
        sa.Column("markets", sa.JSON(), nullable=False),
        sa.Column("once_per_viewer", sa.Boolean(), nullable=False),
        sa.Column("max_uses", sa.Integer(), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("(percent_off IS NULL) <> (amount_off IS NULL)", name=op.f("ck_coupons_one_discount")),
        sa.CheckConstraint("max_uses IS NULL OR uses <= max_uses", name=op.f("ck_coupons_uses_bounded")),
        sa.CheckConstraint("uses >= 0", name=op.f("ck_coupons_uses_not_negative")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_coupons")),
    )
    op.create_table(
        "coupon_uses",
        sa.Column("order_id", sa.String(24), nullable=False),
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("slot", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_coupon_uses_order_id_orders")),
        sa.ForeignKeyConstraint(["code"], ["coupons.code"], name=op.f("fk_coupon_uses_code_coupons")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_coupon_uses")),
    )
    op.create_index("uq_coupon_uses_code_slot", "coupon_uses", ["code", "slot"], unique=True)
    op.create_table(
        "refunds",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("order_id", sa.String(24), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("restock", sa.Boolean(), nullable=False),
        sa.Column("idempotency_key", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("provider_id", sa.String(128), nullable=True),
        sa.Column("failure", sa.String(64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refunds_amount_positive")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_refunds_order_id_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
    )
    op.create_index("uq_refunds_order_id_idempotency_key", "refunds", ["order_id", "idempotency_key"], unique=True)
    op.create_index("ix_refunds_state", "refunds", ["state"])
    op.create_table(
        "payment_events",
        sa.Column("id", sa.String(160), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("intent_id", sa.String(128), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_events")),
    )
    op.create_index("ix_payment_events_received_at", "payment_events", ["received_at"])


def _create_sandbox() -> None:
    op.create_table(
        "sandbox_intents",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("idempotency_key", sa.String(80), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("reference", sa.String(80), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("return_url", sa.Text(), nullable=False),
        sa.Column("market", sa.String(16), nullable=False),
        sa.Column("client_secret", sa.String(64), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("failure", sa.String(40), nullable=True),
        sa.Column("declines", sa.Integer(), nullable=False),
        sa.Column("last4", sa.String(4), nullable=True),
        sa.Column("webhooks", sa.String(16), nullable=False),
        sa.Column("settles_at", UtcDateTime(), nullable=True),
        sa.Column("settles_to", sa.String(24), nullable=True),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_sandbox_intents_amount_positive")),
        sa.CheckConstraint("refunded >= 0 AND refunded <= amount", name=op.f("ck_sandbox_intents_refunded_bounded")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sandbox_intents")),
    )
    op.create_index("uq_sandbox_intents_idempotency_key", "sandbox_intents", ["idempotency_key"], unique=True)
    op.create_index("ix_sandbox_intents_settles_at", "sandbox_intents", ["settles_at"])
    op.create_table(
        "sandbox_refunds",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("intent_id", sa.String(40), nullable=False),
        sa.Column("idempotency_key", sa.String(80), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["intent_id"], ["sandbox_intents.id"], name=op.f("fk_sandbox_refunds_intent_id_sandbox_intents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sandbox_refunds")),
    )
    op.create_index("uq_sandbox_refunds_idempotency_key", "sandbox_refunds", ["idempotency_key"], unique=True)
    op.create_table(
        "sandbox_events",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("intent_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.String(200), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["intent_id"], ["sandbox_intents.id"], name=op.f("fk_sandbox_events_intent_id_sandbox_intents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sandbox_events")),
    )
    op.create_index("ix_sandbox_events_due_at", "sandbox_events", ["due_at"])
