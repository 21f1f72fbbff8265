"""The claim ledger: spoken lines carry their facts, their persona and a link to the line before.

Revision ID: 0003
Revises: 0002

Lines that were logged before have no link; a show's chain begins with its first line after this.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the index that keeps a chain from forking."""
    op.add_column("utterances", sa.Column("persona", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("utterances", sa.Column("facts", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("utterances", sa.Column("previous", sa.String(length=64), nullable=True))
    op.add_column("utterances", sa.Column("chain", sa.String(length=64), nullable=True))
    op.create_index("uq_utterances_show_id_previous", "utterances", ["show_id", "previous"], unique=True)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("uq_utterances_show_id_previous", table_name="utterances")
    with op.batch_alter_table("utterances") as table:
        for name in ("chain", "previous", "facts", "persona"):
            table.drop_column(name)
