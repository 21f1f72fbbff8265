from __future__ import annotations

import pytest

from influencer.show.surge import AGAIN_NS, MORE_NS, OVER, SURGE, Surge

pytestmark = pytest.mark.unit


def test_it_begins_goes_on_and_ends_with_what_waits() -> None:
    surge = Surge(0)
    assert surge.tick(SURGE - 1, 1) is None
    assert surge.tick(SURGE, 2) == "begins" and surge.on
    assert surge.tick(SURGE, 3) is None
    assert surge.tick(OVER + 1, 2 + MORE_NS) == "goes on"
    assert surge.tick(OVER + 1, 3 + MORE_NS) is None
    assert surge.tick(OVER, 4 + MORE_NS) == "ends" and not surge.on
    assert surge.tick(SURGE, 5 + MORE_NS) is None, "not all questions"
    assert surge.tick(SURGE, 2 + AGAIN_NS) == "begins"
