"""What a show's lines leave behind: each is logged when it begins, when it is broken off, and when it goes on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from influencer.brief import MarketId
from influencer.intake.spending import is_charged
from influencer.sales.events import Airing
from influencer.script.values import Fact
from influencer.show.airtime import AirtimeMeter
from influencer.show.control import OnAir
from influencer.show.utterance import SentenceStarted, Utterance
from influencer.store import NewUtterance, SpokenFact, Store
from influencer.store.utterances import Utterance as Logged
from influencer.store.utterances import UtteranceSource

UNCHECKED = "unchecked:"
"""Before the name of a person who spoke: no guard has seen their words."""
LONGEST = 128
REMEMBERED = 64
"""Lines a viewer's click may still be about: some six minutes, more than any player is behind."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Of a line at the moment it is logged: the facts it rests on as they stand, the host, and the show clock."""

    facts: Sequence[Fact]
    persona: str
    pts: int


class LineBooks:
    """The ledger of one show as it is written (ADR 7). A ledger is never edited: a cut is a line of its own."""

    def __init__(self, store: Store, show_id: str, now: Callable[[], datetime]) -> None:
        self._store, self._show_id = store, show_id
        self.meter = AirtimeMeter(store, show_id, now)
        self._link = ""
        """Of the line that began last."""
        self._person: Logged | None = None
        """What began when the person who is heard now was heard first."""
        self._airings: deque[Airing] = deque(maxlen=REMEMBERED)
        self.arms: Mapping[str, str] = {}
        """Experiment id -> arm in force; whoever runs the experiments keeps it."""

    def airing(self, utterance_id: int | None = None) -> Airing:
        """What a viewer reacted to: this line when it was on air lately, else the one that began last."""
        named = (one for one in self._airings if one.utterance_id == utterance_id)
        return next(named, self._airings[-1] if self._airings else Airing())

    async def began(self, utterance: Utterance, around: Circumstances, text: str) -> OnAir:
        """Log a line that begins, or what is left of one that goes on."""
        line = utterance.line
        on_air, self._link = await self._log(utterance, around, text, line.source, line.variant)
        charged = is_charged(line.segment)
        self.meter.began(utterance.ticket, on_air.utterance_id, utterance.product_id, charged=charged)
        return on_air

    async def sentence(self, cue: SentenceStarted, pts: int) -> None:
        """Measure a sentence that begins."""
        await self.meter.sentence(cue.utterance.ticket, pts, cue.samples)

    async def finished(self, utterance: Utterance) -> None:
        """A line was said to its end."""
        await self.meter.finished(utterance.ticket)

    async def cut(self, utterance: Utterance, around: Circumstances, text: str) -> None:
        """Log what was heard of the line that began last; `variant` is its link."""
        await self.meter.cut(utterance.ticket, around.pts)
        await self._log(utterance, around, text, "cut", self._link)

    async def person_began(self, speaker: str, product_id: str, market: MarketId, around: Circumstances) -> OnAir:
        """Log that a person is heard from now on: nobody has checked what they say, so there are no words."""
        self._person = await self._store.utterances.append(
            NewUtterance(
                self._show_id, "", (), product_id, "questions", market, f"{UNCHECKED}{speaker}"[:LONGEST], "voice",
                around.pts, around.persona,
            )
        )  # fmt: skip
        logged = self._person
        self._airings.append(
            Airing(logged.id, product_id, logged.segment, around.persona, market, logged.variant, dict(self.arms))
        )
        return OnAir(logged.id, "")

    async def person_ended(self, pts: int) -> None:
        """Log until when the person was heard, if one was."""
        began, self._person = self._person, None
        if began is not None:
            await self._store.utterances.append(
                NewUtterance(
                    self._show_id, "", (), began.product_id, began.segment, began.market, began.chain or "",
                    "voice-end", pts, began.persona,
                )
            )  # fmt: skip

    async def _log(
        self, utterance: Utterance, around: Circumstances, text: str, source: UtteranceSource, variant: str
    ) -> tuple[OnAir, str]:
        line = utterance.line
        logged = await self._store.utterances.append(
            NewUtterance(
                show_id=self._show_id,
                text=text,
                fact_ids=line.fact_ids,
                product_id=utterance.product_id,
                segment=line.segment,
                market=line.market,
                variant=variant,
                source=source,
                pts=around.pts,
                persona=around.persona,
                facts=tuple(SpokenFact(fact.id, fact.text, fact.evidence) for fact in around.facts),
            )
        )
        if source != "cut":
            self._airings.append(
                Airing(
                    logged.id, logged.product_id, line.segment, around.persona, line.market, variant, dict(self.arms)
                )
            )
        return OnAir(logged.id, text), logged.chain or ""
