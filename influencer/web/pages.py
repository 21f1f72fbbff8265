"""The pages viewers see."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from influencer.show.control import Picture
from influencer.web.auth import EVERYBODY
from influencer.web.context import WebDep, remember_viewer

router = APIRouter(include_in_schema=False, dependencies=[EVERYBODY])


@router.get("/")
async def start_page(request: Request, web: WebDep) -> Response:
    """Every show that is on air."""
    market = web.words.best(request.headers.get("accept-language", ""))
    page = {"shows": web.house.shows(), "market": market, "words": web.words.of(market)}
    return web.templates.TemplateResponse(request, "start.html", page, headers={"Vary": "Accept-Language"})


@router.get("/shows/{show_id}")
async def viewer_page(show_id: str, request: Request, web: WebDep) -> Response:
    """One show: video, captions, chat, product."""
    show = web.house.get(show_id)
    info = show.info()
    page = {
        "show": info,
        "card": show.card(),
        "captions": show.transcript(),
        "market": info.market,
        "words": web.words.of(info.market),
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
