"""Runs the house behind its pages until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import structlog
import uvicorn

from influencer.accounts.oidc import OidcSettings
from influencer.accounts.service import Accounts
from influencer.alerts.keeper import kept_alerts
from influencer.errors import Conflict
from influencer.intake.intake import Intake
from influencer.intake.shelf import BriefShelf
from influencer.loading import load_alert_rules, load_market
from influencer.logs import configure_logs
from influencer.outbound import Outbound
from influencer.payments.registry import create_provider
from influencer.programme.programme import Programme, kept_programme
from influencer.settings import Http, Oidc, Settings, load_settings
from influencer.show.backends import create_backends
from influencer.show.control import StartRequest
from influencer.show.house import HouseOfShows
from influencer.store import Store, open_store, utc_now
from influencer.web import WebSettings, alert_keeper, create_app, kept_till, server_config
from influencer.webhooks.registering import Webhooks
from influencer.webhooks.sender import TIMEOUT_S, WebhookSender, kept_webhooks
from streaming.clock import MonotonicClock
from streaming.metrics import ShowMetrics

log = structlog.get_logger(__name__)

READY = """
  On air in {language}: {url}
  Operator: {operator}
  Stop with Ctrl-C; the next start resumes at the same line.
"""


async def serve_demo(*, brief_ids: tuple[str, ...], market: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve on loopback with one show on air: the one that was interrupted, or a new one.

    Raises:
        NotFound: no such brief or market.
        Conflict: the port is taken.
    """
    pack = load_market(market)
    database = Path("out/demo.db")
    database.parent.mkdir(exist_ok=True)
    settings = load_settings(demo=True, http=Http(port=port), database=f"sqlite:///{database}")
    with _listen(settings.http) as listener:
        async with _open_house(settings) as (house, server):
            await _restore_or_start(house, StartRequest(brief_ids, pack.id))
            host, bound = listener.getsockname()[:2]
            base = f"http://{host}:{bound}"
            show = house.shows()[0]
            language = load_market(show.market).language_name
            announce(READY.format(language=language, url=f"{base}/shows/{show.id}", operator=f"{base}/operator"))
            await server.serve(sockets=[listener])


FIRST_ADMIN = """
  The first account of this installation: an admin.
  Name:              {login}
  One-time password: {password}
  Sign in on /sign-in within 72 hours and choose your own. This is shown once; `influencer users reset` makes another.
"""


async def serve_house(preset: str, *, announce: Callable[[str], None]) -> None:
    """Serve pages and shows; shows that were on air come back.

    Raises:
        InvalidInput: a setting is wrong.
        Conflict: the port is taken.
    """
    settings = load_settings(preset=preset)
    with _listen(settings.http) as listener:
        async with _open_house(settings, announce) as (house, server):
            restored = await house.restore()
            log.info("serving", host=settings.http.host, port=settings.http.port, restored=len(restored))
            await server.serve(sockets=[listener])


def _listen(http: Http) -> socket.socket:
    """Take the port before anything slow is started."""
    try:
        return socket.create_server((http.host, http.port), backlog=256)
    except OSError as error:
        raise Conflict(
            f"port {http.port} on {http.host} cannot be used ({error.strerror}); is a show running already? "
            "Choose another with --port or INFLUENCER_HTTP__PORT."
        ) from None


@contextlib.asynccontextmanager
async def _open_house(
    settings: Settings, announce: Callable[[str], None] | None = None
) -> AsyncIterator[tuple[HouseOfShows, uvicorn.Server]]:
    configure_logs()
    clock = MonotonicClock()
    metrics = ShowMetrics()
    web = WebSettings(
        demo=settings.demo,
        operator_token=settings.operator_token.get_secret_value() if settings.operator_token else None,
        viewer_token=settings.viewer_token.get_secret_value() if settings.viewer_token else None,
        allowed_origins=settings.allowed_origins,
        https=settings.http.https,
        oidc=_oidc(settings.oidc),
        half_life_s=settings.half_life_s,
        recordings=settings.recording.folder if settings.recording.on else None,
        public_url=settings.payments.public_url,
        hold=timedelta(minutes=settings.payments.hold_minutes),
        session_lifetime=timedelta(hours=settings.sessions.hours),
        session_idle=timedelta(minutes=settings.sessions.idle_minutes),
    )
    rules = load_alert_rules()
    store = await open_store(settings.database)
    if announce is not None:
        await _first_admin(store, announce)
    backends = create_backends(settings)
    provider = create_provider(settings.payments, store)
    shelf, outbound, hooks = BriefShelf(store), Outbound(), Outbound(timeout_s=TIMEOUT_S)
    try:
        async with (
            outbound,
            hooks,
            HouseOfShows(settings, store, backends, metrics, clock=clock, shelf=shelf) as house,
        ):
            intake = await asyncio.to_thread(Intake.of, store, shelf, backends=backends, outbound=outbound)
            app = await asyncio.to_thread(
                create_app, house, store, web, registry=metrics.registry, clock=clock, intake=intake,
                payment_provider=provider, webhooks=Webhooks(store, hooks),
            )  # fmt: skip
            programme = Programme(house, store, clock, utc_now)
            sender = WebhookSender(store, hooks)
            keeper = alert_keeper(app, house, store, rules, clock)
            async with (
                kept_till(app, store, clock),
                kept_programme(programme, clock),
                kept_webhooks(sender, clock),
                kept_alerts(keeper, clock),
            ):
                yield house, uvicorn.Server(server_config(app, settings.http.host, settings.http.port))
    finally:
        await provider.aclose()
        await backends.aclose()
        await store.aclose()


def _oidc(given: Oidc | None) -> OidcSettings | None:
    if given is None:
        return None
    secret = given.client_secret.get_secret_value() if given.client_secret is not None else None
    return OidcSettings(given.issuer, given.client_id, secret, given.name)


async def _first_admin(store: Store, announce: Callable[[str], None]) -> None:
    issued = await Accounts(store).first_admin()
    if issued is not None:
        announce(FIRST_ADMIN.format(login=issued.user.login, password=issued.password))


async def _restore_or_start(house: HouseOfShows, request: StartRequest) -> None:
    for show in await house.restore():
        if show.market != request.market or show.brief_ids != request.brief_ids:
            await house.stop(show.id)  # the demo was asked for something else this time
    if not house.shows():
        await house.start(request)
