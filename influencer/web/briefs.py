"""The JSON API of briefs: advertisers draft and submit them, operators approve them; each sees only what is theirs."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from influencer.accounts.principal import Principal, advertiser_filter, owned_by
from influencer.accounts.roles import STAFF, Role
from influencer.brief import MarketId, Slug
from influencer.documents import parse
from influencer.errors import Conflict, InvalidInput, Mistake
from influencer.fields import Currency
from influencer.intake.desk import Imported
from influencer.intake.fields import nested
from influencer.intake.preview import preview
from influencer.intake.shelf import on_air
from influencer.loading import load_market
from influencer.store.briefs import MAX_VERSIONS, PAGE, UNKNOWN, BriefState, BriefVersion
from influencer.web.auth import PrincipalDep, access
from influencer.web.context import Web, WebDep, client_of, within_rate
from influencer.web.paging import After, Limit, cursor, place, split

SIDES = (Role.ADVERTISER, *STAFF)
MAX_FILE = 8_000_000
Version = Annotated[int, Field(ge=1, le=MAX_VERSIONS)]
AskedVersion = Annotated[int | None, Query(ge=1, le=MAX_VERSIONS)]
Minutes = Annotated[float, Query(ge=0.5, le=60)]


router = APIRouter(prefix="/api", tags=["briefs"])
_OURS, _DECIDE = [access(*SIDES), Depends(within_rate)], [access(*STAFF), Depends(within_rate)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldOut(_Model):
    """A field that is missing or wrong."""

    field: str
    given: str
    allowed: str


class BriefOut(_Model):
    """A version of a brief."""

    id: str
    advertiser_id: str
    name: str
    version: int
    revision: int
    state: BriefState
    author: str
    saved_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    note: str | None
    document: dict[str, Any]


class BriefsOut(_Model):
    """A page of briefs; `next` is the `after` of the next page."""

    briefs: list[BriefOut]
    next: str | None


class CheckOut(_Model):
    """What a document lacks; an empty list can be submitted."""

    fields: list[FieldOut]


class ImportedOut(_Model):
    """One product of a file."""

    source: str
    brief: BriefOut | None
    fields: list[FieldOut]
    described: str


class ImportsOut(_Model):
    """What became of a file."""

    imported: list[ImportedOut]


class ImageOut(_Model):
    """A picture that was kept."""

    name: str
    width: int
    height: int


class DocumentBody(_Model):
    """A brief as its YAML would be, or as the fields of a form by their paths; staff say for whom."""

    document: dict[str, Any] | None = None
    fields: Annotated[list[tuple[str, str]], Field(max_length=2_000)] | None = None
    advertiser_id: Slug | None = None

    def read(self) -> dict[str, Any]:
        """The document of either form."""
        if (self.document is None) == (self.fields is None):
            raise InvalidInput("brief", [Mistake("document", "none or both", "either document or fields")])
        return self.document if self.document is not None else nested(self.fields or [], "brief")


class SaveBody(DocumentBody):
    """A change, and the version and revision it is based on."""

    version: Version
    revision: Annotated[int, Field(ge=1, le=1 << 31)]


class DecisionBody(_Model):
    """Which version is meant: a newer one that the reader has not seen is not decided on."""

    version: Version
    note: Annotated[str, Field(max_length=2_000)] | None = None


class FeedBody(_Model):
    """Where a product feed is, and in which market's language and currency it is written."""

    url: Annotated[str, Field(max_length=2_000)]
    market: MarketId
    currency: Currency
    advertiser_id: Slug | None = None


class LookBody(_Model):
    """Where and by whom."""

    market: MarketId
    persona: Slug | None = None


# --- reading -----------------------------------------------------------------------------------------------------


@router.get("/briefs", dependencies=_OURS)
async def list_briefs(
    web: WebDep,
    principal: PrincipalDep,
    state: BriefState | None = None,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=100)] = PAGE,
) -> BriefsOut:
    """The newest version of each brief: an advertiser's own, or everybody's for the house."""
    found = await web.store.briefs.page(
        advertiser_id=advertiser_filter(principal), state=state, before=place(after, str, str), limit=limit + 1
    )
    page, following = split(found, limit, lambda one: cursor(one.brief_id))
    return BriefsOut(briefs=[_out(one) for one in page], next=following)


@router.get("/briefs/{brief_id}", dependencies=_OURS)
async def read_brief(brief_id: str, web: WebDep, principal: PrincipalDep, version: AskedVersion = None) -> BriefOut:
    """A brief's newest version, or one that is asked for."""
    return _out(await own_brief(web, principal, brief_id, version))


@router.get("/briefs/{brief_id}/versions", dependencies=_OURS)
async def list_versions(
    brief_id: str, web: WebDep, principal: PrincipalDep, after: After = None, limit: Limit = PAGE
) -> BriefsOut:
    """Every version, newest first, a page at a time."""
    await own_brief(web, principal, brief_id)
    found = await web.store.briefs.history(brief_id, before=place(after, int, int), limit=limit + 1)
    page, following = split(found, limit, lambda one: cursor(one.version))
    return BriefsOut(briefs=[_out(one) for one in page], next=following)


@router.get("/briefs/{brief_id}/preview", dependencies=_OURS)
async def preview_script(
    brief_id: str,
    web: WebDep,
    principal: PrincipalDep,
    market: MarketId,
    minutes: Minutes = 5,
    version: AskedVersion = None,
) -> dict[str, Any]:
    """The script of one pass in a market with each line's evidence, what is refused and why, and what it would cost."""
    brief = on_air(await own_brief(web, principal, brief_id, version))
    pack, now, rates = load_market(market), web.intake.now(), web.intake.rates
    writing = preview(brief, pack, minutes=minutes, now=now, rates=rates)
    return asdict(await asyncio.to_thread(asyncio.run, writing))  # a tenth of a second: not beside the shows


@router.get("/briefs/{brief_id}/images/{name}", dependencies=_OURS, response_class=Response)
async def read_image(brief_id: str, name: str, web: WebDep, principal: PrincipalDep) -> Response:
    """A picture of whoever owns the brief."""
    brief = await own_brief(web, principal, brief_id)
    image = await web.store.briefs.image(brief.advertiser_id, name.removesuffix(".jpg"))
    return Response(image.jpeg, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"})


# --- writing -----------------------------------------------------------------------------------------------------


@router.post("/briefs/check", dependencies=_OURS)
async def check_brief(body: DocumentBody, web: WebDep, principal: PrincipalDep) -> CheckOut:
    """Say what is missing or wrong, without keeping anything: a form asks while it is filled in."""
    mistakes = await web.intake.desk.check(body.read(), _acting_for(principal, body.advertiser_id))
    return CheckOut(fields=_fields(mistakes))


@router.post("/briefs", status_code=201, dependencies=_OURS)
async def create_brief(body: DocumentBody, web: WebDep, principal: PrincipalDep) -> BriefOut:
    """Keep a new draft; it may be incomplete, but for its id."""
    advertiser = await _known_advertiser(web, _acting_for(principal, body.advertiser_id))
    return _out(await web.intake.desk.create(advertiser, body.read(), principal.name))


@router.put("/briefs/{brief_id}", dependencies=_OURS)
async def save_brief(brief_id: str, body: SaveBody, web: WebDep, principal: PrincipalDep) -> BriefOut:
    """Change a draft; a change of what was submitted begins its next version."""
    brief = await own_brief(web, principal, brief_id)
    based_on = (body.version, body.revision)
    return _out(await web.intake.desk.save(brief, body.read(), principal.name, based_on))


@router.post("/briefs/{brief_id}/submit", dependencies=_OURS)
async def submit_brief(brief_id: str, body: DecisionBody, web: WebDep, principal: PrincipalDep) -> BriefOut:
    """Hand a draft to the operators, if nothing is missing."""
    return _out(await web.intake.desk.submit(await _seen(web, principal, brief_id, body), principal.name))


@router.post("/briefs/{brief_id}/withdraw", dependencies=_OURS)
async def withdraw_brief(brief_id: str, body: DecisionBody, web: WebDep, principal: PrincipalDep) -> BriefOut:
    """Take a submitted or approved version back."""
    brief = await own_brief(web, principal, brief_id, body.version)
    return _out(await web.intake.desk.withdraw(brief, principal.name))


@router.post("/briefs/{brief_id}/approve", dependencies=_DECIDE)
async def approve_brief(brief_id: str, body: DecisionBody, web: WebDep, principal: PrincipalDep) -> BriefOut:
    """Let a submitted version go on air."""
    brief = await _seen(web, principal, brief_id, body)
    return _out(await web.intake.desk.approve(brief, principal.name, body.note))


@router.post("/briefs/{brief_id}/request-changes", dependencies=_DECIDE)
async def request_changes(brief_id: str, body: DecisionBody, web: WebDep, principal: PrincipalDep) -> BriefOut:
    """Send a submitted version back, and say what should change."""
    if not (body.note or "").strip():
        raise InvalidInput("decision", [Mistake("note", "nothing", "what should change")])
    brief = await _seen(web, principal, brief_id, body)
    return _out(await web.intake.desk.request_changes(brief, principal.name, str(body.note)))


@router.post("/images", status_code=201, dependencies=_OURS)
async def upload_image(
    request: Request, web: WebDep, principal: PrincipalDep, image: Annotated[UploadFile, File()],
    advertiser_id: Annotated[Slug | None, Form()] = None,
) -> ImageOut:  # fmt: skip
    """Keep a picture, decoded and encoded again; its name goes into a brief's `images`."""
    web.limiters.uploads.admit(client_of(request))
    advertiser = await _known_advertiser(web, _acting_for(principal, advertiser_id))
    kept = await web.intake.desk.add_image(advertiser, await image.read(MAX_FILE + 1))
    return ImageOut(name=kept.name, width=kept.width, height=kept.height)


@router.post("/imports", status_code=201, dependencies=_OURS)
async def import_file(
    request: Request, web: WebDep, principal: PrincipalDep,
    file: Annotated[UploadFile, File()],
    kind: Annotated[Literal["brief", "sheet", "products"], Form()],
    market: Annotated[MarketId, Form()] = "en-US",
    currency: Annotated[Currency, Form()] = "USD",
    advertiser_id: Annotated[Slug | None, Form()] = None,
) -> ImportsOut:  # fmt: skip
    """Drafts from a file: a brief (YAML or JSON), a sheet (CSV, one brief a row), or a shop system's product export."""
    web.limiters.uploads.admit(client_of(request))
    advertiser = await _known_advertiser(web, _acting_for(principal, advertiser_id))
    content, source, desk = await file.read(MAX_FILE + 1), _shown_name(file), web.intake.desk
    if kind == "sheet":
        found = await desk.import_sheet(advertiser, content, source, principal.name)
    elif kind == "products":
        found = await desk.import_products(
            advertiser, content, source, principal.name, market=market, currency=currency
        )
    else:
        read = parse(content, source)
        document = _plain(read.data)
        brief = await desk.create(advertiser, document, principal.name)
        mistakes = (*read.mistakes, *await desk.check(document, advertiser))
        found = [Imported(source, brief, mistakes)]
    return ImportsOut(imported=[_imported(one) for one in found])


@router.post("/imports/feed", status_code=201, dependencies=_OURS)
async def import_feed(request: Request, body: FeedBody, web: WebDep, principal: PrincipalDep) -> ImportsOut:
    """Drafts from a product feed at a public address; private addresses are never asked."""
    web.limiters.uploads.admit(client_of(request))
    advertiser = await _known_advertiser(web, _acting_for(principal, body.advertiser_id))
    found = await web.intake.desk.import_feed(
        advertiser, body.url, principal.name, market=body.market, currency=body.currency
    )
    return ImportsOut(imported=[_imported(one) for one in found])


@router.post("/briefs/{brief_id}/look", dependencies=_OURS, response_class=Response)
async def look(request: Request, brief_id: str, body: LookBody, web: WebDep, principal: PrincipalDep) -> Response:
    """Ten seconds of the host saying it, as MP4; it takes about as long to make."""
    brief = on_air(await own_brief(web, principal, brief_id))
    if web.intake.looks is None:
        raise Conflict("no models are loaded on this server; nothing can be shown")
    web.limiters.uploads.admit(client_of(request))
    made = await web.intake.looks.look(brief, load_market(body.market), body.persona, web.intake.now())
    return Response(made, media_type="video/mp4", headers={"Cache-Control": "no-store"})


# --- whose, and how it is shown ----------------------------------------------------------------------------------


async def own_brief(web: Web, principal: Principal, brief_id: str, version: int | None = None) -> BriefVersion:
    """A brief's newest version, or one that is asked for, for whoever may see it.

    Raises:
        NotFound: there is none, or it is another advertiser's.
    """
    if version is None:
        brief = await web.store.briefs.latest(brief_id)
    else:
        brief = await web.store.briefs.version(brief_id, version)
    owned_by(principal, brief.advertiser_id, UNKNOWN)
    return brief


async def _seen(web: Web, principal: Principal, brief_id: str, body: DecisionBody) -> BriefVersion:
    """The newest version, if it is the one that whoever decides has seen."""
    brief = await own_brief(web, principal, brief_id)
    if brief.version != body.version:
        raise Conflict(f"the newest version is {brief.version}, not {body.version}; look at it first")
    return brief


def _acting_for(principal: Principal, given: str | None) -> str:
    if given is not None:
        owned_by(principal, given, "there is no such advertiser")
        return given
    if principal.advertiser_id is None:
        raise InvalidInput("brief", [Mistake("advertiser_id", "nothing", "the advertiser you do this for")])
    return principal.advertiser_id


async def _known_advertiser(web: Web, advertiser_id: str) -> str:
    if await web.store.advertisers.find(advertiser_id) is None:
        raise InvalidInput("brief", [Mistake("advertiser_id", advertiser_id, "an advertiser that exists")])
    return advertiser_id


def _out(brief: BriefVersion) -> BriefOut:
    values = asdict(brief)
    return BriefOut(id=values.pop("brief_id"), **values)


def _imported(one: Imported) -> ImportedOut:
    return ImportedOut(
        source=one.source,
        brief=_out(one.brief) if one.brief is not None else None,
        fields=_fields(one.mistakes),
        described=one.described,
    )


def _fields(mistakes: Any) -> list[FieldOut]:
    return [FieldOut(field=item.field, given=item.given, allowed=item.allowed) for item in mistakes]


def _shown_name(file: UploadFile) -> str:
    """The file's own name for messages, without what could be a path; its ending tells YAML from JSON."""
    name = (file.filename or "upload").replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in name if letter.isprintable())[:80] or "upload"


def _plain(value: Any) -> Any:
    """What was read, as JSON keeps it: decimals as the text they were written as."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Decimal) else value
