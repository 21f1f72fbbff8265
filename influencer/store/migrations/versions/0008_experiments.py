"""Experiments, and the stretches of shows their arms were on air.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from influencer.store.types import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "experiments",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("design", sa.JSON(), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("ending", sa.String(length=16), nullable=True),
        sa.Column("winner", sa.String(length=64), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiments")),
    )
    op.create_table(
        "assignments",
        sa.Column("id", _ROW_ID, autoincrement=True, nullable=False),
        sa.Column("experiment_id", sa.String(length=64), nullable=False),
        sa.Column("show_id", sa.String(length=40), nullable=False),
        sa.Column("arm", sa.String(length=64), nullable=False),
        sa.Column("holdout", sa.Boolean(), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("outcomes", sa.Integer(), nullable=True),
        sa.Column("exposure_ms", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "ended_at IS NULL OR ended_at >= began_at", name=op.f("ck_assignments_ends_after_it_begins")
        ),
        sa.CheckConstraint("(outcomes IS NULL) = (exposure_ms IS NULL)", name=op.f("ck_assignments_counted_whole")),
        sa.ForeignKeyConstraint(
            ["experiment_id"], ["experiments.id"], name=op.f("fk_assignments_experiment_id_experiments")
        ),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_assignments_show_id_shows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    op.create_index("ix_assignments_experiment_id_id", "assignments", ["experiment_id", "id"])
    op.create_index("ix_assignments_show_id_ended_at", "assignments", ["show_id", "ended_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("assignments")
    op.drop_table("experiments")
