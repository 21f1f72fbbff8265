"""Times that advertisers propose, their budgets, the seconds that were really on air, and recordings.

Revision ID: 0026
Revises: 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from influencer.store.types import UtcDateTime

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the four tables."""
    op.create_table(
        "heard",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("utterance_id", _ID, nullable=False),
        sa.Column("show_id", sa.String(length=40), nullable=False),
        sa.Column("product_id", sa.String(length=64), nullable=False),
        sa.Column("pts", sa.BigInteger(), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("charged", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("samples > 0", name=op.f("ck_heard_samples_positive")),
        sa.ForeignKeyConstraint(["utterance_id"], ["utterances.id"], name=op.f("fk_heard_utterance_id_utterances")),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_heard_show_id_shows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heard")),
    )
    op.create_index("uq_heard_utterance_id_pts", "heard", ["utterance_id", "pts"], unique=True)
    op.create_index("ix_heard_product_id_at", "heard", ["product_id", "at"])
    op.create_table(
        "budgets",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("brief_id", sa.String(length=64), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("airtime_minute", sa.Integer(), nullable=False),
        sa.Column("starts", UtcDateTime(), nullable=False),
        sa.Column("ends", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("warned_at", UtcDateTime(), nullable=True),
        sa.Column("used_up_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_budgets_amount_positive")),
        sa.CheckConstraint("airtime_minute >= 0", name=op.f("ck_budgets_airtime_minute_not_negative")),
        sa.ForeignKeyConstraint(["brief_id"], ["briefs.id"], name=op.f("fk_budgets_brief_id_briefs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budgets")),
    )
    op.create_index("ix_budgets_brief_id_starts", "budgets", ["brief_id", "starts"])
    op.create_table(
        "recordings",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("show_id", sa.String(length=40), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_recordings_show_id_shows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
    )
    op.create_index("ix_recordings_show_id_began_at", "recordings", ["show_id", "began_at"])
    op.create_table(
        "proposals",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("brief_id", sa.String(length=64), nullable=False),
        sa.Column("market", sa.String(length=16), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("earliest", sa.String(length=5), nullable=False),
        sa.Column("latest", sa.String(length=5), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.String(length=120), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("entry_id", sa.String(length=16), nullable=True),
        sa.CheckConstraint(
            "state IN ('proposed', 'accepted', 'refused', 'withdrawn')", name=op.f("ck_proposals_state_known")
        ),
        sa.CheckConstraint("minutes > 0 AND minutes <= 1440", name=op.f("ck_proposals_minutes_within_a_day")),
        sa.ForeignKeyConstraint(["brief_id"], ["briefs.id"], name=op.f("fk_proposals_brief_id_briefs")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["programme_entries.id"], name=op.f("fk_proposals_entry_id_programme_entries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    op.create_index("ix_proposals_brief_id_made_at", "proposals", ["brief_id", "made_at"])
    op.create_index("ix_proposals_state_made_at", "proposals", ["state", "made_at"])


def downgrade() -> None:
    """Undo."""
    for table in ("proposals", "recordings", "budgets", "heard"):
        op.drop_table(table)
