"""Captions for viewers who read another language than the host speaks: once a line, for the languages asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

from influencer.brief import Brief, MarketId
from influencer.loading import load_market
from influencer.market import Market
from influencer.script.captions import in_language
from influencer.script.claims import ApprovedLine


class Subtitles:
    """The line on air in every language that a viewer has asked for; nothing is made for languages nobody reads.

    Texts are made in worker threads: the first line of a language waits for its lexicons (0.3 s), others for some
    milliseconds.
    """

    def __init__(
        self, briefs: Mapping[str, Brief], *, now: Callable[[], datetime], units: Callable[[str], int],
        spoken: Callable[[], Market] | None = None,
    ) -> None:  # fmt: skip
        """`spoken` is the market pack the show is on air with; None: the one that counts."""
        self._briefs, self._now, self._units, self._spoken = briefs, now, units, spoken
        self._texts: dict[MarketId, str | None] = {}
        self._line: ApprovedLine | None = None

    @property
    def texts(self) -> Mapping[MarketId, str | None]:
        """The line on air by market; None where there is no such wording. Without the languages nobody asked for."""
        return dict(self._texts)

    async def began(self, line: ApprovedLine) -> None:
        """A line begins."""
        self._line = line
        for reader in tuple(self._texts):
            self._texts[reader] = await self._made(line, reader)

    async def read(self, reader: MarketId) -> str | None:
        """The line on air, for a new reader of a language; from now on every line is made for it.

        Raises:
            NotFound: no such market.
        """
        load_market(reader)
        while reader not in self._texts:
            line = self._line
            text = None if line is None else await self._made(line, reader)
            if line is self._line:  # else another line began meanwhile
                self._texts[reader] = text
        return self._texts[reader]

    async def _made(self, line: ApprovedLine, reader: MarketId) -> str | None:
        show = None if self._spoken is None else self._spoken()
        if show is None or show.id != line.market:  # the last line of a market that was left
            show = load_market(line.market)
        brief = self._briefs.get(line.product_id)
        if brief is None or reader == show.id:
            return None
        stock = self._units(brief.id)
        return await asyncio.to_thread(
            in_language, line, brief, show, load_market(reader), now=self._now(), stock=stock
        )
