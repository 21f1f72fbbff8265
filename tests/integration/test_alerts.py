"""Alerts provoked with the real thing: a starved station, crashing stages, rows that wait, a receiver that fails."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

from influencer.accounts.roles import Role
from influencer.accounts.service import Accounts
from influencer.alerts.keeper import AlertKeeper
from influencer.alerts.rules import AlertRules, RuleId
from influencer.alerts.show_gauges import ShowGauges
from influencer.alerts.store_gauges import StoreGauges
from influencer.errors import Busy, ClaimRejected, InfluencerError
from influencer.loading import load_alert_rules, load_market
from influencer.outbound import Outbound
from influencer.payments.base import BadSignature
from influencer.payments.delivery import WebhookDelivery
from influencer.programme.programme import Programme
from influencer.script.model_writer import ModelWriter
from influencer.script.writers import LineRequest
from influencer.show.control import ShowInfo, StartRequest
from influencer.show.supervise import supervise
from influencer.store import Store, open_store
from influencer.store.alerts import Alert
from influencer.store.handoffs import NewHandOff
from influencer.store.programme import NewEntry
from influencer.store.webhooks import DISABLED_AFTER
from influencer.webhooks.registering import Webhooks
from influencer.webhooks.sender import WebhookSender
from models.fakes import ScriptedLanguageModel
from streaming.clock import ManualClock, MonotonicClock
from streaming.media import SAMPLES_PER_FRAME
from streaming.metrics import ShowMetrics
from streaming.show_encoder import EncoderSettings
from streaming.station import Station
from streaming.timeline import Slot, Timeline
from tests.checkout_parts import Shop, Wall, reopen_shop
from tests.databases import database_url
from tests.integration.conftest import TOKEN
from tests.integration.test_desk_socket import Browser
from tests.integration.test_webhooks import consent
from tests.people import person
from tests.unit.script_helpers import guard, sheet
from tests.web_house import BRIEF
from tests.webhook_receiver import receiver

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]
STAFF = {"Authorization": f"Bearer {TOKEN}"}


class Desk:
    """A keeper over a real store, real metrics and a house with one show; time is moved by hand."""

    def __init__(self, store: Store, wall: Wall, rules: AlertRules, disk: Path) -> None:
        self.store, self.wall, self.clock = store, wall, ManualClock()
        self.shop: Shop = reopen_shop(store, wall)
        self.metrics = ShowMetrics()
        self.of_show = self.metrics.of("demo")
        settlement = self.shop.till.settlement
        self.keeper = AlertKeeper(
            rules, ShowGauges(self.shop.house, self.metrics.registry, wall),
            StoreGauges(store, disk, lambda: settlement.refused, wall), store, self.clock,
        )  # fmt: skip

    async def look(self, seconds: float = 1.0) -> list[Alert]:
        """Look once after so much time; the open alerts."""
        self.wall.forward(seconds=seconds)
        self.clock.advance(int(seconds * 1e9))
        await self.keeper.look()
        return await self.store.alerts.open_now()

    async def rules_open(self, seconds: float = 1.0) -> set[str]:
        return {alert.rule for alert in await self.look(seconds)}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    wall = Wall()
    rules = load_alert_rules().rules
    quiet: dict[RuleId, Any] = {name: rule for name, rule in rules.items() if name != "disk-full"}
    async with await open_store(database_url(tmp_path, "alerts.db"), now=wall) as store:
        await store.shows.create("demo", (BRIEF.id,), "en-US", "mina")
        await store.stock.seed(BRIEF.sku, 3)
        made = Desk(store, wall, AlertRules(rules=quiet), tmp_path)
        made.shop.house.get("demo").utterance_id = 1  # the host speaks
        assert await made.look() == [], "a healthy house has no alerts"
        yield made
        await made.shop.house.aclose()


async def test_a_starved_station_is_dark_until_pictures_come_again(desk: Desk) -> None:
    timeline = Timeline()
    picture = np.zeros((64, 64, 4), np.uint8)
    station = Station(timeline, MonotonicClock(), [], settings=EncoderSettings(size=(64, 64), video_bitrate=100_000))
    station.start()
    try:
        opened: set[str] = set()
        for _ in range(8):
            await asyncio.sleep(0.12)
            desk.of_show.station(station.stats)
            opened = await desk.rules_open()
        assert "show-dark" in opened, station.stats
        filling = True

        def fill() -> None:
            while filling:
                timeline.put(Slot(picture, np.zeros(SAMPLES_PER_FRAME, np.int16)))

        thread = asyncio.get_running_loop().run_in_executor(None, fill)
        for _ in range(6):
            await asyncio.sleep(0.3)
            desk.of_show.station(station.stats)
            opened = await desk.rules_open()
        assert "show-dark" not in opened
        filling = False
        await thread
        desk.of_show.station(replace(station.stats, drift_ms=800.0))
        for _ in range(7):
            opened = await desk.rules_open()
        assert {"show-drift", "show-dark"} <= opened, "it drifts, and no tick at all is dark too"
    finally:
        await asyncio.to_thread(station.close)
        timeline.close()


async def test_what_a_show_lost_long_ago_is_not_told_for_ever(desk: Desk) -> None:
    stats = replace(Station(Timeline(), MonotonicClock(), []).stats, drift_ms=0.0)
    desk.of_show.station(stats)
    await desk.rules_open()
    desk.of_show.station(replace(stats, drift_ms=800.0))  # and it stays: the gauge counts from the start
    for _ in range(7):
        opened = await desk.rules_open()
    assert "show-drift" in opened
    for _ in range(12):
        opened = await desk.rules_open(60)
    assert "show-drift" not in opened


async def test_a_show_that_stutters_is_told_of_and_not_called_dark(desk: Desk) -> None:
    for ticks in range(0, 25 * 13, 25):
        desk.of_show._count("ticks", ticks)
        desk.of_show._count("repeats", ticks // 3)
        opened = await desk.rules_open()
    assert opened == {"show-repeats"}


async def test_a_crashed_stage_is_told_of_for_five_minutes(desk: Desk) -> None:
    crashes = 0

    async def stage() -> None:
        nonlocal crashes
        crashes += 1
        if crashes == 1:
            raise RuntimeError("a real crash")

    await supervise("writing", stage, clock=MonotonicClock(), on_restart=desk.of_show.restarted)
    assert await desk.rules_open() == {"stage-restarted"}
    assert await desk.rules_open(290) == {"stage-restarted"}
    await desk.look(300)
    assert await desk.rules_open(1) == set()


async def test_a_model_that_fails_is_told_of(desk: Desk) -> None:
    model = ScriptedLanguageModel(["{name} is {summary}."])
    model.fail()
    writer = ModelWriter(model)
    for nth in range(5):
        request = LineRequest("hook", sheet("en-US"), load_market("en-US"), nth=nth)
        try:
            await writer.write(request, guard("en-US"))
        except ClaimRejected:
            pytest.fail("a template line is always there")
    assert (writer.tried, writer.fell_back) == (5, 5)
    desk.of_show.model_lines(writer.tried, writer.fell_back)
    await desk.look()
    assert await desk.rules_open(31) == {"model-fallback"}


async def test_a_silent_host_is_told_of_unless_it_is_meant(desk: Desk) -> None:
    show = desk.shop.house.get("demo")
    show.utterance_id = None
    assert await desk.rules_open(10) == set()
    (alert,) = await desk.look(6)
    assert (alert.rule, alert.severity, alert.subject) == ("speech-late", "critical", "demo")
    await show.pause()
    await desk.look(1)
    assert await desk.rules_open(6) == set(), "a pause is meant"


async def test_what_waits_for_a_person_too_long_is_told_of(desk: Desk) -> None:
    held = await desk.store.moderation.hold("demo", "v1", "Ana", "odd words", ["links"])
    asked = await desk.store.hand_offs.add(NewHandOff("demo", "v1", "Ana", "My order?", "en", "order_help", None, 1))
    assert held is not None and asked is not None
    assert await desk.rules_open(60) == set()
    assert await desk.rules_open(70) == {"held-message-waiting", "hand-off-waiting"}
    await desk.store.moderation.decide("demo", held.id, "dropped", "operator")
    await desk.store.hand_offs.take("demo", asked.id, "operator")
    assert await desk.rules_open() == set()


async def test_stock_and_offers_on_air_are_told_of(desk: Desk) -> None:
    show = desk.shop.house.get("demo")
    show.units = 0
    show.offer_ends = (desk.wall() + timedelta(minutes=20)).isoformat()
    assert await desk.rules_open() == {"stock-out"}
    assert await desk.rules_open(301) == {"stock-out", "offer-ending"}
    show.units = 2
    assert await desk.rules_open() == {"offer-ending"}
    assert await desk.rules_open(900) == set(), "the offer is over"


async def test_the_terms_of_likenesses_are_told_of(desk: Desk) -> None:
    soon = desk.wall().date() + timedelta(days=10)
    record = await desk.store.consents.add(consent(soon))
    (alert,) = await desk.look()
    assert (alert.rule, alert.subject) == ("likeness-ending", record.id)
    assert "Ada Example" not in alert.detail
    longer = await desk.store.consents.add(consent(date(2030, 1, 1)))
    assert await desk.rules_open() == set(), "another record takes its place"
    for one in (record, longer):
        await desk.store.consents.revoke(one.id, "they asked")
    assert await desk.rules_open() == {"likeness-lapsed"}
    assert await desk.rules_open(8 * 86_400) == set()


async def test_failing_webhooks_of_payments_are_told_of(desk: Desk) -> None:
    async def refuse(request: httpx.Request) -> httpx.Response:
        with pytest.raises(BadSignature):
            await desk.shop.till.settlement.hear(request.content + b" ", request.headers)
        return httpx.Response(400)

    show = desk.shop.house.get("demo")
    show.utterance_id = None  # no stored sentence stands behind it
    order = await desk.shop.order()
    show.utterance_id = 1
    await desk.shop.pay(order)
    provider = desk.shop.provider
    async with httpx.AsyncClient(transport=httpx.MockTransport(refuse), base_url="http://shop.test") as client:
        delivery = WebhookDelivery(provider, desk.store, client, "/hook", now=desk.wall)
        for _ in range(3):
            await delivery.deliver_due()
            opened = await desk.rules_open(30)
    assert opened == {"payment-webhooks-failing"}
    desk.wall.forward(hours=1)
    await desk.shop.hear()
    await desk.look(601)
    assert await desk.rules_open() == set()


async def test_a_disabled_webhook_is_told_of_and_told_to_the_others(desk: Desk) -> None:
    with receiver() as broken, receiver() as staff:
        ports = (broken.port, staff.port)
        async with Outbound(trusted_hosts=("127.0.0.1",), trusted_ports=ports) as client:
            hooks = Webhooks(desk.store, client)
            bad = await hooks.register(None, broken.url, ("show.ended",), "", by="tests")
            await hooks.register(None, staff.url, ("alert.opened", "alert.resolved"), "", by="tests")
            sender = WebhookSender(desk.store, client, now=desk.wall)
            broken.status = 500
            for wait in (timedelta(0), DISABLED_AFTER):
                desk.wall.at += wait
                await desk.store.webhooks.test(bad.id)
                await sender.deliver_due()
            (alert,) = await desk.look()
            assert (alert.rule, alert.subject) == ("webhook-disabled", bad.id)
            await desk.store.webhooks.set_disabled(bad.id, False)
            assert await desk.rules_open() == set()
            await sender.deliver_due()
    assert staff.types == ["alert.opened", "alert.resolved"]
    assert staff.events[0]["data"]["alert_id"] == staff.events[1]["data"]["alert_id"] == alert.id
    assert staff.events[1]["data"]["resolved_at"] is not None


async def test_a_show_of_the_programme_that_does_not_start_is_told_of_until_its_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(request: StartRequest) -> ShowInfo:
        raise Busy("this machine is set to one show")

    monkeypatch.setattr(desk.shop.house, "start", busy)
    local = desk.wall().astimezone(load_market("en-US").zone)
    starts = time(local.hour, local.minute)
    await desk.store.programme.add(
        NewEntry((BRIEF.id,), "en-US", None, local.date(), local.date(), (), starts, 30), "operator"
    )
    await Programme(desk.shop.house, desk.store, desk.clock, desk.wall).look()
    (alert,) = await desk.look()
    assert alert.rule == "programme-missed" and "one show" in alert.detail
    assert await desk.rules_open(1800) == set()


async def test_a_full_disk_is_told_of(desk: Desk, tmp_path: Path) -> None:
    """The rule is set so that this machine's real disk is too full."""
    rule = load_alert_rules().rules["disk-full"].model_copy(update={"below": 100.0, "clears": 100.5, "hold_s": 0.0})
    full = Desk(desk.store, desk.wall, AlertRules(rules={"disk-full": rule}), tmp_path)
    (alert,) = await full.look()
    assert alert.rule == "disk-full" and "% free" in alert.detail
    await full.shop.house.aclose()


async def test_an_alert_is_opened_once_acknowledged_by_a_person_and_audited(desk: Desk) -> None:
    desk.shop.house.get("demo").units = 0
    (alert,) = await desk.look()
    again = Desk(desk.store, desk.wall, load_alert_rules(), Path.cwd())  # a process that started anew
    again.shop.house.get("demo").units = 0
    again.shop.house.get("demo").utterance_id = 1
    assert [one.id for one in await again.look() if one.rule == "stock-out"] == [alert.id]
    await again.shop.house.aclose()
    seen = await desk.store.alerts.acknowledge(alert.id, "ola")
    assert (await desk.store.alerts.acknowledge(alert.id, "ben")).acknowledged_by == seen.acknowledged_by == "ola"
    desk.shop.house.get("demo").units = 1
    assert await desk.rules_open() - {"disk-full"} == set()
    with pytest.raises(InfluencerError, match="was resolved"):
        await desk.store.alerts.acknowledge(alert.id, "ola")
    mine = [one for one in await desk.store.audit.latest() if one.subject == "stock-out"]
    assert [one.action for one in mine] == ["alert resolved", "alert opened"]
    assert [one.rule for one in await desk.store.alerts.page()][-1] == "stock-out"


# --- on the pages ---


@pytest.mark.parametrize("path", ["/operator/live", "/operator/shows/demo/live"])
async def test_the_sockets_tell_of_it_at_once(app: FastAPI, client: httpx.AsyncClient, store: Store, path: str) -> None:
    from influencer.store.alerts import NewAlert

    user = await store.users.find(await person(store, Role.OPERATOR))
    assert user is not None
    token = (await Accounts(store, now=store.users._now).open_session(user, "192.0.2.7", "tests")).token
    browser = Browser(app, token, path)
    async with asyncio.TaskGroup() as group:
        group.create_task(browser.run())
        assert (await browser.next())["type"] == "websocket.accept"
        assert json.loads((await browser.next())["text"])["alerts"] == []
        made = await store.alerts.open(NewAlert("stock-out", "demo x", "warning", "Sold out", "x", 1.0))
        assert made is not None
        (told,) = json.loads((await browser.next())["text"])["alerts"]
        assert (told["id"], told["acknowledged_by"]) == (made.id, None)
        done = await client.post(f"/api/alerts/{made.id}/acknowledge", headers=STAFF)
        assert done.status_code == 200, done.text
        (told,) = json.loads((await browser.next())["text"])["alerts"]
        assert told["acknowledged_by"] == "operator token"
        await store.alerts.resolve("stock-out", "demo x")
        assert json.loads((await browser.next())["text"])["alerts"] == []
        browser.leave()
    assert (await client.post(f"/api/alerts/{made.id}/acknowledge", headers=STAFF)).status_code == 409
    assert (await client.post("/api/alerts/99/acknowledge", headers=STAFF)).status_code == 404
    history = (await client.get("/api/alerts?state=all", headers=STAFF)).json()["alerts"]
    assert [one["id"] for one in history] == [made.id] and history[0]["resolved_at"] is not None
    page = await client.get("/operator/alerts", headers=STAFF)
    assert page.status_code == 200 and "Sold out" in page.text
