"""The JSON API of shows: reading for everybody, commands for operators."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import asdict, replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from influencer.accounts.roles import STAFF
from influencer.brief import MarketId, Slug
from influencer.errors import InvalidInput, Mistake
from influencer.script.run_of_show import RunOfShow
from influencer.show.control import CardView, Catalogue, Picture, ShowInfo, StartRequest
from influencer.show.swapping import Swap
from influencer.store import utc_now
from influencer.web.auth import EVERYBODY, access
from influencer.web.context import WebDep, within_rate
from influencer.web.order_models import order_out
from streaming.media import SAMPLE_RATE, Caption

public = APIRouter(prefix="/api", tags=["shows"], dependencies=[EVERYBODY])
desk = APIRouter(prefix="/api", tags=["operator"], dependencies=[access(*STAFF), Depends(within_rate)])
looking = APIRouter(prefix="/api", tags=["operator"], dependencies=[access(*STAFF, audit=False), Depends(within_rate)])
"""Looks change nothing, so they are no lines of the audit log."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class StartBody(_Body):
    """Which products to present, where, and by whom."""

    brief_ids: Annotated[list[Slug], Field(min_length=1, max_length=10)]
    market: MarketId
    persona: Slug | None = None
    run_of_show: RunOfShow | None = None
    """Minutes, weights, segments and parts of the day; the usual turns without it."""


class SayBody(_Body):
    """What the host should say; the claim guard decides whether it may."""

    text: Annotated[str, Field(min_length=1, max_length=400)]
    at: Literal["sentence", "phrase", "word", "now"] = "sentence"
    """Where it may cut what is being said, once the words are ready."""


class MarketBody(_Body):
    """The market to go on in."""

    market: MarketId


class PersonaBody(_Body):
    """The host to go on with."""

    persona: Slug


class SwapBody(_Body):
    """What should be another; `changes` are attributes that differ from the persona's own. With the versions a preview
    told, nothing goes on air that was not looked at."""

    persona: Slug | None = None
    market: MarketId | None = None
    changes: Annotated[dict[str, str | float], Field(max_length=40)] = {}
    persona_version: Annotated[int, Field(ge=0)] | None = None
    market_version: Annotated[int, Field(ge=0)] | None = None

    @property
    def swap(self) -> Swap:
        """For the show."""
        if self.persona is None and self.market is None and not self.changes:
            raise InvalidInput("swap", [Mistake("persona", "nothing", "another persona, market or outfit")])
        return Swap(self.persona, self.market, self.changes, self.persona_version, self.market_version)


CAPTIONS = 50
"""The latest captions of a show that are told at once."""


class ShowsOut(BaseModel):
    """Shows that are on air: at most as many as the house has places."""

    shows: Annotated[list[ShowInfo], Field(max_length=1_000)]


class ShowOut(BaseModel):
    """A show, the product it presents, and its latest captions, oldest first."""

    show: ShowInfo
    card: CardView | None
    captions: Annotated[list[Caption], Field(max_length=CAPTIONS)]


class ReadAlongOut(BaseModel):
    """What is being said in a market's words; None where nobody wrote it."""

    market: MarketId
    text: str | None


class AcceptedOut(BaseModel):
    """It will be done."""

    accepted: bool


@public.get("/shows")
async def list_shows(web: WebDep) -> ShowsOut:
    """Shows that are on air."""
    return ShowsOut(shows=list(web.house.shows()))


@public.get("/shows/{show_id}")
async def show_details(show_id: str, web: WebDep) -> ShowOut:
    """One show with its product card and its latest captions."""
    show = web.house.get(show_id)
    return ShowOut(show=show.info(), card=show.card(), captions=list(show.transcript())[-CAPTIONS:])


@public.get("/shows/{show_id}/products")
async def products(show_id: str, web: WebDep) -> dict[str, Any]:
    """Every product of the show, the one on air first, and the server's time, which offers are counted down by."""
    return {
        "now": utc_now().isoformat(timespec="milliseconds"),
        "products": [asdict(card) for card in web.house.get(show_id).cards()],
    }


@public.get("/shows/{show_id}/captions")
async def captions(show_id: str, web: WebDep, market: MarketId) -> ReadAlongOut:
    """What is being said, in another market's language: the same facts in its own words, null where there are none.

    From now on the room's captions carry that language too.
    """
    return ReadAlongOut(market=market, text=await web.house.get(show_id).read_along(market))


@public.get("/shows/{show_id}/said")
async def what_was_said(
    show_id: str,
    web: WebDep,
    product_id: Annotated[str, Query(max_length=64)],
    limit: Annotated[int, Query(ge=1, le=100)] = 30,
) -> dict[str, Any]:
    """What the host said about a product, newest first, and why it may be said: the facts and their evidence.

    Where `person` is true a person was heard from `seconds` to `until` of the show's clock; nobody checked the words.
    """
    web.house.get(show_id)
    said = await web.store.utterances.about(show_id, product_id, limit)
    ends = {line.variant: line.pts for line in said if line.source == "voice-end"}
    return {
        "said": [
            {
                "id": line.id,
                "text": line.text,
                "spoken_at": line.spoken_at.isoformat(timespec="seconds"),
                "seconds": round(line.pts / SAMPLE_RATE, 2),
                "because": [asdict(fact) for fact in line.facts],
                "link": line.chain,
                "person": line.source == "voice",
                "until": round(ends[line.chain] / SAMPLE_RATE, 2) if line.chain in ends else None,
            }
            for line in said
            if line.source != "voice-end"
        ]
    }


@desk.get("/catalogue")
async def catalogue(web: WebDep) -> Catalogue:
    """What can be put on air."""
    return web.house.catalogue()


@desk.post("/shows", status_code=201)
async def start_show(body: StartBody, web: WebDep) -> dict[str, Any]:
    """Put a show on air."""
    request = StartRequest(tuple(body.brief_ids), body.market, body.persona, body.run_of_show)
    return asdict(await web.house.start(request))


@desk.delete("/shows/{show_id}", status_code=204)
async def stop_show(show_id: str, web: WebDep) -> None:
    """Take a show off air."""
    await web.house.stop(show_id)


@desk.get("/shows/{show_id}/desk")
async def show_desk(show_id: str, web: WebDep) -> dict[str, Any]:
    """What the operator watches: state, live numbers, the sentence on air, the latest orders."""
    show = web.house.get(show_id)
    on_air = show.on_air()
    return {
        "show": asdict(show.info()),
        "stats": [asdict(stat) for stat in show.stats()],
        "on_air": None if on_air is None else on_air.text,
        "mode": show.operator.coming().mode,
        "microphone": asdict(show.speaker()),
        "orders": [
            order_out(order).model_dump(mode="json") for order in await web.store.orders.latest(show_id, limit=5)
        ],
    }


@desk.post("/shows/{show_id}/pause", status_code=204)
async def pause(show_id: str, web: WebDep) -> None:
    """Fall silent; the picture goes on."""
    await web.house.get(show_id).pause()


@desk.post("/shows/{show_id}/cut", status_code=204)
async def cut(show_id: str, web: WebDep) -> None:
    """Fall silent now, in the middle of a word; the picture goes on."""
    await web.house.get(show_id).cut()


@desk.post("/shows/{show_id}/resume", status_code=204)
async def resume(show_id: str, web: WebDep) -> None:
    """Go on where the pause began."""
    await web.house.get(show_id).resume()


@desk.post("/shows/{show_id}/say", status_code=202)
async def say(show_id: str, body: SayBody, web: WebDep) -> AcceptedOut:
    """Say this, by default at the next sentence boundary, if every claim in it is proven."""
    await web.house.get(show_id).say(body.text, body.at)
    return AcceptedOut(accepted=True)


@desk.post("/shows/{show_id}/market", status_code=204)
async def switch_market(show_id: str, body: MarketBody, web: WebDep) -> None:
    """Go on in another market."""
    await web.house.get(show_id).switch_market(body.market)


@desk.post("/shows/{show_id}/persona", status_code=204)
async def switch_persona(show_id: str, body: PersonaBody, web: WebDep) -> None:
    """Go on with another host."""
    await web.house.get(show_id).switch_persona(body.persona)


@desk.post("/shows/{show_id}/swap", status_code=204)
async def swap(show_id: str, body: SwapBody, web: WebDep) -> None:
    """Go on with another host, outfit or market, or with newer versions of those on air, by a cross-fade."""
    await web.house.get(show_id).swap(body.swap)


@looking.post("/shows/{show_id}/swap/preview")
async def preview_swap(show_id: str, body: SwapBody, web: WebDep) -> dict[str, Any]:
    """What a swap would look and sound like; nothing on air changes. `picture` is a data: URL."""
    seen = await web.house.get(show_id).preview_swap(body.swap)
    picture = f"data:{seen.picture.media_type};base64,{b64encode(seen.picture.data).decode()}"
    return asdict(replace(seen, picture=Picture(b"", seen.picture.media_type))) | {"picture": picture}
