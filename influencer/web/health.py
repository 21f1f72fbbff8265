"""Is it well, and how well: for supervisors and for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from influencer.web.auth import require_operator
from influencer.web.context import WebDep

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz(web: WebDep) -> Response:
    """200 when the loop turns and the database answers, 503 otherwise."""
    try:
        await web.store.ping()
    except (SQLAlchemyError, OSError):
        return JSONResponse({"status": "failing", "database": "unreachable"}, 503, {"Retry-After": "5"})
    states = [info.state for info in web.house.shows()]
    return JSONResponse({"status": "ok", "shows": {state: states.count(state) for state in sorted(set(states))}})


@router.get("/metrics")
async def metrics(request: Request, web: WebDep) -> Response:
    """Prometheus text; for operators, unless this is a demo."""
    if not web.settings.demo:
        require_operator(request, web)
    return Response(generate_latest(web.registry), media_type=CONTENT_TYPE_LATEST)
