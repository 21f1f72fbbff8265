"""Selling, on SQLite and on PostgreSQL: stock is held, paid once or given back, whatever the payment does."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from influencer.commerce.basket import Item
from influencer.commerce.checkout import Basket
from influencer.commerce.coupons import Coupon
from influencer.errors import Conflict, InfluencerError, InvalidInput, NotFound
from influencer.payments.base import Intent, PaymentUnavailable
from influencer.payments.sandbox import SIGNATURE_HEADER, SandboxProvider
from influencer.payments.sandbox_cards import CARDS
from influencer.payments.signatures import sign
from influencer.store import NewUtterance, open_store
from influencer.store.carts import CartLine
from influencer.store.refunds import NewRefund
from tests.checkout_parts import DECLINED, Shop, Wall, open_shop
from tests.web_house import AT, BRIEF

pytestmark = pytest.mark.integration
SKU = BRIEF.sku
CARD = {card.about: card.spaced for card in CARDS}


@pytest.fixture
async def shop(url: str) -> AsyncIterator[Shop]:
    wall = Wall()
    async with await open_store(url, now=wall) as store:
        shop = await open_shop(store, wall)
        yield shop
        await shop.house.aclose()


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[Shop]:
    """On SQLite only: for what does not depend on the database."""
    wall = Wall()
    async with await open_store(f"sqlite:///{tmp_path}/small.db", now=wall) as store:
        shop = await open_shop(store, wall)
        yield shop
        await shop.house.aclose()


async def units(shop: Shop) -> tuple[int, int]:
    """(for sale, held by pending orders)"""
    return await shop.store.stock.units(SKU), await shop.store.stock.held(SKU)


async def test_an_order_is_pending_until_its_payment_is_heard_of(shop: Shop) -> None:
    order = await shop.order(quantity=2, coupon="dew10")
    assert (order.state, order.subtotal, order.discount, order.total) == ("pending", 4800, 480, 4320)
    assert order.pay_url is not None and order.intent_id is not None and order.intent_id in order.pay_url
    assert order.expires_at == AT + timedelta(minutes=15)
    assert await units(shop) == (1, 2)
    await shop.pay(order)
    assert (await shop.now(order)).state == "pending"
    assert await shop.hear() == 1
    paid = await shop.now(order)
    assert (paid.state, paid.paid_at) == ("paid", AT)
    assert await units(shop) == (1, 0)
    (sale,) = shop.house.get("demo").sales
    assert (sale.order_id, sale.quantity, sale.units_left) == (order.id, 2, 1)


async def test_the_same_key_is_one_order_and_one_payment(shop: Shop) -> None:
    orders = await asyncio.gather(*(shop.order() for _ in range(5)))
    assert len({(order.id, order.intent_id) for order in orders}) == 1
    assert await units(shop) == (2, 1)
    with pytest.raises(Conflict, match="different order"):
        await shop.order(quantity=2)
    with pytest.raises(Conflict, match="different order"):
        await shop.order(coupon="DEW10")
    await shop.pay(orders[0])
    await shop.hear()
    assert (await shop.order()).state == "paid"
    assert await units(shop) == (2, 0)


async def test_a_declined_card_leaves_the_order_open_for_another(shop: Shop) -> None:
    order = await shop.order()
    await shop.pay(order, DECLINED)
    await shop.hear()
    assert (await shop.now(order)).state == "pending"
    await shop.pay(order)
    await shop.hear()
    assert (await shop.now(order)).state == "paid"


async def test_too_many_declined_cards_end_the_order_and_free_its_stock(small: Shop) -> None:
    order = await small.order()
    for _ in range(5):
        await small.pay(order, CARD["declined: not enough money"])
    await small.hear()
    ended = await small.now(order)
    assert (ended.state, ended.failure) == ("cancelled", "insufficient_funds")
    assert await units(small) == (3, 0)


async def test_what_is_not_paid_in_time_is_sold_to_others(shop: Shop) -> None:
    order = await shop.order(quantity=3)
    with pytest.raises(Conflict, match="sold out"):
        await shop.order("ben")
    shop.wall.forward(minutes=14)
    await shop.till.settlement.sweep()
    assert await units(shop) == (0, 3)
    shop.wall.forward(minutes=1)
    await shop.till.settlement.sweep()
    ended = await shop.now(order)
    assert (ended.state, ended.failure) == ("cancelled", "expired")
    assert await units(shop) == (3, 0)
    with pytest.raises(InfluencerError, match="canceled"):
        await shop.pay(order)
    assert (await shop.order("ben")).state == "pending"


async def test_a_payment_in_the_last_second_wins_over_the_expiry(shop: Shop) -> None:
    order = await shop.order()
    await shop.pay(order)  # its webhook has not come yet
    shop.wall.forward(minutes=16)
    await shop.till.settlement.sweep()
    assert (await shop.now(order)).state == "paid"
    assert await units(shop) == (2, 0)


async def test_a_slow_payment_keeps_its_stock_until_it_ends(shop: Shop) -> None:
    paid, failed = await shop.order(), await shop.order("ben")
    await shop.pay(paid, CARD["paid after some seconds"])
    await shop.pay(failed, CARD["fails after some seconds"])
    await shop.hear()
    assert (await shop.now(paid)).pay_url is None, "there is nothing to pay a second time"
    with pytest.raises(Conflict, match="being processed"):
        await cancel(shop, paid)
    shop.wall.forward(minutes=1)
    await shop.hear()
    await shop.hear()
    assert [(await shop.now(order)).state for order in (paid, failed)] == ["paid", "cancelled"]
    assert (await shop.now(failed)).failure == "processing_error"
    assert await units(shop) == (2, 0)


async def cancel(shop: Shop, order: Any) -> None:
    await shop.till.settlement.cancel(order, "by_viewer")
    if (await shop.now(order)).state == "pending":
        raise Conflict("being processed")


async def test_a_lost_webhook_is_made_up_for_by_asking(small: Shop) -> None:
    order = await small.order()
    await small.pay(order, CARD["paid; the webhook gets lost"])
    assert await small.hear() == 0
    await small.till.settlement.sweep()
    assert (await small.now(order)).state == "pending", "it is asked only after a while"
    small.wall.forward(seconds=20)
    await small.till.settlement.sweep()
    assert (await small.now(order)).state == "paid"


async def test_a_webhook_that_comes_twice_counts_once(shop: Shop) -> None:
    order = await shop.order()
    await shop.pay(order, CARD["paid; every webhook comes twice"])
    assert (await shop.hear(), await shop.hear(), await shop.hear()) == (1, 1, 0)
    assert (await shop.now(order)).state == "paid"
    assert len(shop.house.get("demo").sales) == 1
    assert await units(shop) == (2, 0)


async def test_webhooks_in_the_wrong_order_end_at_the_same_state(small: Shop) -> None:
    order = await small.order()
    await small.pay(order, CARD["paid; webhooks come in the wrong order"])
    small.wall.forward(seconds=5)
    await small.hear()  # succeeded
    small.wall.forward(seconds=10)
    assert await small.hear() == 1  # processing, too late
    assert order.intent_id is not None
    sent = [event for event in await small.store.sandbox.events(order.intent_id) if event.delivered_at]
    assert [event.kind for event in sorted(sent, key=lambda event: event.delivered_at or AT)] == [
        "payment_intent.succeeded",
        "payment_intent.processing",
    ]
    assert (await small.now(order)).state == "paid"


async def test_a_forged_or_stale_webhook_is_refused_and_does_nothing(small: Shop) -> None:
    order = await small.order()
    await small.pay(order)
    assert order.intent_id is not None
    (event,) = await small.store.sandbox.events(order.intent_id)
    payload = json.dumps(event.payload).encode()
    hear, secret = small.till.settlement.hear, small.provider.secret
    for header in (
        "",
        sign(payload, "another secret", AT),
        sign(payload + b" ", secret, AT),
        sign(payload, secret, AT - timedelta(seconds=301)),
        sign(payload, secret, AT + timedelta(seconds=301)),
        sign(payload, secret, AT).replace("v1=", "v0="),
        "t=x,v1=y",
        f"t={'9' * 400},v1=00",
    ):
        with pytest.raises(InfluencerError) as refused:
            await hear(payload, {SIGNATURE_HEADER: header})
        assert refused.value.http_status == 403
    assert (await small.now(order)).state == "pending"
    rotated = "v1=0000," + sign(payload, secret, AT - timedelta(seconds=299))
    await hear(payload, {SIGNATURE_HEADER: rotated})
    assert (await small.now(order)).state == "paid"


async def test_a_true_webhook_cannot_say_what_is_not_so(small: Shop) -> None:
    """Even the provider's own signature moves nothing: what it says of the payment is asked, not believed."""
    order = await small.order()
    assert order.intent_id is not None
    payload = f'{{"id":"evt_1","type":"payment_intent.succeeded","data":{{"object":{{"id":"{order.intent_id}"}}}}}}'
    await small.till.settlement.hear(
        payload.encode(), {SIGNATURE_HEADER: sign(payload.encode(), small.provider.secret, AT)}
    )
    assert (await small.now(order)).state == "pending"


async def test_a_cancelled_order_frees_stock_and_coupon(shop: Shop) -> None:
    await shop.store.coupons.add(coupon(max_uses=1))
    order = await shop.order(coupon="ONCE1")
    with pytest.raises(Conflict, match="used up"):
        await shop.order("ben", coupon="ONCE1")
    await shop.till.settlement.cancel(order, "by_viewer")
    await shop.till.settlement.cancel(order, "by_viewer")
    assert await units(shop) == (3, 0)
    assert (await shop.order("ben", coupon="ONCE1")).discount == 1200
    with pytest.raises(InfluencerError, match="canceled"):
        await shop.pay(order)


def coupon(**more: Any) -> Coupon:
    rule = Coupon("ONCE1", AT - timedelta(days=1), AT + timedelta(days=1), percent_off=50, counted=True)
    return replace(rule, **more)


async def test_a_viewer_uses_a_coupon_once_and_others_still_can(shop: Shop) -> None:
    await shop.store.coupons.add(coupon(once_per_viewer=True))
    await shop.order(coupon="once1")
    with pytest.raises(Conflict, match="you have used this coupon already"):
        await shop.order(key="key-00000002", coupon="ONCE1")
    assert (await shop.order("ben", coupon="ONCE1")).coupon == "ONCE1"
    stored = await shop.store.coupons.get("ONCE1")
    assert stored is not None and stored.uses == 2
    await shop.store.coupons.disable("ONCE1")
    with pytest.raises(Conflict, match="used up"):
        await shop.order("eva", coupon="ONCE1")
    with pytest.raises(Conflict, match="already"):
        await shop.store.coupons.add(coupon())


async def test_the_last_use_of_a_coupon_is_had_once(shop: Shop) -> None:
    await shop.store.stock.restock(SKU, 50)
    await shop.store.coupons.add(coupon(max_uses=4, once_per_viewer=True))

    async def buy(number: int) -> str:
        try:
            await shop.order(f"viewer-{number % 10}", f"key-0000{number:04}", coupon="ONCE1")
        except Conflict as refused:
            return str(refused)
        return "bought"

    outcomes = Counter(await asyncio.gather(*map(buy, range(30))))
    assert outcomes["bought"] == 4
    assert await units(shop) == (46, 4)


@pytest.mark.timeout(240)
async def test_a_thousand_checkouts_on_the_last_ten_units_leave_ten_orders(shop: Shop) -> None:
    await shop.store.stock.restock(SKU, 10)

    async def buy(number: int) -> str:
        try:
            order = await shop.order(f"viewer-{number}")
        except Conflict as refused:
            return str(refused)
        await shop.pay(order)
        return "bought"

    outcomes = Counter(await asyncio.gather(*map(buy, range(1000))))
    assert outcomes == {"bought": 10, "sold out": 990}
    while await shop.hear():
        pass
    paid = await shop.store.orders.latest("demo", states=("paid",), limit=100)
    assert len(paid) == len(await shop.store.orders.latest("demo", limit=100)) == 10
    assert await units(shop) == (0, 0)
    assert sum(sale.quantity for sale in shop.house.get("demo").sales) == 10


async def test_a_payment_that_comes_after_all_takes_the_stock_again_or_goes_back(shop: Shop) -> None:
    """The provider said canceled and meant paid: it should not happen, and nobody loses money when it does."""
    first, second = await shop.order(), await shop.order("ben", quantity=2)
    for order in (first, second):
        await shop.store.order_steps.cancel(order.id, "expired")  # without telling the provider
        await shop.pay(order)
    await shop.store.stock.restock(SKU, 1)
    while await shop.hear():
        pass
    assert ((await shop.now(first)).state, (await shop.now(second)).state) == ("paid", "refunded")
    assert await units(shop) == (0, 0)
    assert second.intent_id is not None
    assert (await shop.provider.book(second.intent_id)).refunded == second.total
    (back,) = await shop.store.refunds.of_order(second.id)
    assert (back.actor, back.amount, back.state) == ("system", second.total, "succeeded")


# --- refunds ---


async def paid_order(shop: Shop, quantity: int = 2) -> Any:
    order = await shop.order(quantity=quantity)
    await shop.pay(order)
    await shop.hear()
    return await shop.now(order)


def back(order: Any, amount: int | None, key: str = "refund-1", **more: Any) -> NewRefund:
    return NewRefund(order.id, amount, "it broke", "operator", key, **more)


async def test_money_goes_back_in_parts_and_never_more_than_was_paid(shop: Shop) -> None:
    order = await paid_order(shop)
    refund = shop.till.refunding.refund
    first = await refund(back(order, 1000))
    assert await refund(back(order, 1000)) == first
    assert ((await shop.now(order)).state, (await shop.now(order)).refunded) == ("partly_refunded", 1000)
    with pytest.raises(Conflict, match="another refund"):
        await refund(back(order, 2000))
    with pytest.raises(Conflict, match="at most 3800"):
        await refund(back(order, 3801, "refund-2"))
    with pytest.raises(InvalidInput, match="amount: got 0"):
        await refund(back(order, 0, "refund-3"))
    await refund(back(order, None, "refund-4", restock=True))
    after = await shop.now(order)
    assert (after.state, after.refunded) == ("refunded", 4800)
    assert await units(shop) == (3, 0), "the units were put back"
    assert (await shop.provider.book(order.intent_id)).refunded == 4800
    with pytest.raises(Conflict, match="nothing"):
        await refund(back(order, 1, "refund-5"))
    with pytest.raises(NotFound):
        await refund(replace(back(order, 1), order_id="none"))


async def test_refunds_at_once_do_not_exceed_what_was_paid(shop: Shop) -> None:
    order = await paid_order(shop)

    async def give_back(number: int) -> int:
        try:
            return (await shop.till.refunding.refund(back(order, 700, f"refund-{number}"))).amount
        except Conflict:
            return 0

    given = sum(await asyncio.gather(*map(give_back, range(20))))
    after = await shop.now(order)
    assert given == after.refunded == (await shop.provider.book(order.intent_id)).refunded == 4200
    assert after.state == "partly_refunded"


async def test_an_order_that_was_not_paid_cannot_be_refunded_or_sent(small: Shop) -> None:
    order = await small.order()
    with pytest.raises(Conflict, match="pending cannot become refunded; it can become cancelled, paid"):
        await small.till.refunding.refund(back(order, None))
    with pytest.raises(Conflict, match="pending cannot become fulfilled"):
        await small.store.order_steps.fulfil(order.id)
    with pytest.raises(NotFound):
        await small.store.order_steps.fulfil("none")
    await small.pay(order)
    await small.hear()
    assert await small.store.order_steps.fulfil(order.id) is True
    assert await small.store.order_steps.fulfil(order.id) is False
    assert (await small.now(order)).fulfilled_at == AT


class Away(SandboxProvider):
    """A provider that cannot be reached for a while."""

    away = False

    async def create(self, *given: Any, **more: Any) -> Intent:
        self._reach()
        return await super().create(*given, **more)

    async def refund(self, *given: Any, **more: Any) -> Any:
        self._reach()
        return await super().refund(*given, **more)

    async def cancel(self, intent_id: str) -> Intent:
        self._reach()
        return await super().cancel(intent_id)

    def _reach(self) -> None:
        if self.away:
            raise PaymentUnavailable("away")


async def test_while_the_provider_is_away_nothing_is_lost(small: Shop) -> None:
    provider = Away(small.store, secret=small.provider.secret, now=small.wall)
    till = type(small.till)(small.house, small.store, provider, now=small.wall)
    shop = replace(small, provider=provider, till=till)
    provider.away = True
    with pytest.raises(PaymentUnavailable):
        await shop.order()
    assert await units(shop) == (2, 1), "the order is kept, and its unit held"
    shop.wall.forward(minutes=20)
    await shop.till.settlement.sweep()
    assert await units(shop) == (2, 1), "stock is not given back before the payment is sure to be gone"
    provider.away = False
    order = await shop.order()
    assert order.intent_id is not None
    await shop.pay(order)
    await shop.hear()
    provider.away = True
    waiting = await shop.till.refunding.refund(back(order, 500))
    assert (waiting.state, (await shop.now(order)).refunded) == ("pending", 500)
    provider.away = False
    shop.wall.forward(seconds=31)
    await shop.till.settlement.sweep()
    assert (await shop.store.refunds.get(waiting.id)).state == "succeeded"
    assert (await shop.now(order)).state == "partly_refunded"


# --- carts ---


async def put(shop: Shop, quantity: int, utterance_id: int | None = None) -> None:
    await shop.store.carts.put("demo", "ana", CartLine(BRIEF.id, quantity, utterance_id), most_lines=20)


def of_cart(key: str, quantity: int = 2, utterance_id: int | None = None) -> Basket:
    return Basket((Item(BRIEF.id, quantity, utterance_id),), key, from_cart=True)


async def test_a_cart_keeps_its_sentence_and_is_emptied_by_the_payment(shop: Shop) -> None:
    said = await shop.store.utterances.append(
        NewUtterance("demo", "It is $24.", ("price",), BRIEF.id, "offer", "en-US", "v1", "template", 0)
    )
    later = await shop.store.utterances.append(
        NewUtterance("demo", "Bye.", (), BRIEF.id, "closing", "en-US", "v1", "template", 9)
    )
    await put(shop, 1, said.id)
    await put(shop, 2, later.id)
    cart = await shop.store.carts.get("demo", "ana")
    assert cart.lines == (CartLine(BRIEF.id, 2, said.id),)
    shop.house.get("demo").utterance_id = later.id
    place = shop.till.checkout.place
    order = await place(shop.house.get("demo"), of_cart("key-00000001", 2, said.id), "ana")
    assert (order.utterance_id, order.lines[0].utterance_id) == (later.id, said.id)
    await put(shop, 3)
    await shop.pay(order)
    await shop.hear()
    assert [line.quantity for line in (await shop.store.carts.get("demo", "ana")).lines] == [1], "one was added since"
    await put(shop, 0)
    assert (await shop.store.carts.get("demo", "ana")).lines == ()
    with pytest.raises(Conflict, match="takes no orders"):
        await shop.store.carts.put("elsewhere", "ana", CartLine(BRIEF.id, 1), most_lines=20)


async def test_checking_a_cart_out_again_lets_go_of_the_first_attempt(shop: Shop) -> None:
    await put(shop, 3)
    place, show = shop.till.checkout.place, shop.house.get("demo")
    first = await place(show, of_cart("key-00000001", 3), "ana")
    second = await place(show, of_cart("key-00000002", 3), "ana")
    assert ((await shop.now(first)).state, (await shop.now(first)).failure) == ("cancelled", "superseded")
    assert (second.state, await units(shop)) == ("pending", (0, 3))
    await shop.pay(second)  # the webhook is on its way
    with pytest.raises(Conflict, match="is paid or being paid"):
        await place(show, of_cart("key-00000003", 3), "ana")


async def test_old_carts_are_forgotten(small: Shop) -> None:
    await put(small, 1)
    small.wall.forward(days=31)
    await small.till.settlement.sweep()
    assert (await small.store.carts.get("demo", "ana")).lines == ()


async def test_one_order_that_the_provider_does_not_know_does_not_stop_the_others(small: Shop) -> None:
    lost, unknown, other = await small.order(), await small.order("ben"), await small.order("eva")
    for order in (lost, unknown):
        await small.store.orders.set_payment(order.id, "sandbox", "pi_unknown", None)
    small.wall.forward(minutes=16)
    await small.till.settlement.sweep()
    assert (await small.now(other)).state == "cancelled"
    for order in (lost, unknown):
        after = await small.now(order)
        assert after.state == "pending", "nobody knows that it cannot be paid"
        assert after.expires_at == small.wall() + timedelta(minutes=15)
    assert await units(small) == (1, 2)
