"""The likeness ledger for staff: records, footage, statements, corrections, links and withdrawals, over HTTP."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from influencer.accounts.roles import STAFF
from influencer.commerce.money import major_units
from influencer.errors import Conflict, InvalidInput, Mistake, NotFound
from influencer.fields import Value
from influencer.likeness.consent import ConsentRecord, Sha256, StoredConsent
from influencer.likeness.owed import MINUTE_MS, ROUNDING, Owed
from influencer.likeness.statement import (
    Likeness,
    Month,
    as_csv,
    likeness_of,
    likenesses,
    minutes_text,
    month_from,
    record_state,
)
from influencer.likeness.withdrawal import withdraw
from influencer.store.airtime import NewCorrection
from influencer.store.footage import NewFootage
from influencer.web.auth import PrincipalDep, access
from influencer.web.context import Web, WebDep, client_of, within_rate

router = APIRouter(prefix="/api/likenesses", tags=["operator"], dependencies=[access(*STAFF), Depends(within_rate)])
page = APIRouter(include_in_schema=False, dependencies=[access(*STAFF)])

NO_STORE = {"Cache-Control": "no-store"}
PersonKey = Annotated[str, Path(max_length=16, description="The `key` of a person in the list.")]
MonthName = Annotated[str, Path(max_length=10, description="A calendar month in UTC, such as 2026-05.")]
Reason = Annotated[str, Field(min_length=1, max_length=500)]
BADGES = {"valid": "good", "ends-soon": "warn", "not-yet": "info", "lapsed": "bad", "withdrawn": "bad"}
_MOST = 10**12


class Because(Value):
    """Why, for whoever is refused later."""

    because: Reason


class FootageBody(Value):
    """A recording that may be animated: of the person of a record, or, without one, of nobody who exists."""

    sha256: Sha256
    name: Annotated[str, Field(min_length=1, max_length=200)]
    size: Annotated[int, Field(ge=0, le=_MOST)]
    consent_id: str | None = None
    licence: Annotated[str, Field(min_length=1, max_length=200)]


class CorrectionBody(Value):
    """What a settled dispute changes: milliseconds of time, minor units of money; either may be negative or 0."""

    consent_id: str
    month: str
    milliseconds: Annotated[int, Field(ge=-_MOST, le=_MOST)] = 0
    amount: Annotated[int, Field(ge=-_MOST, le=_MOST)] = 0
    because: Reason


class LinkBody(BaseModel):
    """How many days a person's link works."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: Annotated[int, Field(ge=1, le=90)] = 30


@router.get("")
async def list_people(web: WebDep) -> list[dict[str, Any]]:
    """Everybody with a consent record: state, last day, milliseconds on air and money owed since ever."""
    return [_brief(one) for one in await likenesses(web.store, web.now())]


@router.post("/consents", status_code=201)
async def add_consent(record: ConsentRecord, web: WebDep) -> dict[str, Any]:
    """Keep a signed agreement. `evidence_sha256` is of the signed file, which stays with you."""
    return consent_out(await web.store.consents.add(record), web)


@router.post("/consents/{consent_id}/revoke")
async def revoke_consent(consent_id: str, body: Because, web: WebDep) -> dict[str, Any]:
    """End a record for good; a show that rests on it is off the air when this answers."""
    await web.store.consents.revoke(consent_id, body.because)
    stopped = await web.house.check_likenesses()
    return consent_out(await web.store.consents.get(consent_id), web) | {"stopped": list(stopped)}


@router.post("/consents/{consent_id}/evidence")
async def check_evidence(consent_id: str, request: Request, web: WebDep) -> dict[str, Any]:
    """Check that the file in the body is the very agreement a record rests on. The file is not kept."""
    consent, digest = await web.store.consents.get(consent_id), hashlib.sha256()
    async for chunk in request.stream():
        digest.update(chunk)
    given, kept = digest.hexdigest(), consent.record.evidence_sha256
    if given != kept:
        raise Conflict(f"this file ({given[:12]}…) is not what {consent_id} rests on: {consent.record.evidence_name}")
    return {"consent_id": consent_id, "evidence_name": consent.record.evidence_name, "sha256": kept, "matches": True}


@router.get("/footage")
async def list_footage(web: WebDep) -> list[dict[str, Any]]:
    """The ledger of footage, oldest first."""
    return [asdict(one) for one in await web.store.footage.all()]


@router.post("/footage", status_code=201)
async def add_footage(body: FootageBody, web: WebDep, principal: PrincipalDep) -> dict[str, Any]:
    """Enter footage; only then is it animated."""
    if body.consent_id is not None:
        await web.store.consents.get(body.consent_id)
    new = NewFootage(body.sha256, body.name, body.size, body.consent_id, body.licence, principal.name)
    return asdict(await web.store.footage.add(new))


@router.delete("/links/{link_id}")
async def end_link(link_id: str, web: WebDep) -> dict[str, Any]:
    """End a person's link now."""
    return asdict(await web.store.likeness_links.end(link_id))


@router.get("/{person_key}")
async def read_person(person_key: PersonKey, web: WebDep) -> dict[str, Any]:
    """One person: every record, every month, every link."""
    found = await likeness_of(web.store, person_key, web.now())
    return _brief(found) | {
        "consents": [consent_out(consent, web) for consent in found.consents],
        "months": [month_out(month) for month in found.months],
        "links": [asdict(link) for link in await web.store.likeness_links.of_key(person_key)],
    }


@router.get("/{person_key}/statements/{month}.csv")
async def statement_as_csv(person_key: PersonKey, month: MonthName, web: WebDep) -> Response:
    """What a month brought, as CSV; money in major units."""
    found = await likeness_of(web.store, person_key, web.now())
    return csv_response(found, month_of(found, month), f"likeness-{month}.csv")


@router.get("/{person_key}/statements/{month}")
async def statement(person_key: PersonKey, month: MonthName, web: WebDep) -> dict[str, Any]:
    """What a month brought; money in minor units."""
    found = await likeness_of(web.store, person_key, web.now())
    return {"key": found.key, "person": found.person, "rounding": ROUNDING, **month_out(month_of(found, month))}


@router.post("/{person_key}/corrections", status_code=201)
async def correct(person_key: PersonKey, body: CorrectionBody, web: WebDep, principal: PrincipalDep) -> dict[str, Any]:
    """Add a correction: a new entry, which another correction may take back."""
    found, mistakes = await likeness_of(web.store, person_key, web.now()), []
    month = month_from(body.month)
    if body.consent_id not in {one.id for one in found.consents}:
        mistakes.append(Mistake("consent_id", body.consent_id, ", ".join(one.id for one in found.consents)))
    if month > web.now().date():
        mistakes.append(Mistake("month", body.month, f"{web.now():%Y-%m} or earlier"))
    if not body.milliseconds and not body.amount:
        mistakes.append(Mistake("milliseconds", "0, and no amount", "a change in time, in money, or in both"))
    now = sum(
        one.milliseconds
        for each in found.months
        if each.month == month
        for one in each.records
        if one.consent_id == body.consent_id
    )
    if now + body.milliseconds < 0:
        mistakes.append(Mistake("milliseconds", str(body.milliseconds), f"at least -{now}, the time of that month"))
    if mistakes:
        raise InvalidInput("correction", mistakes)
    new = NewCorrection(body.consent_id, month, body.milliseconds, body.amount, body.because, principal.name)
    return asdict(await web.store.airtime.correct(new))


@router.post("/{person_key}/links", status_code=201)
async def make_link(
    person_key: PersonKey, web: WebDep, principal: PrincipalDep, body: LinkBody | None = None
) -> dict[str, Any]:
    """Make a secret address with which the person sees the use of their likeness and can withdraw. Told once."""
    person = (await web.store.consents.of_key(person_key))[-1].record.person
    lifetime = timedelta(days=(body or LinkBody()).days)
    link, secret = await web.store.likeness_links.make(person, lifetime, principal.name)
    return asdict(link) | {"path": f"/likeness/{secret}"}


@router.post("/{person_key}/withdraw")
async def withdraw_person(
    person_key: PersonKey, request: Request, web: WebDep, principal: PrincipalDep
) -> dict[str, Any]:
    """The person has told us: every record ends, and every show with their likeness is off when this answers."""
    person = (await web.store.consents.of_key(person_key))[-1].record.person
    gone = await withdraw(
        web.store, web.house, person, via=principal.name, actor_id=principal.user_id, address=client_of(request)
    )
    return {"consents": list(gone.consents), "shows": list(gone.shows)}


# --- pages -------------------------------------------------------------------------------------------------------


@page.get("/operator/likenesses")
async def list_page(request: Request, web: WebDep) -> Response:
    """Everybody whose likeness is licensed."""
    people = await likenesses(web.store, web.now())
    shown = {"people": people, "badges": BADGES, "footage": await web.store.footage.all(), **helpers(web)}
    return web.templates.TemplateResponse(request, "likenesses.html", shown, headers=NO_STORE)


@page.get("/operator/likenesses/{person_key}")
async def person_page(person_key: PersonKey, request: Request, web: WebDep) -> Response:
    """One person with records, months, links and history."""
    found = await likeness_of(web.store, person_key, web.now())
    shown = {
        "one": found,
        "badges": BADGES,
        "links": await web.store.likeness_links.of_key(person_key),
        "corrections": await web.store.airtime.corrections([each.id for each in found.consents]),
        "now": web.now(),
        **helpers(web),
    }
    return web.templates.TemplateResponse(request, "likeness.html", shown, headers=NO_STORE)


@page.get("/operator/likenesses/{person_key}/statements/{month}")
async def statement_page(person_key: PersonKey, month: MonthName, request: Request, web: WebDep) -> Response:
    """A month's statement."""
    found = await likeness_of(web.store, person_key, web.now())
    shown = {"one": found, "statement": month_of(found, month), "rounding": ROUNDING, **helpers(web)}
    return web.templates.TemplateResponse(request, "likeness_statement.html", shown, headers=NO_STORE)


# --- shared with the person's own page ---------------------------------------------------------------------------


def month_of(found: Likeness, month: str) -> Month:
    """The month of a person.

    Raises:
        InvalidInput: it is no month.
        NotFound: nothing is owed in it.
    """
    first = month_from(month)
    for each in found.months:
        if each.month == first:
            return each
    raise NotFound(f"statement: got {month}; there are {', '.join(f'{one.month:%Y-%m}' for one in found.months)}")


def csv_response(found: Likeness, month: Month, name: str) -> Response:
    """A statement to be kept as a file."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', **NO_STORE}
    return Response("\ufeff" + as_csv(found.person, month), media_type="text/csv; charset=utf-8", headers=headers)


def helpers(web: Web) -> dict[str, Any]:
    """What the pages write numbers with."""
    return {
        "minutes": minutes_text,
        "money": lambda amount, currency: f"{major_units(amount, currency):,f} {currency}",
        "record_state": lambda consent: record_state(consent, web.now().date()),
    }


def consent_out(consent: StoredConsent, web: Web) -> dict[str, Any]:
    """A record as the API tells it."""
    kept = {
        "id": consent.id,
        "state": record_state(consent, web.now().date()),
        "added_at": consent.added_at,
        "revoked_at": consent.revoked_at,
        "revoked_because": consent.revoked_because,
        "replaced_by": consent.replaced_by,
        "replaced_on": consent.replaced_on,
    }
    return consent.record.model_dump(mode="json") | kept


def month_out(month: Month) -> dict[str, Any]:
    """A month as the API tells it."""
    return {
        "month": f"{month.month:%Y-%m}",
        "milliseconds": month.milliseconds,
        "totals": month.totals,
        "records": [_owed_out(one) for one in month.records],
    }


def _owed_out(one: Owed) -> dict[str, Any]:
    return asdict(one) | {"month": f"{one.month:%Y-%m}", "total": one.total, "minutes": one.milliseconds / MINUTE_MS}


def _brief(one: Likeness) -> dict[str, Any]:
    return {
        "key": one.key,
        "person": one.person,
        "state": one.state,
        "ends_on": one.ends_on,
        "withdrawn_at": one.withdrawn_at,
        "milliseconds": one.milliseconds,
        "totals": one.totals,
    }
