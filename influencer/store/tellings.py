"""What the outbox is told of each thing that happens: for the house whole, for each advertiser their part.

Every function writes in the caller's transaction, and does nothing when nobody listens.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from influencer.store.briefs_schema import BriefRow, BriefVersionRow
from influencer.store.commerce_schema import OrderLineRow, OrderRow, RefundRow
from influencer.store.events_schema import OpenQuestionRow
from influencer.store.outbox import HOUSE, is_heard, owners, tell
from influencer.store.schema import ConsentRow, ShowRow
from influencer.webhooks.events import EventType


async def brief_decided(session: AsyncSession, brief: BriefRow, version: BriefVersionRow, at: datetime) -> None:
    """A version was approved or sent back; other decisions are the advertiser's own."""
    kinds: dict[str, EventType] = {"approved": "brief.approved", "changes-requested": "brief.changes_requested"}
    kind = kinds.get(version.state)
    if kind is None:
        return
    data = {"brief_id": brief.id, "name": brief.name, "version": version.version, "note": version.note}
    await tell(session, kind, {HOUSE: data, brief.advertiser_id: data}, at)


async def show_turned(
    session: AsyncSession, show: ShowRow, kind: Literal["show.started", "show.ended"], at: datetime
) -> None:
    """A show went on air for the first time, or ended for good."""
    if not await is_heard(session, kind):
        return
    common = {"show_id": show.id, "market": show.market, "persona": show.persona}
    told: dict[str | None, dict[str, Any]] = {HOUSE: {**common, "product_ids": list(show.brief_ids)}}
    for owner, products in (await _by_owner(session, show.brief_ids)).items():
        told[owner] = {**common, "product_ids": products}
    await tell(session, kind, told, at)


async def order_paid(session: AsyncSession, order: OrderRow, at: datetime) -> None:
    """An order was paid: everybody hears of their own lines."""
    if not await is_heard(session, "order.paid"):
        return
    lines = await _lines(session, order.id)
    common = {"order_id": order.id, "show_id": order.show_id, "market": order.market, "currency": order.currency}
    told: dict[str | None, dict[str, Any]] = {
        HOUSE: {**common, "total": order.total, "lines": [_line(line, None) for line in lines]}
    }
    for owner, products in (await _by_owner(session, (line.product_id for line in lines))).items():
        own = [line for line in lines if line.product_id in products]
        total = sum(line.unit_amount * line.quantity - line.discount for line in own)
        told[owner] = {**common, "total": total, "lines": [_line(line, owner) for line in own]}
    await tell(session, "order.paid", told, at)


async def order_refunded(session: AsyncSession, refund: RefundRow, *, whole: bool, at: datetime) -> None:
    """Money went back. It belongs to the order, not to its lines: who sold only a part of it is told no amount."""
    if not await is_heard(session, "order.refunded"):
        return
    order = await session.get_one(OrderRow, refund.order_id)
    products = list(dict.fromkeys(line.product_id for line in await _lines(session, order.id)))
    common = {
        "refund_id": refund.id, "order_id": order.id, "show_id": order.show_id, "currency": order.currency,
        "whole": whole,
    }  # fmt: skip
    told: dict[str | None, dict[str, Any]] = {HOUSE: {**common, "amount": refund.amount, "product_ids": products}}
    for owner, own in (await _by_owner(session, products)).items():
        amount = refund.amount if len(own) == len(products) else None
        told[owner] = {**common, "amount": amount, "product_ids": own}
    await tell(session, "order.refunded", told, at)


async def question_unanswered(session: AsyncSession, question: OpenQuestionRow, at: datetime) -> None:
    """A question had no answer. Its words stay here: a viewer wrote them."""
    if not await is_heard(session, "question.unanswered"):
        return
    data = {
        "question_id": question.id, "show_id": question.show_id, "product_id": question.product_id,
        "market": question.market, "language": question.language, "reason": question.reason,
    }  # fmt: skip
    await _tell_owner(session, "question.unanswered", question.product_id, data, at)


async def sold_out(session: AsyncSession, order_id: str, skus: Iterable[str], at: datetime) -> None:
    """An order took the last units of these SKUs."""
    gone = set(skus)
    if not gone or not await is_heard(session, "product.sold_out"):
        return
    seen: set[str] = set()
    for line in await _lines(session, order_id):
        if line.sku in gone and line.product_id not in seen:
            seen.add(line.product_id)
            data = {"product_id": line.product_id, "sku": line.sku}
            await _tell_owner(session, "product.sold_out", line.product_id, data, at)


async def likeness_lapsed(
    session: AsyncSession, consent: ConsentRow, because: Literal["revoked", "ended"], since: datetime, at: datetime
) -> None:
    """A consent record holds no longer, since then; told once. Advertisers hear of it whose shows had the host."""
    if not await is_heard(session, "likeness.lapsed"):
        return
    query = select(ShowRow).where(ShowRow.persona.in_(consent.personas), ShowRow.market.in_(consent.markets))
    query = query.where(or_(ShowRow.state != "stopped", ShowRow.updated_at >= since)).order_by(ShowRow.id)
    shows = list(await session.scalars(query))
    common = {
        "consent_id": consent.id, "because": because, "personas": list(consent.personas),
        "markets": list(consent.markets),
    }  # fmt: skip
    told: dict[str | None, dict[str, Any]] = {HOUSE: {**common, "show_ids": [show.id for show in shows]}}
    for show in shows:
        for owner in await _by_owner(session, show.brief_ids):
            told.setdefault(owner, {**common, "show_ids": []})["show_ids"].append(show.id)
    await tell(session, "likeness.lapsed", told, at, key=consent.id)


async def _tell_owner(
    session: AsyncSession, kind: EventType, product_id: str, data: dict[str, Any], at: datetime
) -> None:
    told: dict[str | None, dict[str, Any]] = {HOUSE: data}
    for owner in (await owners(session, [product_id])).values():
        told[owner] = {**data, "sku": _own_sku(data["sku"], owner)} if "sku" in data else data
    await tell(session, kind, told, at)


async def _by_owner(session: AsyncSession, product_ids: Iterable[str]) -> dict[str, list[str]]:
    wanted = list(dict.fromkeys(product_ids))
    owned = await owners(session, wanted)
    grouped: dict[str, list[str]] = {}
    for product in wanted:
        if product in owned:
            grouped.setdefault(owned[product], []).append(product)
    return grouped


async def _lines(session: AsyncSession, order_id: str) -> list[OrderLineRow]:
    query = select(OrderLineRow).where(OrderLineRow.order_id == order_id).order_by(OrderLineRow.position)
    return list(await session.scalars(query))


def _line(line: OrderLineRow, owner: str | None) -> dict[str, Any]:
    return {
        "product_id": line.product_id, "sku": _own_sku(line.sku, owner), "quantity": line.quantity,
        "unit_amount": line.unit_amount, "discount": line.discount,
    }  # fmt: skip


def _own_sku(sku: str, owner: str | None) -> str:
    """The SKU as its advertiser wrote it; the house puts their id before it."""
    return sku if owner is None else sku.removeprefix(f"{owner}.")
