"""Logos seen on air, and what a question was about.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from influencer.store.types import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table and add the column."""
    op.add_column("events", sa.Column("detail", sa.String(length=32), nullable=False, server_default=""))
    op.create_table(
        "logo_sightings",
        sa.Column("id", _ROW_ID, autoincrement=True, nullable=False),
        sa.Column("brand", sa.String(length=120), nullable=False),
        sa.Column("show_id", sa.String(length=40), nullable=False),
        sa.Column("product_id", sa.String(length=64), nullable=False),
        sa.Column("market", sa.String(length=16), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("left", sa.Float(), nullable=False),
        sa.Column("top", sa.Float(), nullable=False),
        sa.Column("right", sa.Float(), nullable=False),
        sa.Column("bottom", sa.Float(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_logo_sightings_show_id_shows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logo_sightings")),
    )
    op.create_index("ix_logo_sightings_brand_seen_at", "logo_sightings", ["brand", "seen_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("logo_sightings")
    with op.batch_alter_table("events") as table:
        table.drop_column("detail")
