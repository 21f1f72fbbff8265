"""The operator's API of one running show: its coming lines, taking over, breaks and the slate."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from influencer.accounts.roles import STAFF
from influencer.brief import Slug
from influencer.script.values import SegmentKind
from influencer.web.auth import access
from influencer.web.context import WebDep, within_rate

MOST_IDS = 64


router = APIRouter(
    prefix="/api/shows/{show_id}", tags=["operator"], dependencies=[access(*STAFF), Depends(within_rate)]
)

Version = Annotated[int, Field(ge=0, le=1 << 31)]
LineId = Annotated[int, Path(ge=1, le=1 << 31)]
Words = Annotated[str, Field(min_length=1, max_length=400)]
Notice = Annotated[str, Field(min_length=1, max_length=120)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class VersionBody(_Body):
    """The version of the list a change was made on."""

    version: Version


class TextBody(VersionBody):
    """Other words for a line; slots such as {price} may stand in them."""

    text: Words


class InsertBody(TextBody):
    """A line more: before another, or after all."""

    before: Annotated[int, Field(ge=1)] | None = None
    product_id: Slug | None = None


class OrderBody(VersionBody):
    """Lines in the order they should have among themselves."""

    ids: Annotated[list[int], Field(min_length=2, max_length=MOST_IDS)]


class JumpBody(VersionBody):
    """Where to go on: a product, a segment, or a segment of a product."""

    product_id: Slug | None = None
    segment: SegmentKind | None = None


class SayNowBody(VersionBody):
    """Where the line may cut what is being said."""

    at: Literal["sentence", "phrase", "word", "now"] = "sentence"


class BreakBody(_Body):
    """How long to be silent; with a text, viewers see a still with it."""

    seconds: Annotated[float, Field(ge=5, le=1800)]
    text: Notice | None = None


class SlateBody(_Body):
    """What stands on the slate."""

    text: Notice | None = None


@router.get("/lines")
async def coming_lines(show_id: str, web: WebDep) -> dict[str, Any]:
    """The lines that are going to be said, and the list's version."""
    return web.house.get(show_id).operator.coming().as_data()


@router.post("/lines", status_code=201)
async def insert_line(show_id: str, body: InsertBody, web: WebDep) -> dict[str, Any]:
    """Put a line in."""
    operator = web.house.get(show_id).operator
    changed = await operator.insert(body.version, body.text, before=body.before, product_id=body.product_id)
    return changed.as_data()


@router.put("/lines/order")
async def reorder_lines(show_id: str, body: OrderBody, web: WebDep) -> dict[str, Any]:
    """Put lines in another order, in the places they hold; the others stay where they are."""
    return (await web.house.get(show_id).operator.reorder(body.version, body.ids)).as_data()


@router.post("/lines/skip")
async def skip_segment(show_id: str, body: VersionBody, web: WebDep) -> dict[str, Any]:
    """Leave out what is left of the segment."""
    return (await web.house.get(show_id).operator.skip(body.version)).as_data()


@router.post("/lines/jump")
async def jump(show_id: str, body: JumpBody, web: WebDep) -> dict[str, Any]:
    """Go on with a product or a segment."""
    operator = web.house.get(show_id).operator
    return (await operator.jump(body.version, product_id=body.product_id, segment=body.segment)).as_data()


@router.patch("/lines/{line_id}")
async def edit_line(show_id: str, line_id: LineId, body: TextBody, web: WebDep) -> dict[str, Any]:
    """Give a line other words, until it is spoken."""
    return (await web.house.get(show_id).operator.edit(body.version, line_id, body.text)).as_data()


@router.delete("/lines/{line_id}")
async def remove_line(
    show_id: str, line_id: LineId, version: Annotated[int, Query(ge=0, le=1 << 31)], web: WebDep
) -> dict[str, Any]:
    """Take a line out."""
    return (await web.house.get(show_id).operator.remove(version, line_id)).as_data()


@router.post("/lines/{line_id}/say")
async def say_line_now(show_id: str, line_id: LineId, body: SayNowBody, web: WebDep) -> dict[str, Any]:
    """Say a coming line at once."""
    return (await web.house.get(show_id).operator.say_now(body.version, line_id, body.at)).as_data()


@router.post("/takeover", status_code=204)
async def take_over(show_id: str, web: WebDep) -> None:
    """Let the script wait; what is sent to `say` is said, one after the other."""
    await web.house.get(show_id).operator.take_over()


@router.delete("/takeover", status_code=204)
async def hand_back(show_id: str, web: WebDep) -> None:
    """Let the script go on."""
    await web.house.get(show_id).operator.hand_back()


@router.post("/break", status_code=204)
async def take_break(show_id: str, body: BreakBody, web: WebDep) -> None:
    """Be silent for a while, then go on by itself; `resume` ends it earlier."""
    await web.house.get(show_id).operator.take_break(body.seconds, body.text)


@router.post("/slate", status_code=204)
async def slate(show_id: str, body: SlateBody, web: WebDep) -> None:
    """Replace the picture and fall silent at once; `resume` ends it."""
    await web.house.get(show_id).operator.slate(body.text or "")
