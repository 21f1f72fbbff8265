"""What viewers come for: by purpose, category of product, and hour of their day. Pure; small groups are hidden.

A viewer's purpose is read from what they do and ask, the most telling first: who goes to the checkout buys, who asks
for the price weighs, who asks whether it suits them checks, who only watches looks around.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from influencer.sales.events import Event

Purpose = Literal["buying", "weighing", "checking", "learning", "company", "looking"]
HIDDEN_BELOW = 5
"""Viewers a group needs to be shown: fewer could be somebody."""
_BUYING = frozenset({"cart", "checkout", "order"})
_WEIGHING = frozenset({"price", "offer", "discount", "stock", "shipping"})
_CHECKING = frozenset({"suitability", "ingredients", "origin", "returns", "medical", "order_help"})
_LEARNING = frozenset({"what_is_it", "how_to_use", "spec", "faq", "feature", "unknown"})
_COMPANY = frozenset({"like", "share"})


def purpose_of(events: Iterable[Event]) -> Purpose:
    """What one viewer came for."""
    kinds, intents = set[str](), set[str]()
    for event in events:
        kinds.add(event.kind)
        if event.kind == "question":
            intents.add(event.detail)
    if kinds & _BUYING:
        return "buying"
    for purpose, asked in (("weighing", _WEIGHING), ("checking", _CHECKING), ("learning", _LEARNING)):
        if intents & asked:
            return purpose  # type: ignore[return-value]
    if kinds & {"product-click", "why"}:
        return "learning"
    return "company" if kinds & _COMPANY or intents else "looking"


@dataclass(slots=True)
class Group:
    """A part of the audience. All None but the key where there are too few viewers to show."""

    key: str
    viewers: int | None = 0
    watch_seconds: float | None = 0.0
    questions: int | None = 0
    clicks: int | None = 0
    orders: int | None = 0
    seen: set[str] = field(default_factory=set, repr=False)

    def add(self, event: Event) -> None:
        """Count one event."""
        self.seen.add(event.viewer)
        self.watch_seconds = (self.watch_seconds or 0) + event.milliseconds / 1000
        self.questions = (self.questions or 0) + (event.kind == "question")
        self.clicks = (self.clicks or 0) + (event.kind == "product-click")
        self.orders = (self.orders or 0) + (event.kind == "order")

    def shown(self) -> dict[str, object]:
        """For JSON."""
        size = len(self.seen)
        if size < HIDDEN_BELOW:
            return {"key": self.key, "hidden": True}
        return {
            "key": self.key, "hidden": False, "viewers": size, "watch_seconds": round(self.watch_seconds or 0, 1),
            "questions": self.questions, "clicks": self.clicks, "orders": self.orders,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Audience:
    """Groups by purpose, category and local hour ("ko-KR 20")."""

    purposes: list[dict[str, object]]
    categories: list[dict[str, object]]
    hours: list[dict[str, object]]
    viewers: int


def audience(events: Iterable[Event], categories: Mapping[str, str], zones: Mapping[str, ZoneInfo]) -> Audience:
    """Group what happened.

    Args:
        events: of any kinds, in any order; those without a pseudonym count for no group.
        categories: product id -> category; others are "unknown".
        zones: market -> its time zone; UTC for others.
    """
    by_viewer: dict[str, list[Event]] = {}
    for event in events:
        if event.viewer:
            by_viewer.setdefault(event.viewer, []).append(event)
    groups: tuple[dict[str, Group], ...] = ({}, {}, {})
    for theirs in by_viewer.values():
        purpose = purpose_of(theirs)
        for event in theirs:
            market = event.airing.market
            local = event.at.astimezone(zones.get(market, ZoneInfo("UTC")))
            product = event.product_id or event.airing.product_id
            keys = (purpose, categories.get(product, "unknown"), _hour(market, local))
            for place, key in zip(groups, keys, strict=True):
                place.setdefault(key, Group(key)).add(event)
    purposes, sold, hours = (sorted(place.values(), key=lambda group: group.key) for place in groups)
    return Audience(
        [group.shown() for group in purposes], [group.shown() for group in sold], [group.shown() for group in hours],
        len(by_viewer),
    )  # fmt: skip


def _hour(market: str, local: datetime) -> str:
    return f"{market or 'UTC'} {local.hour:02d}"
