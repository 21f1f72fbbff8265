"""The script desk of one market: facts, guard, writers and rundown, fresh for every line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from hashlib import sha256

import structlog

from influencer.brief import Brief
from influencer.errors import ClaimRejected, InvalidInput
from influencer.market import Market
from influencer.script.budget import Budget
from influencer.script.claims import ApprovedLine, ClaimGuard
from influencer.script.duties import Duties
from influencer.script.facts import FactSheet
from influencer.script.lengths import GAP_S
from influencer.script.manners import manner
from influencer.script.model_writer import ModelWriter
from influencer.script.moments import moments_at
from influencer.script.pacing import seconds_of
from influencer.script.rotation import remember
from influencer.script.run_of_show import DEFAULT_MINUTES, RunOfShow
from influencer.script.rundown import (
    Playable,
    advance,
    compile_show,
    playable_now,
    require_mandated,
    said_before,
    seek,
    segment_at,
)
from influencer.script.slots import SlotUnavailable, bind, bound_parts
from influencer.script.telling import Chooser
from influencer.script.timely import is_timely
from influencer.script.values import HOURS, Fact, Line, Moment, Position, Segment, SegmentKind, Temper
from influencer.script.writers import LineRequest, ScriptWriter, TemplateWriter, Writer
from influencer.settings import LanguageChoice
from models.base import LanguageModel

log = structlog.get_logger(__name__)
_LONGEST = 120.0
_SCRIPT = frozenset({"template", "model"})
_SELLS_NOTHING: frozenset[SegmentKind] = frozenset({"opening", "closing", "bridge", "standby"})


class MarketDesk:
    """Everything about the script that depends on the market. One caller at a time; it owns no task."""

    def __init__(
        self,
        products: Sequence[Brief],
        market: Market,
        *,
        now: Callable[[], datetime],
        units: Callable[[str], int],
        language: LanguageModel | None = None,
        choice: LanguageChoice | None = None,
        recent: tuple[str, ...] = (),
        run: RunOfShow | None = None,
        seed: int = 0,
    ) -> None:
        """Open the desk.

        Args:
            products: what the show sells, in order.
            market: whose language, money and manners.
            now: aware wall clock; decides which offers are active.
            units: units left of a product id, at once.
            language: writes a share of the lines; None leaves all to the templates.
            choice: the model's share, and the languages it is asked for.
            recent: variants said lately, oldest first: a restarted show does not repeat itself.
            run: the planned run-of-show; None: the usual turns.
            seed: decides the rotation of wordings.

        Raises:
            InvalidInput: no product is sold in the market, `run` names others, or a sentence that the law wants
                said is missing.
        """
        self.market = market
        self._products = {brief.id: brief for brief in products}
        self._now, self._units = now, units
        self._language, self._choice, self._seed = language, choice, seed
        self._recent = recent
        self.room: frozenset[Moment] = frozenset()  # what viewers do just now; the show keeps it
        self.chooser: Chooser | None = None  # the experiments' say; the show keeps it
        self.closed: frozenset[str] = frozenset()  # whose budget is used up; the show keeps it
        self._planned = run
        self._run = run or RunOfShow(minutes=min(_LONGEST, DEFAULT_MINUTES * len(products)))
        self._rundown = compile_show(self._run, products, market, strict=False)
        self._budget = Budget(self._rundown)
        self.duties = Duties(self._rundown)  # what the law wants said, and where
        self._idle = 0
        """Lines said while nothing could be sold."""
        self._greeted: tuple[str, frozenset[Moment]] | None = None
        require_mandated(self._rundown, products, market)
        self._templates = TemplateWriter()
        writer: Writer = self._templates
        self.model_writer: ModelWriter | None = None
        if language is not None and choice is not None and market.language in choice.languages:
            writer = self.model_writer = ModelWriter(language, fallback=self._templates, share=choice.share)
        self._script = ScriptWriter(market, self._rundown, writer, seed=seed)
        self._writing = asyncio.Lock()
        self._told = {id for id in self._products if units(id) <= 0}
        """Products whose being sold out needs no more words."""

    def moved_to(self, market: Market) -> MarketDesk:
        """The same products in another market.

        Raises:
            InvalidInput: no product is sold there.
        """
        moved = MarketDesk(
            tuple(self._products.values()), market, now=self._now, units=self._units,
            language=self._language, choice=self._choice, run=self._planned, seed=self._seed,
        )  # fmt: skip
        moved.chooser, moved.closed = self.chooser, self.closed
        moved.talk_like(self._script.temper)
        return moved

    def talk_like(self, temper: Temper | None) -> None:
        """Word the lines that are written from now on as such a host does; None: as anybody."""
        self._script.temper = temper

    def warm_up(self) -> None:
        """Read the language's lexicons and templates now (0.3 s): in a worker thread, before the first line is due."""
        with suppress(ClaimRejected):
            self._template("bridge", self.products[0], 0)

    @property
    def products(self) -> tuple[str, ...]:
        """Product ids, in order."""
        return tuple(self._products)

    @property
    def open(self) -> tuple[str, ...]:
        """Those that are on offer; all of them when none is, in a show that is about to end."""
        return tuple(id for id in self._products if id not in self.closed) or self.products

    @property
    def recent_variants(self) -> tuple[str, ...]:
        """Wordings said lately, oldest first."""
        return self._recent

    def moment(self) -> frozenset[Moment]:
        """What a host may refer to now: the market's time of day, and what the room told."""
        return moments_at(self._now(), self.market) | self.room

    def sheet(self, product_id: str) -> FactSheet:
        """What is true about a product at this moment."""
        return FactSheet.build(self._products[product_id], self.market, now=self._now(), stock=self._units(product_id))

    def facts_of(self, product_id: str, fact_ids: Sequence[str]) -> tuple[Fact, ...]:
        """The facts a line rests on, as they stand now; none for a product of another market."""
        if product_id not in self._products:
            return ()
        facts = self.sheet(product_id).facts
        return tuple(facts[id] for id in fact_ids if id in facts)

    def slots_of(self, product_id: str) -> Mapping[str, str]:
        """What slots about a product stand for now; nothing for a product of another market."""
        return self.sheet(product_id).slots if product_id in self._products else {}

    def signature(self) -> tuple[object, ...]:
        """What decides which lines may be said at all: the part of the day, budgets used up, stock, and offers."""
        sheets = self._sheets().values()
        return self.part, self.closed, *((sheet.product_id, sheet.sold_out, sheet.offer_active) for sheet in sheets)

    def advance(self, position: Position) -> Position:
        """The position after this one, past what cannot be said now."""
        playable = self._airing(position)
        return advance(self._rundown, position, playable, self._budget.full)

    @property
    def part(self) -> str:
        """The part of the day it is, by the run-of-show; "" in none."""
        return self._run.part_at(self._now(), self.market)

    @property
    def pace(self) -> float:
        """Factor on the voice's speed at this hour."""
        return manner(self._run.manner_in(self.part)).pace

    def questions_more(self, product_id: str) -> ApprovedLine | None:
        """A line that keeps a question window open."""
        return self._between("questions", product_id, len(self._recent))

    def questions_early(self, position: Position, product_id: str) -> tuple[ApprovedLine, Position] | None:
        """A line that opens a question window now, and the place of the window it stands for; None when one is open
        or none is planned."""
        if segment_at(self._rundown, position).kind == "questions":
            return None
        try:
            place = self.seek(position, product_id, "questions")
        except InvalidInput:
            return None
        line = self._between("questions", product_id, said_before(self._rundown, place))
        return None if line is None else (line, place)

    def segment_at(self, position: Position) -> Segment:
        """What a position is for."""
        return segment_at(self._rundown, position)

    def seek(self, position: Position, product_id: str | None, kind: SegmentKind | None) -> Position:
        """The next place after the segment of `position` that is about this product, or of this kind, or both.

        Raises:
            InvalidInput: the run-of-show has no such place now.
        """
        return seek(self._rundown, position, product_id, kind, self._playable(self._sheets()))

    # --- writing ---

    async def write(self, position: Position) -> ApprovedLine | None:
        """The script line of a position; None when not one wording passes the guard (it is logged).

        When a product has sold out since the last line, the show says so once, in this line's place.
        """
        async with self._writing:
            return await self._written(position)

    async def due(self, position: Position | None, line: ApprovedLine | None) -> ApprovedLine | None:
        """A coming line as it may be said now: as it was written when that still holds, else the script's own line.

        None when there is nothing to say in its place.
        """
        sold = line is not None and not (line.product_id in self.closed and line.source in _SCRIPT)
        timely = line is not None and is_timely(line, self.market.language, self.moment())
        if line is not None and sold and timely and self._presentable(line, self.sheet(line.product_id)):
            try:
                return self.approve(line.as_line())
            except ClaimRejected as refusal:
                log.info("a coming line no longer holds", text=line.text, reasons=refusal.reasons)
        return None if position is None else await self.write(position)

    def unsaid(self, lines: Iterable[ApprovedLine]) -> None:
        """Lines that were written and will not be said: what they had to tell is to be told again."""
        self._told -= {line.product_id for line in lines if line.segment == "sold-out"}

    async def _written(self, position: Position) -> ApprovedLine | None:
        if self.closed.issuperset(self._products):
            return None
        sheets = {id: self.sheet(id) for id in self.open}
        if not all(sheet.sold_out for sheet in sheets.values()):
            if (sold_out := self._newly_sold_out(sheets)) is not None:
                said = self._between("sold-out", sold_out, said_before(self._rundown, position))
                if said is not None:
                    return self._counted(position, said)
            return await self._scripted(position, sheets)
        here = segment_at(self._rundown, position).product_id
        return self._while_sold_out(here if here in sheets else self.open[0])

    def _while_sold_out(self, product_id: str) -> ApprovedLine | None:
        """A line while nothing can be sold: that it is sold out and a word about the product, or every third one, a
        pause."""
        self._idle += 1
        turn, rest = divmod(self._idle, 3)
        kind: SegmentKind = "sold-out" if rest else "standby"
        nth = self._idle - turn if rest else turn
        line = self._between(kind, product_id, nth)
        if line is not None:
            self._script.remember(self.bind(line))
        return line

    async def _scripted(self, position: Position, sheets: dict[str, FactSheet]) -> ApprovedLine | None:
        segment, moment = segment_at(self._rundown, position), self.moment()
        if not self._playable(sheets)(segment):
            return None
        hour = self.part, moment & HOURS
        greet = segment.kind == "hook" and hour != self._greeted
        line = await self._script.write(position, sheets, self._recent, moment, self.chooser, greet=greet)
        if line is None:
            return None
        self._greeted = hour if greet else self._greeted
        return self._counted(position, self._remembered(line))

    def bridge(self) -> ApprovedLine | None:
        """A short line that leads from an answer back to the script."""
        return self._between("bridge", self.open[0], len(self._recent))

    def approve(self, line: Line) -> ApprovedLine:
        """Check an answer or an operator's line.

        Raises:
            ClaimRejected: a claim has no fact behind it.
        """
        return self._guard(self._sheets()).approve(line)

    def operator_line(self, text: str, product_id: str, segment: SegmentKind = "questions") -> ApprovedLine:
        """An operator's words as a line, checked before it is queued.

        Raises:
            ClaimRejected: a claim has no fact behind it; the reasons say which words.
        """
        variant = f"operator:{sha256(text.encode()).hexdigest()[:8]}"
        return self.approve(Line(text, segment, product_id, self.market.id, (), "operator", variant))

    def bind(self, line: ApprovedLine) -> str:
        """The line with its slots filled from what is true now.

        Raises:
            SlotUnavailable: a slot's fact is not true any more.
        """
        return bind(line.text, self.sheet(line.product_id), self.market)

    def said(self, line: ApprovedLine) -> Mapping[str, str]:
        """The slots of a line with the words they are bound to now; none when one is not true any more."""
        try:
            parts = bound_parts(line.text, self.sheet(line.product_id), self.market)
        except SlotUnavailable:
            return {}
        return {part.slot: part.text for part in parts if part.slot is not None}

    def still_true(self, line: ApprovedLine, text: str) -> bool:
        """Whether binding now gives the words that were synthesised, and nothing sold out is presented. Any thread."""
        sheet = self.sheet(line.product_id)
        if not self._presentable(line, sheet):
            return False
        try:
            return bind(line.text, sheet, self.market) == text
        except SlotUnavailable:
            return False

    def _sheets(self) -> dict[str, FactSheet]:
        return {product_id: self.sheet(product_id) for product_id in self._products}

    def _newly_sold_out(self, sheets: dict[str, FactSheet]) -> str | None:
        """A product the viewers still believe to be had; one that comes back is told of again when it goes."""
        gone = {id for id, sheet in sheets.items() if sheet.sold_out}
        untold = next((id for id in sheets if id in gone - self._told), None)
        self._told &= gone
        if untold is not None:
            self._told.add(untold)
        return untold

    def _presentable(self, line: ApprovedLine, sheet: FactSheet) -> bool:
        """Whether the stock allows it: nothing sold out is presented, nothing in stock is said to be sold out."""
        presents = line.source in _SCRIPT and line.segment not in _SELLS_NOTHING
        return not presents or sheet.sold_out == (line.segment == "sold-out")

    def _playable(self, sheets: dict[str, FactSheet]) -> Playable:
        """What can be said now; when nothing of this part of the day can, what can be said at other hours."""
        sheets = {id: sheets[id] for id in self.open if id in sheets}
        here = playable_now(sheets, self.part)
        return here if any(map(here, self._rundown.segments[self._rundown.loop_from :])) else playable_now(sheets)

    def _airing(self, position: Position) -> Playable:
        """What can be said now and has a turn in this lap; the turn that is going on is never cut short."""
        playable, chooser = self._playable(self._sheets()), self.chooser
        if chooser is None:
            return playable
        here = segment_at(self._rundown, position).product_id

        def airs(segment: Segment) -> bool:
            own = segment.product_id
            return playable(segment) and (own == here or chooser.airs(own, position.lap))

        return airs if any(map(airs, self._rundown.segments[self._rundown.loop_from :])) else playable

    def _counted(self, position: Position, line: ApprovedLine) -> ApprovedLine:
        voice = next(iter(self.market.voices.values()))
        spoken = seconds_of(self.bind(line), self.market.language) / (voice.speed * self.pace)
        self._budget.spent(position, spoken + GAP_S)
        return line

    def _guard(self, sheets: dict[str, FactSheet]) -> ClaimGuard:
        return ClaimGuard(self.market, tuple(sheets.values()))

    def _between(self, kind: SegmentKind, product_id: str, nth: int) -> ApprovedLine | None:
        """A line that is in no rundown; None when not one wording passes the guard."""
        try:
            return self._remembered(self._template(kind, product_id, nth))
        except ClaimRejected as refusal:
            log.warning("nothing can be said", kind=kind, reasons=refusal.reasons)
            return None

    def _template(self, kind: SegmentKind, product_id: str, nth: int) -> ApprovedLine:
        sheets = self._sheets()
        request = LineRequest(
            kind, sheets[product_id], self.market, nth, self._recent, self._seed, self.moment(), said=self._script.said
        )
        return self._templates.line(request, self._guard(sheets))

    def _remembered(self, line: ApprovedLine) -> ApprovedLine:
        self._recent = remember(self._recent, line.variant)
        return line
