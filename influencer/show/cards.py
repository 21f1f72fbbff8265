"""The product cards of a show: what the page may show about each product, as true as now. Pure."""

from __future__ import annotations

from datetime import UTC

from influencer.script.facts import FactSheet
from influencer.script.rule_packs import notice_for
from influencer.show.control import CardView


def card_of(sheet: FactSheet, *, has_image: bool) -> CardView:
    """One product's card. The offer's end is the real one, so that a page may count down to it and to nothing else."""
    slots, offer = sheet.slots, sheet.brief.offer
    return CardView(
        product_id=sheet.product_id,
        name=slots["name"],
        summary=slots["summary"],
        price=slots["price"],
        list_price=slots.get("list_price"),
        discount=slots.get("discount"),
        coupon=slots.get("coupon"),
        coupon_code=slots.get("coupon"),
        coupon_price=slots.get("coupon_price"),
        offer_ends=offer.ends.astimezone(UTC).isoformat() if offer is not None and sheet.offer_active else None,
        shipping=slots["shipping"],
        returns=slots["returns"],
        stock=sheet.facts["stock"].text,
        sold_out=sheet.sold_out,
        has_image=has_image,
        notice=notice_for(sheet.brief, sheet.market),
    )
