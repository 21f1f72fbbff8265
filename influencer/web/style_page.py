"""The living style page: every token and component of the design system, as it is now."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from influencer.accounts.roles import STAFF
from influencer.web.auth import access
from influencer.web.context import WebDep

router = APIRouter(include_in_schema=False, dependencies=[access(*STAFF)])
_TOKENS = (Path(__file__).parent / "static/css/tokens.css").read_text("utf-8")
_COLOURS = tuple(dict.fromkeys(re.findall(r"--([\w-]+): (?:light-dark\()?#", _TOKENS)))
_SIZES = tuple(re.findall(r"--(size-\d)", _TOKENS))
_VIEWERS = (
    ("09:00", 12, 9),
    ("10:00", 34, 28),
    ("11:00", 58, 31),
    ("12:00", 49, None),
    ("13:00", 77, 52),
    ("14:00", 91, 60),
)
_PRODUCTS = (
    ("Dew Serum", {"value": 2384.5, "text": "$2,384.50"}),
    ("Voyager cabin suitcase", {"value": 1190, "text": "$1,190.00"}),
    ("Aria desk lamp", {"value": 410, "text": "$410.00"}),
)


@router.get("/operator/style")
async def style_page(request: Request, web: WebDep) -> Response:
    """Show the design system to whoever builds or checks a page."""
    page = {"colours": _COLOURS, "sizes": _SIZES, "viewers": _VIEWERS, "products": _PRODUCTS}
    return web.templates.TemplateResponse(request, "style.html", page, headers={"Cache-Control": "no-store"})
