"""The migrations build exactly the tables the code uses."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from influencer.store.engine import database_url
from influencer.store.migrate import upgrade
from influencer.store.orders import order_number
from influencer.store.schema import Row

pytestmark = pytest.mark.unit


def test_the_newest_migration_matches_the_models(tmp_path: Path) -> None:
    url = database_url(f"sqlite:///{tmp_path}/show.db")
    upgrade(url)
    upgrade(url)
    engine = create_engine(url.set(drivername="sqlite"))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Row.metadata) == []
    engine.dispose()


def test_order_numbers_are_readable_and_differ() -> None:
    numbers = {order_number() for _ in range(1000)}
    assert len(numbers) == 1000
    assert all(len(number) == 14 and not set("01ILOU") & set(number) for number in numbers)
