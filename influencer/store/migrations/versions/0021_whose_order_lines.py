"""Whose product each order line is.

Revision ID: 0021
Revises: 0015

Lines of briefs that advertisers wrote are filled in; those of the house's own files stay without an advertiser.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, fill in what is known, and index it."""
    op.add_column("order_lines", sa.Column("advertiser_id", sa.String(length=40), nullable=True))
    op.execute(
        "UPDATE order_lines SET advertiser_id = "
        "(SELECT briefs.advertiser_id FROM briefs WHERE briefs.id = order_lines.product_id)"
    )
    op.create_index("ix_order_lines_advertiser_id_order_id", "order_lines", ["advertiser_id", "order_id"])


def downgrade() -> None:
    """Drop it; which brief a product is still tells whose it is."""
    op.drop_index("ix_order_lines_advertiser_id_order_id", table_name="order_lines")
    op.drop_column("order_lines", "advertiser_id")
