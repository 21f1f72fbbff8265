"""The operator's page: it commands shows through the JSON API."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from influencer.accounts.roles import STAFF
from influencer.web.alerts import open_alerts
from influencer.web.auth import access
from influencer.web.context import WebDep

router = APIRouter(include_in_schema=False, dependencies=[access(*STAFF)])


@router.get("/operator")
async def operator_page(request: Request, web: WebDep) -> Response:
    """The desk."""
    page = {
        "catalogue": web.house.catalogue(),
        "shows": web.house.shows(),
        "demo": web.settings.demo,
        **await open_alerts(web),
    }
    return web.templates.TemplateResponse(request, "operator.html", page, headers={"Cache-Control": "no-store"})
