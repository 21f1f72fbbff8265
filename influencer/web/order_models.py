"""What the API answers about carts and orders. Money: minor units, and as people read it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from influencer.brief import MarketId, Slug
from influencer.commerce.basket import MAX_LINES, MAX_QUANTITY
from influencer.commerce.money import iso_money, money_text
from influencer.commerce.states import OrderState
from influencer.store import Order
from influencer.store.refunds import Refund, RefundState


class Body(BaseModel):
    """A request's body: unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


Quantity = Annotated[int, Field(ge=1, le=MAX_QUANTITY)]
Code = Annotated[str, Field(min_length=1, max_length=20)]


class LineBody(Body):
    """Units of a product; the price is ours to say."""

    product_id: Slug
    quantity: Quantity = 1


class OrderBody(Body):
    """What a viewer buys: these lines, or the cart when there are none."""

    lines: Annotated[list[LineBody], Field(min_length=1, max_length=MAX_LINES)] | None = None
    coupon: Code | None = None


class CartLineBody(Body):
    """How many units are in the cart afterwards; 0 takes the product out."""

    quantity: Annotated[int, Field(ge=0, le=MAX_QUANTITY)]


class CouponBody(Body):
    """The code a viewer has."""

    code: Code


class RefundBody(Body):
    """What goes back: minor units, everything that is left when not given."""

    amount: Annotated[int, Field(gt=0)] | None = None
    reason: Annotated[str, Field(min_length=3, max_length=200)]
    restock: bool = False


class Money(BaseModel):
    """An amount in minor units of an ISO 4217 currency, as the people of the market write it, and as staff reads it."""

    amount: int
    currency: str
    text: str
    iso: str


class OrderLineOut(BaseModel):
    """One product of an order."""

    product_id: str
    quantity: int
    unit: Money
    discount: Money
    total: Money


class PaymentOut(BaseModel):
    """Where a pending order is paid; None once nothing can be paid."""

    provider: str
    url: str | None
    expires_at: datetime | None


class OrderOut(BaseModel):
    """An order as its viewer sees it."""

    id: str
    show_id: str
    market: MarketId
    state: OrderState
    lines: Annotated[list[OrderLineOut], Field(max_length=MAX_LINES)]
    subtotal: Money
    discount: Money
    total: Money
    refunded: Money
    coupon: str | None
    failure: str | None
    payment: PaymentOut | None
    placed_at: datetime
    paid_at: datetime | None
    fulfilled_at: datetime | None


class OrdersOut(BaseModel):
    """Orders, newest first; `next` is the `after` of the page that follows."""

    orders: list[OrderOut]
    next: str | None


class CartLineOut(BaseModel):
    """One product of a cart at today's price. `left` units can still be bought."""

    product_id: str
    name: str
    quantity: int
    left: int
    has_image: bool
    unit: Money
    discount: Money
    total: Money


class CartCoupon(BaseModel):
    """The code in the cart; `problem` says why it takes nothing off, None when it does."""

    code: str
    problem: str | None


class CartOut(BaseModel):
    """A cart, priced now; the sums are None while it is empty. `ready`: it can be checked out."""

    show_id: str
    lines: Annotated[list[CartLineOut], Field(max_length=MAX_LINES)]
    gone: Annotated[list[str], Field(max_length=MAX_LINES)]
    """Product ids that this show no longer sells."""
    coupon: CartCoupon | None
    subtotal: Money | None
    discount: Money | None
    total: Money | None
    ready: bool


class QuoteOut(BaseModel):
    """What something would cost, before anything is placed."""

    subtotal: Money
    discount: Money
    total: Money
    coupon: str | None


class RefundOut(BaseModel):
    """Money that goes back."""

    id: str
    order_id: str
    amount: Money
    state: RefundState
    reason: str
    actor: str
    created_at: datetime


class DeskOrderOut(OrderOut):
    """An order as an operator sees it."""

    utterance_id: int | None
    provider_reference: str | None
    refunds: list[RefundOut]


def money(amount: int, currency: str, market: str) -> Money:
    """Minor units for the API."""
    return Money(
        amount=amount, currency=currency, text=money_text(amount, currency, market), iso=iso_money(amount, currency)
    )


def order_out(order: Order, *, own: bool = False) -> OrderOut:
    """An order for the API; where it is paid is told only to the viewer whose `own` it is."""

    def pay(amount: int) -> Money:
        return money(amount, order.currency, order.market)

    payment = None
    if own and order.state == "pending" and order.provider is not None:
        payment = PaymentOut(provider=order.provider, url=order.pay_url, expires_at=order.expires_at)
    return OrderOut(
        id=order.id, show_id=order.show_id, market=order.market, state=order.state,
        lines=[
            OrderLineOut(
                product_id=line.product_id, quantity=line.quantity, unit=pay(line.unit_amount),
                discount=pay(line.discount), total=pay(line.total),
            )
            for line in order.lines
        ],
        subtotal=pay(order.subtotal), discount=pay(order.discount), total=pay(order.total),
        refunded=pay(order.refunded), coupon=order.coupon, failure=order.failure, payment=payment,
        placed_at=order.placed_at, paid_at=order.paid_at, fulfilled_at=order.fulfilled_at,
    )  # fmt: skip


def refund_out(refund: Refund, order: Order) -> RefundOut:
    """A refund for the API."""
    return RefundOut(
        id=refund.id, order_id=refund.order_id, amount=money(refund.amount, order.currency, order.market),
        state=refund.state, reason=refund.reason, actor=refund.actor, created_at=refund.created_at,
    )  # fmt: skip


def desk_order_out(order: Order, refunds: list[Refund]) -> DeskOrderOut:
    """An order with what only operators see."""
    return DeskOrderOut(
        **order_out(order).model_dump(),
        utterance_id=order.utterance_id,
        provider_reference=order.intent_id,
        refunds=[refund_out(refund, order) for refund in refunds],
    )
