"""Orders: viewers place, follow and cancel theirs; operators see all, fulfil and refund."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from influencer.accounts.roles import STAFF
from influencer.accounts.values import NewAudit
from influencer.commerce.basket import Item, normalized_code
from influencer.commerce.checkout import Basket
from influencer.commerce.states import OrderState
from influencer.errors import Conflict, Forbidden, InvalidInput, Mistake, NotFound
from influencer.store import Order
from influencer.store.refunds import NewRefund
from influencer.web.auth import EVERYBODY, PrincipalDep, access
from influencer.web.cart import Viewer
from influencer.web.context import Web, WebDep, client_of, required_viewer
from influencer.web.order_models import (
    DeskOrderOut,
    OrderBody,
    OrderOut,
    OrdersOut,
    RefundBody,
    RefundOut,
    desk_order_out,
    order_out,
    refund_out,
)
from influencer.web.origins import may_use
from influencer.web.paging import After, Limit, cursor, place, split

viewers = APIRouter(prefix="/api", tags=["orders"], dependencies=[EVERYBODY])
desk = APIRouter(prefix="/api/desk", tags=["orders"], dependencies=[access(*STAFF)])

Key = Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


@viewers.post("/shows/{show_id}/orders", status_code=201)
async def place_order(show_id: str, body: OrderBody, request: Request, web: WebDep, idempotency_key: Key) -> OrderOut:
    """Order some lines, or the whole cart: one order a key, however often it is sent.

    The order is pending and holds its stock until `payment.expires_at`; the viewer pays at `payment.url`.
    """
    if not may_use(request, web.settings):
        raise Forbidden("orders are placed on the show's own page")
    viewer = required_viewer(request)
    web.limiters.orders.admit(viewer)
    web.limiters.commands.admit(client_of(request))
    basket = await _basket(web, show_id, viewer, body, idempotency_key)
    return order_out(await web.till.checkout.place(web.house.get(show_id), basket, viewer), own=True)


@viewers.get("/orders")
async def own_orders(request: Request, web: WebDep, after: After = None, limit: Limit = 20) -> OrdersOut:
    """The viewer's own orders, newest first."""
    viewer = required_viewer(request)
    found = await web.store.orders.latest(viewer_id=viewer, after=order_place(after), limit=limit + 1)
    orders, following = split(found, limit, order_cursor)
    return OrdersOut(orders=[order_out(order, own=True) for order in orders], next=following)


@viewers.get("/orders/{order_id}")
async def read_order(order_id: str, request: Request, web: WebDep) -> OrderOut:
    """An order of the viewer who asks; anybody else's does not exist."""
    return order_out(await _own(web, order_id, required_viewer(request)), own=True)


@viewers.post("/orders/{order_id}/cancel")
async def cancel_order(order_id: str, web: WebDep, viewer: Viewer) -> OrderOut:
    """Give up an order that is not paid."""
    order = await _own(web, order_id, viewer)
    if order.state == "pending":
        await web.till.settlement.cancel(order, "by_viewer")
        order = await _own(web, order_id, viewer)
    if order.state != "cancelled":
        raise Conflict(f"this order cannot be cancelled: its payment is {_payment_state(order)}")
    return order_out(order, own=True)


@desk.get("/orders")
async def all_orders(
    web: WebDep,
    show_id: Annotated[str | None, Query(max_length=40)] = None,
    state: OrderState | None = None,
    after: After = None,
    limit: Limit = 50,
) -> OrdersOut:
    """Orders of all viewers, newest first."""
    states = () if state is None else (state,)
    found = await web.store.orders.latest(show_id, states=states, after=order_place(after), limit=limit + 1)
    orders, following = split(found, limit, order_cursor)
    return OrdersOut(orders=[order_out(order) for order in orders], next=following)


@desk.get("/orders/{order_id}")
async def desk_order(order_id: str, web: WebDep) -> DeskOrderOut:
    """One order with its refunds."""
    return desk_order_out(await _any(web, order_id), await web.store.refunds.of_order(order_id))


@desk.post("/orders/{order_id}/fulfil")
async def fulfil(order_id: str, request: Request, web: WebDep) -> DeskOrderOut:
    """Record that an order was sent; again does no harm."""
    web.limiters.commands.admit(client_of(request))
    await web.store.order_steps.fulfil(order_id)
    return await desk_order(order_id, web)


@desk.post("/orders/{order_id}/refunds", status_code=201, dependencies=[access(*STAFF, audit=False)])
async def refund(
    order_id: str,
    body: RefundBody,
    request: Request,
    response: Response,
    web: WebDep,
    idempotency_key: Key,
    principal: PrincipalDep,
) -> RefundOut:
    """Give money back: 201 when it is done, 202 when the provider is away and it will be done."""
    web.limiters.refunds.admit(principal.user_id or principal.name)
    new = NewRefund(order_id, body.amount, body.reason, principal.name[:80], idempotency_key, body.restock)
    done = await web.till.refunding.refund(new)
    if done.state == "pending":
        response.status_code = 202
    order = await _any(web, order_id)
    await web.store.audit.add(
        NewAudit(
            action="refund",
            actor=principal.name,
            subject=f"order {order_id}",
            actor_id=principal.user_id,
            advertiser_id=principal.advertiser_id,
            address=client_of(request),
            detail={"refund": done.id, "amount": done.amount, "currency": order.currency, "reason": body.reason},
        )
    )
    return refund_out(done, order)


async def _basket(web: Web, show_id: str, viewer: str, body: OrderBody, key: str) -> Basket:
    if body.lines is not None:
        return Basket(tuple(Item(line.product_id, line.quantity) for line in body.lines), key, body.coupon)
    cart = await web.store.carts.get(show_id, viewer)
    before = await web.store.orders.find(viewer, key)
    if not cart.lines and before is None:
        raise InvalidInput("order", [Mistake("lines", "none, and the cart is empty", "at least one product")])
    items = tuple(Item(line.product_id, line.quantity, line.utterance_id) for line in cart.lines)
    # A repeated key asks for what it asked for the first time, even when the cart has been emptied since.
    coupon = before.coupon if before is not None and before.from_cart else normalized_code(body.coupon) or cart.coupon
    return Basket(items, key, coupon, from_cart=True)


async def _own(web: Web, order_id: str, viewer: str) -> Order:
    order = await web.store.orders.get(order_id, viewer)
    if order is None:
        raise NotFound("you have no order with this number")
    return order


async def _any(web: Web, order_id: str) -> Order:
    order = await web.store.orders.get(order_id)
    if order is None:
        raise NotFound(f"there is no order {order_id!r}")
    return order


def _payment_state(order: Order) -> str:
    return "being processed" if order.state == "pending" else order.state.replace("_", " ")


def order_cursor(order: Order) -> str:
    """An order's place in a list of orders."""
    return cursor(order.placed_at, order.id)


def order_place(after: str | None) -> tuple[datetime, str] | None:
    """The place that a cursor names.

    Raises:
        InvalidInput: it is none of ours.
    """
    return place(after, lambda *keys: keys, datetime, str)
