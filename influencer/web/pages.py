"""The pages viewers see."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from influencer.show.control import Picture
from influencer.web.auth import EVERYBODY
from influencer.web.context import WebDep, remember_viewer, viewer_of
from influencer.web.countdown import countdown
from influencer.web.languages import labels

LANGUAGE = "language"
"""The cookie with the market id whose language a viewer has chosen; the page's own script sets it."""

router = APIRouter(include_in_schema=False, dependencies=[EVERYBODY])


@router.get("/")
async def start_page(request: Request, web: WebDep) -> Response:
    """Every show that is on air."""
    market = web.words.chosen(request.cookies.get(LANGUAGE), web.words.best(request.headers.get("accept-language", "")))
    viewer = viewer_of(request)
    page = {
        "shows": web.house.shows(),
        "market": market,
        "words": web.words.of(market),
        "has_orders": viewer is not None and bool(await web.store.orders.latest(viewer_id=viewer, limit=1)),
    }
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


def _image(picture: Picture, cache: str) -> Response:
    return Response(picture.data, media_type=picture.media_type, headers={"Cache-Control": cache})
