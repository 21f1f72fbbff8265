"""Run-of-shows and operators' desks.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from influencer.store.types import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "show_desks",
        sa.Column("show_id", sa.String(length=40), nullable=False),
        sa.Column("run_of_show", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("desk", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_show_desks_show_id_shows")),
        sa.PrimaryKeyConstraint("show_id", name=op.f("pk_show_desks")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("show_desks")
