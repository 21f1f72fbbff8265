"""The API of market packs and personas: read, check, look at, save, approve, restore, take back, export."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from influencer.accounts.roles import STAFF
from influencer.brief import MarketId, Slug
from influencer.errors import Conflict, InvalidInput, Mistake, NotFound
from influencer.loading import load_market, load_persona
from influencer.market import Market
from influencer.packs.catalogue import Kind
from influencer.packs.desk import Opened, Written
from influencer.packs.documents import yaml_of
from influencer.packs.samples import market_sample
from influencer.persona import Persona
from influencer.show.casting import Casting
from influencer.store.packs import MAX_VERSIONS, PackVersion
from influencer.web.auth import PrincipalDep, access
from influencer.web.context import Web, WebDep, within_rate
from models.errors import ModelError

router = APIRouter(prefix="/api/packs", tags=["packs"])
_READ, _WRITE = [access(*STAFF)], [access(*STAFF), Depends(within_rate)]
_LOOK = [access(*STAFF, audit=False)]
"""Looking changes nothing, so it is no line of the audit log; what it costs is bounded where it is made."""

PackId = Annotated[str, Path(max_length=64)]
Version = Annotated[int, Field(ge=0, le=MAX_VERSIONS)]
AskedVersion = Annotated[int, Query(ge=0, le=MAX_VERSIONS)]
Note = Annotated[str, Field(max_length=400)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WrittenBody(_Body):
    """A pack as a document, or as YAML."""

    document: dict[str, Any] | None = None
    yaml: Annotated[str, Field(max_length=200_000)] | None = None

    @property
    def written(self) -> Written:
        """For the desk."""
        return Written(self.document, self.yaml)


class SaveBody(WrittenBody):
    """A new version: what it is based on, why, and whether it counts at once."""

    version: Version
    note: Note = ""
    approve: bool = False
    new: bool = False
    """A persona that is not there yet."""


class RestoreBody(_Body):
    """Which version should count again (0: the file's), and the newest one that was seen."""

    restores: Version
    version: Version
    note: Note = ""


class StillBody(WrittenBody):
    """A persona in a market, or a market pack with its own host."""

    market: MarketId | None = None
    """Where a persona is shown; its first name's market when left out."""
    editor: Annotated[str, Field(min_length=1, max_length=40)] = "someone"
    """A newer wish of the same editor makes one that still waits outdated."""


class ListenBody(WrittenBody):
    """Who should be heard, where."""

    market: MarketId | None = None


class PackOut(_Body):
    """A pack and its versions, newest first."""

    kind: Kind
    id: str
    version: int
    state: str
    counts: int
    """The version that shows begin with; 0 is the file's."""
    has_file: bool
    document: dict[str, Any]
    yaml: str
    history: list[dict[str, Any]]


class VersionOut(_Body):
    """A version that was kept."""

    kind: Kind
    id: str
    version: int
    state: Literal["draft", "approved"]
    author: str
    saved_at: datetime
    note: str


# --- reading -----------------------------------------------------------------------------------------------------


@router.get("/{kind}", dependencies=_READ)
async def list_packs(kind: Kind, web: WebDep) -> dict[str, Any]:
    """Every pack of a kind with the version that counts."""
    return {"packs": [pack_row(one) for one in await web.packs.overview(kind)]}


@router.get("/{kind}/{pack_id}", dependencies=_READ)
async def read_pack(kind: Kind, pack_id: PackId, web: WebDep) -> PackOut:
    """A pack as it was last saved, and its versions."""
    return pack_out(await web.packs.open(kind, pack_id))


@router.get("/{kind}/{pack_id}/compare", dependencies=_READ)
async def compare(
    kind: Kind, pack_id: PackId, before: AskedVersion, after: AskedVersion, web: WebDep
) -> dict[str, Any]:
    """What differs between two versions, field by field."""
    return {"changes": [asdict(one) for one in await web.packs.compare(kind, pack_id, before, after)]}


@router.get("/{kind}/{pack_id}/export", dependencies=_READ, response_class=Response)
async def export(kind: Kind, pack_id: PackId, web: WebDep, version: AskedVersion | None = None) -> Response:
    """A version as YAML that can lie in configs/ unchanged; by default the newest."""
    opened = await web.packs.open(kind, pack_id)
    document = opened.document if version is None else await web.packs.document(kind, pack_id, version)
    headers = {"Content-Disposition": f'attachment; filename="{opened.id}.yaml"', "Cache-Control": "no-store"}
    return Response(yaml_of(document), media_type="application/yaml", headers=headers)


# --- looking -----------------------------------------------------------------------------------------------------


@router.post("/{kind}/{pack_id}/check", dependencies=_LOOK)
async def check_pack(kind: Kind, pack_id: PackId, body: WrittenBody, web: WebDep) -> dict[str, Any]:
    """Say what is wrong, without keeping anything; both forms of what was written come back when nothing is."""
    try:
        pack = await web.packs.check(kind, pack_id, body.written)
    except InvalidInput as wrong:
        return {"fields": [{"field": m.field, "given": m.given, "allowed": m.allowed} for m in wrong.mistakes]}
    document = pack.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    return {"fields": [], "document": document, "yaml": yaml_of(document)}


@router.post("/{kind}/{pack_id}/still", dependencies=_LOOK, response_class=Response)
async def still(kind: Kind, pack_id: PackId, body: StillBody, web: WebDep) -> Response:
    """The host as it would be drawn, with the AI label, as JPEG. Nothing is kept."""
    casting = await _casting(web, kind, pack_id, body, body.market)
    if web.intake.stills is None:
        raise Conflict("no models are loaded on this server; nothing can be shown")
    try:
        made = await web.intake.stills.still(casting, body.editor)
    except ModelError as error:
        raise Conflict(f"the host cannot be drawn: {error}") from None
    return Response(made, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.post("/{kind}/{pack_id}/listen", dependencies=[access(*STAFF, audit=False), Depends(within_rate)])
async def listen(kind: Kind, pack_id: PackId, body: ListenBody, web: WebDep) -> Response:
    """The host saying the market's first greeting and its disclosure, as MP4; it takes about as long to make."""
    casting = await _casting(web, kind, pack_id, body, body.market)
    if web.intake.looks is None:
        raise Conflict("no models are loaded on this server; nothing can be heard")
    market = casting.market
    try:
        made = await web.intake.looks.say(casting, f"{market.greetings[0]} {market.disclosure}")
    except ModelError as error:
        raise Conflict(f"the host cannot be heard: {error}") from None
    return Response(made, media_type="video/mp4", headers={"Cache-Control": "no-store"})


@router.post("/market/{pack_id}/sample", dependencies=_LOOK)
async def sample(pack_id: PackId, body: WrittenBody, web: WebDep) -> dict[str, Any]:
    """What a market pack says and writes: each text judged by the guard, a demo script bound, money and dates."""
    pack = await web.packs.check("market", pack_id, body.written)
    assert isinstance(pack, Market)
    return asdict(await market_sample(pack, load_market(pack.id), web.now()))


# --- writing -----------------------------------------------------------------------------------------------------


@router.put("/{kind}/{pack_id}", dependencies=_WRITE)
async def save_pack(
    kind: Kind, pack_id: Annotated[Slug | MarketId, Path()], body: SaveBody, web: WebDep, principal: PrincipalDep
) -> VersionOut:
    """Keep a new version; approved, shows that begin from now on use it."""
    kept = await web.packs.save(
        kind, pack_id, body.written, author=principal.name, note=body.note, based_on=body.version,
        approve=body.approve, new=body.new,
    )  # fmt: skip
    return _version(kept)


@router.post("/{kind}/{pack_id}/versions/{version}/approve", dependencies=_WRITE)
async def approve(
    kind: Kind, pack_id: PackId, version: Annotated[int, Path(ge=1, le=MAX_VERSIONS)], web: WebDep,
    principal: PrincipalDep,
) -> VersionOut:  # fmt: skip
    """Let the newest draft count."""
    return _version(await web.packs.approve(kind, pack_id, version, principal.name))


@router.post("/{kind}/{pack_id}/restore", dependencies=_WRITE)
async def restore(kind: Kind, pack_id: PackId, body: RestoreBody, web: WebDep, principal: PrincipalDep) -> VersionOut:
    """Make an older version, or the file's, the newest, and let it count."""
    kept = await web.packs.restore(
        kind, pack_id, body.restores, author=principal.name, note=body.note, based_on=body.version
    )
    return _version(kept)


@router.delete("/{kind}/{pack_id}", dependencies=_WRITE)
async def take_back(
    kind: Kind, pack_id: PackId, version: AskedVersion, web: WebDep, principal: PrincipalDep,
    note: Annotated[str, Query(max_length=400)] = "",
) -> VersionOut:  # fmt: skip
    """Let the file count again; a persona without a file is gone. Shows on air keep what they have."""
    kept = await web.packs.take_back(kind, pack_id, author=principal.name, note=note, based_on=version)
    return _version(kept)


# --- inside ------------------------------------------------------------------------------------------------------


async def _casting(web: Web, kind: Kind, pack_id: str, body: WrittenBody, market: MarketId | None) -> Casting:
    """Who would be on air with what was written.

    Raises:
        InvalidInput: something of it is wrong.
    """
    pack = await web.packs.check(kind, pack_id, body.written)
    if isinstance(pack, Persona):
        return Casting(pack, load_market(market or next(iter(pack.name), "en-US")))
    try:
        return Casting(load_persona(pack.persona), pack)
    except NotFound as error:
        raise InvalidInput("pack", [Mistake("persona", pack.persona, str(error))]) from None


def pack_row(one: Opened) -> dict[str, Any]:
    """A pack in a list."""
    newest = one.history[0] if one.history else None
    return {
        "id": one.id,
        "name": _name(one.document),
        "version": one.version,
        "state": one.state,
        "counts": one.counts,
        "has_file": one.has_file,
        "author": newest.author if newest else None,
        "saved_at": newest.saved_at if newest else None,
        "note": newest.note if newest else "",
    }


def pack_out(one: Opened) -> PackOut:
    """A pack with everything an editor needs."""
    # Who, when and why; a document is read by itself.
    history = [asdict(version) | {"document": version.document is not None} for version in one.history]
    return PackOut(
        kind=one.kind, id=one.id, version=one.version, state=one.state, counts=one.counts, has_file=one.has_file,
        document=one.document, yaml=yaml_of(one.document), history=history,
    )  # fmt: skip


def _name(document: dict[str, Any]) -> str:
    name = document.get("name")
    return str(next(iter(name.values()))) if isinstance(name, dict) and name else str(document.get("language_name", ""))


def _version(kept: PackVersion) -> VersionOut:
    return VersionOut(
        kind=kept.kind, id=kept.pack_id, version=kept.version, state=kept.state, author=kept.author,
        saved_at=kept.saved_at, note=kept.note,
    )  # fmt: skip
