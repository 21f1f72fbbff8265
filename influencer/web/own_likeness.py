"""The page of a person whose likeness is used, who is no user of ours: reached by a secret link, in ten languages.

Whoever has the link sees this person's use and nothing of anybody else's, and can withdraw. A link that never was, ran
out or was ended is the same 404.
"""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from typing import Annotated, Any

from babel.dates import format_date
from fastapi import APIRouter, Form, Path, Request
from starlette.responses import RedirectResponse, Response

from influencer.commerce.money import money_text
from influencer.errors import Forbidden, NotFound
from influencer.likeness.people import person_key, same_person
from influencer.likeness.statement import Likeness, likeness_of, minutes_text, record_state
from influencer.likeness.withdrawal import withdraw
from influencer.loading import load_persona
from influencer.show.control import ShowInfo
from influencer.store.likeness_links import LikenessLink
from influencer.web.auth import EVERYBODY
from influencer.web.context import Web, WebDep, client_of
from influencer.web.languages import market_names
from influencer.web.likenesses import BADGES, csv_response, month_of
from influencer.web.origins import is_own_page
from influencer.web.pages import LANGUAGE

router = APIRouter(prefix="/likeness", include_in_schema=False, dependencies=[EVERYBODY])

SECRET_PAGE = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Robots-Tag": "noindex, nofollow"}
"""No other site sees the address. With no-referrer a browser would not say either where the form was sent from."""
STATES = {
    "in force": "valid", "not yet": "not_yet", "ended": "lapsed", "revoked": "withdrawn", "replaced": "replaced",
}  # fmt: skip
Token = Annotated[str, Path(max_length=64)]


@router.get("/{token}")
async def own_page(token: Token, request: Request, web: WebDep) -> Response:
    """Where the likeness is used, what was agreed, what it earned, and how to withdraw."""
    return await _page(await _link(token, request, web), token, request, web)


@router.get("/{token}/statements/{month}.csv")
async def own_statement(
    token: Token, month: Annotated[str, Path(max_length=10)], request: Request, web: WebDep
) -> Response:
    """What a month brought, as CSV."""
    found = await _likeness(await _link(token, request, web), web)
    response = csv_response(found, month_of(found, month), f"{month}.csv")
    response.headers.update(SECRET_PAGE)
    return response


@router.post("/{token}/withdraw")
async def withdraw_own(
    token: Token, request: Request, web: WebDep, sure: Annotated[str, Form(max_length=8)] = ""
) -> Response:
    """Withdraw for good: shows are off the air when this answers."""
    link = await _link(token, request, web)
    if not is_own_page(request):
        raise Forbidden("the request did not come from our own page; open the link and try again")
    if sure != "yes":
        return await _page(link, token, request, web, unsure=True)
    await withdraw(web.store, web.house, link.person, via=link.id, address=client_of(request))
    return RedirectResponse(f"/likeness/{token}", 303, headers=SECRET_PAGE)


async def _link(token: str, request: Request, web: Web) -> LikenessLink:
    """The link in force; counted first, so that nobody can try many."""
    web.limiters.likeness_links.admit(client_of(request))
    return await web.store.likeness_links.of_secret(token)


async def _likeness(link: LikenessLink, web: Web) -> Likeness:
    return await likeness_of(web.store, person_key(link.person), web.now())


async def _page(link: LikenessLink, token: str, request: Request, web: Web, *, unsure: bool = False) -> Response:
    market = web.words.chosen(request.cookies.get(LANGUAGE), web.words.best(request.headers.get("accept-language", "")))
    found = await _likeness(link, web)
    notice = max((one.record.notice_days for one in found.consents if one.revoked_at is None), default=0)
    shown: dict[str, Any] = {
        "market": market,
        "words": web.words.of(market),
        "token": token,
        "link": link,
        "one": found,
        "shows": await _on_air(found, web),
        "names": market_names(),
        "unsure": unsure,
        "open": any(one.revoked_at is None for one in found.consents),
        "notice": notice,
        "badges": BADGES,
        "minutes": minutes_text,
        "money": lambda amount, currency: money_text(amount, currency, market),
        "day": lambda day: _day(day, market),
        "record_state": lambda consent: STATES[record_state(consent, web.now().date())],
    }
    status = 422 if unsure else 200
    headers = {**SECRET_PAGE, "Vary": "Accept-Language, Cookie"}
    return web.templates.TemplateResponse(request, "own_likeness.html", shown, status_code=status, headers=headers)


async def _on_air(found: Likeness, web: Web) -> list[ShowInfo]:
    """The running shows whose host carries this person's likeness."""
    personas = {persona for consent in found.consents for persona in consent.record.personas}
    shows = [show for show in web.house.shows() if show.persona_id in personas]
    return [show for show in shows if await asyncio.to_thread(_is_of, show.persona_id, found.person)]


def _is_of(persona_id: str, person: str) -> bool:
    try:
        persona = load_persona(persona_id)
    except NotFound:
        return False
    named = persona.consent
    return not persona.synthetic and named is not None and same_person(named.person, person)


def _day(day: date | datetime, market: str) -> str:
    return str(format_date(day, "medium", locale=market.replace("-", "_")))
