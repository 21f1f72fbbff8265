"""A till over a real store and the test provider, for the tests of selling."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from influencer.commerce.basket import Item
from influencer.commerce.checkout import Basket
from influencer.commerce.till import Till
from influencer.payments.delivery import WebhookDelivery
from influencer.payments.sandbox import SandboxProvider
from influencer.store import Order, Store
from tests.web_house import AT, BRIEF, RoomHouse

GOOD = "4242 4242 4242 4242"
DECLINED = "4000 0000 0000 0002"


class Wall:
    """A wall clock that tests move."""

    def __init__(self, at: datetime = AT) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class Shop:
    """A house with one show, its till, and the provider behind it."""

    house: RoomHouse
    store: Store
    provider: SandboxProvider
    till: Till
    wall: Wall

    async def order(self, viewer: str = "ana", key: str = "key-00000001", quantity: int = 1, **more: object) -> Order:
        basket = Basket((Item(BRIEF.id, quantity),), key, **more)  # type: ignore[arg-type]
        return await self.till.checkout.place(self.house.get("demo"), basket, viewer)

    async def pay(self, order: Order, card: str = GOOD) -> None:
        """What the viewer does on the provider's page."""
        assert order.intent_id is not None
        book = await self.provider.book(order.intent_id)
        await self.provider.confirm(book.id, book.client_secret, card)

    async def hear(self) -> int:
        """Let the provider send what is due, signature and all; how much was sent."""

        async def answer(request: httpx.Request) -> httpx.Response:
            await self.till.settlement.hear(request.content, request.headers)
            return httpx.Response(204)

        async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://shop.test") as client:
            return await WebhookDelivery(self.provider, self.store, client, "/hook", now=self.wall).deliver_due()

    async def now(self, order: Order) -> Order:
        found = await self.store.orders.get(order.id)
        assert found is not None
        return found


async def open_shop(store: Store, wall: Wall, stock: int = 3) -> Shop:
    """A show "demo" that sells the brief, with so many units."""
    await store.shows.create("demo", (BRIEF.id,), "en-US", "mina")
    await store.stock.seed(BRIEF.sku, stock)
    return reopen_shop(store, wall)


def reopen_shop(store: Store, wall: Wall) -> Shop:
    """The same over a store that has the show already: what a restarted process does."""
    house = RoomHouse()
    house.add("demo")
    provider = SandboxProvider(store, secret="whsec_tests", now=wall)
    return Shop(house, store, provider, Till(house, store, provider, now=wall), wall)
