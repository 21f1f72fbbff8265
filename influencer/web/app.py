"""The application factory."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
from fastapi import FastAPI
from fastapi.templating import Jinja2Templates
from prometheus_client import REGISTRY, CollectorRegistry
from starlette.staticfiles import StaticFiles

from influencer.accounts.keys import Keys
from influencer.accounts.oidc import IdentityProvider
from influencer.accounts.passwords import Passwords
from influencer.accounts.service import Accounts
from influencer.commerce.money import iso_money
from influencer.commerce.till import Till
from influencer.intake.intake import Intake
from influencer.packs.desk import PackDesk
from influencer.payments.base import PaymentProvider
from influencer.payments.sandbox import SandboxProvider
from influencer.show.control import CardView, House
from influencer.store import Store, utc_now
from influencer.web import (
    account,
    account_changes,
    accounts_api,
    admin,
    admin_users,
    advertiser,
    alerts,
    api,
    briefs,
    budgets,
    cart,
    chat,
    clips,
    coupons,
    description,
    desk,
    events,
    experiments,
    handoffs,
    health,
    hls,
    insight,
    ledger,
    likenesses,
    likes,
    lines,
    microphone,
    moderation,
    oidc,
    operator,
    order_pages,
    orders,
    own_likeness,
    packs,
    packs_pages,
    pages,
    payments,
    problems,
    programme,
    proposals,
    reports,
    sign_in,
    sold,
    style_page,
    wall,
    webhook_docs,
    webhook_pages,
    webhooks_api,
    whep,
)
from influencer.web.audit import Audited
from influencer.web.auth import page_context, require_declarations
from influencer.web.config import WebSettings
from influencer.web.context import Limiters, Web
from influencer.web.languages import direction_of, labels, market_names
from influencer.web.limits import Limiter
from influencer.web.middleware import Guard
from influencer.web.modules import imported_by
from influencer.web.navigation import NAVIGATION
from influencer.web.words import Words
from influencer.webhooks.registering import Webhooks
from streaming.clock import Clock, MonotonicClock

_HERE = Path(__file__).parent


def create_app(
    house: House,
    store: Store,
    settings: WebSettings,
    *,
    registry: CollectorRegistry = REGISTRY,
    clock: Clock | None = None,
    now: Callable[[], datetime] = utc_now,
    passwords: Passwords | None = None,
    intake: Intake | None = None,
    payment_provider: PaymentProvider | None = None,
    webhooks: Webhooks | None = None,
) -> FastAPI:
    """Build the web side of a house. It owns nothing that needs closing: house and store stay the caller's.

    Every route declares its access (see `influencer.web.auth`), or this raises RuntimeError. Reads templates and
    translations from disk: call it before the event loop runs, or in a worker thread.
    """
    clock = clock or MonotonicClock()
    _name_file_types()
    words = Words.load()
    payment_provider = payment_provider or SandboxProvider(store, now=now)
    app = FastAPI(title="Virtual influencer", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.state.web = Web(
        house=house,
        store=store,
        settings=settings,
        till=Till(house, store, payment_provider, now=now, hold=settings.hold, public_url=settings.public_url),
        intake=intake or Intake.of(store, now=now),
        packs=PackDesk(store, now),
        webhooks=webhooks or Webhooks(store),
        accounts=Accounts(
            store, passwords, now, demo=settings.demo, lifetime=settings.session_lifetime, idle=settings.session_idle
        ),
        keys=Keys(store, now, demo=settings.demo),
        provider=IdentityProvider(settings.oidc) if settings.oidc is not None else None,
        limiters=_limiters(settings, clock),
        templates=_templates(words),
        words=words,
        registry=registry,
        clock=clock,
        now=now,
    )
    app.state.watch_meter = events.WatchMeter(clock)
    app.state.like_teller = likes.LikeTeller()
    app.state.chat_door = chat.ChatDoor(clock, settings.chat_connections)
    problems.install(app)
    for router in (
        pages.router,
        order_pages.router,
        operator.router,
        desk.router,
        style_page.router,
        sign_in.router,
        oidc.router,
        account.router,
        accounts_api.router,
        account_changes.router,
        admin.router,
        admin_users.router,
        advertiser.router,
        api.public,
        api.desk,
        api.looking,
        briefs.router,
        budgets.router,
        proposals.router,
        events.router,
        handoffs.router,
        likenesses.page,
        likenesses.router,
        own_likeness.router,
        likes.router,
        moderation.router,
        lines.router,
        packs.router,
        microphone.router,
        packs_pages.router,
        programme.page,
        programme.router,
        reports.router,
        wall.router,
        ledger.router,
        clips.public,
        clips.advertisers,
        experiments.router,
        insight.router,
        cart.router,
        orders.viewers,
        orders.desk,
        sold.router,
        sold.page_router,
        coupons.router,
        payments.router,
        webhooks_api.router,
        alerts.router,
        alerts.pages,
        webhook_pages.router,
        *([payments.sandbox] if isinstance(payment_provider, SandboxProvider) else ()),
        whep.router,
        hls.router,
        chat.router,
        health.router,
    ):
        app.include_router(router)
    webhook_docs.describe(app)
    description.describe(app)
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")
    require_declarations(app)
    app.add_middleware(Audited)
    app.add_middleware(Guard, settings=settings)
    return app


def _name_file_types() -> None:
    """Read the system's table now, and do not trust it with modules: a browser runs them only as JavaScript."""
    mimetypes.init()
    for suffix in (".js", ".mjs"):
        mimetypes.add_type("text/javascript", suffix)


def _limiters(settings: WebSettings, clock: Clock) -> Limiters:
    rates = settings.rates
    return Limiters(
        joins=Limiter("joins", rates.joins, clock),
        orders=Limiter("orders", rates.orders, clock),
        carts=Limiter("changes of the cart", rates.carts, clock),
        payments=Limiter("payments", rates.payments, clock),
        refunds=Limiter("refunds", rates.refunds, clock),
        logins=Limiter("sign-ins", rates.logins, clock),
        accounts=Limiter("sign-ins", rates.accounts, clock),
        commands=Limiter("requests", rates.commands, clock),
        clips=Limiter("replays", rates.clips, clock),
        uploads=Limiter("uploads", rates.uploads, clock),
        events=Limiter("events", rates.events, clock),
        event_sources=Limiter("events", rates.event_sources, clock),
        likeness_links=Limiter("openings of this page", rates.likeness_links, clock),
        likes=Limiter("likes", rates.likes, clock),
        like_sources=Limiter("likes", rates.like_sources, clock),
    )


def _templates(words: Words) -> Jinja2Templates:
    """All templates, read now: a request never waits for the disk."""
    folder = _HERE / "templates"
    sources = {path.name: path.read_text("utf-8") for path in folder.glob("*.html")}
    environment = jinja2.Environment(
        loader=jinja2.DictLoader(sources), autoescape=True, undefined=jinja2.StrictUndefined, auto_reload=False
    )
    environment.filters["json"] = _json
    names = market_names()
    labels()
    environment.globals.update(
        market_name=names.__getitem__,
        words_of=words.of,
        card_of=_card,
        cards_of=_cards,
        languages=names,
        viewer_modules=imported_by(_HERE / "static" / "js", "viewer.js"),
        direction_of=direction_of,
        navigation=NAVIGATION,
        iso_money=iso_money,
        weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    )
    for name in sources:
        environment.get_template(name)
    return Jinja2Templates(env=environment, context_processors=[page_context])


def _json(value: Any) -> Any:
    """JSON that is safe inside a `<script type="application/json">` block."""
    return jinja2.utils.htmlsafe_json_dumps(value, ensure_ascii=False)


def _cards(cards: Sequence[CardView]) -> list[dict[str, Any]]:
    return [asdict(card) for card in cards]


def _card(card: CardView | None) -> dict[str, Any] | None:
    return None if card is None else asdict(card)
