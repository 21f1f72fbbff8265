"""Times on air that advertisers propose, over HTTP: made and taken back by them, decided by operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from influencer.accounts.principal import Principal, advertiser_filter
from influencer.accounts.roles import STAFF, Role
from influencer.brief import MarketId, Slug
from influencer.errors import Conflict, InvalidInput, Mistake, NotFound
from influencer.loading import load_market
from influencer.programme.programme import times_of
from influencer.programme.times import MAX_MINUTES, Airing, Times, airings
from influencer.store.programme import Entry, NewEntry, StoredAiring
from influencer.store.proposals import UNKNOWN, NewProposal, Proposal
from influencer.web.auth import PrincipalDep, access
from influencer.web.briefs import own_brief
from influencer.web.context import Web, WebDep, within_rate
from influencer.web.programme import require_fit
from streaming.media import SAMPLE_RATE

_OURS = [access(Role.ADVERTISER, *STAFF), Depends(within_rate)]
_DECIDE = [access(*STAFF), Depends(within_rate)]
router = APIRouter(prefix="/api/proposals", tags=["briefs"])
Hour = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Weekdays = Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(max_length=7)]
Minutes = Annotated[int, Field(ge=1, le=MAX_MINUTES)]
AHEAD = timedelta(days=400)
LATEST = 20
DAY = 24 * 60


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class ProposalBody(_Body):
    """`minutes` a day between two hours of the market's own clock. Without `weekdays`: on the first day only."""

    brief_id: Slug
    market: MarketId
    first_day: date
    last_day: date | None = None
    weekdays: Weekdays = []
    """0 is Monday."""
    earliest: Hour
    latest: Hour
    """The end of the hours; not after `earliest`: on the next day."""
    minutes: Minutes


class AcceptBody(_Body):
    """What goes into the programme; what is left out is as proposed, and the show begins at the earliest hour."""

    starts: Hour | None = None
    minutes: Minutes | None = None
    first_day: date | None = None
    last_day: date | None = None
    weekdays: Weekdays | None = None
    persona: Slug | None = None
    beside: Annotated[list[Slug], Field(max_length=9)] = []
    """Other products of the same show."""
    note: Annotated[str, Field(max_length=2_000)] | None = None


class RefuseBody(_Body):
    """Why not."""

    reason: Annotated[str, Field(min_length=1, max_length=2_000)]


@dataclass(frozen=True, slots=True)
class Became:
    """One time an accepted proposal was due, and how long its product was really on air in that show."""

    airing: StoredAiring
    seconds: float


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A proposal with what became of it. `next` is when it is on air next, or is on air now."""

    proposal: Proposal
    entry: Entry | None
    next: Airing | None
    latest: tuple[Became, ...]

    @property
    def taken_out(self) -> bool:
        """Whether it was accepted, and an operator took it out of the programme since."""
        return self.entry is not None and self.entry.ended_at is not None

    @property
    def changed(self) -> bool:
        """Whether operators accepted other times than were proposed."""
        one, entry = self.proposal, self.entry
        return entry is not None and (
            (entry.first_day, entry.last_day, entry.weekdays, entry.minutes, entry.starts.strftime("%H:%M"))
            != (one.first_day, one.last_day, one.weekdays, one.minutes, one.earliest)
        )


@router.get("", dependencies=_OURS)
async def read_proposals(
    web: WebDep, principal: PrincipalDep, brief_id: Annotated[str | None, Query(max_length=64)] = None
) -> dict[str, Any]:
    """Proposals with what became of each, those that wait first: an advertiser's own, everybody's for staff."""
    return {"proposals": [_out(one) for one in await scheduled(web, principal, brief_id)]}


@router.post("", status_code=201, dependencies=_OURS)
async def propose(body: ProposalBody, web: WebDep, principal: PrincipalDep) -> dict[str, Any]:
    """Propose a time for a brief that is approved."""
    await own_brief(web, principal, body.brief_id)
    offered = {version.brief_id: version for version in await web.store.briefs.on_offer()}
    if body.brief_id not in offered:
        raise Conflict("a time can be proposed once a version of the brief is approved")
    new = NewProposal(
        body.brief_id, body.market, body.first_day, body.last_day, tuple(sorted(set(body.weekdays))), body.earliest,
        body.latest, body.minutes,
    )  # fmt: skip
    _check(new, offered[body.brief_id].document.get("markets", []), web.now())
    made = await web.store.proposals.add(new, principal.name)
    return _out(Scheduled(made, None, None, ()))


@router.post("/{proposal_id}/withdraw", dependencies=_OURS)
async def withdraw_proposal(proposal_id: str, web: WebDep, principal: PrincipalDep) -> dict[str, Any]:
    """Take back a proposal that nobody has decided on."""
    await _own(web, principal, proposal_id)
    closed = await web.store.proposals.close(proposal_id, "withdrawn", principal.name)
    return _out(Scheduled(closed, None, None, ()))


@router.post("/{proposal_id}/accept", dependencies=_DECIDE)
async def accept_proposal(proposal_id: str, body: AcceptBody, web: WebDep, principal: PrincipalDep) -> dict[str, Any]:
    """Put a proposal into the programme, as it was made or with changes, if the machine has a place at that time."""
    one = await web.store.proposals.get(proposal_id)
    given = body.model_fields_set
    entry = NewEntry(
        brief_ids=(one.brief_id, *(id for id in body.beside if id != one.brief_id)),
        market=one.market,
        persona=body.persona,
        first_day=body.first_day or one.first_day,
        last_day=body.last_day if "last_day" in given else one.last_day,
        weekdays=one.weekdays if body.weekdays is None else tuple(sorted(set(body.weekdays))),
        starts=time.fromisoformat(body.starts or one.earliest),
        minutes=body.minutes or one.minutes,
    )
    await web.intake.shelf.refresh()
    await require_fit(entry, web)
    await web.store.proposals.accept(proposal_id, entry, principal.name, body.note or None)
    (found,) = await _with_history(web, [await web.store.proposals.get(proposal_id)])
    return _out(found)


@router.post("/{proposal_id}/refuse", dependencies=_DECIDE)
async def refuse_proposal(proposal_id: str, body: RefuseBody, web: WebDep, principal: PrincipalDep) -> dict[str, Any]:
    """Refuse a proposal, and say why."""
    await web.store.proposals.get(proposal_id)
    closed = await web.store.proposals.close(proposal_id, "refused", principal.name, body.reason)
    return _out(Scheduled(closed, None, None, ()))


async def scheduled(web: Web, principal: Principal, brief_id: str | None = None) -> list[Scheduled]:
    """The proposals somebody may see, with what became of each."""
    if brief_id is not None:
        await own_brief(web, principal, brief_id)
    found = await web.store.proposals.page(advertiser_id=advertiser_filter(principal), brief_id=brief_id)
    return await _with_history(web, found)


async def _with_history(web: Web, proposals: Sequence[Proposal]) -> list[Scheduled]:
    ids = [one.entry_id for one in proposals if one.entry_id is not None]
    entries = await web.store.programme.entries(ids)
    history: dict[str, list[StoredAiring]] = {}
    for airing in await web.store.programme.airings_of(ids):
        history.setdefault(airing.entry_id, []).append(airing)
    found = []
    for one in proposals:
        entry = entries.get(one.entry_id or "")
        past = history.get(one.entry_id or "", [])[:LATEST]
        shows = [airing.show_id for airing in past if airing.show_id is not None]
        heard = await web.store.heard.of_shows(one.brief_id, shows) if shows else {}
        became = tuple(Became(airing, round(heard.get(airing.show_id or "", 0) / SAMPLE_RATE, 1)) for airing in past)
        found.append(Scheduled(one, entry, _next(entry, web.now()), became))
    return found


def _next(entry: Entry | None, now: datetime) -> Airing | None:
    if entry is None or entry.ended_at is not None:
        return None
    return next(airings(times_of(entry), now, now + AHEAD), None)


def _check(new: NewProposal, markets: Sequence[str], now: datetime) -> None:
    mistakes = []
    if new.market not in markets:
        mistakes.append(Mistake("market", new.market, f"a market the brief is approved for: {', '.join(markets)}"))
    if new.last_day is not None and new.last_day < new.first_day:
        mistakes.append(Mistake("last_day", str(new.last_day), f"{new.first_day} or later"))
    if new.minutes > _window(new.earliest, new.latest):
        allowed = f"at most the {_window(new.earliest, new.latest)} minutes between {new.earliest} and {new.latest}"
        mistakes.append(Mistake("minutes", str(new.minutes), allowed))
    zone = load_market(new.market).zone
    starts = time.fromisoformat(new.earliest)
    times = Times(zone, new.first_day, new.last_day, frozenset(new.weekdays), starts, new.minutes)
    if not mistakes and not any(airings(times, now, now + AHEAD)):
        mistakes.append(Mistake("first_day", str(new.first_day), "times that are still to come"))
    if mistakes:
        raise InvalidInput("proposal", mistakes)


def _window(earliest: str, latest: str) -> int:
    """Minutes between two hours; the same hour is a whole day."""
    first, last = (time.fromisoformat(hour) for hour in (earliest, latest))
    between = (last.hour - first.hour) * 60 + last.minute - first.minute
    return between if between > 0 else between + DAY


async def _own(web: Web, principal: Principal, proposal_id: str) -> Proposal:
    one = await web.store.proposals.get(proposal_id)
    try:
        await own_brief(web, principal, one.brief_id)
    except NotFound:
        raise NotFound(UNKNOWN) from None
    return one


def _out(one: Scheduled) -> dict[str, Any]:
    entry = one.entry
    return asdict(one.proposal) | {
        "time_zone": load_market(one.proposal.market).zone.key,
        "entry": None if entry is None else asdict(entry) | {"starts": entry.starts.strftime("%H:%M")},
        "changed": one.changed,
        "next": None if one.next is None else asdict(one.next),
        "latest": [asdict(became.airing) | {"seconds_on_air": became.seconds} for became in one.latest],
    }
