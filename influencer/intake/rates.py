"""What a show costs an advertiser: the house's rate card, configs/rates.yaml, in integer minor units."""

from __future__ import annotations

from math import ceil
from typing import Annotated, Any

from pydantic import Field

from influencer.fields import Currency, Value, Whole

_MOST = Annotated[Whole, Field(ge=0, le=10_000_000)]


class Rates(Value):
    """Prices in minor units of one currency (cents of USD). Every started minute counts."""

    currency: Currency = "USD"
    airtime_minute: _MOST = 0
    """A minute on air."""
    speech_minute: _MOST = 0
    """A minute of speech that has not been spoken before and must be made."""

    @property
    def is_set(self) -> bool:
        """Whether the house asks for anything."""
        return bool(self.airtime_minute or self.speech_minute)

    def estimate(self, *, minutes: float, new_speech_minutes: float = 0.0) -> dict[str, Any]:
        """The estimated cost, with what it is made of."""
        airtime = ceil(minutes) * self.airtime_minute
        speech = ceil(new_speech_minutes) * self.speech_minute
        return {"currency": self.currency, "amount": airtime + speech, "airtime": airtime, "speech": speech}

    def minutes_for(self, budget: int) -> int | None:
        """Whole minutes of airtime a budget in minor units pays for; None when airtime costs nothing."""
        return budget // self.airtime_minute if self.airtime_minute else None
