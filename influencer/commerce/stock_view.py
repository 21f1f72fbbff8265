"""Stock as a show reads it while speaking: at once, from memory, refreshed from the store."""

from __future__ import annotations

from collections.abc import Sequence

from influencer.brief import Brief
from influencer.store import StockRepository


class StockView:
    """The units of a show's products. Orders of other shows and processes appear at the next `refresh`."""

    def __init__(self, stock: StockRepository, briefs: Sequence[Brief]) -> None:
        self._stock = stock
        self._briefs = tuple(briefs)
        self._skus = {brief.id: brief.sku for brief in briefs}
        self._units = {brief.id: brief.stock for brief in briefs}

    async def open(self) -> None:
        """Seed SKUs the store has never seen with the brief's stock, then read what is really there."""
        for brief in self._briefs:
            await self._stock.seed(brief.sku, brief.stock)
        await self.refresh()

    async def refresh(self) -> bool:
        """Read the store; whether anything changed (the card wants to be drawn again)."""
        levels = await self._stock.levels(self._skus.values())
        units = {product: levels.get(sku, 0) for product, sku in self._skus.items()}
        changed = units != self._units
        self._units = units
        return changed

    def units(self, product_id: str) -> int:
        """Units left of a product; 0 for one that is not sold here."""
        return self._units.get(product_id, 0)
