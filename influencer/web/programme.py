"""The programme over HTTP: which show is on air when, and what became of each time."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from influencer.accounts.roles import STAFF
from influencer.brief import MarketId, Slug
from influencer.errors import Conflict, InvalidInput, Mistake, NotFound
from influencer.intake.budgets import told
from influencer.loading import load_persona
from influencer.programme.programme import times_of
from influencer.programme.times import MAX_MINUTES, airings, overlap
from influencer.store.programme import Entry, NewEntry
from influencer.web.auth import PrincipalDep, access
from influencer.web.context import Web, WebDep, within_rate

AHEAD = timedelta(days=7)


router = APIRouter(prefix="/api/programme", tags=["operator"], dependencies=[access(*STAFF), Depends(within_rate)])
page = APIRouter(include_in_schema=False, dependencies=[access(*STAFF)])


class EntryBody(BaseModel):
    """What is on air, and when in the market's own time. Without `weekdays` it is on air once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    brief_ids: Annotated[list[Slug], Field(min_length=1, max_length=10)]
    market: MarketId
    persona: Slug | None = None
    first_day: date
    last_day: date | None = None
    weekdays: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(max_length=7)] = []
    """0 is Monday."""
    starts: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    minutes: Annotated[int, Field(ge=1, le=MAX_MINUTES)]


@router.get("")
async def read_programme(web: WebDep) -> dict[str, Any]:
    """Entries, the airings of the next seven days, and what became of the latest ones."""
    entries = await web.store.programme.current()
    return {
        "entries": [_entry(entry) for entry in entries],
        "coming": _coming(entries, web.now()),
        "latest": [asdict(airing) for airing in await web.store.programme.latest()],
    }


@router.post("", status_code=201)
async def add_entry(body: EntryBody, web: WebDep, principal: PrincipalDep) -> dict[str, Any]:
    """Put a show into the programme, unless this machine would have more shows at once than it is allowed."""
    new = NewEntry(
        brief_ids=tuple(body.brief_ids), market=body.market, persona=body.persona, first_day=body.first_day,
        last_day=body.last_day, weekdays=tuple(sorted(set(body.weekdays))), starts=time.fromisoformat(body.starts),
        minutes=body.minutes,
    )  # fmt: skip
    await require_fit(new, web)
    return _entry(await web.store.programme.add(new, principal.name))


@router.delete("/{entry_id}", status_code=204)
async def end_entry(entry_id: str, web: WebDep) -> None:
    """Take an entry out of the programme; if it is on air, its show ends within seconds."""
    await web.store.programme.end(entry_id)


@page.get("/operator/programme")
async def programme_page(request: Request, web: WebDep) -> Response:
    """The week, and a form for another entry."""
    entries = await web.store.programme.current()
    shown = {
        "catalogue": web.house.catalogue(),
        "entries": entries,
        "coming": _coming(entries, web.now()),
        "latest": await web.store.programme.latest(20),
        "today": web.now().date(),
        "days": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        "proposals": [one for one in await web.store.proposals.page() if one.state == "proposed"],
        "spending": await told(web.store, await web.store.budgets.of(None), web.now()),
    }
    return web.templates.TemplateResponse(request, "programme.html", shown, headers={"Cache-Control": "no-store"})


async def require_fit(new: NewEntry, web: Web) -> None:
    """Check that an entry can be put into the programme.

    Raises:
        InvalidInput: a product, a market, a host or a time is wrong.
        Conflict: this machine would have more shows at once than it is allowed.
    """
    mistakes = []
    known = {brief.id: brief for brief in web.house.catalogue().briefs}
    for index, brief_id in enumerate(new.brief_ids):
        if brief_id not in known:
            mistakes.append(Mistake(f"brief_ids[{index}]", brief_id, ", ".join(known)))
        elif new.market not in known[brief_id].markets:
            mistakes.append(Mistake("market", new.market, f"{', '.join(known[brief_id].markets)} for {brief_id}"))
    if new.last_day is not None and new.last_day < new.first_day:
        mistakes.append(Mistake("last_day", str(new.last_day), f"{new.first_day} or later"))
    if new.persona is not None:
        try:
            load_persona(new.persona)
        except NotFound as error:
            mistakes.append(Mistake("persona", new.persona, str(error)))
    if not any(airings(times_of(new), web.now(), web.now() + timedelta(days=400))):
        mistakes.append(Mistake("first_day", str(new.first_day), "times that are still to come"))
    if mistakes:
        raise InvalidInput("programme", mistakes)
    await _check_room(new, web)


async def _check_room(new: NewEntry, web: Web) -> None:
    """Refuse an entry that meets as many others as the machine has places."""
    since = max(web.now(), web.now().replace(hour=0, minute=0))
    meets = [
        entry
        for entry in await web.store.programme.current()
        if overlap(times_of(new), times_of(entry), since) is not None
    ]
    if len(meets) >= web.house.places:
        names = ", ".join(entry.id for entry in meets)
        raise Conflict(f"at that time {names} are on air, and this machine is set to {web.house.places} shows at once")


def _coming(entries: list[Entry], now: datetime) -> list[dict[str, Any]]:
    found = [
        {"entry_id": entry.id, "market": entry.market, "start": airing.start, "end": airing.end}
        for entry in entries
        for airing in airings(times_of(entry), now, now + AHEAD)
    ]
    return sorted(found, key=lambda one: (one["start"], one["entry_id"]))


def _entry(entry: Entry) -> dict[str, Any]:
    return asdict(entry) | {"starts": entry.starts.strftime("%H:%M"), "time_zone": times_of(entry).zone.key}
