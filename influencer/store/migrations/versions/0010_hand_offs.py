"""Questions that a person answers.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from influencer.store.types import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "hand_offs",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("show_id", sa.String(length=40), nullable=False),
        sa.Column("viewer_id", sa.String(length=64), nullable=True),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("product_id", sa.String(length=64), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("taken_by", sa.String(length=80), nullable=True),
        sa.Column("taken_at", UtcDateTime(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_hand_offs_show_id_shows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_offs")),
    )
    op.create_index("ix_hand_offs_show_id_state_id", "hand_offs", ["show_id", "state", "id"])
    op.create_index("ix_hand_offs_show_id_viewer_id", "hand_offs", ["show_id", "viewer_id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("hand_offs")
