"""The viewer's pages of orders, over HTTP: theirs only, in the page's language, named also when the show is over."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from influencer.brief import MARKET_IDS
from influencer.store import NewOrder, OrderLine, Store
from influencer.web.words import Words
from tests.web_house import AT, BRIEF, RoomHouse

pytestmark = pytest.mark.integration
VIEWER, OTHER = "v" * 24, "w" * 24


async def _order(store: Store, viewer: str, number: int, product: str = BRIEF.id) -> str:
    line = OrderLine(product, "S-1", 2, 2400)
    key = f"key-{number:08}"
    new = NewOrder("demo", "en-US", viewer, key, key, "USD", (line,), AT + timedelta(minutes=15))
    return (await store.orders.place(new)).order.id


@pytest.fixture(autouse=True)
async def stocked(store: Store) -> None:
    await store.stock.seed("S-1", 500)


async def test_a_viewer_sees_their_own_orders_and_nobody_elses(client: httpx.AsyncClient, store: Store) -> None:
    mine, theirs = await _order(store, VIEWER, 1), await _order(store, OTHER, 2)
    client.cookies.set("viewer", VIEWER)
    page = await client.get("/orders")
    assert page.headers["cache-control"] == "no-store"
    assert mine in page.text
    assert theirs not in page.text
    assert "2 × Dew Serum" in page.text
    assert f'data-cancel="{mine}"' in page.text
    assert (await client.post(f"/api/orders/{mine}/cancel")).status_code == 200
    after = await client.get("/orders")
    assert "Cancelled: nothing was charged" in after.text
    assert "data-cancel=" not in after.text


@pytest.mark.parametrize("cookie", [None, "not one of ours", VIEWER])
async def test_whoever_has_bought_nothing_sees_an_empty_page(
    client: httpx.AsyncClient, store: Store, cookie: str | None
) -> None:
    await _order(store, OTHER, 1)
    if cookie is not None:
        client.cookies.set("viewer", cookie)
    page = await client.get("/orders")
    assert page.status_code == 200
    assert "No orders yet" in page.text


@pytest.mark.parametrize("market", MARKET_IDS)
async def test_the_page_speaks_the_language_the_viewer_chose(
    client: httpx.AsyncClient, store: Store, market: str
) -> None:
    await _order(store, VIEWER, 1)
    client.cookies.set("viewer", VIEWER)
    client.cookies.set("language", market)
    page = await client.get("/orders")
    words = Words.load().of(market)
    assert f'<html lang="{market}"' in page.text
    for word in ("orders_title", "order_state_pending", "order_cancel", "order_cancel_ask"):
        assert words[word] in page.text.replace("&#39;", "'"), word


async def test_older_orders_are_on_the_next_page_and_none_twice(client: httpx.AsyncClient, store: Store) -> None:
    placed = {await _order(store, VIEWER, number) for number in range(23)}
    client.cookies.set("viewer", VIEWER)
    first = await client.get("/orders")
    following = first.text.partition('href="?after=')[2].partition('"')[0]
    second = await client.get("/orders", params={"after": following})
    on_first = {order for order in placed if order in first.text}
    on_second = {order for order in placed if order in second.text}
    assert (len(on_first), len(on_second)) == (20, 3)
    assert on_first | on_second == placed
    assert (await client.get("/orders", params={"after": "nonsense"})).status_code == 422


async def test_products_keep_their_names_when_the_show_is_over(
    client: httpx.AsyncClient, store: Store, house: RoomHouse
) -> None:
    await store.advertisers.ensure("mine", "mine")
    mug = await store.briefs.create("mine", "mug", {"id": "mug", "name": {"en-US": "Stone & Clay"}}, "me")
    gone = [await _order(store, VIEWER, 1, mug.brief_id), await _order(store, VIEWER, 2, "oat-granola")]
    await _order(store, VIEWER, 3, "gone-for-good")
    await house.stop("demo")
    client.cookies.set("viewer", VIEWER)
    page = await client.get("/orders")
    assert "2 × Stone &amp; Clay" in page.text
    assert "oat-granola" not in page.text, "a file of the house has a name"
    assert "2 × gone-for-good" in page.text
    assert "Stone &amp; Clay" in (await client.get(f"/orders/{gone[0]}")).text


async def test_the_start_page_leads_to_the_orders_of_whoever_has_any(client: httpx.AsyncClient, store: Store) -> None:
    client.cookies.set("viewer", VIEWER)
    assert 'href="/orders"' not in (await client.get("/")).text
    await _order(store, VIEWER, 1)
    assert 'href="/orders"' in (await client.get("/")).text
    assert 'href="/orders"' in (await client.get("/shows/demo")).text
