"""Consent records, and the ledger of portraits we painted.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from influencer.store.types import Amount, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "consents",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("purposes", sa.JSON(), nullable=False),
        sa.Column("markets", sa.JSON(), nullable=False),
        sa.Column("personas", sa.JSON(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("price", Amount(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("no_copy", sa.Boolean(), nullable=False),
        sa.Column("no_training", sa.Boolean(), nullable=False),
        sa.Column("evidence_name", sa.String(length=200), nullable=False),
        sa.Column("evidence_sha256", sa.String(length=64), nullable=False),
        sa.Column("references", sa.JSON(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_because", sa.Text(), nullable=True),
        sa.CheckConstraint("valid_until >= signed_on", name=op.f("ck_consents_term_not_empty")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_table(
        "portraits",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("persona", sa.String(length=64), nullable=False),
        sa.Column("market", sa.String(length=16), nullable=True),
        sa.Column("pipeline", sa.String(length=200), nullable=False),
        sa.Column("licence", sa.String(length=120), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("consent_id", sa.String(length=24), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["consent_id"], ["consents.id"], name=op.f("fk_portraits_consent_id_consents")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_portraits")),
    )
    op.create_index("ix_portraits_persona", "portraits", ["persona"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_table("portraits")
    op.drop_table("consents")
