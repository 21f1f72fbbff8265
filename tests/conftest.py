"""Order and kind of the tests."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests import databases

KINDS = ("unit", "integration", "browser", "gpu", "slow")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast tests first; browser tests last: Playwright keeps an event loop running that asyncio tests cannot share.

    Raises:
        pytest.UsageError: a test does not say its kind.
    """

    def kind(item: pytest.Item) -> int:
        found = [KINDS.index(marker.name) for marker in item.iter_markers() if marker.name in KINDS]
        if not found:
            raise pytest.UsageError(f"{item.nodeid}: mark its module with one of {', '.join(KINDS)}")
        return found[0]

    items.sort(key=kind)


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop() -> Generator[None, object, object]:
    """Run the database server the tests were asked to use, around all of them."""
    with databases.server():
        return (yield)
