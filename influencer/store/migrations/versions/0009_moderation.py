"""Messages held for a person, and senders who may not write for a while.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from influencer.store.types import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "held_messages",
        sa.Column("id", _ROW_ID, autoincrement=True, nullable=False),
        sa.Column("show_id", sa.String(length=40), nullable=False),
        sa.Column("viewer", sa.String(length=64), nullable=False),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("held_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.String(length=120), nullable=True),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_held_messages_show_id_shows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_messages")),
    )
    op.create_index("ix_held_messages_show_id_state_id", "held_messages", ["show_id", "state", "id"])
    op.create_table(
        "mutes",
        sa.Column("id", _ROW_ID, autoincrement=True, nullable=False),
        sa.Column("show_id", sa.String(length=40), nullable=True),
        sa.Column("viewer", sa.String(length=64), nullable=False),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_mutes_show_id_shows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mutes")),
    )
    op.create_index("ix_mutes_viewer_until", "mutes", ["viewer", "until"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("mutes")
    op.drop_table("held_messages")
