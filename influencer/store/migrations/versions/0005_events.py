"""What viewers did, and the questions nobody could answer.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from influencer.store.types import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "events",
        sa.Column("id", _ROW_ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("show_id", sa.String(length=40), nullable=False),
        sa.Column("viewer", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("product_id", sa.String(length=64), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("utterance_id", _ROW_ID, nullable=True),
        sa.Column("on_air", sa.String(length=64), nullable=False),
        sa.Column("segment", sa.String(length=32), nullable=False),
        sa.Column("persona", sa.String(length=64), nullable=False),
        sa.Column("market", sa.String(length=16), nullable=False),
        sa.Column("variant", sa.String(length=128), nullable=False),
        sa.Column("arms", sa.JSON(), nullable=False),
        sa.CheckConstraint("milliseconds >= 0", name=op.f("ck_events_milliseconds_not_negative")),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_events_show_id_shows")),
        sa.ForeignKeyConstraint(["utterance_id"], ["utterances.id"], name=op.f("fk_events_utterance_id_utterances")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("uq_events_viewer_key", "events", ["viewer", "key"], unique=True)
    op.create_index("ix_events_show_id_at", "events", ["show_id", "at"])
    op.create_index("ix_events_at", "events", ["at"])
    op.create_table(
        "open_questions",
        sa.Column("id", _ROW_ID, autoincrement=True, nullable=False),
        sa.Column("show_id", sa.String(length=40), nullable=False),
        sa.Column("product_id", sa.String(length=64), nullable=False),
        sa.Column("market", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_open_questions_show_id_shows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_questions")),
    )
    op.create_index("ix_open_questions_show_id_asked_at", "open_questions", ["show_id", "asked_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("open_questions")
    op.drop_table("events")
