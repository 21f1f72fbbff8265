"""Moderation over HTTP, for operators: the held messages of a show, and who may not write for a while."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from influencer.accounts.roles import STAFF
from influencer.errors import Conflict, NotFound
from influencer.show.control import Show
from influencer.store.moderation import HeldMessage, HeldState, Mute
from influencer.web.auth import PrincipalDep, access
from influencer.web.context import Web, WebDep, within_rate
from streaming.chat_hub import ChatMessage

router = APIRouter(
    prefix="/api/shows/{show_id}", tags=["moderation"], dependencies=[access(*STAFF), Depends(within_rate)]
)
ShowId = Annotated[str, Path(max_length=40)]
RowNumber = Annotated[int, Path(ge=1, lt=2**53)]
Note = Annotated[str, Field(max_length=400)]
_LONGEST_MUTE_MIN = 30 * 24 * 60


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class DecisionBody(_Body):
    """Why a message was let in or not, for those who read it later."""

    note: Note = ""


class MuteBody(_Body):
    """Whose message it was that mutes its sender: a held one's id, or the `seq` of one in the room."""

    held_id: Annotated[int, Field(ge=1, lt=2**53)] | None = None
    seq: Annotated[int, Field(ge=1, lt=2**53)] | None = None
    minutes: Annotated[int, Field(ge=1, le=_LONGEST_MUTE_MIN)] = 10
    everywhere: bool = False
    """In every show, not only in this one."""
    note: Note = ""

    @model_validator(mode="after")
    def _one_message(self) -> MuteBody:
        if (self.held_id is None) == (self.seq is None):
            raise ValueError("name the message by held_id or by seq, not by both")
        return self


@router.get("/held")
async def list_held(
    show_id: ShowId,
    web: WebDep,
    state: HeldState = "waiting",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[int | None, Query(ge=1, lt=2**53, description="The id to go on from.")] = None,
) -> dict[str, Any]:
    """Messages that wait for a person, newest first, or those that were decided about."""
    await web.store.shows.get(show_id)
    found = await web.store.moderation.listed(show_id, state, limit=limit, before=before)
    return {
        "messages": [_held(message) for message in found],
        "waiting": await web.store.moderation.waiting(show_id),
        "next_before": found[-1].id if len(found) == limit else None,
    }


@router.post("/held/{held_id}/release")
async def release(
    show_id: ShowId, held_id: RowNumber, body: DecisionBody, web: WebDep, principal: PrincipalDep
) -> dict[str, Any]:
    """Let a message into the room: it is shown and answered now, and its sender is told."""
    show = web.house.get(show_id)
    held = await _decide(web, show_id, held_id, "released", principal.name, body.note)
    show.door.decided(held)
    await show.post(ChatMessage(held.author, held.text))
    return _held(held)


@router.post("/held/{held_id}/drop")
async def drop(
    show_id: ShowId, held_id: RowNumber, body: DecisionBody, web: WebDep, principal: PrincipalDep
) -> dict[str, Any]:
    """Keep a message out of the room; its sender is told."""
    await web.store.shows.get(show_id)
    held = await _decide(web, show_id, held_id, "dropped", principal.name, body.note)
    if (show := _running(web, show_id)) is not None:
        show.door.decided(held)
    return _held(held)


@router.get("/mutes")
async def list_mutes(show_id: ShowId, web: WebDep) -> dict[str, Any]:
    """Who may not write in a show now, newest first, at most 100."""
    await web.store.shows.get(show_id)
    return {"mutes": [_mute(mute) for mute in await web.store.moderation.mutes(show_id)]}


@router.post("/mutes", status_code=201)
async def mute(show_id: ShowId, body: MuteBody, web: WebDep, principal: PrincipalDep) -> dict[str, Any]:
    """Let the sender of a message not write for some minutes; they are told until when.

    A held message that still waits is kept out with it.
    """
    viewer, author = await _sender(web, show_id, body)
    if not viewer:
        raise Conflict("this sender has no viewer cookie and cannot be told from others")
    made = await web.store.moderation.mute(
        viewer,
        author,
        web.now() + timedelta(minutes=body.minutes),
        principal.name,
        body.note,
        show_id=None if body.everywhere else show_id,
    )
    if body.held_id is not None:
        dropped = await web.store.moderation.decide(show_id, body.held_id, "dropped", principal.name, body.note)
        if dropped is not None and (show := _running(web, show_id)) is not None:
            show.door.decided(dropped)
    _tell(web, made, show_id)
    return _mute(made)


@router.delete("/mutes/{mute_id}")
async def lift(show_id: ShowId, mute_id: RowNumber, web: WebDep) -> dict[str, Any]:
    """Let a sender write again; they are told."""
    await web.store.shows.get(show_id)
    current = {mute.id for mute in await web.store.moderation.mutes(show_id)}
    lifted = await web.store.moderation.lift(mute_id) if mute_id in current else None
    if lifted is None:
        raise NotFound(f"mute: got {mute_id}; nobody is muted by it in this show now")
    _tell(web, lifted, show_id, lifted=True)
    return _mute(lifted)


async def _sender(web: Web, show_id: str, body: MuteBody) -> tuple[str, str]:
    if body.held_id is not None:
        await web.store.shows.get(show_id)
        held = await web.store.moderation.find(show_id, body.held_id)
        if held is None:
            raise NotFound(f"held_id: got {body.held_id}; this show has no such held message")
        return held.viewer, held.author
    assert body.seq is not None
    found = web.house.get(show_id).door.sender_of(body.seq)
    if found is None:
        raise NotFound(f"seq: got {body.seq}; no message of a viewer with this number was in the room lately")
    return found


async def _decide(
    web: Web, show_id: str, held_id: int, state: Literal["released", "dropped"], by: str, note: str
) -> HeldMessage:
    held = await web.store.moderation.decide(show_id, held_id, state, by, note)
    if held is not None:
        return held
    found = await web.store.moderation.find(show_id, held_id)
    if found is None:
        raise NotFound(f"held message: got {held_id}; this show has none with that id")
    raise Conflict(f"{found.decided_by} has {found.state} this message already")


def _running(web: Web, show_id: str) -> Show | None:
    try:
        return web.house.get(show_id)
    except NotFound:
        return None


def _tell(web: Web, mute: Mute, show_id: str, *, lifted: bool = False) -> None:
    ids = [info.id for info in web.house.shows()] if mute.show_id is None else [show_id]
    for show in filter(None, (_running(web, id) for id in ids)):
        show.door.muted(mute, lifted=lifted)


def _held(held: HeldMessage) -> dict[str, Any]:
    """For the desk: whether the sender can be muted, but not who they are."""
    values = asdict(held)
    return values | {"viewer": held.viewer[:8], "can_mute": bool(held.viewer)}


def _mute(mute: Mute) -> dict[str, Any]:
    return asdict(mute) | {"viewer": mute.viewer[:8], "everywhere": mute.show_id is None}
