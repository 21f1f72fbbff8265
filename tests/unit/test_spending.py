"""What a budget has paid for: exact at every sample, never more than the amount, and in whole minor units."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from influencer.intake.spending import MINUTE, Spending, is_charged
from influencer.store.budgets import Budget

pytestmark = pytest.mark.unit
NOW = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)


def spending(samples: int, *, amount: int = 1_010, rate: int = 25, now: datetime = NOW) -> Spending:
    begins = NOW - timedelta(days=1)
    budget = Budget(
        "mug", amount, "USD", rate, begins, begins + timedelta(days=30), "B-1", "me", begins, None, None, None
    )
    return Spending(budget, samples, now)


@pytest.mark.parametrize(
    ("samples", "spent", "percent", "state"),
    [
        (0, 0, 0, "running"),
        (1, 25, 0, "running"),  # every started minute counts
        (MINUTE, 25, 2, "running"),
        (MINUTE + 1, 50, 2, "running"),
        (32 * MINUTE - 1, 800, 79, "running"),
        (32 * MINUTE, 800, 80, "warning"),
        (40 * MINUTE - 1, 1_000, 99, "warning"),
        (40 * MINUTE, 1_000, 100, "used-up"),  # 10.10 pays for forty whole minutes at 0.25
        (41 * MINUTE, 1_010, 100, "used-up"),  # the sentence that was said to its end is the house's cost
    ],
)
def test_spending_is_exact_at_its_edges(samples: int, spent: int, percent: int, state: str) -> None:
    now = spending(samples)
    assert (now.spent, now.percent, now.state) == (spent, percent, state)
    assert now.left == 1_010 - spent
    assert isinstance(now.spent, int)


def test_airtime_that_costs_nothing_uses_nothing_up() -> None:
    free = spending(10_000 * MINUTE, rate=0)
    assert (free.spent, free.percent, free.state, free.paid_samples) == (0, 0, "running", None)


def test_a_period_that_is_not_now_says_so_first() -> None:
    assert spending(50 * MINUTE, now=NOW + timedelta(days=60)).state == "over"
    assert spending(0, now=NOW - timedelta(days=2)).state == "coming"


def test_greetings_and_pauses_are_not_charged() -> None:
    assert [kind for kind in ("opening", "hook", "proof", "questions", "bridge", "standby") if is_charged(kind)] == [
        "hook",
        "proof",
        "questions",
    ]
