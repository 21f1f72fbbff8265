"""The programme: shows that are on air at local times.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from influencer.store.types import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "programme_entries",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("brief_ids", sa.JSON(), nullable=False),
        sa.Column("market", sa.String(length=16), nullable=False),
        sa.Column("persona", sa.String(length=64), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("starts", sa.String(length=5), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("minutes > 0 AND minutes <= 1440", name=op.f("ck_programme_entries_minutes_within_a_day")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_entries")),
    )
    op.create_table(
        "programme_airings",
        sa.Column("entry_id", sa.String(length=16), nullable=False),
        sa.Column("start", UtcDateTime(), nullable=False),
        sa.Column("end", UtcDateTime(), nullable=False),
        sa.Column("show_id", sa.String(length=40), nullable=True),
        sa.Column("failed", sa.Text(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["programme_entries.id"], name=op.f("fk_programme_airings_entry_id_programme_entries")
        ),
        sa.PrimaryKeyConstraint("entry_id", "start", name=op.f("pk_programme_airings")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("programme_airings")
    op.drop_table("programme_entries")
