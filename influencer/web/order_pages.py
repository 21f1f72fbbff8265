"""The viewer's pages of orders: all of theirs, and each with how far it is. The `viewer` cookie owns them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

import structlog
from babel.dates import format_date
from fastapi import APIRouter, Request
from starlette.responses import Response

from influencer.errors import InvalidInput, NotFound
from influencer.loading import briefs, load_brief
from influencer.store import Order
from influencer.web.auth import EVERYBODY
from influencer.web.context import Web, WebDep, required_viewer, viewer_of
from influencer.web.order_models import order_out
from influencer.web.orders import order_cursor, order_place
from influencer.web.pages import LANGUAGE
from influencer.web.paging import After, split

log = structlog.get_logger(__name__)
router = APIRouter(include_in_schema=False, dependencies=[EVERYBODY])
NO_STORE = {"Cache-Control": "no-store"}
PAGE = 20
BADGES = {
    "paid": "good",
    "fulfilled": "good",
    "pending": "warn",
    "cancelled": "",
    "refunded": "",
    "partly_refunded": "",
}
Names = Mapping[tuple[str, str], str]


@router.get("/orders")
async def orders_page(request: Request, web: WebDep, after: After = None) -> Response:
    """Every order of the viewer who asks, newest first; none for somebody without the cookie."""
    language = web.words.chosen(
        request.cookies.get(LANGUAGE), web.words.best(request.headers.get("accept-language", ""))
    )
    viewer, found = viewer_of(request), list[Order]()
    if viewer is not None:
        found = await web.store.orders.latest(viewer_id=viewer, after=order_place(after), limit=PAGE + 1)
    orders, following = split(found, PAGE, order_cursor)
    page = {
        "market": language,
        "words": web.words.of(language),
        "orders": [order_out(order, own=True) for order in orders],
        "names": await product_names(web, orders),
        "badges": BADGES,
        "on": {order.id: format_date(order.placed_at, "long", locale=language.replace("-", "_")) for order in orders},
        "next": following,
    }
    headers = NO_STORE | {"Vary": "Accept-Language, Cookie"}
    return web.templates.TemplateResponse(request, "orders.html", page, headers=headers)


@router.get("/orders/{order_id}")
async def order_page(order_id: str, request: Request, web: WebDep) -> Response:
    """One order of the viewer who asks, and how far it is."""
    order = await web.store.orders.get(order_id, required_viewer(request))
    if order is None:
        raise NotFound("you have no order with this number")
    page = {
        "market": order.market,
        "words": web.words.of(order.market),
        "order": order_out(order, own=True),
        "names": await product_names(web, [order]),
    }
    return web.templates.TemplateResponse(request, "order.html", page, headers=NO_STORE)


async def product_names(web: Web, orders: Sequence[Order]) -> Names:
    """What the products of orders are called, by (product id, the order's market); a product that is gone has none."""
    wanted = {(line.product_id, order.market): order.show_id for order in orders for line in order.lines}
    names: dict[tuple[str, str], str] = {}
    for (product, market), show in wanted.items():
        try:
            names[product, market] = web.house.get(show).product(product).name[market]
        except (NotFound, KeyError):  # the show is over, or goes on without it
            continue
    missing = sorted({product for product, _ in wanted.keys() - names.keys()})
    if missing:
        named = await asyncio.to_thread(_of_files, missing) | await web.store.briefs.names(missing)
        for product, market in wanted.keys() - names.keys():
            if market in named.get(product, {}):
                names[product, market] = named[product][market]
    return names


def _of_files(products: Iterable[str]) -> dict[str, Mapping[str, str]]:
    """Names in the house's own files."""
    files, names = briefs(), dict[str, Mapping[str, str]]()
    for product in products:
        if product in files:
            try:
                names[product] = {str(market): name for market, name in load_brief(files[product]).name.items()}
            except InvalidInput as error:
                log.warning("brief left out", brief=product, error=str(error))
    return names
