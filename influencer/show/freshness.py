"""How fresh a show still is: what it says, held against the last hours by words and by meaning, within a budget.

Words are counted at once. Meaning takes the encoder some 30 ms a line and is left out where no encoder was fetched.
"""

from __future__ import annotations

import asyncio

import structlog

from influencer.script.novelty import MeaningMeter, NoveltyMeter
from influencer.settings import Freshness
from influencer.show.control import Stat
from models.language.e5 import ready_encoder

log = structlog.get_logger(__name__)
BEHIND = 32
"""Lines that may wait to be weighed; on a machine so busy the meter of meanings leaves lines out."""
ENOUGH = 20
"""Lines before a budget can be exceeded: the first few of a show tell little."""


class FreshnessMeter:
    """The meters of one show. Every method belongs to the event loop's thread."""

    def __init__(self, show_id: str, language: str, limits: Freshness) -> None:
        self._show_id, self._limits = show_id, limits
        self._over = False
        self._heard: asyncio.Queue[tuple[MeaningMeter, str, float]] = asyncio.Queue(BEHIND)
        self.speak(language)

    def speak(self, language: str) -> None:
        """Go on in another language, in which nothing has been said yet."""
        window_s = self._limits.hours * 3600
        self._words = NoveltyMeter(language, window_s, self._limits.budget)
        self._meaning = MeaningMeter(window_s)
        self._meant = 0
        self._lines = 0

    @property
    def over_budget(self) -> bool:
        """Whether the show repeats itself more than it may."""
        return self._lines >= ENOUGH and not self._words.within_budget

    def add(self, text: str, at_s: float) -> None:
        """A line is said at `at_s` seconds of show; times do not fall."""
        self._words.add(text, at_s)
        self._lines += 1
        if self.over_budget != self._over:
            self._over = self.over_budget
            log.info("freshness", show=self._show_id, over_budget=self._over, overlap=round(self._words.overlap, 3))
        if not self._heard.full():
            self._heard.put_nowait((self._meaning, text, at_s))

    async def run(self) -> None:
        """Weigh what lines mean, until cancelled; where no encoder was fetched, not at all."""
        encoder = await asyncio.to_thread(ready_encoder)
        while encoder is not None:
            meter, text, at_s = await self._heard.get()
            vector = (await asyncio.to_thread(encoder.embed, [text], query=False))[0]
            meter.add(vector, at_s)
            self._meant += meter is self._meaning  # else the language was changed meanwhile

    def stats(self) -> tuple[Stat, ...]:
        """For operators: the overlap beside its budget, and the share of thoughts that were told before."""
        verdict = "more than its budget" if self.over_budget else "of a budget"
        overlap = Stat(
            "said before", f"{100 * self._words.overlap:.0f}", f"%, {verdict} of {100 * self._limits.budget:.0f} %"
        )
        if not self._meant:
            return (overlap,)
        return overlap, Stat("thoughts told before", f"{100 * self._meaning.told_before:.0f}", "%")
