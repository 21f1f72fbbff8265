"""What was sold, line by line, for whoever briefed us about it: their own lines, and nothing about the buyers."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from influencer.accounts.principal import advertiser_filter, owned_by
from influencer.accounts.roles import STAFF, Role
from influencer.brief import MARKET_IDS, MarketId
from influencer.commerce.basket import MAX_LINES
from influencer.commerce.states import ORDER_STATES, OrderState
from influencer.errors import InvalidInput, Mistake, NotFound
from influencer.sales.sheets import cell
from influencer.store.sold_lines import LineFilter, Position, SoldLine
from influencer.web.auth import PrincipalDep, access
from influencer.web.context import WebDep
from influencer.web.order_models import Money, money
from influencer.web.paging import After, Limit, cursor, place, split

SIDES = (Role.ADVERTISER, *STAFF)
router = APIRouter(prefix="/api/advertiser/orders", tags=["orders"], dependencies=[access(*SIDES)])
page_router = APIRouter(prefix="/advertiser", include_in_schema=False, dependencies=[access(*SIDES)])
NO_STORE = {"Cache-Control": "no-store"}
CSV_LINES = 2_000
"""Lines of one CSV file; the answer's Link header (RFC 8288) leads to the rest."""
PAGE = 50
_BADGES = {"paid": "good", "fulfilled": "good", "cancelled": "", "pending": "warn", "refunded": "bad"}
_COLUMNS = (
    "placed_at", "order_id", "position", "state", "product_id", "sku", "quantity", "currency", "unit_minor",
    "discount_minor", "total_minor", "refunded_minor", "market", "show_id", "paid_at", "fulfilled_at", "utterance_id",
    "segment", "persona", "variant", "sentence",
)  # fmt: skip


class SentenceOut(BaseModel):
    """The sentence a line is put down to: what was said, in which part of the show, by which host, in which wording."""

    utterance_id: int
    text: str
    segment: str
    persona: str
    variant: str


class SoldLineOut(BaseModel):
    """One product of one order. `refunded` is its part of what went back; `sold_by` None: nothing was said before."""

    order_id: str
    position: int
    advertiser_id: str | None
    state: OrderState
    placed_at: datetime
    paid_at: datetime | None
    fulfilled_at: datetime | None
    show_id: str
    market: MarketId
    product_id: str
    sku: str
    quantity: int
    unit: Money
    discount: Money
    total: Money
    refunded: Money
    sold_by: SentenceOut | None


class OrderLinesOut(BaseModel):
    """The lines of one order that are the advertiser's."""

    lines: Annotated[list[SoldLineOut], Field(max_length=MAX_LINES)]


class SoldLinesOut(BaseModel):
    """Lines, the newest order first; `next` is the `after` of the page that follows."""

    lines: list[SoldLineOut]
    next: str | None


def line_filter(
    principal: PrincipalDep,
    state: OrderState | None = None,
    market: MarketId | None = None,
    show_id: Annotated[str | None, Query(max_length=40)] = None,
    product_id: Annotated[str | None, Query(max_length=64)] = None,
    start: Annotated[datetime | None, Query(description="Placed then or later; with a time zone.")] = None,
    end: Annotated[datetime | None, Query(description="Placed before; with a time zone.")] = None,
    advertiser_id: Annotated[str | None, Query(max_length=40, description="For staff: one advertiser's.")] = None,
) -> LineFilter:
    """What may be seen of what is asked for.

    Raises:
        InvalidInput: a time without its zone.
        NotFound: another advertiser's lines are asked for.
    """
    own = advertiser_filter(principal)
    if advertiser_id is not None:
        owned_by(principal, advertiser_id, "there is no such advertiser")
    return LineFilter(
        own or advertiser_id, state, market, show_id, product_id, _zoned("start", start), _zoned("end", end)
    )


Wanted = Annotated[LineFilter, Depends(line_filter)]


@router.get("")
async def advertiser_orders(web: WebDep, wanted: Wanted, after: After = None, limit: Limit = PAGE) -> SoldLinesOut:
    """What was ordered of an advertiser's products, the newest first: an advertiser's own lines, or all for staff."""
    found = await web.store.sold_lines.page(wanted, after=_place(after), limit=limit + 1)
    lines, following = split(found, limit, _cursor)
    return SoldLinesOut(lines=[line_out(line) for line in lines], next=following)


@router.get(".csv", response_class=Response)
async def advertiser_orders_as_csv(request: Request, web: WebDep, wanted: Wanted, after: After = None) -> Response:
    """The same lines as CSV, at most 2,000; a Link header with rel="next" leads to those that follow."""
    found = await web.store.sold_lines.page(wanted, after=_place(after), limit=CSV_LINES + 1)
    lines, following = split(found, CSV_LINES, _cursor)
    headers = {"Content-Disposition": 'attachment; filename="orders.csv"', **NO_STORE}
    if following is not None:
        headers["Link"] = f'<{request.url.include_query_params(after=following)}>; rel="next"'
    return Response("\ufeff" + as_csv(lines), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/{order_id}")
async def advertiser_order(order_id: str, web: WebDep, principal: PrincipalDep) -> OrderLinesOut:
    """The lines of one order that are the advertiser's own."""
    lines = await web.store.sold_lines.of_order(order_id[:24], advertiser_filter(principal))
    if not lines:
        raise NotFound("there is no order with this number")
    return OrderLinesOut(lines=[line_out(line) for line in lines])


@page_router.get("/orders")
async def orders_page(request: Request, web: WebDep, principal: PrincipalDep, after: After = None) -> Response:
    """The same as a page, with a form for what is looked for."""
    wanted = line_filter(principal, **_asked(request))
    found = await web.store.sold_lines.page(wanted, after=_place(after), limit=PAGE + 1)
    lines, following = split(found, PAGE, _cursor)
    query = request.url.remove_query_params("after")
    page = {
        "lines": [line_out(line) for line in lines],
        "asked": wanted,
        "states": ORDER_STATES,
        "markets": MARKET_IDS,
        "badges": _BADGES,
        "next": None if following is None else f"?{query.include_query_params(after=following).query}",
        "csv": f"/api/advertiser/orders.csv?{query.query}",
        "filtered": bool(query.query),
        "staff": principal.is_staff,
        "advertisers": await web.store.advertisers.all() if principal.is_staff else [],
    }
    return web.templates.TemplateResponse(request, "sold.html", page, headers=NO_STORE)


def line_out(line: SoldLine) -> SoldLineOut:
    """A line for the API."""
    sold_by = None
    if line.utterance_id is not None:
        sold_by = SentenceOut(
            utterance_id=line.utterance_id, text=line.sentence or "", segment=line.segment or "",
            persona=line.persona or "", variant=line.variant or "",
        )  # fmt: skip

    def amount(minor: int) -> Money:
        return money(minor, line.currency, line.market)

    return SoldLineOut(
        order_id=line.order_id, position=line.position, advertiser_id=line.advertiser_id, state=line.state,
        placed_at=line.placed_at, paid_at=line.paid_at, fulfilled_at=line.fulfilled_at, show_id=line.show_id,
        market=line.market, product_id=line.product_id, sku=line.sku, quantity=line.quantity,
        unit=amount(line.unit_amount), discount=amount(line.discount), total=amount(line.total),
        refunded=amount(line.refunded), sold_by=sold_by,
    )  # fmt: skip


def as_csv(lines: Any) -> str:
    """Lines with a header; money in minor units, times as ISO 8601 in UTC."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for line in lines:
        values = {
            "unit_minor": line.unit_amount, "discount_minor": line.discount, "total_minor": line.total,
            "refunded_minor": line.refunded,
        }  # fmt: skip
        writer.writerow([_cell(values[name] if name in values else getattr(line, name)) for name in _COLUMNS])
    return out.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value.astimezone(UTC).isoformat(timespec="seconds") if isinstance(value, datetime) else cell(value)


def _asked(request: Request) -> dict[str, Any]:
    """What the form asks for: its empty fields ask for nothing, and a word it does not offer for nothing either."""
    given = {name: value for name, value in request.query_params.items() if value}
    allowed = {"state": ORDER_STATES, "market": MARKET_IDS}
    asked: dict[str, Any] = {name: given[name] for name in allowed if given.get(name) in allowed[name]}
    asked |= {name: given[name][:64] for name in ("show_id", "product_id", "advertiser_id") if name in given}
    for name in ("start", "end"):
        if name in given:
            try:
                at = datetime.fromisoformat(given[name])
            except ValueError:
                raise _no_time(name, given[name]) from None
            asked[name] = at if at.tzinfo is not None else at.replace(tzinfo=UTC)  # the form's days are UTC
    return asked


def _cursor(line: SoldLine) -> str:
    return cursor(*line.place)


def _place(after: str | None) -> Position | None:
    return place(after, lambda *keys: keys, datetime, str, int)


def _zoned(name: str, time: datetime | None) -> datetime | None:
    if time is not None and time.tzinfo is None:
        raise _no_time(name, time.isoformat())
    return time


def _no_time(name: str, given: str) -> InvalidInput:
    return InvalidInput("orders", [Mistake(name, given[:40], "a time with its zone, such as 2026-05-01T00:00:00Z")])
