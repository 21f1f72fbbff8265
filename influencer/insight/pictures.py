"""The products insight is about: brand, category and picture, from files and from advertisers' approved briefs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from influencer.insight.logos import Pixels
from influencer.intake.shelf import BriefShelf
from influencer.store import Store


@dataclass(frozen=True, slots=True)
class Shown:
    """One product."""

    product_id: str
    brand: str
    category: str
    image: Path | None
    shelf: BriefShelf = field(repr=False)
    """Kept, as an advertiser's pictures lie on disk for as long as their shelf does."""

    def pixels(self) -> Pixels | None:
        """Its picture, decoded; None when there is none. Blocks."""
        if self.image is None or not self.image.is_file():
            return None
        picture = cv2.imdecode(np.frombuffer(self.image.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        return None if picture is None else np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


async def shown_products(store: Store) -> list[Shown]:
    """Every product that can be on air."""
    shelf = BriefShelf(store)
    await shelf.refresh()
    return [Shown(one.brief.id, one.brief.brand, one.brief.category, one.image, shelf) for one in shelf.all()]
