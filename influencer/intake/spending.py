"""What a budget has paid for: exact, in whole minor units, from the samples that were heard. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from influencer.store.budgets import Budget
from streaming.media import SAMPLE_RATE

SpendingState = Literal["coming", "running", "warning", "used-up", "over"]
MINUTE = 60 * SAMPLE_RATE
"""Samples of a minute on air."""
WARN_PERCENT = 80
_NOT_SOLD = frozenset({"opening", "closing", "bridge", "standby", "sold-out"})


def is_charged(segment: str) -> bool:
    """Whether a line of this kind counts against its product's budget: greetings, bridges and pauses do not, nor does
    the word that a product is sold out."""
    return segment not in _NOT_SOLD


@dataclass(frozen=True, slots=True)
class Spending:
    """A budget and the samples (1/48000 s) that were heard in its period."""

    budget: Budget
    samples: int
    now: datetime

    @property
    def paid_samples(self) -> int | None:
        """Airtime the amount pays for, in whole minutes; None when airtime costs nothing."""
        budget = self.budget
        return budget.amount // budget.airtime_minute * MINUTE if budget.airtime_minute else None

    @property
    def is_used_up(self) -> bool:
        """Whether nothing more is paid for."""
        paid = self.paid_samples
        return paid is not None and self.samples >= paid

    @property
    def is_nearly_used_up(self) -> bool:
        """Whether four fifths of the airtime are gone."""
        paid = self.paid_samples
        return paid is not None and self.samples * 100 >= paid * WARN_PERCENT

    @property
    def spent(self) -> int:
        """Minor units: every started minute counts, as on the rate card. Never more than the amount: the sentence in
        which it is used up is said to its end, at the house's cost."""
        return min(-(-self.samples // MINUTE) * self.budget.airtime_minute, self.budget.amount)

    @property
    def left(self) -> int:
        """Minor units."""
        return self.budget.amount - self.spent

    @property
    def percent(self) -> int:
        """Of the airtime that is paid for, rounded down, at most 100; 0 when airtime costs nothing."""
        paid = self.paid_samples
        return 0 if paid is None else 100 if self.samples >= paid else self.samples * 100 // paid

    @property
    def seconds(self) -> float:
        """On air in the period."""
        return round(self.samples / SAMPLE_RATE, 1)

    @property
    def state(self) -> SpendingState:
        """Where it is; a period that is over or has not begun is that before anything else."""
        if self.now >= self.budget.ends:
            return "over"
        if self.now < self.budget.starts:
            return "coming"
        return "used-up" if self.is_used_up else "warning" if self.is_nearly_used_up else "running"
