"""Sheets and guards of the demo briefs, at a fixed moment."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from influencer.brief import Brief
from influencer.loading import load_brief, load_market
from influencer.script.claims import ClaimGuard
from influencer.script.facts import FactSheet
from influencer.script.values import Line, SegmentKind

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""Every demo offer is active, and no day of it is the last."""


@lru_cache(maxsize=8)
def brief(name: str = "dew-serum") -> Brief:
    return load_brief(name)


def sheet(market: str, name: str = "dew-serum", *, now: datetime = NOW, stock: int | None = 480) -> FactSheet:
    return FactSheet.build(brief(name), load_market(market), now=now, stock=stock)


@lru_cache(maxsize=128)
def guard(market: str, name: str = "dew-serum", *, now: datetime = NOW, stock: int | None = 480) -> ClaimGuard:
    return ClaimGuard(load_market(market), [sheet(market, name, now=now, stock=stock)])


def line(text: str, market: str, name: str = "dew-serum", segment: SegmentKind = "product") -> Line:
    return Line(text, segment, name, market, (), "model", "test")  # type: ignore[arg-type]
