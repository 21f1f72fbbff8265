"""Hours of a show while stock and offers change underneath: what repeats, what is silent or untrue: `eval hours`.

Products sell down to nothing and are filled up again; each offer starts and ends within the hours. As on air, a line is
written while the one before it is spoken, and is not said when it is no longer true. What is said is held against the
simulated world itself, not against the fact sheets or the guard that the line was made from.
"""

from __future__ import annotations

import re
import time
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from influencer.brief import Brief
from influencer.commerce.pricing import discounted
from influencer.evaluate.novelty import START
from influencer.market import Market
from influencer.script.claims import ApprovedLine
from influencer.script.formats import final_day
from influencer.script.lengths import GAP_S
from influencer.script.pacing import seconds_of
from influencer.script.values import Position
from influencer.show.desk import MarketDesk

_SOLD_EVERY_S = 45.0
_REFILLED_AFTER_S = (240.0, 720.0)
_FILLED = (30, 90)
_OFFER_STARTS, _OFFER_ENDS = (0.05, 0.3), (0.55, 0.9)
"""As shares of the hours."""
_GIVE_UP = 1_000
_NUMBER = re.compile(r"\d[\d.,\u00a0\u202f]*")
_GROUP = re.compile(r"(?<=\d) (?=\d{3}\b)")
_ABOUT_NO_STOCK = frozenset({"sold-out", "standby", "opening", "bridge"})
"""What may be said while nothing is left: that it is sold out, and lines that sell nothing."""


class World:
    """What is really so at each second of the hours; decided by the seed alone."""

    def __init__(self, products: Sequence[Brief], hours: float, seed: int) -> None:
        """Lay out every sale, refill and offer. Offers of `products` are moved into the hours."""
        self.products = {one.id: _with_offer(one, hours, Random(f"{seed}/offer/{one.id}")) for one in products}
        self._stock = {one.id: _sales(hours * 3600, Random(f"{seed}/stock/{one.id}")) for one in products}
        self.sold_out = sum(left == 0 for history in self._stock.values() for _, left in history)
        """How often a product sells out."""

    def units(self, product_id: str, at: float) -> int:
        """Units left `at` seconds after the start."""
        history = self._stock[product_id]
        return history[bisect_right(history, (at, 1 << 30)) - 1][1]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A line that was not true when it was said."""

    at: float
    product: str
    segment: str
    text: str
    why: tuple[str, ...]


@dataclass(slots=True)
class Report:
    """A market's hours. Seconds are predicted speech, except `dead_air_s`."""

    market: str
    products: int
    hours: float
    lines: int = 0
    repeated: float = 0.0
    """Share of the lines that were said before in these hours, word for word."""
    repeated_last_hour: float = 0.0
    longest_line_s: float = 0.0
    dropped: int = 0
    """Lines that were true when written and not when due: not said, another was written."""
    unwritten: int = 0
    """Positions for which no wording passed the guard."""
    longest_unwritten: int = 0
    """Most of them in a row."""
    dead_air_s: float = 0.0
    """Time in which no line was ready, as the writing really took here."""
    sold_out: int = 0
    """Times a product sold out."""
    announced: int = 0
    """Lines that told of it."""
    wrong: list[Wrong] = field(default_factory=list)


async def evaluate(products: Sequence[Brief], market: Market, hours: float, seed: int = 0) -> Report:
    """Say `hours` hours of a show of these products in a changing world, without speech or pictures.

    Raises:
        InvalidInput: no product is sold in the market.
    """
    at = 0.0
    world = World(products, hours, seed)
    desk = MarketDesk(
        tuple(world.products.values()), market, now=lambda: START + timedelta(seconds=at),
        units=lambda product_id: world.units(product_id, at), seed=seed,
    )  # fmt: skip
    desk.warm_up()
    report = Report(market.id, len(products), hours, sold_out=world.sold_out)
    said: list[tuple[float, str]] = []
    position, spoken, in_a_row = Position(), 0.0, 0
    while at < hours * 3600 and in_a_row < _GIVE_UP:
        began = time.perf_counter()
        line = await desk.write(position)
        report.dead_air_s += max(0.0, time.perf_counter() - began - spoken)
        if line is None:
            report.unwritten, in_a_row = report.unwritten + 1, in_a_row + 1
            report.longest_unwritten = max(report.longest_unwritten, in_a_row)
            position = desk.advance(position)
            continue
        in_a_row, text = 0, desk.bind(line)
        at, spoken = at + spoken, 0.0  # the line before ends
        if not desk.still_true(line, text):
            report.dropped += 1
            position = desk.advance(position)
            continue
        why = tuple(untrue(line, text, world.products[line.product_id], market,
                           units=world.units(line.product_id, at), now=START + timedelta(seconds=at)))  # fmt: skip
        if why:
            report.wrong.append(Wrong(round(at, 1), line.product_id, line.segment, text, why))
        report.announced += line.segment == "sold-out"
        if line.segment != "disclaimer":  # the law wants the same words every time
            said.append((at, text))
        spoken = seconds_of(text, market.language) + GAP_S
        report.longest_line_s = max(report.longest_line_s, round(spoken, 1))
        position = desk.advance(position)
    _count_repeats(report, said)
    return report


def untrue(line: ApprovedLine, text: str, brief: Brief, market: Market, *, units: int, now: datetime) -> Iterator[str]:
    """What is not so about a bound line said at `now` (aware) with `units` left, each in a few words."""
    offer = brief.offer
    active = offer is not None and offer.starts <= now < offer.ends
    numbers = set(_numbers(text))
    if units <= 0 and line.segment not in _ABOUT_NO_STOCK:
        yield "a sold-out product is presented"
    if units > 0 and line.segment == "sold-out":
        yield f"said to be sold out with {units} left"
    if "{stock" in line.text and str(units) not in numbers:
        yield f"another stock than {units}"
    if not active and (line.segment == "offer" or (offer is not None and offer.coupon in text)):
        yield "an offer that is not active"
    if "{price" in line.text and not numbers & _digits(brief.prices[market.id].amount):
        yield f"another price than {brief.prices[market.id].amount}"
    stray = numbers - _true_numbers(brief, market, units, now, active=active)
    if stray:
        yield f"numbers that are not so: {', '.join(sorted(stray))}"


def as_data(reports: Sequence[Report]) -> list[dict[str, Any]]:
    """The reports for JSON, every wrong line with them."""
    return [asdict(report) for report in reports]


def as_markdown(reports: Sequence[Report]) -> str:
    """The reports as a table."""
    names = ("market", "products", "hours", "lines", "repeated", "repeated, last hour", "dropped", "unwritten",
             "longest run of them", "dead air, s", "sold out", "told of it", "wrong")  # fmt: skip
    rows = [f"| {' | '.join(names)} |", "| --- " * len(names) + "|"]
    for one in reports:
        cells = (
            one.market, one.products, f"{one.hours:g}", one.lines, f"{one.repeated:.0%}",
            f"{one.repeated_last_hour:.0%}", one.dropped, one.unwritten, one.longest_unwritten,
            f"{one.dead_air_s:.1f}", one.sold_out, one.announced, len(one.wrong),
        )  # fmt: skip
        rows.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    return "\n".join(rows)


def _count_repeats(report: Report, said: Sequence[tuple[float, str]]) -> None:
    before, again = set[str](), list[tuple[float, bool]]()
    for at, text in said:
        again.append((at, text in before))
        before.add(text)
    last = [repeated for at, repeated in again if at >= (report.hours - 1) * 3600]
    report.lines = len(said)
    report.repeated = round(sum(repeated for _, repeated in again) / max(1, len(again)), 3)
    report.repeated_last_hour = round(sum(last) / max(1, len(last)), 3)
    report.dead_air_s = round(report.dead_air_s, 2)


def _with_offer(brief: Brief, hours: float, random: Random) -> Brief:
    if brief.offer is None:
        return brief
    starts, ends = (
        START + timedelta(seconds=round(3600 * hours * random.uniform(*share)))
        for share in (_OFFER_STARTS, _OFFER_ENDS)
    )
    return brief.model_copy(update={"offer": brief.offer.model_copy(update={"starts": starts, "ends": ends})})


def _sales(seconds: float, random: Random) -> list[tuple[float, int]]:
    """(second, units left from then on), in order."""
    at, left = 0.0, random.randint(*_FILLED)
    history = [(at, left)]
    while at < seconds:
        if left == 0:
            at, left = at + random.uniform(*_REFILLED_AFTER_S), random.randint(*_FILLED)
        else:
            at, left = at + random.expovariate(1 / _SOLD_EVERY_S), max(0, left - random.randint(1, 3))
        history.append((at, left))
    return history


def _numbers(text: str) -> Iterator[str]:
    """The numbers of a text in plain digits: $1,299.50 is 129950, and so is 1299.5, as Chinese writes it."""
    for found in _NUMBER.findall(_GROUP.sub("", text)):
        one_decimal = re.search(r"\d[.,]\d$", found) is not None
        yield re.sub(r"\D", "", found) + "0" * one_decimal


def _digits(amount: Decimal) -> set[str]:
    """An amount of money with and without its decimals."""
    cents = f"{amount:.2f}".replace(".", "")
    return {cents, cents[:-2]} if cents.endswith("00") else {cents}


def _true_numbers(brief: Brief, market: Market, units: int, now: datetime, *, active: bool) -> set[str]:
    price, offer = brief.prices[market.id], brief.offer
    true = set(_numbers(" ".join(market.own_texts)))
    told = brief.model_dump(mode="json", exclude={"prices", "offer", "stock", "sku", "images", "forbidden_claims"})
    true |= {number for text in _texts(told, market.id) for number in _numbers(text)}
    true |= _digits(price.amount) | {str(units)}
    if price.list_price is not None:
        true |= _digits(price.list_price) | _digits(price.list_price - price.amount)
        true.add(str(int((price.list_price - price.amount) * 100 / price.list_price)))
    if offer is not None and active:
        left, day = int((offer.ends - now).total_seconds() // 60), final_day(offer.ends, market.zone)
        true |= {str(left // 1440), str(left % 1440 // 60), str(left % 60), str(left % 60 // 5 * 5)}
        true |= {str(day.day), str(day.month), str(day.year), *_numbers(offer.coupon)}
        true |= _digits(discounted(price.amount, price.currency, offer, market.id))
        worth = offer.percent_off if offer.amount_off is None else offer.amount_off[market.id]
        true |= _digits(Decimal(worth or 0))
    return true


def _texts(value: object, market: str) -> Iterator[str]:
    """Every text of a brief that is this market's or everybody's."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            if "-" not in str(name) or name == market:
                yield from _texts(part, market)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part, market)
