"""Reports over HTTP: what was watched, asked and bought, as JSON and CSV; advertisers see their own products."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from influencer.accounts.principal import DEMO_ADVERTISER, advertiser_filter
from influencer.accounts.roles import STAFF, Role
from influencer.errors import InvalidInput, Mistake
from influencer.loading import briefs
from influencer.sales.attribution import Rule
from influencer.sales.report import Asked, Dimension, PersonHeard, Row, as_data
from influencer.sales.reporting import Wanted, report, said_around
from influencer.sales.sheets import as_csv
from influencer.web.auth import PrincipalDep, access
from influencer.web.context import WebDep
from influencer.web.experiments import told

router = APIRouter(prefix="/api/reports", tags=["reports"], dependencies=[access(Role.ADVERTISER, *STAFF)])
HalfLife = Annotated[float | None, Query(ge=5, le=86_400, description="Seconds; the setting's by default.")]
_LONGEST = timedelta(days=92)
_DEFAULT = timedelta(days=7)


class PointOut(BaseModel):
    """What happened in one bucket. Money is minor units by currency."""

    start: datetime = Field(description="Start of the bucket, UTC.")
    on_air: list[str] = Field(description="Kinds of segments of which something was said about these products.")
    viewers: int = Field(description="Different viewers who did anything.")
    views: int
    watch_seconds: float
    questions: int
    clicks: int
    carts: int
    checkouts: int
    likes: int
    shares: int
    orders: float
    units: float
    revenue: dict[str, int]


class OverTimeOut(BaseModel):
    """The report by time."""

    step_s: int = Field(description="Length of a bucket in seconds; 0 when nothing was measured.")
    points: list[PointOut] = Field(description="Oldest first. A bucket in which nothing was measured is left out.")


class AttributionOut(BaseModel):
    """How sales are put down to sentences."""

    rule: Rule
    half_life_s: float


class ReportOut(BaseModel):
    """A report. Money is minor units by currency."""

    start: datetime
    end: datetime
    show_id: str | None
    attribution: AttributionOut
    complete: bool
    by: dict[Dimension, list[Row]]
    over_time: OverTimeOut
    people_heard: list[PersonHeard]
    open_questions: list[Asked]
    experiments: list[dict[str, Any]]


async def own_products(web: WebDep, principal: PrincipalDep) -> tuple[str, ...] | None:
    """The products somebody may see numbers of; None: all."""
    advertiser = advertiser_filter(principal)
    if advertiser is None:
        return None
    own = await web.store.briefs.ids(advertiser)
    return (*await asyncio.to_thread(briefs), *own) if advertiser == DEMO_ADVERTISER else own


OwnProducts = Annotated[tuple[str, ...] | None, Depends(own_products)]


def wanted(
    web: WebDep,
    products: OwnProducts,
    start: Annotated[datetime | None, Query(description="With a time zone; 7 days before `end` by default.")] = None,
    end: Annotated[datetime | None, Query(description="With a time zone, not included; now by default.")] = None,
    show_id: Annotated[str | None, Query(max_length=40)] = None,
    product_id: Annotated[str | None, Query(max_length=64)] = None,
    rule: Rule = "last-touch",
    half_life_s: HalfLife = None,
) -> Wanted:
    """What a report is asked for.

    Raises:
        InvalidInput: a time without its zone, an end before the start, or more than 92 days.
    """
    for name, time in (("start", start), ("end", end)):
        if time is not None and time.tzinfo is None:
            raise _mistake(name, time.isoformat(), "a time with its zone, such as 2026-05-01T00:00:00Z")
    last = (end or web.now() + timedelta(seconds=1)).astimezone(UTC)
    first = (start or last - _DEFAULT).astimezone(UTC)
    if not timedelta(0) < last - first <= _LONGEST:
        raise _mistake("end", last.isoformat(), f"after start, and at most {_LONGEST.days} days after it")
    if product_id is not None:
        products = (product_id,) if products is None or product_id in products else ()
    return Wanted(first, last, show_id, products, rule, half_life_s or web.settings.half_life_s)


WantedDep = Annotated[Wanted, Depends(wanted)]


@router.get("")
async def read_report(web: WebDep, asked: WantedDep, principal: PrincipalDep) -> ReportOut:
    """Viewers, watch time, questions, clicks, carts, orders and revenue by product, market, host, segment, sentence and
    time; what nobody could answer; and the experiments in plain words."""
    made = as_data(await report(web.store, asked))
    return ReportOut.model_validate(made | {"experiments": await told(web, principal)})


@router.get(".csv", response_class=Response)
async def read_report_as_csv(web: WebDep, asked: WantedDep, by: Dimension | Literal["time"] = "sentence") -> Response:
    """One table of the report as CSV; money in minor units. By time the key is the start of a bucket, UTC."""
    made = await report(web.store, asked)
    rows = made.over_time.rows if by == "time" else made.rows[by]
    headers = {"Content-Disposition": f'attachment; filename="report-{by}.csv"', "Cache-Control": "no-store"}
    return Response("\ufeff" + as_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/orders/{order_id}/said")
async def what_was_said_around(
    order_id: str,
    web: WebDep,
    products: OwnProducts,
    half_life_s: HalfLife = None,
) -> dict[str, Any]:
    """What was said around a sale, from the ledger, and the share each sentence has in it."""
    said = await said_around(web.store, order_id, products, half_life_s=half_life_s or web.settings.half_life_s)
    return {
        "order_id": order_id,
        "said": [
            {
                "utterance_id": one.touch.utterance_id, "text": one.touch.text, "segment": one.touch.segment,
                "product_id": one.touch.product_id, "persona": one.touch.persona, "variant": one.touch.variant,
                "seconds": one.seconds, "share": round(one.share, 4), "amount": one.amount,
            }
            for one in said
        ],
    }  # fmt: skip


def _mistake(field: str, given: str, allowed: str) -> InvalidInput:
    return InvalidInput("report", [Mistake(field, given, allowed)])
