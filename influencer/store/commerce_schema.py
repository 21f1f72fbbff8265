"""The tables of selling: carts, coupons, orders, what they hold of the stock, refunds. Money is in minor units."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from influencer.store.schema import Row
from influencer.store.types import UtcDateTime


class CartRow(Row):
    """What one viewer has chosen in one show."""

    __tablename__ = "carts"

    show_id: Mapped[str] = mapped_column(ForeignKey("shows.id"), primary_key=True)
    viewer_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    coupon: Mapped[str | None] = mapped_column(String(20))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class CartLineRow(Row):
    """Units of one product in a cart, and the sentence on air when it was put there. No price: it is asked anew."""

    __tablename__ = "cart_lines"
    __table_args__ = (
        ForeignKeyConstraint(["show_id", "viewer_id"], ["carts.show_id", "carts.viewer_id"], ondelete="CASCADE"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    show_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    viewer_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    product_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    quantity: Mapped[int] = mapped_column(Integer)
    utterance_id: Mapped[int | None] = mapped_column(ForeignKey("utterances.id"))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CouponRow(Row):
    """A code with its rules; `uses` counts orders that are paid or may still be."""

    __tablename__ = "coupons"
    __table_args__ = (
        CheckConstraint("(percent_off IS NULL) <> (amount_off IS NULL)", name="one_discount"),
        CheckConstraint("max_uses IS NULL OR uses <= max_uses", name="uses_bounded"),
        CheckConstraint("uses >= 0", name="uses_not_negative"),
    )

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    starts: Mapped[datetime] = mapped_column(UtcDateTime)
    ends: Mapped[datetime] = mapped_column(UtcDateTime)
    percent_off: Mapped[int | None] = mapped_column(Integer)
    amount_off: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(String(3))
    minimum: Mapped[int] = mapped_column(BigInteger)
    products: Mapped[list[str]] = mapped_column(JSON)
    markets: Mapped[list[str]] = mapped_column(JSON)
    once_per_viewer: Mapped[bool] = mapped_column(Boolean)
    max_uses: Mapped[int | None] = mapped_column(Integer)
    uses: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OrderRow(Row):
    """An order, with the sentence that was on air when it was placed."""

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("total = subtotal - discount", name="total_adds_up"),
        CheckConstraint("total >= 0 AND refunded >= 0 AND refunded <= total", name="refunded_bounded"),
        Index("uq_orders_viewer_id_idempotency_key", "viewer_id", "idempotency_key", unique=True),
        Index("ix_orders_show_id_placed_at", "show_id", "placed_at"),
        Index("ix_orders_viewer_id_placed_at", "viewer_id", "placed_at"),
        Index("ix_orders_state_expires_at", "state", "expires_at"),
    )

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    show_id: Mapped[str] = mapped_column(ForeignKey("shows.id"))
    market: Mapped[str] = mapped_column(String(16))
    viewer_id: Mapped[str] = mapped_column(String(64))
    idempotency_key: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64))
    from_cart: Mapped[bool] = mapped_column(Boolean)
    state: Mapped[str] = mapped_column(String(20))
    currency: Mapped[str] = mapped_column(String(3))
    subtotal: Mapped[int] = mapped_column(BigInteger)
    discount: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int] = mapped_column(BigInteger)
    refunded: Mapped[int] = mapped_column(BigInteger)
    coupon: Mapped[str | None] = mapped_column(String(20))
    utterance_id: Mapped[int | None] = mapped_column(ForeignKey("utterances.id"))
    provider: Mapped[str | None] = mapped_column(String(20))
    intent_id: Mapped[str | None] = mapped_column(String(128))
    pay_url: Mapped[str | None] = mapped_column(Text)
    failure: Mapped[str | None] = mapped_column(String(64))
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fulfilled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OrderLineRow(Row):
    """One product of an order, at the price it was bought for. `advertiser_id` None: a product of the house's files."""

    __tablename__ = "order_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("discount >= 0 AND discount <= unit_amount * quantity", name="discount_bounded"),
        Index("ix_order_lines_product_id", "product_id"),
        Index("ix_order_lines_advertiser_id_order_id", "advertiser_id", "order_id"),
    )

    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    product_id: Mapped[str] = mapped_column(String(64))
    sku: Mapped[str] = mapped_column(String(40))
    quantity: Mapped[int] = mapped_column(Integer)
    unit_amount: Mapped[int] = mapped_column(BigInteger)
    discount: Mapped[int] = mapped_column(BigInteger)
    utterance_id: Mapped[int | None] = mapped_column(ForeignKey("utterances.id"))
    advertiser_id: Mapped[str | None] = mapped_column(String(40))


class ReservationRow(Row):
    """Units of a SKU that an order holds (they are no longer in `stock`), has taken for good, or has given back."""

    __tablename__ = "stock_reservations"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_stock_reservations_sku_state", "sku", "state"),
    )

    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    sku: Mapped[str] = mapped_column(String(40), primary_key=True)
    quantity: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16))


class CouponUseRow(Row):
    """An order that uses a counted coupon. `slot` is the viewer where a viewer may use it once, else the order."""

    __tablename__ = "coupon_uses"
    __table_args__ = (Index("uq_coupon_uses_code_slot", "code", "slot", unique=True),)

    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    code: Mapped[str] = mapped_column(ForeignKey("coupons.code"))
    slot: Mapped[str] = mapped_column(String(80))


class RefundRow(Row):
    """Money that goes back. Written before the provider is asked, so that a crash can be finished."""

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        Index("uq_refunds_order_id_idempotency_key", "order_id", "idempotency_key", unique=True),
        Index("ix_refunds_state", "state"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(200))
    actor: Mapped[str] = mapped_column(String(80))
    restock: Mapped[bool] = mapped_column(Boolean)
    idempotency_key: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    provider_id: Mapped[str | None] = mapped_column(String(128))
    failure: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PaymentEventRow(Row):
    """A webhook that was acted on: sent again, it is not acted on again."""

    __tablename__ = "payment_events"

    id: Mapped[str] = mapped_column(String(160), primary_key=True)
    kind: Mapped[str] = mapped_column(String(64))
    intent_id: Mapped[str] = mapped_column(String(128))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
