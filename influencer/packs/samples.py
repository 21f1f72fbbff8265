"""What a market pack sounds and reads like, before it counts: its own texts judged, a script bound, money and dates."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from babel.numbers import get_currency_precision

from influencer.brief import Brief
from influencer.errors import Conflict
from influencer.intake.preview import preview
from influencer.intake.rates import Rates
from influencer.market import Market
from influencer.packs.checks import demo_briefs, explained, own_fields, own_text_guards
from influencer.script.formats import Style

MINUTES = 2.0
SCRIPT_LINES = 8
AMOUNTS = (Decimal("1290"), Decimal("99.9"))
"""Prices that show the thousands sign and the decimals; the second is left out where money has none."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A line as it would be said now. `refused` is why it may not be, None when it may."""

    field: str
    text: str
    refused: str | None
    because: tuple[str, ...] = ()
    """The facts it rests on."""


@dataclass(frozen=True, slots=True)
class MarketSample:
    """What a market pack says and how it writes."""

    own: tuple[Sample, ...]
    script: tuple[Sample, ...]
    product: str
    forms: tuple[tuple[str, str], ...]
    """(what, how this market writes it)."""
    label: str
    local_time: str


async def market_sample(market: Market, before: Market, now: datetime) -> MarketSample:
    """Lines of a demo show as this pack would have them, each checked by the guard, and the forms of the market.

    Raises:
        Conflict: no product of the house is sold there.
    """
    return await asyncio.to_thread(lambda: asyncio.run(_made(market, before, now)))


async def _made(market: Market, before: Market, now: datetime) -> MarketSample:
    briefs = demo_briefs(market)
    if not briefs:
        raise Conflict(f"no demo product is sold in {market.id}; there is nothing to say")
    guards = own_text_guards(market, before, now)
    own = []
    for field, text in own_fields(market):
        guard, product = guards[0]
        verdict = explained(guard, text, product, market)
        passes = verdict.approved or text in before.own_texts
        own.append(Sample(field, text, None if passes else "; ".join(verdict.reasons)))
    return MarketSample(
        own=tuple(own),
        script=await _script(briefs[0], market, now),
        product=briefs[0].id,
        forms=tuple(_forms(market, now)),
        label=market.label,
        local_time=now.astimezone(market.zone).strftime("%H:%M"),
    )


async def _script(brief: Brief, market: Market, now: datetime) -> tuple[Sample, ...]:
    made = await preview(brief, market, minutes=MINUTES, now=now, rates=Rates())
    lines = [(segment.kind, line) for segment in made.segments for line in segment.lines][:SCRIPT_LINES]
    said = [Sample(kind, line.text, None, tuple(one.text for one in line.because)) for kind, line in lines]
    said += [Sample(one.field, one.text, "; ".join(one.reasons)) for one in made.refused]
    return tuple(said)


def _forms(market: Market, now: datetime) -> list[tuple[str, str]]:
    style = Style(market.locale)
    amounts = [
        amount for amount in AMOUNTS if amount == amount.to_integral_value() or get_currency_precision(market.currency)
    ]
    ends = now + timedelta(days=30)
    return [
        *(("price", style.money(amount, market.currency)) for amount in amounts),
        ("number", style.number(Decimal("1234567.5"))),
        ("percentage", style.percent(25)),
        ("last day of an offer", style.last_day(ends, now, market.zone)),
        ("measure", style.measure("11.5", "cm")),
        ("duration", style.measure("12", "h")),
    ]
