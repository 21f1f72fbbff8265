"""Likes of shows.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "likes",
        sa.Column("show_id", sa.String(length=40), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("count >= 0", name=op.f("ck_likes_count_not_negative")),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_likes_show_id_shows")),
        sa.PrimaryKeyConstraint("show_id", name=op.f("pk_likes")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("likes")
