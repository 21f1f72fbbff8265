"""The store, on SQLite and on PostgreSQL: the same promises on both."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text as sql

from influencer.commerce.stock_view import StockView
from influencer.errors import Conflict, InvalidInput, NotFound
from influencer.ledger import first_break
from influencer.script.values import Position
from influencer.store import NewOrder, NewUtterance, OrderLine, SpokenFact, Store, open_store
from tests.web_house import BRIEF

pytestmark = pytest.mark.integration

NOW = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
UTTERANCE = NewUtterance(
    show_id="s1",
    text="오늘 29,000원입니다.",
    fact_ids=("price", "name"),
    product_id="serum",
    segment="offer",
    market="ko-KR",
    variant="offer-3",
    source="template",
    pts=2**40,
)
LINE = OrderLine("serum", "SERUM-30", 1, 9990)
ORDER = NewOrder(
    show_id="s1",
    market="pt-BR",
    viewer_id="viewer-a",
    idempotency_key="key-1",
    fingerprint="one serum",
    currency="BRL",
    lines=(LINE,),
    expires_at=NOW + timedelta(minutes=15),
    coupon="OI10",
)


def ordered(quantity: int) -> NewOrder:
    return replace(ORDER, lines=(replace(LINE, quantity=quantity),), fingerprint=f"{quantity} serums")


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with await open_store(url, now=lambda: NOW) as opened:
        await opened.shows.create("s1", ("serum",), "pt-BR", "mina")
        await opened.stock.seed("SERUM-30", 3)
        yield opened


async def test_a_restarted_process_finds_the_show_and_its_exact_line(url: str, store: Store) -> None:
    await store.positions.save("s1", Position(1, 2, 3, ("a", "b")))
    await store.positions.save("s1", Position(4, 0, 1, ("b", "c")))
    await store.shows.set_state("s1", "live")
    await store.shows.set_cast("s1", "ko-KR", "joon")
    async with await open_store(url) as again:
        (show,) = await again.shows.unfinished()
        assert (show.id, show.brief_ids, show.market, show.persona) == ("s1", ("serum",), "ko-KR", "joon")
        assert show.state == "live"
        assert show.created_at == NOW
        assert await again.positions.load("s1") == Position(4, 0, 1, ("b", "c"))


async def test_a_stopped_show_is_not_brought_back(store: Store) -> None:
    await store.shows.set_state("s1", "stopped")
    assert await store.shows.unfinished() == []
    assert (await store.shows.get("s1")).state == "stopped"


async def test_a_show_id_is_used_once_and_unknown_ids_are_told(store: Store) -> None:
    with pytest.raises(Conflict, match="s1"):
        await store.shows.create("s1", ("serum",), "ko-KR", "mina")
    with pytest.raises(NotFound, match="s2"):
        await store.shows.get("s2")
    assert await store.positions.load("s1") is None


async def test_the_utterance_log_keeps_words_facts_and_order(store: Store) -> None:
    first = await store.utterances.append(UTTERANCE)
    second = await store.utterances.append(replace(UTTERANCE, text="감사합니다."))
    assert first.id < second.id
    logged = await store.utterances.latest("s1", limit=5)
    assert logged == [first, second]
    assert logged[0].fact_ids == ("price", "name")
    assert logged[0].pts == 2**40
    assert logged[0].spoken_at == NOW
    assert await store.utterances.count("s1") == 2
    assert await store.utterances.latest("s1", limit=1) == [second]


async def test_every_line_is_chained_to_the_one_before(store: Store) -> None:
    facts = (SpokenFact("price", "29,000원", "price list 2026-05"),)
    first = await store.utterances.append(replace(UTTERANCE, facts=facts, persona="sora"))
    second = await store.utterances.append(replace(UTTERANCE, text="감사합니다."))
    assert (first.previous, second.previous) == ("", first.chain)
    chained = await store.utterances.chained("s1")
    assert chained == [first, second] and chained[0].facts == facts
    assert first_break([line.record() for line in chained]) is None
    assert await store.utterances.shows() == ["s1"]
    assert await store.utterances.about("s1", "serum", limit=1) == [second]
    assert await store.utterances.about("s1", "mug") == []


@pytest.mark.parametrize(
    ("tampering", "number"),
    [
        ("UPDATE utterances SET text = 'only today' WHERE id = (SELECT min(id) + 1 FROM utterances)", 2),
        ("UPDATE utterances SET facts = '[]' WHERE id = (SELECT min(id) FROM utterances)", 1),
        ("DELETE FROM utterances WHERE id = (SELECT min(id) + 1 FROM utterances)", 2),
        ("DELETE FROM utterances WHERE id = (SELECT min(id) FROM utterances)", 1),
    ],
)
async def test_a_changed_or_removed_line_breaks_the_chain(store: Store, tampering: str, number: int) -> None:
    fact = SpokenFact("price", "29,000원")
    for text in ("하나", "둘", "셋"):
        await store.utterances.append(replace(UTTERANCE, text=text, facts=(fact,)))
    async with store._engine.begin() as connection:
        await connection.execute(sql(tampering))
    found = first_break([line.record() for line in await store.utterances.chained("s1")])
    assert found is not None and found.number == number


async def test_lines_that_are_logged_at_once_never_fork_the_chain(store: Store) -> None:
    said = await asyncio.gather(*(store.utterances.append(replace(UTTERANCE, pts=n)) for n in range(4)))
    assert len({line.previous for line in said}) == 4
    assert first_break([line.record() for line in await store.utterances.chained("s1")]) is None


async def test_chat_history_comes_back_oldest_first(store: Store) -> None:
    for number in range(5):
        await store.chat.append("s1", "Ana", f"oi {number}", viewer_id="viewer-a")
    await store.chat.append("s1", "Mina", "R$ 99,90", role="host")
    texts = [(message.role, message.text) for message in await store.chat.latest("s1", limit=2)]
    assert texts == [("viewer", "oi 4"), ("host", "R$ 99,90")]


async def test_an_order_holds_stock_and_keeps_money_exact(store: Store) -> None:
    said = await store.utterances.append(UTTERANCE)
    line = replace(LINE, quantity=2, discount=999, utterance_id=said.id)
    order = (await store.orders.place(replace(ORDER, lines=(line,), utterance_id=said.id))).order
    kept = await store.orders.get(order.id, "viewer-a")
    assert kept == order
    assert kept is not None
    assert (kept.subtotal, kept.discount, kept.total, kept.refunded) == (19_980, 999, 18_981, 0)
    assert (kept.state, kept.utterance_id, kept.lines[0].utterance_id) == ("pending", said.id, said.id)
    assert kept.placed_at == NOW
    assert (await store.stock.units("SERUM-30"), await store.stock.held("SERUM-30")) == (1, 2)
    assert await store.orders.latest("s1") == [order]


async def test_sending_an_order_twice_buys_once(store: Store) -> None:
    first = await store.orders.place(ORDER)
    again = await store.orders.place(ORDER)
    assert again.order == first.order
    assert (first.fresh, again.fresh) == (True, False)
    assert await store.stock.units("SERUM-30") == 2
    with pytest.raises(Conflict, match="different order"):
        await store.orders.place(ordered(2))


async def test_another_viewer_cannot_read_an_order(store: Store) -> None:
    order = (await store.orders.place(ORDER)).order
    assert await store.orders.get(order.id, "viewer-b") is None


async def test_ten_buyers_of_three_units_leave_three_orders(store: Store) -> None:
    async def buy(number: int) -> str | None:
        try:
            placed = await store.orders.place(replace(ORDER, viewer_id=f"viewer-{number}"))
        except Conflict as error:
            assert "sold out" in str(error)
            return None
        return placed.order.id

    bought = [order_id for order_id in await asyncio.gather(*map(buy, range(10))) if order_id]
    assert len(set(bought)) == 3
    assert await store.stock.units("SERUM-30") == 0
    assert len(await store.orders.latest("s1")) == 3


async def test_an_order_for_more_than_is_left_says_how_many_and_takes_none(store: Store) -> None:
    with pytest.raises(Conflict, match="only 3 left"):
        await store.orders.place(ordered(4))
    assert await store.stock.units("SERUM-30") == 3
    assert await store.orders.latest("s1") == []


async def test_orders_for_a_show_that_was_never_stored_are_refused(store: Store) -> None:
    with pytest.raises(Conflict, match="takes no orders"):
        await store.orders.place(replace(ORDER, show_id="elsewhere"))
    assert await store.stock.units("SERUM-30") == 3


async def test_a_restart_does_not_restock(store: Store) -> None:
    await store.orders.place(ORDER)
    await store.stock.seed("SERUM-30", 3)
    assert await store.stock.units("SERUM-30") == 2
    await store.stock.restock("SERUM-30", 40)
    assert await store.stock.levels(["SERUM-30", "unknown"]) == {"SERUM-30": 39}, "one is held for a payment"
    with pytest.raises(Conflict, match="1 units of 'SERUM-30' are held"):
        await store.stock.restock("SERUM-30", 0)
    with pytest.raises(NotFound, match="unknown"):
        await store.stock.units("unknown")
    with pytest.raises(NotFound, match="unknown"):
        await store.stock.restock("unknown", 1)


async def test_a_show_reads_its_stock_at_once_and_hears_of_changes(store: Store) -> None:
    view = StockView(store.stock, [BRIEF])
    assert view.units(BRIEF.id) == BRIEF.stock
    await view.open()
    assert await view.refresh() is False
    await store.stock.restock(BRIEF.sku, 40)
    assert view.units(BRIEF.id) == BRIEF.stock
    assert await view.refresh() is True
    assert view.units(BRIEF.id) == 40
    assert view.units("elsewhere") == 0


async def test_processes_and_threads_may_open_a_fresh_database_at_once(url: str) -> None:
    program = "import asyncio, sys; from influencer.store import open_store; asyncio.run(open_store(sys.argv[1]))"
    others = [await asyncio.create_subprocess_exec(sys.executable, "-c", program, url) for _ in range(2)]
    stores = await asyncio.gather(open_store(url), open_store(url))
    assert [await other.wait() for other in others] == [0, 0]
    for opened in stores:
        await opened.ping()
        await opened.aclose()


@pytest.mark.parametrize("bad", ["mysql://a@b/c", "sqlite://", "sqlite:///:memory:", "not a url"])
async def test_a_database_url_we_do_not_speak_is_told_in_one_line(bad: str) -> None:
    with pytest.raises(InvalidInput, match="database: .*allowed: sqlite:///FILE or postgresql://") as told:
        await open_store(bad)
    assert "\n" not in str(told.value)


async def test_likes_that_come_at_once_are_all_counted(store: Store) -> None:
    assert await store.likes.of("s1") == 0
    sums = await asyncio.gather(*(store.likes.add("s1", count) for count in range(1, 11)))
    assert max(sums) == await store.likes.of("s1") == 55
