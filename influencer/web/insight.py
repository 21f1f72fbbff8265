"""Insight over HTTP: where a brand was named and seen, and what viewers come for. Advertisers see their own."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query

from influencer.accounts.roles import STAFF, Role
from influencer.insight.audience import audience
from influencer.insight.brands import brands_named, logos
from influencer.insight.logos import sightings
from influencer.insight.mentions import named
from influencer.insight.pictures import Shown, shown_products
from influencer.loading import markets
from influencer.sales.events import EVENT_KINDS
from influencer.store.events import MAX_READ, Window
from influencer.store.insight import MAX_MESSAGES
from influencer.web.auth import access
from influencer.web.context import WebDep
from influencer.web.reports import OwnProducts, WantedDep

router = APIRouter(prefix="/api/insight", tags=["reports"], dependencies=[access(Role.ADVERTISER, *STAFF)])


async def own_shelf(
    web: WebDep, products: OwnProducts, product_id: Annotated[str | None, Query(max_length=64)] = None
) -> list[Shown]:
    """The products somebody may learn about, with brand, category and picture."""
    shelf = await shown_products(web.store)
    return [
        one
        for one in shelf
        if (products is None or one.product_id in products) and product_id in (None, one.product_id)
    ]


OwnShelf = Annotated[list[Shown], Depends(own_shelf)]


@router.get("/mentions")
async def brand_mentions(web: WebDep, asked: WantedDep, shelf: OwnShelf) -> dict[str, Any]:
    """How often viewers name a brand, spelled rightly, wrongly or in another script, in whose shows, with samples."""
    messages = await web.store.insight.messages(asked.start, asked.end, asked.show_id)
    brands = await asyncio.to_thread(brands_named, [one.brand for one in shelf])
    found = await asyncio.to_thread(named, messages, brands)
    return {
        "start": asked.start.isoformat(), "end": asked.end.isoformat(), "messages": len(messages),
        "complete": len(messages) < MAX_MESSAGES, "brands": [asdict(one) for one in found],
    }  # fmt: skip


@router.get("/logos")
async def logo_sightings(web: WebDep, asked: WantedDep, shelf: OwnShelf) -> dict[str, Any]:
    """Where logos were seen: in the picture of shows, and in the pictures of products."""
    brands = sorted({one.brand for one in shelf})
    on_air = await web.store.insight.seen(asked.start, asked.end, brands)
    return {
        "start": asked.start.isoformat(),
        "end": asked.end.isoformat(),
        "on_air": [asdict(one) | {"last_at": one.last_at.isoformat()} for one in on_air],
        "pictures": await asyncio.to_thread(_in_pictures, shelf),
    }


@router.get("/audience")
async def audience_insight(web: WebDep, asked: WantedDep) -> dict[str, Any]:
    """The audience by purpose, category and local hour; groups of fewer than five viewers are hidden."""
    window = Window(asked.start, asked.end, asked.show_id, asked.product_ids)
    events = await web.store.events.read(window, EVENT_KINDS, limit=MAX_READ)
    shelf = await shown_products(web.store)
    zones: dict[str, ZoneInfo] = {market.id: market.zone for market in (await asyncio.to_thread(markets)).values()}
    found = await asyncio.to_thread(audience, events, {one.product_id: one.category for one in shelf}, zones)
    return {
        "start": asked.start.isoformat(), "end": asked.end.isoformat(), "viewers": found.viewers,
        "complete": len(events) < MAX_READ, "purposes": found.purposes, "categories": found.categories,
        "hours": found.hours,
    }  # fmt: skip


def _in_pictures(shelf: list[Shown]) -> list[dict[str, Any]]:
    known = logos()
    own = {one.brand for one in shelf}
    found = []
    for one in shelf[:_PICTURES]:
        picture = one.pixels()
        if picture is None:
            continue
        seen = sightings(picture, [logo for logo in known if logo.brand in own])
        found += [{"product_id": one.product_id, **asdict(sighting)} for sighting in seen]
    return found


_PICTURES = 8
"""Pictures looked at in one request: each takes up to a second."""
