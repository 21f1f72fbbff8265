"""The run-of-show as people write it: minutes, weights, segments with goals, parts of the day. YAML or JSON.

The format is described in docs/guides/run-of-show.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import InitErrorDetails

from influencer.brief import Slug
from influencer.fields import ShortText, Value, refusal, wrong
from influencer.market import Market

PlannedKind = Literal[
    "hook", "product", "demonstration", "proof", "objection", "offer", "questions", "recap", "call-to-action"
]
"""The segments that can be planned; the opening comes by itself."""
Manner = Literal["calm", "standard", "lively"]
"""How a part of the day sounds; data in manners.yaml."""
ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Weight = Annotated[float, Field(ge=0.1, le=10, allow_inf_nan=False)]
Minutes = Annotated[float, Field(ge=0.5, le=120, allow_inf_nan=False)]
DEFAULT_MINUTES = 3.0


class DayPart(Value):
    """Some hours of the market's day, with products, weights and a manner of their own."""

    name: Slug
    start: ClockTime
    end: ClockTime
    """Up to here, not including it; earlier than `start` when midnight lies between them."""
    products: Annotated[list[Slug], Field(min_length=1, max_length=20)] | None = None
    """None: all of the show's."""
    weights: dict[Slug, Weight] = {}
    """Of these hours; others keep those of the whole show."""
    manner: Manner = "standard"

    def holds(self, at: time) -> bool:
        """Whether a local time lies in it."""
        start, end = time.fromisoformat(self.start), time.fromisoformat(self.end)
        return start <= at < end if start < end else (at >= start or at < end)


class PlannedSegment(Value):
    """A stretch of the pass, in its place."""

    kind: PlannedKind
    product: Slug
    minutes: Annotated[float, Field(gt=0, le=120, allow_inf_nan=False)] | None = None
    weight: Weight | None = None
    """Of the time that segments with minutes of their own leave; 1 when neither is given."""
    goal: ShortText | None = None
    day_parts: Annotated[list[Slug], Field(max_length=24)] = []
    """Empty: at all hours."""


class RunOfShow(Value):
    """What a show does in one pass, for ever again."""

    minutes: Minutes = DEFAULT_MINUTES
    """Of one pass over all products."""
    weights: dict[Slug, Weight] = {}
    """How much of the time a product gets beside the others; 1 for those not named."""
    segments: Annotated[list[PlannedSegment], Field(max_length=200)] = []
    """Empty: the usual turn of every product."""
    day_parts: Annotated[list[DayPart], Field(max_length=24)] = []

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if details := [*self._doubled(), *self._unknown(), *self._too_long()]:
            raise refusal(details)
        return self

    def _doubled(self) -> Iterator[InitErrorDetails]:
        for at, part in enumerate(self.day_parts):
            if part.start == part.end:
                yield wrong("day_parts", at, "end", given=part.end, allowed="another time than start")
            for other in self.day_parts[:at]:
                if part.name == other.name:
                    yield wrong("day_parts", at, "name", given=part.name, allowed="a name of its own")
                elif any(one.holds(time.fromisoformat(two.start)) for one, two in ((part, other), (other, part))):
                    yield wrong("day_parts", at, "start", given=part.start, allowed=f"hours outside {other.name}")

    def _unknown(self) -> Iterator[InitErrorDetails]:
        known = [part.name for part in self.day_parts]
        for at, segment in enumerate(self.segments):
            if segment.minutes is not None and segment.weight is not None:
                yield wrong("segments", at, "weight", given=segment.weight, allowed="minutes or a weight, not both")
            for name in segment.day_parts:
                if name not in known:
                    allowed = f"one of day_parts: {', '.join(known) or 'none'}"
                    yield wrong("segments", at, "day_parts", given=name, allowed=allowed)

    def _too_long(self) -> Iterator[InitErrorDetails]:
        for part in self.parts:
            fixed = sum(segment.minutes or 0.0 for segment in self.segments_in(part))
            if fixed > self.minutes:
                where = f" in {part}" if part else ""
                yield wrong("minutes", given=self.minutes, allowed=f"at least {fixed:g}, that of its segments{where}")

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the parts of the day, and "" for the hours in none."""
        return "", *(part.name for part in self.day_parts)

    def part(self, name: str) -> DayPart | None:
        """A part of the day by name; None for the hours in none."""
        return next((part for part in self.day_parts if part.name == name), None)

    def part_at(self, now: datetime, market: Market) -> str:
        """The part of the day it is in a market. `now` is aware."""
        local = now.astimezone(market.zone).time()
        return next((part.name for part in self.day_parts if part.holds(local)), "")

    def manner_in(self, part: str) -> Manner:
        """How a part of the day sounds."""
        found = self.part(part)
        return found.manner if found else "standard"

    def segments_in(self, part: str) -> list[PlannedSegment]:
        """The planned segments of a part of the day, in order."""
        return [segment for segment in self.segments if not segment.day_parts or part in segment.day_parts]
