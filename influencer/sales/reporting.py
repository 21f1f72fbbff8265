"""Reads a report out of the store: what happened, what was bought, and which sentences were before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from influencer.errors import NotFound
from influencer.sales.attribution import HALF_LIFE_S, LOOKBACK_S, Credit, Rule, Touch, attribute
from influencer.sales.report import (
    DIMENSIONS,
    NEVER,
    Dimension,
    PersonHeard,
    Report,
    Row,
    Series,
    Tally,
    asked_often,
    rows_of,
)
from influencer.sales.series import Counts, series, step_for
from influencer.store import Store
from influencer.store.events import Counted, Window
from influencer.store.sales import MAX_SALES, MAX_TOUCHES
from streaming.media import SAMPLE_RATE

SENTENCES = 500
"""Sentences a report lists at most: those that brought most."""
_QUESTIONS = 2_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report is about. `product_ids` None: all; an advertiser's own otherwise."""

    start: datetime
    end: datetime
    show_id: str | None = None
    product_ids: tuple[str, ...] | None = None
    rule: Rule = "last-touch"
    half_life_s: float = HALF_LIFE_S
    lookback_s: float = LOOKBACK_S


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence near an order: seconds before (negative) or after it, and its share of the order."""

    touch: Touch
    seconds: float
    share: float
    amount: int


async def report(store: Store, wanted: Wanted) -> Report:
    """Put a report together; memory and time are bounded by what the queries may return."""
    window = Window(wanted.start, wanted.end, wanted.show_id, wanted.product_ids)
    credits, complete = await _credits(store, wanted, window)
    rows: dict[Dimension, Sequence[Row]] = {}
    for dimension in DIMENSIONS:
        counted = await store.events.count(window, dimension)
        rows[dimension] = rows_of(dimension, _tallies(counted), credits)
    for total in rows["total"]:
        total.viewers = await store.events.viewers(window)
    best = rows["sentence"][:SENTENCES]
    texts = await store.sales.sentences(int(row.key) for row in best if row.key)
    for row in best:
        row.text = texts[int(row.key)].text if row.key and int(row.key) in texts else ""
    rows["sentence"] = best
    questions = await store.open_questions.latest(
        start=wanted.start, end=wanted.end, show_id=wanted.show_id, product_ids=wanted.product_ids, limit=_QUESTIONS
    )
    return Report(
        wanted.start,
        wanted.end,
        wanted.show_id,
        wanted.rule,
        wanted.half_life_s,
        rows,
        await _over_time(store, window, credits),
        asked_often(questions),
        await _people(store, wanted),
        complete,
    )


async def _over_time(store: Store, window: Window, credits: Sequence[Credit]) -> Series:
    """In buckets of the span in which anything was measured: a short show in a long window is more than a dot."""
    spans = [await store.events.span(window), await store.sales.aired(window)]
    times = [time for span in spans if span is not None for time in span] + [credit.sale.at for credit in credits]
    if not times:
        return NEVER
    step = step_for(min(times), max(times))
    counted, viewers = await store.events.over_time(window, step)
    counts = Counts(_tallies(counted), viewers, await store.sales.aired_over_time(window, step))
    return series(step, max(times), counts, credits)


def _tallies(counted: Sequence[Counted]) -> list[Tally]:
    return [Tally(one.kind, one.key, one.events, one.viewers, one.milliseconds) for one in counted]


async def _people(store: Store, wanted: Wanted) -> list[PersonHeard]:
    heard = await store.utterances.people(wanted.start, wanted.end, wanted.show_id, wanted.product_ids)
    return [
        PersonHeard(
            one.show_id, one.product_id, one.market, one.spoken_at, round(one.pts / SAMPLE_RATE, 2),
            None if end is None else round(end.pts / SAMPLE_RATE, 2),
        )
        for one, end in heard
    ]  # fmt: skip


async def _credits(store: Store, wanted: Wanted, window: Window) -> tuple[list[Credit], bool]:
    sales = await store.sales.sales(window)
    if not sales:
        return [], True
    first = sales[0].at - timedelta(seconds=wanted.lookback_s)
    shows, products = {sale.show_id for sale in sales}, sorted({sale.product_id for sale in sales})
    touches = await store.sales.touches(shows, first, sales[-1].at, products)
    presence = None
    if wanted.rule == "time-decay":
        presence = await store.sales.presence({sale.viewer for sale in sales}, first, sales[-1].at)
    credits = attribute(
        sales, touches, wanted.rule, half_life_s=wanted.half_life_s, lookback_s=wanted.lookback_s, presence=presence
    )
    return credits, len(sales) < MAX_SALES and len(touches) < MAX_TOUCHES


async def said_around(
    store: Store,
    order_id: str,
    product_ids: tuple[str, ...] | None = None,
    *,
    before_s: float = 120.0,
    after_s: float = 20.0,
    half_life_s: float = HALF_LIFE_S,
) -> list[Said]:
    """What was said around an order, from the ledger, oldest first, with the share each sentence has in it.

    Raises:
        NotFound: there is no such order, or it holds nothing of these products.
    """
    sales = [one for one in await store.sales.sale(order_id) if product_ids is None or one.product_id in product_ids]
    if not sales:
        raise NotFound("there is no order with this number")
    at, show = sales[0].at, sales[0].show_id
    start, end = at - timedelta(seconds=max(before_s, LOOKBACK_S)), at + timedelta(seconds=after_s)
    touches = await store.sales.touches([show], start, end)
    presence = await store.sales.presence([sales[0].viewer], start, end)
    shares: dict[int, tuple[float, int]] = {}
    for credit in attribute(sales, touches, "time-decay", half_life_s=half_life_s, presence=presence):
        if credit.touch is not None:
            share, amount = shares.get(credit.touch.utterance_id, (0.0, 0))
            shares[credit.touch.utterance_id] = (share + credit.share / len(sales), amount + credit.amount)
    return [
        Said(touch, round((touch.at - at).total_seconds(), 1), *shares.get(touch.utterance_id, (0.0, 0)))
        for touch in touches
        if touch.at >= at - timedelta(seconds=before_s)
    ]
