"""A viewer's cart in a show: kept by us, priced by us at every reading."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from influencer.brief import Slug
from influencer.commerce.basket import MAX_LINES, Item, Priced, normalized_code
from influencer.errors import Conflict, Forbidden, NotFound
from influencer.show.control import Show
from influencer.store.carts import Cart, CartLine
from influencer.web.auth import EVERYBODY
from influencer.web.context import Web, WebDep, client_of, required_viewer, viewer_of
from influencer.web.order_models import (
    CartCoupon,
    CartLineBody,
    CartLineOut,
    CartOut,
    CouponBody,
    Money,
    Quantity,
    QuoteOut,
    money,
)
from influencer.web.origins import may_use


def changing_viewer(request: Request, web: WebDep) -> str:
    """The viewer who changes something, from our own page and not too often.

    Raises:
        Forbidden: another page sent it, or the viewer's cookie is missing.
        TooMany: too often.
    """
    if not may_use(request, web.settings):
        raise Forbidden("carts and orders are changed on the show's own page")
    viewer = required_viewer(request)
    web.limiters.carts.admit(viewer)
    web.limiters.carts.admit(client_of(request))
    return viewer


router = APIRouter(prefix="/api/shows/{show_id}", tags=["cart"], dependencies=[EVERYBODY])
Viewer = Annotated[str, Depends(changing_viewer)]


@router.get("/quote")
async def quote(
    show_id: str,
    web: WebDep,
    product_id: Annotated[str, Query(max_length=64)],
    quantity: Quantity = 1,
    coupon: Annotated[str | None, Query(max_length=20)] = None,
) -> QuoteOut:
    """What some units of one product would cost."""
    show = web.house.get(show_id)
    priced = await web.till.checkout.price(show, [Item(product_id, quantity)], coupon)
    market = show.info().market
    return QuoteOut(
        subtotal=money(priced.subtotal, priced.currency, market),
        discount=money(priced.discount, priced.currency, market),
        total=money(priced.total, priced.currency, market),
        coupon=None if priced.coupon is None else priced.coupon.code,
    )


@router.get("/cart")
async def read_cart(show_id: str, request: Request, web: WebDep) -> CartOut:
    """The cart of the viewer who asks; an empty one for somebody new."""
    viewer = viewer_of(request)
    cart = Cart() if viewer is None else await web.store.carts.get(show_id, viewer)
    return await cart_out(web, web.house.get(show_id), cart)


@router.put("/cart/lines/{product_id}")
async def set_line(show_id: str, product_id: Slug, body: CartLineBody, web: WebDep, viewer: Viewer) -> CartOut:
    """Set how many units of a product are in the cart: sending it twice does no harm."""
    show = web.house.get(show_id)
    if body.quantity:
        show.product(product_id)
    line = CartLine(product_id, body.quantity, show.airing().utterance_id)
    await web.store.carts.put(show_id, viewer, line, most_lines=MAX_LINES)
    return await _now(web, show, viewer)


@router.delete("/cart/lines/{product_id}")
async def remove_line(show_id: str, product_id: Slug, web: WebDep, viewer: Viewer) -> CartOut:
    """Take a product out."""
    show = web.house.get(show_id)
    await web.store.carts.put(show_id, viewer, CartLine(product_id, 0), most_lines=MAX_LINES)
    return await _now(web, show, viewer)


@router.put("/cart/coupon")
async def set_coupon(show_id: str, body: CouponBody, web: WebDep, viewer: Viewer) -> CartOut:
    """Keep a code; the answer says whether it takes something off now."""
    show = web.house.get(show_id)
    await web.store.carts.set_coupon(show_id, viewer, normalized_code(body.code))
    return await _now(web, show, viewer)


@router.delete("/cart/coupon")
async def remove_coupon(show_id: str, web: WebDep, viewer: Viewer) -> CartOut:
    """Forget the code."""
    show = web.house.get(show_id)
    await web.store.carts.set_coupon(show_id, viewer, None)
    return await _now(web, show, viewer)


@router.delete("/cart")
async def clear_cart(show_id: str, web: WebDep, viewer: Viewer) -> CartOut:
    """Empty the cart."""
    show = web.house.get(show_id)
    await web.store.carts.clear(show_id, viewer)
    return await _now(web, show, viewer)


async def _now(web: Web, show: Show, viewer: str) -> CartOut:
    return await cart_out(web, show, await web.store.carts.get(show.info().id, viewer))


async def cart_out(web: Web, show: Show, cart: Cart) -> CartOut:
    """A cart with today's prices, what is left of each product, and why it cannot be checked out, if so."""
    info = show.info()
    here = [line for line in cart.lines if _sells(show, line.product_id)]
    gone = [line.product_id for line in cart.lines if line not in here]
    items = [Item(line.product_id, line.quantity, line.utterance_id) for line in here]
    priced, coupon = await _priced(web, show, items, cart.coupon)
    if priced is None:
        return CartOut(
            show_id=info.id, lines=[], gone=gone, coupon=coupon, subtotal=None, discount=None, total=None, ready=False
        )

    def pay(amount: int) -> Money:
        return money(amount, priced.currency, info.market)

    left = await web.store.stock.levels([line.sku for line in priced.lines])
    lines = [
        CartLineOut(
            product_id=line.product_id,
            name=show.product(line.product_id).name[info.market],
            quantity=line.quantity,
            left=left.get(line.sku, 0),
            has_image=bool(show.product(line.product_id).images),
            unit=pay(line.unit_amount),
            discount=pay(line.discount),
            total=pay(line.total),
        )
        for line in priced.lines
    ]
    return CartOut(
        show_id=info.id,
        lines=lines,
        gone=gone,
        coupon=coupon,
        subtotal=pay(priced.subtotal),
        discount=pay(priced.discount),
        total=pay(priced.total),
        ready=not gone and all(line.left >= line.quantity for line in lines) and not (coupon and coupon.problem),
    )


async def _priced(web: Web, show: Show, items: list[Item], code: str | None) -> tuple[Priced | None, CartCoupon | None]:
    problem = None
    if not items:
        return None, None if code is None else CartCoupon(code=code, problem="the cart is empty")
    try:
        priced = await web.till.checkout.price(show, items, code)
    except Conflict as refused:
        if code is None:
            raise
        problem = str(refused)
        priced = await web.till.checkout.price(show, items)
    return priced, None if code is None else CartCoupon(code=code, problem=problem)


def _sells(show: Show, product_id: str) -> bool:
    try:
        return show.info().market in show.product(product_id).prices
    except NotFound:
        return False
