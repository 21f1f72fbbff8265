"""Briefs of advertisers, with their versions and pictures.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from influencer.store.schema import RowId
from influencer.store.types import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "briefs",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("advertiser_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["advertiser_id"], ["advertisers.id"], name=op.f("fk_briefs_advertiser_id_advertisers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_briefs")),
    )
    op.create_index("uq_briefs_advertiser_id_name", "briefs", ["advertiser_id", "name"], unique=True)
    op.create_table(
        "brief_versions",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("brief_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("saved_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.String(length=120), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'changes-requested', 'approved', 'withdrawn')",
            name=op.f("ck_brief_versions_state_known"),
        ),
        sa.ForeignKeyConstraint(["brief_id"], ["briefs.id"], name=op.f("fk_brief_versions_brief_id_briefs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brief_versions")),
    )
    op.create_index("uq_brief_versions_brief_id_version", "brief_versions", ["brief_id", "version"], unique=True)
    op.create_index("ix_brief_versions_state_id", "brief_versions", ["state", "id"], unique=False)
    op.create_table(
        "brief_images",
        sa.Column("advertiser_id", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("jpeg", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["advertiser_id"], ["advertisers.id"], name=op.f("fk_brief_images_advertiser_id_advertisers")
        ),
        sa.PrimaryKeyConstraint("advertiser_id", "sha256", name=op.f("pk_brief_images")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("brief_images")
    op.drop_table("brief_versions")
    op.drop_table("briefs")
