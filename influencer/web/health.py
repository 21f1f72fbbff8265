"""Is it well, and how well: for supervisors and for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from influencer.accounts.roles import STAFF
from influencer.web.auth import EVERYBODY, access
from influencer.web.context import WebDep

router = APIRouter(include_in_schema=False)


@router.get("/healthz", dependencies=[EVERYBODY])
async def healthz(web: WebDep) -> Response:
    """200 when the loop turns and the database answers, 503 otherwise."""
    try:
        await web.store.ping()
    except (SQLAlchemyError, OSError):
        return JSONResponse({"status": "failing", "database": "unreachable"}, 503, {"Retry-After": "5"})
    states = [info.state for info in web.house.shows()]
    return JSONResponse({"status": "ok", "shows": {state: states.count(state) for state in sorted(set(states))}})


@router.get("/metrics", dependencies=[access(*STAFF, open_in_demo=True)])
async def metrics(web: WebDep) -> Response:
    """Prometheus text; for operators, unless this is a demo."""
    return Response(generate_latest(web.registry), media_type=CONTENT_TYPE_LATEST)
