"""The brief desk: advertisers draft, check and submit briefs; operators approve them or ask for changes."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import Any

from influencer.brief import Brief
from influencer.documents import shortened
from influencer.errors import InfluencerError, InvalidInput, Mistake
from influencer.fields import SLUG
from influencer.intake import products, sheets
from influencer.intake.images import cleaned
from influencer.intake.products import Draft
from influencer.intake.shelf import BriefShelf, house_sku
from influencer.loading import brief_of
from influencer.outbound import Outbound
from influencer.pictures import MAX_BYTES
from influencer.store import Store
from influencer.store.briefs import BriefImage, BriefVersion

MAX_DOCUMENT = 400_000
"""Characters of a document as JSON."""
MAX_FEED = 5_000_000
MAX_IMAGES = 8


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one product of a file: a draft, or the reason why not; and what the draft still lacks."""

    source: str
    brief: BriefVersion | None
    mistakes: tuple[Mistake, ...]
    described: str = ""
    """What the product page says: for the advertiser to read, no claim."""


class BriefDesk:
    """Carries a brief from the first field to the shelf. Whether somebody may do so is for the caller to ask."""

    def __init__(self, store: Store, shelf: BriefShelf, outbound: Outbound) -> None:
        self._store = store
        self._shelf = shelf
        self._outbound = outbound

    async def check(self, document: dict[str, Any], advertiser_id: str) -> list[Mistake]:
        """Everything that is missing or wrong: what a form shows while it is filled in. Empty: it can be submitted."""
        try:
            brief = await asyncio.to_thread(brief_of, document, "brief")
        except InvalidInput as error:
            return list(error.mistakes)
        return await self._outside(brief, advertiser_id)

    async def create(self, advertiser_id: str, document: dict[str, Any], author: str) -> BriefVersion:
        """Keep a new draft. It may lack anything but its id.

        Raises:
            InvalidInput: the id is missing or no id, or the document is too large.
            Conflict: the advertiser has a brief of this id.
        """
        return await self._store.briefs.create(advertiser_id, _name(document), document, author)

    async def save(
        self, brief: BriefVersion, document: dict[str, Any], author: str, based_on: tuple[int, int]
    ) -> BriefVersion:
        """Change a draft, or begin the next version of what was submitted.

        Raises:
            InvalidInput: the id has changed, or the document is too large.
            Conflict: somebody else has saved since.
        """
        if _name(document) != brief.name:
            raise InvalidInput("brief", [Mistake("id", shortened(document.get("id")), f"{brief.name}; an id stays")])
        return await self._store.briefs.save(brief.brief_id, document, author, based_on)

    async def submit(self, brief: BriefVersion, by: str) -> BriefVersion:
        """Hand a draft to the operators.

        Raises:
            InvalidInput: with everything that is missing or wrong.
            Conflict: this version is no draft.
        """
        mistakes = await self.check(brief.document, brief.advertiser_id)
        if mistakes:
            raise InvalidInput("brief", mistakes)
        return await self._store.briefs.decide(brief.brief_id, brief.version, "submitted", by)

    async def approve(self, brief: BriefVersion, by: str, note: str | None = None) -> BriefVersion:
        """Let a submitted version go on air.

        Raises:
            InvalidInput: rules have changed since it was submitted, and it no longer keeps them.
            Conflict: this version was not submitted.
        """
        mistakes = await self.check(brief.document, brief.advertiser_id)
        if mistakes:
            raise InvalidInput("brief", mistakes)
        decided = await self._store.briefs.decide(brief.brief_id, brief.version, "approved", by, note)
        await self._shelf.refresh()
        return decided

    async def request_changes(self, brief: BriefVersion, by: str, note: str) -> BriefVersion:
        """Send a submitted version back.

        Raises:
            Conflict: this version was not submitted.
        """
        return await self._store.briefs.decide(brief.brief_id, brief.version, "changes-requested", by, note)

    async def withdraw(self, brief: BriefVersion, by: str) -> BriefVersion:
        """Take a brief back: no new show presents it. A show that runs goes on until an operator stops it.

        Raises:
            Conflict: this version was neither submitted nor approved.
        """
        decided = await self._store.briefs.decide(brief.brief_id, brief.version, "withdrawn", by)
        await self._shelf.refresh()
        return decided

    async def add_image(self, advertiser_id: str, content: bytes, field: str = "image") -> BriefImage:
        """Keep a picture, encoded again.

        Raises:
            InvalidInput: it is no picture that can be shown.
        """
        clean = await asyncio.to_thread(cleaned, content, field)
        return await self._store.briefs.add_image(advertiser_id, clean.width, clean.height, clean.jpeg)

    # --- several at once ---

    async def import_sheet(self, advertiser_id: str, content: bytes, source: str, author: str) -> list[Imported]:
        """Drafts from a CSV file with one brief a row.

        Raises:
            InvalidInput: it is no such file; nothing is kept.
        """
        rows = await asyncio.to_thread(sheets.documents, content, source)
        return [await self._imported(advertiser_id, where, document, author) for where, document in rows]

    async def import_products(
        self, advertiser_id: str, content: bytes, source: str, author: str, *, market: Any, currency: str
    ) -> list[Imported]:
        """Drafts from a shop system's product export, with their pictures.

        Raises:
            InvalidInput: it is no such export; nothing is kept.
        """
        found = await asyncio.to_thread(products.drafts, content, source, market, currency)
        return [await self._imported_product(advertiser_id, draft, author) for draft in found]

    async def import_feed(
        self, advertiser_id: str, url: str, author: str, *, market: Any, currency: str
    ) -> list[Imported]:
        """Drafts from a product feed at a public address.

        Raises:
            InvalidInput: the URL leads elsewhere, or what is there is no feed; nothing is kept.
            Unreachable: there is no answer.
        """
        answer = await self._outbound.get(url, field="url", max_bytes=MAX_FEED)
        if answer.status != 200:
            raise InvalidInput("feed", [Mistake("url", f"an address that answers {answer.status}", "a feed (200)")])
        return await self.import_products(advertiser_id, answer.body, "feed", author, market=market, currency=currency)

    async def _imported(
        self, advertiser_id: str, source: str, document: dict[str, Any], author: str, described: str = ""
    ) -> Imported:
        try:
            brief = await self.create(advertiser_id, document, author)
        except InvalidInput as error:
            return Imported(source, None, error.mistakes, described)
        except InfluencerError as error:
            return Imported(source, None, (Mistake("id", shortened(document.get("id")), str(error)),), described)
        return Imported(source, brief, tuple(await self.check(document, advertiser_id)), described)

    async def _imported_product(self, advertiser_id: str, draft: Draft, author: str) -> Imported:
        images: list[str] = []
        problems: list[Mistake] = []
        for url in draft.image_urls[:MAX_IMAGES]:
            try:
                answer = await self._outbound.get(url, field="images", max_bytes=MAX_BYTES)
                images.append((await self.add_image(advertiser_id, answer.body, "images")).name)
            except InvalidInput as error:
                problems += error.mistakes
            except InfluencerError as error:
                problems.append(Mistake("images", shortened(url), str(error)))
        document = {**draft.document, "images": images} if images else draft.document
        imported = await self._imported(
            advertiser_id, str(document.get("id", "a product")), document, author, draft.described
        )
        return Imported(imported.source, imported.brief, (*imported.mistakes, *problems), imported.described)

    async def _outside(self, brief: Brief, advertiser_id: str) -> list[Mistake]:
        """What only the store knows: whether its pictures are there, and whether its SKU is free."""
        mistakes = []
        known = await self._store.briefs.has_images(advertiser_id, brief.images)
        for index, name in enumerate(brief.images):
            if name not in known:
                mistakes.append(Mistake(f"images[{index}]", shortened(name), "a picture that you have uploaded here"))
        try:
            house_sku(advertiser_id, brief.sku)
        except InvalidInput as error:
            mistakes += error.mistakes
        return mistakes


def _name(document: dict[str, Any]) -> str:
    if len(json.dumps(document, default=str)) > MAX_DOCUMENT:
        raise InvalidInput("brief", [Mistake("document", "a very large one", f"at most {MAX_DOCUMENT:,} characters")])
    name = document.get("id")
    if not isinstance(name, str) or len(name) > 64 or not re.fullmatch(SLUG, name):
        allowed = "lower-case letters, digits and single hyphens, such as dew-serum"
        raise InvalidInput("brief", [Mistake("id", shortened(name), allowed)])
    return name
