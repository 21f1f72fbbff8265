"""The briefs a house can put on air: the files of configs/briefs, and what advertisers had approved."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from influencer.brief import Brief, MarketId
from influencer.errors import InvalidInput, Mistake, NotFound
from influencer.loading import brief_of, briefs, image_files, load_brief
from influencer.store import Store
from influencer.store.briefs import BriefVersion

log = structlog.get_logger(__name__)

MOST_BESIDE = 50
"""Products besides those of a show that its assistant knows: each costs 60 ms once, when one is to be chosen."""


@dataclass(frozen=True, slots=True)
class Shelved:
    """A brief that may be on air."""

    brief: Brief
    """Its id is the house's own: unique over all advertisers."""
    image: Path | None
    advertiser_id: str | None
    """Whose it is; None for the files of the house."""
    version: int = 1


class BriefShelf:
    """Briefs by product id. `refresh` reads them; everything else answers from memory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shelved: dict[str, Shelved] = {}
        self._folder: Path | None = None

    async def refresh(self) -> None:
        """Read the files and the store again; a brief that is wrong is left out and logged."""
        shelved = await asyncio.to_thread(_house_briefs)
        for version in await self._store.briefs.on_offer():
            try:
                brief = on_air(version)
                image = await self._picture(version.advertiser_id, brief)
            except (InvalidInput, NotFound) as error:
                log.warning("brief left out", brief=version.brief_id, version=version.version, error=str(error))
                continue
            shelved[brief.id] = Shelved(brief, image, version.advertiser_id, version.version)
        self._shelved = shelved

    def all(self) -> Sequence[Shelved]:
        """What can be put on air, the house's own first."""
        return tuple(self._shelved.values())

    def products(self, brief_ids: Sequence[str], market: MarketId) -> list[Shelved]:
        """The briefs of a request, in its order, each once.

        Raises:
            NotFound: one is unknown.
            InvalidInput: none is given, or one is not sold in the market.
        """
        allowed = ", ".join(self._shelved)
        if not brief_ids:
            raise InvalidInput("start", [Mistake("brief_ids", "none", f"one or more of {allowed}")])
        found = []
        for brief_id in dict.fromkeys(brief_ids):
            if brief_id not in self._shelved:
                raise NotFound(f"brief: got {brief_id!r}; allowed: {allowed}")
            shelved = self._shelved[brief_id]
            if market not in shelved.brief.markets:
                raise InvalidInput(
                    "start", [Mistake(f"market for {brief_id}", market, ", ".join(shelved.brief.markets))]
                )
            found.append(shelved)
        return found

    def beside(self, products: Sequence[Shelved]) -> list[Brief]:
        """What the same advertisers sell besides, at most `MOST_BESIDE`: never a rival's."""
        shown, owners = {one.brief.id for one in products}, {one.advertiser_id for one in products}
        found = (one.brief for one in self._shelved.values() if one.advertiser_id in owners)
        return [brief for brief in found if brief.id not in shown][:MOST_BESIDE]

    async def _picture(self, advertiser_id: str, brief: Brief) -> Path | None:
        """The first picture as a file: the renderer reads files, the store keeps bytes."""
        if not brief.images:
            return None
        name = brief.images[0]
        path = self._pictures() / name
        if not path.exists():  # named by its content
            image = await self._store.briefs.image(advertiser_id, name.removesuffix(".jpg"))
            await asyncio.to_thread(path.write_bytes, image.jpeg)
        return path

    def _pictures(self) -> Path:
        """A folder of our own that goes with this shelf."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="influencer-pictures-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder


def on_air(version: BriefVersion) -> Brief:
    """A stored version as it is sold: with the house's product id, and a SKU no other advertiser can have.

    Raises:
        InvalidInput: it is not complete, or no longer valid.
    """
    own = brief_of(version.document, version.brief_id)
    return own.model_copy(update={"id": version.brief_id, "sku": house_sku(version.advertiser_id, own.sku)})


def house_sku(advertiser_id: str, sku: str) -> str:
    """The SKU stock is counted by: two advertisers may use the same one.

    Raises:
        InvalidInput: both together are longer than a SKU may be.
    """
    full = f"{advertiser_id}.{sku}"
    if len(full) > 40:
        raise InvalidInput("brief", [Mistake("sku", sku, f"at most {39 - len(advertiser_id)} characters")])
    return full


def _house_briefs() -> dict[str, Shelved]:
    shelved = {}
    for name, path in briefs().items():
        try:
            brief = load_brief(path)
        except InvalidInput as error:
            log.warning("brief left out", brief=name, mistakes=[str(mistake) for mistake in error.mistakes])
            continue
        pictures = image_files(path, brief)
        shelved[brief.id] = Shelved(brief, pictures[0] if pictures else None, None)
    return shelved
