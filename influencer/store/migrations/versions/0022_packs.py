"""Versions of market packs and personas, and what each show is on air with.

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from influencer.store.types import UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "pack_versions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("pack_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("saved_at", UtcDateTime(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.String(length=120), nullable=True),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("kind IN ('market', 'persona')", name=op.f("ck_pack_versions_kind_known")),
        sa.CheckConstraint("state IN ('draft', 'approved')", name=op.f("ck_pack_versions_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack_versions")),
    )
    op.create_index(
        "uq_pack_versions_kind_pack_id_version", "pack_versions", ["kind", "pack_id", "version"], unique=True
    )
    op.create_table(
        "show_casts",
        sa.Column("show_id", sa.String(length=40), nullable=False),
        sa.Column("market", sa.JSON(), nullable=False),
        sa.Column("market_version", sa.Integer(), nullable=False),
        sa.Column("persona", sa.JSON(), nullable=False),
        sa.Column("persona_version", sa.Integer(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_show_casts_show_id_shows")),
        sa.PrimaryKeyConstraint("show_id", name=op.f("pk_show_casts")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("show_casts")
    op.drop_table("pack_versions")
