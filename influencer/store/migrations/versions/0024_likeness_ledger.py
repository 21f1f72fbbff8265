"""Licence terms of a likeness, footage, airtime, corrections, links and withdrawals; consents that cannot be edited.

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from influencer.store.types import UtcDateTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KEPT = (
    "id", "person", "purposes", "markets", "personas", "signed_on", "valid_until", "price", "currency", "no_copy",
    "no_training", "evidence_name", "evidence_sha256", '"references"', "added_at", "valid_from", "price_per_minute",
    "minimum_fee", "notice_days", "exclusive", "replaces",
)  # fmt: skip
_GROWS = ("footage", "likeness_corrections", "likeness_withdrawals")
_SAYS = "the likeness ledger is never changed"


def upgrade() -> None:
    """Add columns and tables, and let the database refuse edits."""
    for column in (
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("price_per_minute", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("minimum_fee", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("notice_days", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("exclusive", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("replaces", sa.String(length=24), nullable=True),
    ):
        op.add_column("consents", column)
    _footage_and_airtime()
    _people()
    _only_grow()


def _footage_and_airtime() -> None:
    op.create_table(
        "footage",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("consent_id", sa.String(length=24), nullable=True),
        sa.Column("licence", sa.String(length=200), nullable=False),
        sa.Column("added_by", sa.String(length=120), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["consent_id"], ["consents.id"], name=op.f("fk_footage_consent_id_consents")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_footage")),
    )
    op.create_index("ix_footage_consent_id", "footage", ["consent_id"], unique=False)
    op.create_table(
        "likeness_airtime",
        sa.Column("run", sa.String(length=32), nullable=False),
        sa.Column("consent_id", sa.String(length=24), nullable=False),
        sa.Column("market", sa.String(length=16), nullable=False),
        sa.Column("persona", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("show_id", sa.String(length=40), nullable=False),
        sa.Column("milliseconds", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("milliseconds >= 0", name=op.f("ck_likeness_airtime_milliseconds_not_negative")),
        sa.ForeignKeyConstraint(["consent_id"], ["consents.id"], name=op.f("fk_likeness_airtime_consent_id_consents")),
        sa.ForeignKeyConstraint(["show_id"], ["shows.id"], name=op.f("fk_likeness_airtime_show_id_shows")),
        sa.PrimaryKeyConstraint("run", "consent_id", "market", "persona", "day", name=op.f("pk_likeness_airtime")),
    )
    op.create_index("ix_likeness_airtime_consent_id_day", "likeness_airtime", ["consent_id", "day"], unique=False)
    op.create_table(
        "likeness_corrections",
        sa.Column("id", _ROW_ID, autoincrement=True, nullable=False),
        sa.Column("consent_id", sa.String(length=24), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("milliseconds", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("milliseconds <> 0 OR amount <> 0", name=op.f("ck_likeness_corrections_corrects_something")),
        sa.ForeignKeyConstraint(
            ["consent_id"], ["consents.id"], name=op.f("fk_likeness_corrections_consent_id_consents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_likeness_corrections")),
    )
    op.create_index("ix_likeness_corrections_consent_id", "likeness_corrections", ["consent_id"], unique=False)


def _people() -> None:
    op.create_table(
        "likeness_links",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("person_key", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_likeness_links")),
        sa.UniqueConstraint("digest", name=op.f("uq_likeness_links_digest")),
    )
    op.create_index("ix_likeness_links_person_key", "likeness_links", ["person_key"], unique=False)
    op.create_table(
        "likeness_withdrawals",
        sa.Column("id", _ROW_ID, autoincrement=True, nullable=False),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("person_key", sa.String(length=16), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=False),
        sa.Column("via", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_likeness_withdrawals")),
    )
    op.create_index("ix_likeness_withdrawals_person_key", "likeness_withdrawals", ["person_key"], unique=False)


def _only_grow() -> None:
    kept = ", ".join(_KEPT)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION likeness_ledger_is_kept() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_SAYS}'; END $$"
        )
        run = "FOR EACH STATEMENT EXECUTE FUNCTION likeness_ledger_is_kept()"
        for table in _GROWS:
            op.execute(f"CREATE TRIGGER {table}_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} {run}")
        op.execute(f"CREATE TRIGGER consents_is_kept BEFORE DELETE OR TRUNCATE ON consents {run}")
        op.execute(f"CREATE TRIGGER consents_no_edit BEFORE UPDATE OF {kept} ON consents {run}")
        op.execute(
            "CREATE TRIGGER consents_revoked_once BEFORE UPDATE ON consents FOR EACH ROW "
            "WHEN (OLD.revoked_at IS NOT NULL) EXECUTE FUNCTION likeness_ledger_is_kept()"
        )
        return
    abort = f"BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END"
    for table in _GROWS:
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {abort}")
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {abort}")
    op.execute(f"CREATE TRIGGER consents_no_delete BEFORE DELETE ON consents {abort}")
    op.execute(f"CREATE TRIGGER consents_no_edit BEFORE UPDATE OF {kept} ON consents {abort}")
    op.execute(
        f"CREATE TRIGGER consents_revoked_once BEFORE UPDATE ON consents WHEN OLD.revoked_at IS NOT NULL {abort}"
    )


def downgrade() -> None:
    """Undo."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    names = ("consents_is_kept",) if postgresql else ("consents_no_delete",)
    for name in (*names, "consents_no_edit", "consents_revoked_once"):
        op.execute(f"DROP TRIGGER {name}" + (" ON consents" if postgresql else ""))
    for table in (
        "likeness_withdrawals", "likeness_links", "likeness_corrections", "likeness_airtime", "footage",
    ):  # fmt: skip
        op.drop_table(table)
    if postgresql:
        op.execute("DROP FUNCTION likeness_ledger_is_kept()")
    for column in ("replaces", "exclusive", "notice_days", "minimum_fee", "price_per_minute", "valid_from"):
        op.drop_column("consents", column)
