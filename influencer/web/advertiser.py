"""The advertiser's pages: briefs with their preview and approval, and what the shows brought. They use the JSON API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from influencer.accounts.principal import Principal, advertiser_filter
from influencer.accounts.roles import STAFF, Role
from influencer.brief import MARKET_IDS, Brief, Evidence, KeyPoint
from influencer.commerce.money import iso_money
from influencer.intake.budgets import told
from influencer.loading import markets
from influencer.sales.report import Row
from influencer.sales.reporting import report
from influencer.store.briefs import LEADS_TO, PAGE, BriefVersion
from influencer.web.auth import PrincipalDep, access
from influencer.web.briefs import own_brief
from influencer.web.budgets import budgets_of
from influencer.web.context import Web, WebDep
from influencer.web.plots import DIMENSIONS, bands, panels, step_text
from influencer.web.proposals import scheduled
from influencer.web.reports import OwnProducts, WantedDep

router = APIRouter(prefix="/advertiser", include_in_schema=False, dependencies=[access(Role.ADVERTISER, *STAFF)])
NO_STORE = {"Cache-Control": "no-store"}
BADGES = {
    "draft": "", "submitted": "warn", "changes-requested": "bad", "approved": "good", "withdrawn": "",
}  # fmt: skip
SENTENCES = 30
LEDGERS = 10


@router.get("")
async def briefs_page(request: Request, web: WebDep, principal: PrincipalDep, before: str | None = None) -> Response:
    """Every brief with its state; the ones that wait for somebody first."""
    found = await web.store.briefs.page(advertiser_id=advertiser_filter(principal), before=before, limit=PAGE + 1)
    page = {
        "briefs": sorted(found[:PAGE], key=lambda one: _urgency(one, staff=principal.is_staff)),
        "more": found[PAGE - 1].brief_id if len(found) > PAGE else None,
        "badges": BADGES,
        "markets": MARKET_IDS,
        "advertisers": await _advertisers(web, principal),
        "spending": await told(web.store, [one.budget for one in await budgets_of(web, principal)], web.now()),
    }
    return web.templates.TemplateResponse(request, "briefs.html", page, headers=NO_STORE)


@router.get("/briefs/new")
async def new_brief_page(request: Request, web: WebDep, principal: PrincipalDep) -> Response:
    """An empty form."""
    return await _form(request, web, principal, None)


@router.get("/briefs/{brief_id}/edit")
async def edit_brief_page(brief_id: str, request: Request, web: WebDep, principal: PrincipalDep) -> Response:
    """The form with the newest version in it."""
    return await _form(request, web, principal, await own_brief(web, principal, brief_id))


@router.get("/briefs/{brief_id}")
async def brief_page(brief_id: str, request: Request, web: WebDep, principal: PrincipalDep) -> Response:
    """One brief: what would be said and why, a look, the decision, its versions."""
    brief = await own_brief(web, principal, brief_id)
    mistakes = await web.intake.desk.check(brief.document, brief.advertiser_id)
    allowed = LEADS_TO[brief.state]
    page = {
        "brief": brief,
        "history": await web.store.briefs.history(brief_id),
        "mistakes": mistakes,
        "markets": [market for market in MARKET_IDS if market in _listed(brief.document, "markets")],
        "images": _listed(brief.document, "images"),
        "personas": web.house.catalogue().personas,
        "badges": BADGES,
        "decides": principal.is_staff and "approved" in allowed,
        "withdraws": "withdrawn" in allowed,
        "rates": web.intake.rates,
        "shows_looks": web.intake.looks is not None,
        "schedule": await scheduled(web, principal, brief_id),
        "budgets": await budgets_of(web, principal, brief_id),
        "on_offer": brief_id in {version.brief_id for version in await web.store.briefs.on_offer()},
        "today": web.now().date(),
        "now": web.now(),
    }
    return web.templates.TemplateResponse(request, "brief.html", page, headers=NO_STORE)


@router.get("/reports")
async def reports_page(request: Request, web: WebDep, asked: WantedDep, products: OwnProducts) -> Response:
    """What the shows brought, as charts and tables; the same numbers as /api/reports."""
    made = await report(web.store, asked)
    total = next(iter(made.rows["total"]), Row("all"))
    page = {
        "report": made,
        "total": total,
        "revenue": _money_of(total.revenue),
        "tables": [(name, title, made.rows[name]) for name, title in DIMENSIONS],
        "panels": panels(made),
        "bands": bands(made),
        "step": step_text(made.over_time),
        "scope": _scope(request),
        "sentences": made.rows["sentence"][:SENTENCES],
        "ledgers": await web.store.utterances.told(products, limit=LEDGERS),
        "money": _money_of,
        "asked": asked,
    }
    return web.templates.TemplateResponse(request, "reports.html", page, headers=NO_STORE)


async def _form(request: Request, web: Web, principal: Principal, brief: BriefVersion | None) -> Response:
    page = {
        "brief": brief,
        "document": brief.document if brief is not None else {},
        "choices": {
            "markets": [{"id": market.id, "name": market.language_name} for market in markets().values()],
            "category": _literals(Brief, "category"),
            "tone": _literals(Brief, "tone"),
            "claim": _literals(KeyPoint, "claim"),
            "evidence": _literals(Evidence, "kind"),
        },
        "advertisers": await _advertisers(web, principal),
    }
    return web.templates.TemplateResponse(request, "brief_edit.html", page, headers=NO_STORE)


async def _advertisers(web: Web, principal: Principal) -> Sequence[Any]:
    """For whom somebody may act who acts for no single advertiser."""
    return [] if principal.advertiser_id is not None else await web.store.advertisers.all()


def _urgency(brief: BriefVersion, *, staff: bool) -> tuple[bool, str]:
    waits = brief.state == "submitted" if staff else brief.state in {"changes-requested", "draft"}
    return (not waits, brief.brief_id)


def _listed(document: Mapping[str, Any], name: str) -> list[str]:
    value = document.get(name)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _literals(model: Any, name: str) -> list[str]:
    """The allowed words of a field, from the model itself."""
    schema = model.model_json_schema()["properties"][name]
    return [str(word) for word in schema["enum"]]


def _scope(request: Request) -> str:
    """What the report is about, as the beginning of a query: links on the page keep it."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "rule"]
    return f"{urlencode(kept)}&" if kept else ""


def _money_of(revenue: Mapping[str, int]) -> str:
    """Minor units of each currency, as staff reads them; "0" when nothing was sold."""
    texts = [iso_money(minor, currency) for currency, minor in sorted(revenue.items())]
    return " + ".join(texts) or "0"
