"""The claim ledger over HTTP: what was said of whose products, as JSON Lines that anybody can check without us.

An advertiser gets the whole chain of a show, so that nothing can be left out unseen, and of other advertisers' lines
nothing but their links.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection
from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse

from influencer.accounts.roles import STAFF, Role
from influencer.errors import NotFound
from influencer.ledger import withheld
from influencer.store import Store
from influencer.web.auth import access
from influencer.web.context import WebDep
from influencer.web.reports import OwnProducts

router = APIRouter(prefix="/api/ledgers", tags=["reports"], dependencies=[access(Role.ADVERTISER, *STAFF)])
JSON_LINES = "application/jsonl"
_AT_ONCE = 500
"""Lines read from the database at a time: a show of weeks has a hundred thousand."""


class Ledger(BaseModel):
    """A show whose ledger holds sentences about the asker's products."""

    show_id: str
    lines: int
    """Sentences about the asker's products."""
    last: datetime


class Ledgers(BaseModel):
    """The fifty shows that spoke last."""

    ledgers: list[Ledger]


@router.get("")
async def list_ledgers(web: WebDep, products: OwnProducts) -> Ledgers:
    """The shows that told of one's products, those that spoke last first."""
    found = await web.store.utterances.told(products)
    return Ledgers(ledgers=[Ledger(show_id=one.show_id, lines=one.lines, last=one.last) for one in found])


@router.get("/{show_id}", response_class=Response, responses={200: {"content": {JSON_LINES: {}}}})
async def export_ledger(show_id: str, web: WebDep, products: OwnProducts) -> StreamingResponse:
    """A show's lines with facts, evidence, time, persona and audio offset, one JSON object a line, each chained to the
    one before; check it with `influencer ledger check`. Others' lines are `withheld`: only their links are given."""
    if not await web.store.utterances.told(products, show_id=show_id):
        raise NotFound(f"show {show_id[:60]!r}: nothing was said of your products")
    headers = {"Content-Disposition": 'attachment; filename="ledger.jsonl"', "Cache-Control": "no-store"}
    return StreamingResponse(_lines(web.store, show_id, products), media_type=JSON_LINES, headers=headers)


async def _lines(store: Store, show_id: str, products: Collection[str] | None) -> AsyncIterator[str]:
    after = 0
    while read := await store.utterances.chained(show_id, after, _AT_ONCE):
        after = read[-1].id
        for line in read:
            record = line.record()
            own = products is None or line.product_id in products
            yield json.dumps(record if own else withheld(record), ensure_ascii=False) + "\n"
