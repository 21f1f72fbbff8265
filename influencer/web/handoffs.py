"""The operator's API of questions that a person answers: list, take, answer into the chat, close."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from influencer.accounts.roles import STAFF
from influencer.errors import ClaimRejected
from influencer.moderation.outgoing import rude
from influencer.store.handoffs import STATES, UNDONE, StoredHandOff
from influencer.web.auth import PrincipalDep, access
from influencer.web.context import WebDep, within_rate
from streaming.chat_hub import chat_event
from streaming.chat_policy import clean_text

router = APIRouter(
    prefix="/api/shows/{show_id}/hand-offs", tags=["operator"], dependencies=[access(*STAFF), Depends(within_rate)]
)
Id = Annotated[int, Path(ge=1, le=1 << 53)]


class AnswerBody(BaseModel):
    """What a person writes to the viewer, in the chat for everybody to read."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    text: Annotated[str, Field(min_length=1, max_length=500)]


@router.get("")
async def hand_offs(
    show_id: str,
    web: WebDep,
    state: Literal["undone", "all"] = "undone",
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> dict[str, Any]:
    """The questions of a show that wait for a person or are with one, oldest first; with "all" the done ones too."""
    found = await web.store.hand_offs.of_show(show_id, UNDONE if state == "undone" else STATES, limit)
    return {"hand_offs": [_data(one) for one in found]}


@router.post("/{id_}/take")
async def take(show_id: str, id_: Id, web: WebDep, principal: PrincipalDep) -> dict[str, Any]:
    """Take a question, so that nobody else answers it too."""
    return _data(await web.store.hand_offs.take(show_id, id_, principal.name))


@router.post("/{id_}/answer")
async def answer(show_id: str, id_: Id, body: AnswerBody, web: WebDep, principal: PrincipalDep) -> dict[str, Any]:
    """Write the answer into the chat, under the team's name and not the host's: a person wrote it.

    Words that are masked in viewers' messages are refused here too.
    """
    show = web.house.get(show_id)
    text = clean_text(body.text)
    if why := rude(text, show.info().language):
        raise ClaimRejected(text, [f"{reason}: never said or shown" for reason in why])
    done = await web.store.hand_offs.answer(show_id, id_, principal.name, text)
    team = web.words.of(show.info().market)["team"]
    at = web.now().isoformat(timespec="seconds")
    show.chat.publish(chat_event(team, text, role="host", at=at, reply_to=done.seq, kind="answer", person=True))
    await web.store.chat.append(show_id, team, text, "host")
    return _data(done)


@router.post("/{id_}/close")
async def close(show_id: str, id_: Id, web: WebDep) -> dict[str, Any]:
    """Take a question off the list, answered or not."""
    return _data(await web.store.hand_offs.close(show_id, id_))


def _data(one: StoredHandOff) -> dict[str, Any]:
    times = {
        name: None if (at := getattr(one, name)) is None else at.isoformat(timespec="seconds")
        for name in ("asked_at", "taken_at", "answered_at", "closed_at")
    }
    return {**{key: value for key, value in asdict(one).items() if key != "viewer_id"}, **times}
