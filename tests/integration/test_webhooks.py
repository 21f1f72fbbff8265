"""Webhooks to others: a real receiver is told, signed, at least once, in order, and of nothing that is not its own."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from influencer.accounts.roles import Role
from influencer.errors import Conflict, InvalidInput
from influencer.likeness.consent import ConsentRecord
from influencer.outbound import Outbound, UrlRefused
from influencer.outbound.client import Unreachable
from influencer.outbound.schedule import MAX_ATTEMPTS, retry_after
from influencer.payments.base import BadSignature
from influencer.payments.signatures import check_signature, sign
from influencer.store import NewOrder, Order, OrderLine, Store, open_store
from influencer.store.open_questions import NewOpenQuestion
from influencer.store.refunds import NewRefund
from influencer.store.webhooks import DISABLED_AFTER, KEPT, LEASE, Endpoint
from influencer.web.webhook_docs import example
from influencer.webhooks.events import DATA, EVENT_TYPES, FOR_ADVERTISERS, payload
from influencer.webhooks.registering import OVERLAP, Webhooks
from influencer.webhooks.sender import SIGNATURE_HEADER, WebhookSender
from tests.checkout_parts import Wall
from tests.databases import database_url
from tests.integration.conftest import TOKEN
from tests.people import key_of, person
from tests.webhook_receiver import Receiver, receiver

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]
MUG, CUP = "mine-mug", "theirs-cup"
STAFF = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def hooks() -> Iterator[Receiver]:
    with receiver() as listening:
        yield listening


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
async def books(tmp_path: Path, wall: Wall) -> AsyncIterator[Store]:
    """A store with two advertisers, a product of each, and a show that sells both."""
    async with await open_store(database_url(tmp_path, "hooks.db"), now=wall) as store:
        for advertiser, name in (("mine", "mug"), ("theirs", "cup")):
            await store.advertisers.ensure(advertiser, advertiser)
            await store.briefs.create(advertiser, name, {"id": name}, advertiser)
            await store.stock.seed(f"{advertiser}.{name.upper()}-1", 3)
        await store.shows.create("both", (MUG, CUP), "en-US", "ada")
        yield store


@pytest.fixture
async def outbound(hooks: Receiver) -> AsyncIterator[Outbound]:
    async with Outbound(timeout_s=5, trusted_hosts=("127.0.0.1",), trusted_ports=(hooks.port,)) as client:
        yield client


@pytest.fixture
def sender(books: Store, outbound: Outbound, wall: Wall) -> WebhookSender:
    return WebhookSender(books, outbound, now=wall, chance=lambda: 0.0)


async def endpoint(
    books: Store, outbound: Outbound, hooks: Receiver, owner: str | None = "mine", *events: str, path: str = ""
) -> Endpoint:
    chosen = events or (EVENT_TYPES if owner is None else FOR_ADVERTISERS)
    return await Webhooks(books, outbound).register(owner, hooks.url + path, tuple(chosen), "", by="tests")


async def order(books: Store, wall: Wall, *lines: OrderLine, key: str = "key-00000001") -> Order:
    lines = lines or (OrderLine(MUG, "mine.MUG-1", 1, 1800, 300),)
    expires = wall() + timedelta(minutes=15)
    return (await books.orders.place(NewOrder("both", "en-US", "v" * 24, key, "one", "USD", lines, expires))).order


def consent(until: date) -> ConsentRecord:
    return ConsentRecord(
        person="Ada Example", purposes=("live-show",), markets=("en-US",), personas=("ada",),
        signed_on=date(2026, 1, 1), valid_until=until, price=Decimal(0), currency="USD", no_copy=True,
        no_training=True, evidence_name="a.pdf", evidence_sha256="0" * 64,
    )  # fmt: skip


# --- what is told, and whom ---


async def test_everything_that_happens_reaches_the_advertiser_signed_and_in_order(
    books: Store, outbound: Outbound, hooks: Receiver, sender: WebhookSender, wall: Wall
) -> None:
    made = await endpoint(books, outbound, hooks)
    for version, state in ((1, "changes-requested"), (2, "approved")):
        if version == 2:
            await books.briefs.save(MUG, {"id": "mug", "n": 2}, "me", (1, 1))
        await books.briefs.decide(MUG, version, "submitted", "me")
        await books.briefs.decide(MUG, version, state, "operator", "name the source")  # type: ignore[arg-type]
    for state in ("live", "paused", "live"):
        await books.shows.set_state("both", state)  # type: ignore[arg-type]
    placed = await order(books, wall, OrderLine(MUG, "mine.MUG-1", 3, 1800, 300))
    assert await books.order_steps.pay(placed.id)
    assert not await books.order_steps.pay(placed.id), "the second time changes nothing, and tells nothing"
    refund = await books.refunds.claim(NewRefund(placed.id, 1000, "one leaked", "operator", "r-1"))
    await books.refunds.settle(refund.id, "succeeded", provider_id="p", failure=None)
    await books.open_questions.add(NewOpenQuestion("both", MUG, "en-US", "en", "no-fact", "call me at +1 555 0100"))
    record = await books.consents.add(consent(date(2030, 1, 1)))
    await books.consents.revoke(record.id, "they asked")
    await books.shows.set_state("both", "stopped")
    await sender.deliver_due()
    assert hooks.types == [
        "brief.changes_requested", "brief.approved", "show.started", "product.sold_out", "order.paid",
        "order.refunded", "question.unanswered", "likeness.lapsed", "show.ended",
    ]  # fmt: skip
    ids = [event["id"] for event in hooks.events]
    assert ids == sorted(ids) and len(set(ids)) == len(ids)
    for headers, body in zip(hooks.headers, hooks.bodies, strict=True):
        check_signature(body, headers[SIGNATURE_HEADER.lower()], made.secret, wall())
        with pytest.raises(BadSignature):
            check_signature(body + b" ", headers[SIGNATURE_HEADER.lower()], made.secret, wall())
    for event in hooks.events:
        DATA[event["type"]].model_validate(event["data"])
        assert payload(int(event["id"][4:]), event["type"], wall(), event["data"]) == event
    paid = hooks.events[4]["data"]
    assert (paid["total"], paid["lines"][0]["sku"]) == (5100, "MUG-1"), "the advertiser's own name of it"
    said = b" ".join(hooks.bodies).decode()
    assert "v" * 24 not in said and "555" not in said and "Ada Example" not in said, "nobody's personal data"


async def test_an_advertiser_hears_only_of_its_own_part(
    books: Store, outbound: Outbound, hooks: Receiver, sender: WebhookSender, wall: Wall
) -> None:
    await endpoint(books, outbound, hooks, "mine", path="/mine")
    await endpoint(books, outbound, hooks, None, path="/house")
    lines = (OrderLine(MUG, "mine.MUG-1", 1, 1800), OrderLine(CUP, "theirs.CUP-1", 2, 900))
    placed = await order(books, wall, *lines)
    await books.order_steps.pay(placed.id)
    refund = await books.refunds.claim(NewRefund(placed.id, None, "all of it", "operator", "r-1"))
    await books.refunds.settle(refund.id, "succeeded", provider_id="p", failure=None)
    other = await order(books, wall, OrderLine(CUP, "theirs.CUP-1", 1, 900), key="key-00000002")
    await books.order_steps.pay(other.id)
    await books.briefs.decide(CUP, 1, "submitted", "them")
    await books.briefs.decide(CUP, 1, "approved", "operator")
    await books.shows.set_state("both", "live")
    await sender.deliver_due()
    told: dict[str, list[Any]] = {"mine": [], "theirs": []}
    for event in hooks.events:
        told["theirs" if CUP in json.dumps(event) or CUP in str(event) else "mine"].append(event)
    mine = [event for event in told["mine"] if event["type"] != "alert.opened"]
    assert [event["type"] for event in mine] == ["order.paid", "order.refunded", "show.started"]
    assert mine[0]["data"]["total"] == 1800, "its own line only"
    assert (mine[1]["data"]["amount"], mine[1]["data"]["whole"]) == (None, True), "no share is invented"
    assert mine[2]["data"]["product_ids"] == [MUG]
    house = [event for event in told["theirs"] if event["type"] == "order.paid"]
    assert [event["data"]["total"] for event in house] == [3600, 900]
    assert len(hooks.events) == 3 + 6


async def test_a_term_that_ends_is_told_once(
    books: Store, outbound: Outbound, hooks: Receiver, sender: WebhookSender, wall: Wall
) -> None:
    await endpoint(books, outbound, hooks, None, "likeness.lapsed")
    await books.consents.add(consent(wall().date()))
    await sender.sweep()
    wall.forward(days=1)
    for _ in range(3):
        await sender.sweep()
    await sender.deliver_due()
    (event,) = hooks.events
    assert event["data"]["because"] == "ended" and event["data"]["show_ids"] == ["both"]


async def test_an_event_is_written_with_what_it_tells_or_not_at_all(
    books: Store, outbound: Outbound, hooks: Receiver, sender: WebhookSender, wall: Wall
) -> None:
    await endpoint(books, outbound, hooks)
    await order(books, wall)
    with pytest.raises(Conflict):
        lines = (OrderLine(MUG, "mine.MUG-1", 2, 1800), OrderLine(CUP, "theirs.CUP-1", 9, 900))
        await order(books, wall, *lines, key="key-00000002")  # sells the mug out, then fails on the cup
    await sender.deliver_due()
    assert hooks.types == [], "the mug was not sold out: the order was not placed"


# --- delivery ---


async def test_a_failed_delivery_is_tried_again_until_it_arrives(
    books: Store, outbound: Outbound, hooks: Receiver, sender: WebhookSender, wall: Wall
) -> None:
    made = await endpoint(books, outbound, hooks, "mine", "order.paid")
    await books.order_steps.pay((await order(books, wall)).id)
    hooks.status = 500
    await sender.deliver_due()
    await sender.deliver_due()
    assert len(hooks.bodies) == 1, "it waits"
    (sent,) = await books.webhooks.deliveries(made.id)
    assert (sent.state, sent.attempts, sent.status, sent.error) == ("pending", 1, 500, "HTTP 500")
    assert sent.due_at == wall() + timedelta(seconds=5)
    assert (await books.webhooks.get(made.id)).failing_since == wall()
    wall.forward(seconds=5)
    hooks.status = 200
    await sender.deliver_due()
    assert len(hooks.bodies) == 2 and hooks.bodies[0] == hooks.bodies[1]
    (sent,) = await books.webhooks.deliveries(made.id)
    assert (sent.state, sent.attempts, sent.status, sent.due_at) == ("delivered", 2, 200, None)
    assert (await books.webhooks.get(made.id)).failing_since is None


async def test_it_is_given_up_after_a_day_and_the_endpoint_after_three(
    books: Store, outbound: Outbound, hooks: Receiver, sender: WebhookSender, wall: Wall
) -> None:
    made = await endpoint(books, outbound, hooks, "mine", "order.paid")
    await books.order_steps.pay((await order(books, wall)).id)
    hooks.status, began = 503, wall()
    while (await books.webhooks.deliveries(made.id))[0].state == "pending":
        due = (await books.webhooks.deliveries(made.id))[0].due_at
        assert due is not None
        wall.at = max(wall.at, due)
        await sender.deliver_due()
    assert len(hooks.bodies) == MAX_ATTEMPTS
    assert timedelta(hours=22) < wall() - began < timedelta(hours=24)
    assert (await books.webhooks.get(made.id)).disabled_at is None
    wall.at = began + DISABLED_AFTER
    await books.webhooks.test(made.id)
    await sender.deliver_due()
    shut = await books.webhooks.get(made.id)
    assert (shut.disabled_at, shut.disabled_because) == (wall(), "failing")
    (entry,) = [one for one in await books.audit.latest(advertiser_id="mine") if one.action == "webhook disabled"]
    assert entry.subject == made.id and entry.detail["error"] == "HTTP 503"
    before = len(hooks.bodies)
    wall.forward(days=1)
    await sender.deliver_due()
    assert len(hooks.bodies) == before, "nothing is sent to it any more"
    with pytest.raises(Conflict, match="disabled"):
        await books.webhooks.test(made.id)
    await books.webhooks.set_disabled(made.id, False)
    hooks.status = 200
    await sender.deliver_due()
    assert hooks.types[-1] == "webhook.test", "what was on its way goes on"


def test_waits_double_and_jitter_only_lengthens_them() -> None:
    assert [retry_after(n) for n in (1, 2, 3)] == [timedelta(seconds=s) for s in (5, 10, 20)]
    assert retry_after(3, 1.0) == timedelta(seconds=24)
    assert retry_after(MAX_ATTEMPTS) is None


async def test_a_slow_endpoint_holds_up_nobody_else(
    books: Store, outbound: Outbound, hooks: Receiver, sender: WebhookSender, wall: Wall
) -> None:
    with receiver() as quick:
        client = Outbound(trusted_hosts=("127.0.0.1",), trusted_ports=(hooks.port, quick.port))
        async with client:
            slow = await endpoint(books, client, hooks, "mine", "order.paid")
            await endpoint(books, client, quick, "mine", "order.paid")
            hooks.hold.clear()
            await books.order_steps.pay((await order(books, wall)).id)
            sending = asyncio.create_task(WebhookSender(books, client, now=wall).deliver_due())  # noqa: TID251
            while not quick.bodies or not hooks.bodies:  # noqa: ASYNC110 - threads fill them
                await asyncio.sleep(0.02)
            assert (await books.webhooks.deliveries(slow.id))[0].state == "pending"
            hooks.hold.set()
            await sending


async def test_a_redirect_and_an_endless_answer_are_failures(
    books: Store, outbound: Outbound, hooks: Receiver, sender: WebhookSender, wall: Wall
) -> None:
    made = await endpoint(books, outbound, hooks, "mine", "order.paid")
    await books.webhooks.test(made.id)
    hooks.status, hooks.answer = 302, {"Location": hooks.url + "/elsewhere"}
    await sender.deliver_due()
    assert len(hooks.bodies) == 1 and (await books.webhooks.deliveries(made.id))[0].error == "HTTP 302"
    hooks.status, hooks.answer, hooks.size = 200, {}, 100_000
    wall.forward(minutes=1)
    await sender.deliver_due()
    assert "larger" in str((await books.webhooks.deliveries(made.id))[0].error)


async def test_a_host_that_became_private_is_not_sent_to(
    books: Store, outbound: Outbound, hooks: Receiver, wall: Wall
) -> None:
    """At registration it was trusted; at delivery the guard looks again."""
    made = await endpoint(books, outbound, hooks, "mine", "order.paid")
    await books.webhooks.change(made.id, url=hooks.url.replace("http:", "https:"))
    await books.webhooks.test(made.id)
    async with Outbound(trusted_ports=(hooks.port,)) as guarded:
        await WebhookSender(books, guarded, now=wall).deliver_due()
    assert hooks.bodies == []
    assert (await books.webhooks.deliveries(made.id))[0].error == "not sent: 127.0.0.1, which is not a public host"


async def test_a_killed_sender_loses_nothing(tmp_path: Path, hooks: Receiver) -> None:
    """The process is killed with SIGKILL while the receiver holds the request; the next one sends the event again."""
    url = database_url(tmp_path, "killed.db")
    wall = Wall(datetime.now(UTC) - timedelta(minutes=1))
    client = Outbound(trusted_hosts=("127.0.0.1",), trusted_ports=(hooks.port,))
    async with await open_store(url, now=wall) as store, client:
        await store.advertisers.ensure("mine", "mine")
        await store.briefs.create("mine", "mug", {"id": "mug"}, "me")
        made = await endpoint(store, client, hooks, "mine", "brief.approved")
        await store.briefs.decide(MUG, 1, "submitted", "me")
        await store.briefs.decide(MUG, 1, "approved", "operator")
        hooks.hold.clear()
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.webhook_process", url, str(hooks.port)
        )
        while not hooks.bodies:
            assert child.returncode is None
            await asyncio.sleep(0.05)
        os.kill(child.pid, signal.SIGKILL)
        assert await child.wait() == -signal.SIGKILL
        hooks.hold.set()
        (cut,) = await store.webhooks.deliveries(made.id)
        assert (cut.state, cut.attempts) == ("pending", 1)
        wall.at = datetime.now(UTC) + LEASE
        await WebhookSender(store, client, now=wall).deliver_due()
        (sent,) = await store.webhooks.deliveries(made.id)
    assert (sent.state, sent.attempts) == ("delivered", 2)
    assert len(hooks.bodies) == 2 and hooks.events[0] == hooks.events[1], "the same event, with the same id"


async def test_two_senders_send_one_delivery_once(
    books: Store, outbound: Outbound, hooks: Receiver, wall: Wall
) -> None:
    made = await endpoint(books, outbound, hooks, "mine", "order.paid")
    await books.webhooks.test(made.id)
    senders = [WebhookSender(books, outbound, now=wall) for _ in range(4)]
    await asyncio.gather(*(each.deliver_due() for each in senders))
    assert len(hooks.bodies) == 1


async def test_what_is_old_is_forgotten(
    books: Store, outbound: Outbound, hooks: Receiver, sender: WebhookSender, wall: Wall
) -> None:
    made = await endpoint(books, outbound, hooks, "mine", "order.paid")
    first = await books.webhooks.test(made.id)
    await sender.deliver_due()
    wall.forward(days=KEPT.days, seconds=1)
    await sender.sweep()
    assert await books.webhooks.deliveries(made.id) == []
    assert (await books.webhooks.test(made.id)).event_id > first.event_id, "an id is never used again"


# --- registration ---


@pytest.mark.parametrize(
    "url",
    ["http://shop.example/x", "https://127.0.0.1/x", "https://[::1]/x", "https://10.0.0.1/", "https://u:p@shop.example/",
     "https://shop.example:8443/", "ftp://shop.example/", "nonsense", "https://169.254.169.254/latest"],
)  # fmt: skip
async def test_no_address_inside_is_registered(books: Store, url: str) -> None:
    async with Outbound() as guarded:
        with pytest.raises((UrlRefused, Unreachable)) as refused:
            await Webhooks(books, guarded).register("mine", url, ("order.paid",), "", by="me")
    assert "url" in str(refused.value)
    assert await books.webhooks.all() == []


async def test_an_advertiser_cannot_choose_what_is_the_houses(
    books: Store, outbound: Outbound, hooks: Receiver
) -> None:
    for events in (("alert.opened",), ("order.paid", "no.such"), ()):
        with pytest.raises(InvalidInput, match="events"):
            await Webhooks(books, outbound).register("mine", hooks.url, events, "", by="me")


async def test_a_new_secret_signs_beside_the_old_one_for_a_day(
    books: Store, outbound: Outbound, hooks: Receiver, sender: WebhookSender, wall: Wall
) -> None:
    made = await endpoint(books, outbound, hooks, "mine", "order.paid")
    fresh = await Webhooks(books, outbound).rotate(made.id)
    assert fresh.secret != made.secret and made.secret not in repr(made)
    for later, old_works in ((timedelta(0), True), (OVERLAP, False)):
        wall.at += later
        await books.webhooks.test(made.id)
        await sender.deliver_due()
        header = hooks.headers[-1][SIGNATURE_HEADER.lower()]
        check_signature(hooks.bodies[-1], header, fresh.secret, wall())
        if old_works:
            check_signature(hooks.bodies[-1], header, made.secret, wall())
        else:
            with pytest.raises(BadSignature):
                check_signature(hooks.bodies[-1], header, made.secret, wall())


# --- over HTTP ---


@pytest.fixture
def web_app(app: FastAPI, store: Store, outbound: Outbound) -> FastAPI:
    object.__setattr__(app.state.web, "webhooks", Webhooks(store, outbound))
    return app


async def test_the_api_from_registration_to_resending(
    web_app: FastAPI, client: httpx.AsyncClient, store: Store, outbound: Outbound, hooks: Receiver
) -> None:
    me = await key_of(store, await person(store, Role.ADVERTISER, "mine"))
    body = {"url": hooks.url, "events": ["order.paid", "brief.approved"], "description": "ERP"}
    made = await client.post("/api/webhooks", json=body, headers=me)
    assert made.status_code == 201, made.text
    one, secret = f"/api/webhooks/{made.json()['id']}", made.json()["secret"]
    for shown in (await client.get(one, headers=me), await client.get("/api/webhooks", headers=me)):
        assert shown.status_code == 200 and secret not in shown.text, "it was shown once"
    tested = await client.post(f"{one}/test", headers=me)
    assert (tested.status_code, tested.json()["state"]) == (202, "pending")
    sender = WebhookSender(store, outbound, now=store.webhooks._now)
    await sender.deliver_due()
    check_signature(hooks.bodies[0], hooks.headers[0][SIGNATURE_HEADER.lower()], secret, store.webhooks._now())
    (sent,) = (await client.get(f"{one}/deliveries", headers=me)).json()["deliveries"]
    assert (sent["state"], sent["status"], sent["event"]) == ("delivered", 204, hooks.events[0]["id"])
    again = await client.post(f"{one}/deliveries/{sent['id']}/resend", headers=me)
    assert again.status_code == 202 and again.json()["event"] == sent["event"]
    await sender.deliver_due()
    assert hooks.events[0] == hooks.events[1]
    page = (await client.get(f"{one}/deliveries?limit=1", headers=me)).json()
    older = (await client.get(f"{one}/deliveries?before={page['next']}", headers=me)).json()
    assert [len(page["deliveries"]), older["next"], older["deliveries"][0]["id"]] == [1, None, sent["id"]]
    rotated = await client.post(f"{one}/rotate", headers=me)
    assert rotated.json()["secret"] != secret
    off = await client.patch(one, json={"enabled": False}, headers=me)
    assert off.json()["disabled_because"] == "by hand"
    assert (await client.post(f"{one}/test", headers=me)).status_code == 409
    assert (await client.patch(one, json={"events": ["alert.opened"]}, headers=me)).status_code == 422
    wrong = await client.post("/api/webhooks", json={"url": "http://10.0.0.1/", "events": ["order.paid"]}, headers=me)
    assert wrong.status_code == 422 and wrong.json()["fields"][0]["field"] == "url"
    assert (await client.delete(one, headers=me)).status_code == 204
    assert (await client.get(one, headers=me)).status_code == 404
    actions = [entry.action for entry in await store.audit.latest()]
    assert "POST /api/webhooks" in actions and "DELETE /api/webhooks/{webhook_id}" in actions
    assert all(secret not in str(entry) for entry in await store.audit.latest())


async def test_anothers_webhook_is_like_none_and_staff_see_all(
    web_app: FastAPI, client: httpx.AsyncClient, store: Store, hooks: Receiver
) -> None:
    me = await key_of(store, await person(store, Role.ADVERTISER, "mine"))
    them = await key_of(store, await person(store, Role.ADVERTISER, "theirs"))
    body = {"url": hooks.url, "events": ["order.paid"]}
    theirs = (await client.post("/api/webhooks", json=body, headers=them)).json()["id"]
    house = (await client.post("/api/webhooks", json=body | {"events": ["alert.opened"]}, headers=STAFF)).json()
    assert house["advertiser_id"] is None
    for hidden in (theirs, house["id"]):
        for path in (f"/api/webhooks/{hidden}", f"/api/webhooks/{hidden}/deliveries", f"/advertiser/webhooks/{hidden}"):
            answer = await client.get(path, headers=me)
            none = await client.get(path.replace(hidden, "wh_none"), headers=me)
            assert (answer.status_code, none.status_code) == (404, 404)
            assert answer.text.replace(hidden, "wh_none") == none.text
    assert (await client.get("/api/webhooks", headers=me)).json() == {"webhooks": []}
    everybodys = (await client.get("/api/webhooks", headers=STAFF)).json()["webhooks"]
    assert {one["id"] for one in everybodys} == {theirs, house["id"]}
    for side in ("advertiser", "operator"):
        shown = await client.get(f"/{side}/webhooks/{theirs}", headers=STAFF)
        assert shown.status_code == 200 and hooks.url in shown.text and "whsec_" not in shown.text


# --- what is written about it ---


def test_every_type_has_a_true_example_in_the_guide_and_in_the_description(app: FastAPI) -> None:
    guide = Path("docs/guides/webhooks.md").read_text("utf-8")
    shown = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", guide, re.S)]
    assert {event["type"]: event for event in shown} == {kind: example(kind) for kind in EVENT_TYPES}
    described = app.openapi()["webhooks"]
    assert list(described) == list(EVENT_TYPES)
    for kind in EVENT_TYPES:
        DATA[kind].model_validate(example(kind)["data"])
        name = described[kind]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"].split("/")[-1]
        assert app.openapi()["components"]["schemas"][name]["example"] == _without_nulls(example(kind))


def _without_nulls(value: Any) -> Any:
    """FastAPI leaves nulls out of a description."""
    return {name: _without_nulls(v) for name, v in value.items() if v is not None} if isinstance(value, dict) else value


def test_the_guides_own_check_of_a_signature_works() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", Path("docs/guides/webhooks.md").read_text("utf-8"), re.S)
    names: dict[str, Any] = {}
    exec(code, names)
    now = datetime.now(UTC)
    assert names["is_ours"](b"{}", sign(b"{}", "whsec_new", now, "whsec_old"), "whsec_old")
    assert names["is_ours"](b"{}", sign(b"{}", "whsec_new", now, "whsec_old"), "whsec_new")
    assert not names["is_ours"](b"{}", sign(b"{}", "whsec_new", now), "whsec_old")
    assert not names["is_ours"](b"{}", sign(b"{}", "whsec_new", now - timedelta(minutes=6)), "whsec_new")
