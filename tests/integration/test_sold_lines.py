"""What advertisers see of orders: their own lines, the sentence that sold each, every cent, no word of the buyer."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from influencer.accounts.roles import Role
from influencer.store import NewOrder, NewUtterance, OrderLine, Store, open_store
from influencer.store.engine import create_engine, database_url
from influencer.store.migrate import alembic_config
from influencer.store.refunds import NewRefund
from tests.people import key_of, person
from tests.web_house import AT

pytestmark = pytest.mark.integration
BUYER = "b" * 24


async def _brief(store: Store, advertiser: str, name: str) -> str:
    await store.advertisers.ensure(advertiser, advertiser)
    made = await store.briefs.create(advertiser, name, {"id": name}, "somebody")
    await store.stock.seed(f"{advertiser}.{name}", 50)
    return made.brief_id


async def _say(store: Store, text: str, product: str, segment: Any = "offer", variant: str = "offer-1") -> int:
    new = NewUtterance("demo", text, (), product, segment, "en-US", variant, "template", 0, "mina")
    return (await store.utterances.append(new)).id


async def _order(store: Store, lines: tuple[OrderLine, ...], key: str = "key-00000001", *, paid: bool = True) -> str:
    new = NewOrder("demo", "en-US", BUYER, key, key, "USD", lines, AT + timedelta(minutes=15), coupon="SUMMER")
    order = (await store.orders.place(new)).order
    if paid:
        await store.order_steps.pay(order.id)
    return order.id


@pytest.fixture
async def shared(store: Store) -> AsyncIterator[dict[str, Any]]:
    """One order of two advertisers' products, of which a third of the money went back."""
    mug, cup = await _brief(store, "mine", "mug"), await _brief(store, "theirs", "cup")
    about_mug = await _say(store, "This mug keeps tea warm.", mug, "key-point", "hook-opening=whom")
    about_cup = await _say(store, "The cup is on offer.", cup)
    lines = (
        OrderLine(mug, "mine.mug", 2, 1001, utterance_id=about_cup),  # chosen while the other product was on air
        OrderLine(cup, "theirs.cup", 1, 500, 1, utterance_id=about_cup),
    )
    order = await _order(store, lines)
    refund = await store.refunds.claim(NewRefund(order, 834, "one leaked", "operator", "refund-1"))
    await store.refunds.settle(refund.id, "succeeded", provider_id="re_1", failure=None)
    yield {"order": order, "mug": mug, "cup": cup, "about_mug": about_mug, "about_cup": about_cup}


@pytest.fixture
async def mine(store: Store, shared: dict[str, Any]) -> dict[str, str]:
    return await key_of(store, await person(store, Role.ADVERTISER, "mine", login="me"))


async def test_an_advertiser_sees_its_own_lines_with_what_sold_them_and_nothing_of_the_buyer(
    client: httpx.AsyncClient, store: Store, shared: dict[str, Any], mine: dict[str, str]
) -> None:
    answer = await client.get("/api/advertiser/orders", headers=mine)
    (line,) = answer.json()["lines"]
    assert answer.json()["next"] is None
    assert (line["order_id"], line["product_id"], line["quantity"]) == (shared["order"], shared["mug"], 2)
    assert (line["state"], line["market"], line["show_id"]) == ("partly_refunded", "en-US", "demo")
    assert line["sold_by"] == {
        "utterance_id": shared["about_mug"], "text": "This mug keeps tea warm.", "segment": "key-point",
        "persona": "mina", "variant": "hook-opening=whom",
    }  # fmt: skip
    theirs = await key_of(store, await person(store, Role.ADVERTISER, "theirs", login="they"))
    (other,) = (await client.get("/api/advertiser/orders", headers=theirs)).json()["lines"]
    assert other["sold_by"]["utterance_id"] == shared["about_cup"]
    assert (line["total"]["amount"], other["total"]["amount"]) == (2002, 499)
    assert line["refunded"]["amount"] + other["refunded"]["amount"] == 834
    for text in (answer.text, (await client.get("/api/advertiser/orders.csv", headers=mine)).text):
        for private in (BUYER, "key-00000001", "SUMMER", "one leaked", "192.0.2.7"):
            assert private not in text


async def test_another_tenants_order_is_like_none(
    client: httpx.AsyncClient, store: Store, shared: dict[str, Any], mine: dict[str, str]
) -> None:
    order = await _order(store, (OrderLine(shared["cup"], "theirs.cup", 1, 500),), "key-00000002")
    answers = [await client.get(f"/api/advertiser/orders/{one}", headers=mine) for one in (order, "no-such-order")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()
    shared_one = (await client.get(f"/api/advertiser/orders/{shared['order']}", headers=mine)).json()["lines"]
    assert [line["product_id"] for line in shared_one] == [shared["mug"]]
    asked = [
        await client.get("/api/advertiser/orders", params={"advertiser_id": one}, headers=mine)
        for one in ("theirs", "nobody")
    ]
    assert asked[0].status_code == asked[1].status_code == 404
    assert asked[0].json() == asked[1].json()
    assert (await client.get("/api/advertiser/orders", params={"product_id": shared["cup"]}, headers=mine)).json()[
        "lines"
    ] == []


async def test_pages_give_out_every_line_once_and_filters_narrow_them(
    client: httpx.AsyncClient, store: Store, shared: dict[str, Any], mine: dict[str, str]
) -> None:
    two = (OrderLine(shared["mug"], "mine.mug", 1, 900), OrderLine(shared["mug"], "mine.mug", 3, 900))
    for number in range(10, 14):
        await _order(store, two, f"key-{number:08}", paid=number % 2 == 0)
    seen: list[tuple[str, int]] = []
    after: dict[str, str] = {}
    for _ in range(20):
        page = (await client.get("/api/advertiser/orders", params={"limit": "2", **after}, headers=mine)).json()
        seen += [(line["order_id"], line["position"]) for line in page["lines"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert len(seen) == len(set(seen)) == 9
    for asked, expected in (
        ({"state": "pending"}, 4),
        ({"state": "paid"}, 4),
        ({"market": "ko-KR"}, 0),
        ({"start": AT.isoformat()}, 9),
        ({"end": AT.isoformat()}, 0),
        ({"show_id": "demo", "product_id": shared["mug"]}, 9),
    ):
        found = (await client.get("/api/advertiser/orders", params=asked, headers=mine)).json()["lines"]
        assert len(found) == expected, asked


@pytest.mark.parametrize("after", ["x", "bm90aGluZw", "WzEsMl0", "WyIyMDI2LTA1LTAxIiwieCIsMV0", "ÿ", "W10="])
async def test_a_cursor_that_is_none_of_ours_is_a_clear_mistake(
    client: httpx.AsyncClient, mine: dict[str, str], after: str
) -> None:
    answer = await client.get("/api/advertiser/orders", params={"after": after}, headers=mine)
    assert answer.status_code == 422
    assert answer.json()["fields"][0]["field"] == "after"


async def test_the_csv_has_the_same_lines_and_no_formula(
    client: httpx.AsyncClient, store: Store, shared: dict[str, Any], mine: dict[str, str]
) -> None:
    bowl = await _brief(store, "mine", "bowl")
    said = await _say(store, "=1+1", bowl)
    await _order(store, (OrderLine(bowl, "mine.bowl", 1, 900, utterance_id=said),), "key-00000002")
    answer = await client.get("/api/advertiser/orders.csv", headers=mine)
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert sorted((row["total_minor"], row["sentence"]) for row in rows) == [
        ("2002", "This mug keeps tea warm."),
        ("900", "'=1+1"),
    ]
    assert rows[0]["placed_at"].endswith("+00:00")


async def test_staff_see_all_and_the_demo_advertiser_stands_for_the_houses_own_files(
    client: httpx.AsyncClient, store: Store, shared: dict[str, Any]
) -> None:
    await _order(store, (OrderLine("dew-serum", "ORV-DEW-30", 1, 2400),), "key-00000003")
    admin = await key_of(store, await person(store, Role.ADMIN, login="ann"))
    demo = await key_of(store, await person(store, Role.ADVERTISER, "demo", login="demo-user"))
    everything = (await client.get("/api/advertiser/orders", headers=admin)).json()["lines"]
    assert sorted(str(line["advertiser_id"]) for line in everything) == ["None", "mine", "theirs"]
    (own,) = (await client.get("/api/advertiser/orders", headers=demo)).json()["lines"]
    assert own["product_id"] == "dew-serum"
    some = await client.get("/api/advertiser/orders", params={"advertiser_id": "theirs"}, headers=admin)
    assert [line["product_id"] for line in some.json()["lines"]] == [shared["cup"]]


async def test_old_lines_learn_whose_they_are(url: str) -> None:
    lines = (OrderLine("x", "mine.mug", 1, 500), OrderLine("dew-serum", "S", 1, 500))
    async with await open_store(url, now=lambda: AT) as store:
        await store.shows.create("demo", ("dew-serum",), "en-US", "mina")
        mug = await _brief(store, "mine", "mug")
        await store.stock.seed("S", 5)
        await _order(store, (OrderLine(mug, "mine.mug", 1, 500), lines[1]))
    config = alembic_config(database_url(url))
    before = next(one for one in ScriptDirectory.from_config(config).walk_revisions() if "Whose product" in one.doc)
    await asyncio.to_thread(command.downgrade, config, str(before.down_revision))
    engine = create_engine(database_url(url))
    async with engine.connect() as connection:
        names = {column["name"] for column in await connection.run_sync(_columns)}
    await engine.dispose()
    assert "advertiser_id" not in names
    async with await open_store(url, now=lambda: AT) as store:
        (order,) = await store.orders.latest()
        assert [line.advertiser_id for line in order.lines] == ["mine", None]


def _columns(connection: sa.Connection) -> Any:
    return sa.inspect(connection).get_columns("order_lines")
