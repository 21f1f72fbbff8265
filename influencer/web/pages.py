"""The pages viewers see."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from influencer.errors import NotFound
from influencer.show.control import Picture
from influencer.store import Order
from influencer.web.auth import EVERYBODY
from influencer.web.context import Web, WebDep, remember_viewer, required_viewer
from influencer.web.countdown import countdown
from influencer.web.languages import labels
from influencer.web.order_models import order_out

LANGUAGE = "language"
"""The cookie with the market id whose language a viewer has chosen; the page's own script sets it."""

router = APIRouter(include_in_schema=False, dependencies=[EVERYBODY])


@router.get("/")
async def start_page(request: Request, web: WebDep) -> Response:
    """Every show that is on air."""
    market = web.words.chosen(request.cookies.get(LANGUAGE), web.words.best(request.headers.get("accept-language", "")))
    page = {"shows": web.house.shows(), "market": market, "words": web.words.of(market)}
    return web.templates.TemplateResponse(request, "start.html", page, headers={"Vary": "Accept-Language, Cookie"})


@router.get("/shows/{show_id}")
async def viewer_page(show_id: str, request: Request, web: WebDep) -> Response:
    """One show: video, captions, chat, products. In the language the viewer chose, else in the market's."""
    show = web.house.get(show_id)
    info, card, now = show.info(), show.card(), web.now()
    language = web.words.chosen(request.cookies.get(LANGUAGE), info.market)
    words = web.words.of(language)
    page = {
        "show": info,
        "card": card,
        "cards": show.cards(),
        "offer_ends": countdown(card.offer_ends if card else None, now, words, language),
        "likes": await web.store.likes.of(show_id),
        "now": now.isoformat(timespec="milliseconds"),
        "captions": show.transcript(),
        "market": language,
        "label": info.label if language == info.market else labels()[language],
        "words": words,
        "has_hls": show.hls is not None,
    }
    response = web.templates.TemplateResponse(request, "show.html", page, headers={"Cache-Control": "no-store"})
    remember_viewer(web, request, response)
    return response


@router.get("/shows/{show_id}/poster")
async def poster(show_id: str, web: WebDep) -> Response:
    """The latest composed frame."""
    return _image(await web.house.get(show_id).poster(), "no-cache")


@router.get("/shows/{show_id}/products/{product_id}/image")
async def product_image(show_id: str, product_id: str, web: WebDep) -> Response:
    """The product's picture."""
    return _image(await web.house.get(show_id).product_image(product_id), "public, max-age=300")


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
        "names": _names(web, order),
    }
    return web.templates.TemplateResponse(request, "order.html", page, headers={"Cache-Control": "no-store"})


def _names(web: Web, order: Order) -> dict[str, str]:
    """What the products of an order are called, while its show is on air."""
    try:
        show = web.house.get(order.show_id)
        return {line.product_id: show.product(line.product_id).name[order.market] for line in order.lines}
    except (NotFound, KeyError):
        return {}


def _image(picture: Picture, cache: str) -> Response:
    return Response(picture.data, media_type=picture.media_type, headers={"Cache-Control": cache})
