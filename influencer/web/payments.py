"""Webhooks of the payment provider; and the page of the test provider, where a viewer pays with a test card."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from influencer.commerce.money import money_text
from influencer.errors import InvalidInput, NotFound
from influencer.payments.base import PaymentRefused
from influencer.payments.sandbox import SandboxProvider
from influencer.payments.sandbox_cards import CARDS
from influencer.web.auth import EVERYBODY
from influencer.web.context import Web, WebDep, client_of

router = APIRouter(prefix="/api/payments", tags=["payments"], dependencies=[EVERYBODY])
sandbox = APIRouter(prefix="/pay/sandbox", include_in_schema=False, dependencies=[EVERYBODY])
WEBHOOKS = "/api/payments/{provider}/webhook"
_NO_STORE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
"""The address of the page is the key to the payment: it goes nowhere else."""


@router.post("/{provider}/webhook", status_code=204)
async def webhook(provider: str, request: Request, web: WebDep) -> None:
    """A provider tells that something happened to a payment; its signature is checked, and the provider is asked."""
    if provider != web.till.provider.name:
        raise NotFound(f"payments are not taken through {provider!r}")
    await web.till.settlement.hear(await request.body(), request.headers)


@sandbox.get("/{intent_id}")
async def pay_page(
    intent_id: str, request: Request, web: WebDep, secret: Annotated[str, Query(max_length=100)] = ""
) -> Response:
    """The page where a test card is given."""
    return await _page(intent_id, secret, request, web)


@sandbox.post("/{intent_id}")
async def pay(
    intent_id: str,
    request: Request,
    web: WebDep,
    secret: Annotated[str, Query(max_length=100)] = "",
    card_number: Annotated[str, Form()] = "",
) -> Response:
    """Pay; on success the viewer goes back to the order.

    The form's field has no rule of its own: a refused value would be repeated in the answer, and this one must not be.
    """
    web.limiters.payments.admit(client_of(request))
    provider = _sandbox(web)
    try:
        intent = await provider.confirm(intent_id, secret, card_number)
    except InvalidInput:
        return await _page(intent_id, secret, request, web, error="pay_unknown_card", status=422)
    except PaymentRefused:
        intent = await provider.retrieve(intent_id)
    if intent.state == "requires_payment_method":
        return await _page(intent_id, secret, request, web, error="pay_declined", status=402)
    book = await provider.book(intent_id, secret)
    return RedirectResponse(book.return_url, 303, _NO_STORE)


async def _page(
    intent_id: str, secret: str, request: Request, web: Web, *, error: str = "", status: int = 200
) -> Response:
    book = await _sandbox(web).book(intent_id, secret)
    if book.state != "requires_payment_method":
        return RedirectResponse(book.return_url, 303, _NO_STORE)
    words = web.words.of(book.market)
    page = {
        "market": book.market,
        "words": words,
        "order_id": book.reference,
        "total": money_text(book.amount, book.currency, book.market),
        "cards": CARDS,
        "error": words[error] if error else "",
        "return_url": book.return_url,
    }
    return web.templates.TemplateResponse(request, "pay.html", page, status, _NO_STORE)


def _sandbox(web: Web) -> SandboxProvider:
    assert isinstance(web.till.provider, SandboxProvider)
    return web.till.provider
