"""The values of a script: facts, lines, segments, the rundown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from influencer.brief import MarketId

SegmentKind = Literal[
    "opening", "hook", "product", "proof", "demonstration", "objection", "offer", "questions", "call-to-action",
    "disclaimer", "recap", "closing", "sold-out", "bridge", "standby",
]  # fmt: skip
"""Stretches of a rundown, `disclaimer` being what the law wants said of a product, and the three lines between them:
`bridge` leads back from an answer to the script."""
Moment = Literal["morning", "afternoon", "evening", "night", "weekend", "joined", "quiet", "busy"]
"""What a host may refer to besides the product: the market's time of day, and what viewers do just now."""
Temper = Literal["warm", "playful", "calm", "expert"]
"""How a host talks: which wordings are theirs. Data of script/tempers/."""
HOURS: frozenset[Moment] = frozenset({"morning", "afternoon", "evening", "night"})
"""The moments that are hours of the day."""
FactKind = Literal[
    "brand",
    "name",
    "summary",
    "price",
    "list_price",
    "discount",
    "stock",
    "coupon",
    "coupon_value",
    "coupon_price",
    "offer_ends",
    "key_point",
    "spec",
    "ingredient",
    "how_to_use",
    "faq",
    "shipping",
    "returns",
    "audience",
    "category",
    "mandated",
]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing the brief proves, in the market's language. `id` is stable: "price", "key_point.fragrance-free"."""

    id: str
    kind: FactKind
    text: str
    product_id: str
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One or two sentences somebody wrote, not yet allowed on air. `text` may hold slots such as {price}."""

    text: str
    segment: SegmentKind
    product_id: str
    market: MarketId
    fact_ids: tuple[str, ...]
    source: Literal["template", "model", "operator", "answer"]
    variant: str
    """Which wording this is (template id, or a hash of the text): never the same twice in a row."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the show with one goal and a time budget."""

    kind: SegmentKind
    product_id: str
    seconds: float
    lines: int
    """How many lines fit the budget, on average."""
    part: str | None = None
    """The part of the day it is for ("" for the hours in none); None: all hours."""
    goal: str | None = None
    """What it is for, in the planner's own words."""


@dataclass(frozen=True, slots=True)
class Rundown:
    """The run-of-show of one market: segments in order, looped for ever after the opening."""

    market: MarketId
    segments: tuple[Segment, ...]
    loop_from: int = 1
    """Index of the first segment of the loop; what is before it is said once."""

    @property
    def seconds(self) -> float:
        """Planned length of one pass."""
        return sum(segment.seconds for segment in self.segments)


@dataclass(frozen=True, slots=True)
class Position:
    """Where the show is: exact enough to resume at the line after kill -9."""

    lap: int = 0
    segment: int = 0
    line: int = 0
    recent_variants: tuple[str, ...] = field(default=())
