"""Reports over HTTP: the order shows on the sentence that sold it, and nobody sees a stranger's numbers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from influencer.accounts.principal import NOBODY, Principal
from influencer.accounts.roles import Role
from influencer.errors import NotFound
from influencer.ledger import first_break, is_withheld
from influencer.sales.events import Airing, NewEvent
from influencer.store import NewUtterance, Store
from influencer.store.open_questions import NewOpenQuestion
from influencer.web.context import web_of
from influencer.web.reports import own_products
from tests.people import key_of, person
from tests.web_house import AT, BRIEF, RoomHouse

pytestmark = pytest.mark.integration
OPERATOR = {"Authorization": "Bearer operator-token-for-tests"}
LINE = NewUtterance("demo", "It is $24.", ("price",), BRIEF.id, "offer", "en-US", "offer-1", "template", 0, "mina")


@pytest.fixture
async def sold(
    client: httpx.AsyncClient, house: RoomHouse, store: Store, buy: Callable[..., Awaitable[str]]
) -> dict[str, Any]:
    """Two sentences, a click and an order for $48 on the second, and a question without an answer."""
    first = await store.utterances.append(replace(LINE, text="=HYPERLINK(x)", segment="hook"))
    second = await store.utterances.append(LINE)
    house.get("demo").utterance_id = second.id
    await client.get("/shows/demo")
    click = {"key": "key-00000001", "kind": "product-click", "product_id": BRIEF.id}
    watched = {"key": "key-00000002", "kind": "watch", "milliseconds": 12_000}
    await client.post("/api/shows/demo/events", json={"events": [click, watched]})
    order = await buy(2)
    await store.open_questions.add(NewOpenQuestion("demo", BRIEF.id, "en-US", "en", "not-in-brief", "does it glow?"))
    return {"first": first.id, "second": second.id, "order": order}


async def test_an_order_stands_on_the_sentence_that_sold_it(client: httpx.AsyncClient, sold: dict[str, Any]) -> None:
    body = (await client.get("/api/reports", headers=OPERATOR)).json()
    assert body["complete"] is True
    (total,) = body["by"]["total"]
    assert (total["viewers"], total["watch_seconds"], total["clicks"]) == (1, 12.0, 1)
    assert (total["orders"], total["units"], total["revenue"]) == (1, 2, {"USD": 4_800})
    sentence = body["by"]["sentence"][0]
    assert (sentence["key"], sentence["text"], sentence["orders"]) == (str(sold["second"]), "It is $24.", 1)
    assert body["by"]["segment"][0]["key"] == "offer"
    assert body["by"]["persona"][0]["key"] == "mina"
    assert [row["key"] for row in body["by"]["market"]] == ["en-US"]
    assert [(one["text"], one["times"]) for one in body["open_questions"]] == [("does it glow?", 1)]


async def test_time_decay_shares_the_order_and_its_money(client: httpx.AsyncClient, sold: dict[str, Any]) -> None:
    asked = {"rule": "time-decay", "half_life_s": 60}
    body = (await client.get("/api/reports", params=asked, headers=OPERATOR)).json()
    shares = {row["key"]: (row["orders"], row["revenue"]) for row in body["by"]["sentence"]}
    assert shares[str(sold["first"])] == (0.5, {"USD": 2_400})
    assert sum(orders for orders, _ in shares.values()) == 1


async def test_the_csv_is_safe_to_open(client: httpx.AsyncClient, sold: dict[str, Any]) -> None:
    answer = await client.get("/api/reports.csv", params={"rule": "time-decay"}, headers=OPERATOR)
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    by_key = {row["key"]: row for row in rows}
    assert by_key[str(sold["first"])]["text"] == "'=HYPERLINK(x)"
    assert sum(int(row["revenue_minor_USD"]) for row in rows) == 4_800


async def test_what_was_said_around_a_sale_comes_from_the_ledger(
    client: httpx.AsyncClient, sold: dict[str, Any]
) -> None:
    body = (await client.get(f"/api/reports/orders/{sold['order']}/said", headers=OPERATOR)).json()
    assert [one["utterance_id"] for one in body["said"]] == [sold["first"], sold["second"]]
    assert sum(one["share"] for one in body["said"]) == pytest.approx(1)
    assert sum(one["amount"] for one in body["said"]) == 4_800
    assert (await client.get("/api/reports/orders/NONE/said", headers=OPERATOR)).status_code == 404


@pytest.mark.parametrize(
    "asked",
    [
        {"start": "2026-05-01T00:00:00"},
        {"start": "2026-05-02T00:00:00Z", "end": "2026-05-01T00:00:00Z"},
        {"start": "2025-05-01T00:00:00Z", "end": "2026-05-01T00:00:00Z"},
        {"half_life_s": 0},
        {"rule": "first-touch"},
    ],
)
async def test_a_wrong_question_is_answered_in_one_line(client: httpx.AsyncClient, asked: dict[str, Any]) -> None:
    answer = await client.get("/api/reports", params=asked, headers=OPERATOR)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_stranger_sees_nothing(client: httpx.AsyncClient, sold: dict[str, Any], app: Any) -> None:
    assert (await client.get("/api/reports")).status_code == 401

    class Connection:
        def __init__(self) -> None:
            self.app = app

    web = web_of(Connection())  # type: ignore[arg-type]
    stranger = Principal(Role.ADVERTISER, "rival", advertiser_id="rival")
    owned = await own_products(web, stranger)
    assert owned == ()
    with pytest.raises(NotFound):
        await own_products(web, NOBODY)
    assert await own_products(web, Principal(Role.OPERATOR, "op")) is None
    demo = await own_products(web, Principal(Role.ADVERTISER, "demo", advertiser_id="demo"))
    assert demo is not None and BRIEF.id in demo


async def test_an_advertiser_sees_their_own_products_only(store: Store, sold: dict[str, Any]) -> None:
    from influencer.sales.reporting import Wanted, report, said_around

    other = Airing(None, "mug", "hook", "mina", "en-US", "hook-1")
    await store.events.append([NewEvent("product-click", "demo", "v9", "k9", AT, other, "mug")])
    span = (AT - timedelta(days=1), AT + timedelta(days=1))
    mine = await report(store, Wanted(*span, product_ids=("mug",)))
    assert [row.key for row in mine.rows["product"]] == ["mug"]
    assert (mine.rows["total"][0].clicks, mine.rows["total"][0].orders) == (1, 0)
    assert mine.open_questions == []
    nothing = await report(store, Wanted(*span, product_ids=()))
    assert all(not rows for rows in nothing.rows.values())
    with pytest.raises(NotFound):
        await said_around(store, sold["order"], ("mug",))


async def test_an_advertiser_exports_the_whole_chain_and_only_their_own_words(
    client: httpx.AsyncClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("influencer.web.ledger._AT_ONCE", 2)  # so that a page ends within these lines
    for number in range(5):
        await store.utterances.append(replace(LINE, text=f"Ours, {number}.", pts=number))
        await store.utterances.append(replace(LINE, text=f"Secret of the mug, {number}.", product_id="mug"))
    await store.shows.create("other", ("mug",), "en-US", "mina")
    await store.utterances.append(replace(LINE, show_id="other", product_id="mug"))
    mine = await key_of(store, await person(store, Role.ADVERTISER, "demo"))
    rival = await key_of(store, await person(store, Role.ADVERTISER, "rival"))

    listed = (await client.get("/api/ledgers", headers=mine)).json()["ledgers"]
    assert [(one["show_id"], one["lines"]) for one in listed] == [("demo", 5)]
    answer = await client.get("/api/ledgers/demo", headers=mine)
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert len(lines) == 10 and first_break(lines) is None
    assert [line.get("text") for line in lines[::2]] == [f"Ours, {number}." for number in range(5)]
    assert all(map(is_withheld, lines[1::2])) and "Secret" not in answer.text and "mug" not in answer.text

    assert (await client.get("/api/ledgers", headers=rival)).json() == {"ledgers": []}
    theirs, none = [await client.get(f"/api/ledgers/{show}", headers=rival) for show in ("demo", "none")]
    assert theirs.status_code == none.status_code == 404
    assert theirs.json()["detail"].replace("demo", "") == none.json()["detail"].replace("none", "")
    whole = (await client.get("/api/ledgers/demo", headers=OPERATOR)).text.splitlines()
    assert len(whole) == 10 and not any(is_withheld(json.loads(line)) for line in whole)


async def test_the_report_over_time_adds_up_to_the_total(
    client: httpx.AsyncClient, store: Store, sold: dict[str, Any]
) -> None:
    on_air = Airing(None, BRIEF.id, "hook", "mina", "en-US", "hook-1")
    earlier = [
        NewEvent("question", "demo", f"viewer-{n}", f"earlier-{n}", AT - timedelta(hours=n), on_air) for n in (1, 3, 5)
    ]
    twice = NewEvent("product-click", "demo", "viewer-1", "again", earlier[0].at, on_air, BRIEF.id)
    await store.events.append([*earlier, twice])
    body = (await client.get("/api/reports", headers=OPERATOR)).json()
    (total,), over = body["by"]["total"], body["over_time"]
    assert over["step_s"] == 900
    points = {point["start"]: point for point in over["points"]}
    assert list(points) == [f"2026-05-01T{time}:00Z" for time in ("04:30", "06:30", "08:30", "09:30")]
    for name in ("questions", "clicks", "carts", "views", "watch_seconds", "orders", "units"):
        assert sum(point[name] for point in over["points"]) == total[name], name
    assert (total["questions"], total["orders"], total["clicks"]) == (3, 1, 2)
    assert points["2026-05-01T09:30:00Z"]["revenue"] == total["revenue"] == {"USD": 4_800}
    assert points["2026-05-01T08:30:00Z"]["viewers"] == 1  # one viewer, two kinds of things
    assert points["2026-05-01T09:30:00Z"]["on_air"] == ["hook", "offer"]
    assert points["2026-05-01T08:30:00Z"]["on_air"] == []

    answer = await client.get("/api/reports.csv", params={"by": "time"}, headers=OPERATOR)
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row["key"] for row in rows] == [start.replace("Z", "+00:00") for start in points]
    assert [row["questions"] for row in rows] == ["1", "1", "1", "0"]
    assert [row["revenue_minor_USD"] for row in rows] == ["0", "0", "0", "4800"]


async def test_over_time_an_advertiser_sees_their_own_and_another_show_is_another_series(
    client: httpx.AsyncClient, store: Store, sold: dict[str, Any]
) -> None:
    other = Airing(None, "mug", "hook", "mina", "en-US", "hook-1")
    await store.events.append([NewEvent("product-click", "demo", "v9", "k9", AT - timedelta(days=2), other, "mug")])
    await store.utterances.append(replace(LINE, product_id="mug", segment="secret"))
    mine = (await client.get("/api/reports", params={"product_id": BRIEF.id}, headers=OPERATOR)).json()["over_time"]
    assert [(point["start"], point["on_air"]) for point in mine["points"]] == [
        ("2026-05-01T09:30:00Z", ["hook", "offer"])
    ]
    for nobody in ({"show_id": "none"}, {"product_id": "none"}):
        none = (await client.get("/api/reports", params=nobody, headers=OPERATOR)).json()["over_time"]
        assert none == {"step_s": 0, "points": []}
    answer = await client.get("/api/reports.csv", params={"by": "hour"}, headers=OPERATOR)
    assert answer.status_code == 422 and "time" in answer.text
