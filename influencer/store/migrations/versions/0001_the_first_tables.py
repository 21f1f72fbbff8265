"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from influencer.store.types import Amount, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "shows",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("brief_ids", sa.JSON(), nullable=False),
        sa.Column("market", sa.String(length=16), nullable=False),
        sa.Column("persona", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shows")),
    )
    op.create_index("ix_shows_state", "shows", ["state"], unique=False)

    op.create_table(
        "stock",
        sa.Column("sku", sa.String(length=40), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.CheckConstraint("units >= 0", name=op.f("ck_stock_units_not_negative")),
        sa.PrimaryKeyConstraint("sku", name=op.f("pk_stock")),
    )
    op.create_table(
        "chat_messages",
        sa.Column("id", _ROW_ID, autoincrement=True, nullable=False),
        sa.Column("show_id", sa.String(length=40), nullable=False),
        sa.Column("viewer_id", sa.String(length=64), nullable=True),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_chat_messages_show_id_shows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_messages")),
    )
    op.create_index("ix_chat_messages_show_id_id", "chat_messages", ["show_id", "id"], unique=False)

    op.create_table(
        "positions",
        sa.Column("show_id", sa.String(length=40), nullable=False),
        sa.Column("lap", sa.Integer(), nullable=False),
        sa.Column("segment", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("recent_variants", sa.JSON(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_positions_show_id_shows")),
        sa.PrimaryKeyConstraint("show_id", name=op.f("pk_positions")),
    )
    op.create_table(
        "utterances",
        sa.Column("id", _ROW_ID, autoincrement=True, nullable=False),
        sa.Column("show_id", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("fact_ids", sa.JSON(), nullable=False),
        sa.Column("product_id", sa.String(length=64), nullable=False),
        sa.Column("segment", sa.String(length=32), nullable=False),
        sa.Column("market", sa.String(length=16), nullable=False),
        sa.Column("variant", sa.String(length=128), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("pts", sa.BigInteger(), nullable=False),
        sa.Column("spoken_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_utterances_show_id_shows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_utterances")),
    )
    op.create_index("ix_utterances_show_id_id", "utterances", ["show_id", "id"], unique=False)

    op.create_table(
        "orders",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("show_id", sa.String(length=40), nullable=False),
        sa.Column("product_id", sa.String(length=64), nullable=False),
        sa.Column("sku", sa.String(length=40), nullable=False),
        sa.Column("market", sa.String(length=16), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_amount", Amount(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("coupon", sa.String(length=20), nullable=True),
        sa.Column("viewer_id", sa.String(length=64), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("utterance_id", _ROW_ID, nullable=True),
        sa.Column("placed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_orders_quantity_positive")),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_orders_show_id_shows")),
        sa.ForeignKeyConstraint(["utterance_id"], ["utterances.id"], name=op.f("fk_orders_utterance_id_utterances")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
    )
    op.create_index("ix_orders_show_id_placed_at", "orders", ["show_id", "placed_at"], unique=False)
    op.create_index("uq_orders_viewer_id_idempotency_key", "orders", ["viewer_id", "idempotency_key"], unique=True)


def downgrade() -> None:
    """Undo."""
    for table in ("orders", "utterances", "positions", "chat_messages", "stock", "shows"):
        op.drop_table(table)
