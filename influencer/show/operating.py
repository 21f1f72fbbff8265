"""The operator's desk of a live show (implements `influencer.show.operator.Operator`), and its transport keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from influencer.errors import Conflict, Forbidden, NotFound
from influencer.script.lengths import GAP_S
from influencer.script.notices import check_notice
from influencer.script.pacing import seconds_of
from influencer.script.slots import SlotUnavailable
from influencer.script.values import Position, SegmentKind
from influencer.show.coming import Change, Edit, Insert, Item, Jump, Order, Remove, Reorder, SayNow, Skip
from influencer.show.control import OnAir, ShowState
from influencer.show.director import Control
from influencer.show.interruptions import Boundary
from influencer.show.keeping import Mode, kept, mode_of, order_of
from influencer.show.operator import ComingLine, ComingLines, DeskMode, Outdated
from influencer.show.rig import Rig
from streaming.clock import Clock

SCRIPT = Mode()
log = structlog.get_logger(__name__)


class OperatorDesk:
    """Every method belongs to the event loop's thread.

    The show tells what is on air; `enter` makes it live or paused, and returns when that is stored; `save` stores the
    desk, or that there is nothing to store.
    """

    def __init__(
        self, show_id: str, rig: Rig, *, clock: Clock, now: Callable[[], datetime], state: Callable[[], ShowState],
        on_air: Callable[[], OnAir | None], product: Callable[[], str], enter: Callable[[ShowState], Awaitable[None]],
        save: Callable[[dict[str, Any] | None], Awaitable[None]],
    ) -> None:  # fmt: skip
        self._show_id, self._rig, self._clock, self._now = show_id, rig, clock, now
        self._state, self._on_air, self._product = state, on_air, product
        self._enter, self._save = enter, save
        self._kept = Mode()
        self._resumes_ns: int | None = None
        self._stored = False
        self.left: Callable[[], Awaitable[None]] | None = None
        """Called when the show is not taken over any more, before anything else is said; the microphone keeps it."""

    @property
    def mode(self) -> DeskMode:
        """What the show does beside its state."""
        return self._kept.name

    # --- over a restart ---

    async def keep(self, order: Order) -> None:
        """Store the coming lines where an operator changed them, and the mode."""
        data = kept(order, self._kept)
        if data is not None or self._stored:
            await self._save(data)
        self._stored = data is not None

    async def come_back(self, stored: dict[str, Any], position: Position) -> Order:
        """Take the desk up as it was stored; returns the coming lines. Before the show runs."""
        self._stored = True
        mode, session = mode_of(stored), self._rig.session
        if mode.name == "taken-over":
            session.control(Control("take-over"))
        elif mode.name != "script":
            if mode.text is not None:
                self._rig.performer.cover(await self._rig.slate(mode.text), at_once=True)
            if mode.until is not None:
                left_s = max(0.0, (mode.until - self._now()).total_seconds())
                self._resumes_ns = self._clock.now_ns() + round(left_s * 1e9)
        self._kept = mode
        return order_of(stored, position, session.desk.approve)

    # --- the coming lines ---

    def coming(self) -> ComingLines:
        """The lines that are going to be said."""
        session, on_air = self._rig.session, self._on_air()
        goes_on = self._state() == "live" and self._kept.name == "script"
        at = self._now() + timedelta(seconds=session.busy_s)
        lines = []
        for item, prepared in session.coming():
            line = self._view(item, at if goes_on else None, prepared=prepared)
            lines.append(line)
            at += timedelta(seconds=line.seconds)
        left_ns = None if self._resumes_ns is None else max(0, self._resumes_ns - self._clock.now_ns())
        resumes = None if left_ns is None else self._now() + timedelta(microseconds=left_ns / 1000)
        version = session.state.order.version
        return ComingLines(version, self._kept.name, on_air.text if on_air else None, resumes, tuple(lines))

    async def edit(self, version: int, line_id: int, text: str) -> ComingLines:
        """Give a line other words."""
        segment, product = self._place(self._free(line_id))
        line = self._rig.session.desk.operator_line(text, product, segment)
        return await self._change(Edit(line_id, line), version)

    async def insert(
        self, version: int, text: str, *, before: int | None = None, product_id: str | None = None
    ) -> ComingLines:
        """Put a line in."""
        coming = [item for item, _ in self._rig.session.coming()]
        neighbour = self._known(before) if before is not None else (coming[-1] if coming else None)
        segment, product = self._place(neighbour) if neighbour else ("questions", self._product())
        if segment == "disclaimer":  # the law's words are nobody else's
            segment = "product"
        desk = self._rig.session.desk
        if product_id is not None and product_id not in desk.products:
            raise NotFound(f"product: got {product_id!r}; this show sells {', '.join(desk.products)}")
        line = desk.operator_line(text, product_id or product, segment)
        return await self._change(Insert(line, before), version)

    async def reorder(self, version: int, line_ids: Sequence[int]) -> ComingLines:
        """Put lines in another order."""
        return await self._change(Reorder(tuple(line_ids)), version)

    async def remove(self, version: int, line_id: int) -> ComingLines:
        """Take a line out."""
        self._free(line_id)
        return await self._change(Remove(line_id), version)

    async def skip(self, version: int) -> ComingLines:
        """Leave out what is left of the segment."""
        return await self._change(Skip(), version)

    async def jump(
        self, version: int, *, product_id: str | None = None, segment: SegmentKind | None = None
    ) -> ComingLines:
        """Go on elsewhere."""
        session = self._rig.session
        return await self._change(Jump(session.desk.seek(session.state.position, product_id, segment)), version)

    async def say_now(self, version: int, line_id: int, at: Boundary = "sentence") -> ComingLines:
        """Say a coming line at once."""
        if self._state() != "live":
            raise Conflict(f"the show is {self._state()}; it can speak when it is live")
        return await self._change(SayNow(line_id, at), version)

    # --- the transport keys ---

    async def say(self, text: str, at: Boundary = "sentence") -> None:
        """Speak an operator's words, if every claim in them has a fact."""
        if self._state() != "live":
            raise Conflict(f"the show is {self._state()}; it can speak when it is live")
        session = self._rig.session
        session.say(session.desk.operator_line(text, self._product()).as_line(), cut=at)

    async def pause(self) -> None:
        """Fall silent at the sentence's end."""
        self._must_be("live", "can be paused")
        self._rig.session.control(Control("pause"))
        await self._went("paused")

    async def cut(self) -> None:
        """Fall silent now, in the middle of a word."""
        self._must_be("live", "can be cut")
        self._rig.session.cut()
        await self._went("paused")

    async def resume(self) -> None:
        """Go on where the pause, the break or the slate began."""
        self._must_be("paused", "can be resumed")
        self._rig.performer.cover(None)
        self._rig.session.control(Control("resume"))
        await self._went("live")

    async def take_over(self) -> None:
        """Let the script wait."""
        self._must_be("live", "can be taken over")
        if self._kept.name == "taken-over":
            raise Conflict("the show is taken over already")
        self._rig.session.control(Control("take-over"))
        await self._went("live", Mode("taken-over"))

    async def hand_back(self) -> None:
        """Let the script go on."""
        if self._kept.name != "taken-over":
            raise Conflict("the show is not taken over")
        self._rig.session.control(Control("hand-back"))
        await self._went("live")

    async def take_break(self, seconds: float, text: str | None = None) -> None:
        """Fall silent for a while."""
        self._must_be("live", "can take a break")
        still = None if text is None else await self._rig.slate(self._notice(text))
        self._must_be("live", "can take a break")  # drawing takes a moment
        self._rig.performer.cover(still)
        self._rig.session.control(Control("pause"))
        self._resumes_ns = self._clock.now_ns() + round(seconds * 1e9)
        await self._went("paused", Mode("break", text, self._now() + timedelta(seconds=seconds)))

    async def slate(self, text: str = "") -> None:
        """Replace the picture at once."""
        still = await self._rig.slate(self._notice(text) if text else "")
        if self._state() == "stopped":
            raise Conflict("the show is stopped; it has no picture")
        self._rig.session.cut()
        self._rig.performer.cover(still, at_once=True)
        await self._went("paused", Mode("slate", text))

    async def tick(self) -> None:
        """Once a second: is a break over?"""
        if self._state() == "paused" and self._resumes_ns is not None and self._clock.now_ns() >= self._resumes_ns:
            await self.resume()

    # --- inside ---

    def _must_be(self, state: ShowState, what: str) -> None:
        if self._state() != state:
            raise Conflict(f"the show is {self._state()}; only a {state} show {what}")

    async def _went(self, state: ShowState, mode: Mode = SCRIPT) -> None:
        self._kept = mode
        if mode.name != "taken-over" and self.left is not None:
            await self.left()
        if mode.until is None:
            self._resumes_ns = None
        log.info("operator", show=self._show_id, state=state, mode=mode.name)
        await self.keep(self._rig.session.state.coming)
        await self._enter(state)

    def _notice(self, text: str) -> str:
        desk = self._rig.session.desk
        return check_notice(text, desk.sheet(self._product()), desk.market)

    async def _change(self, change: Change, version: int) -> ComingLines:
        try:
            await self._rig.session.change(change, version)
        except Conflict as conflict:
            raise Outdated(str(conflict), self.coming()) from None
        log.info("coming lines changed", show=self._show_id, change=type(change).__name__, version=version + 1)
        return self.coming()

    def _known(self, line_id: int) -> Item:
        """A line that can still be changed."""
        session = self._rig.session
        for item, _ in session.coming():
            if item.id == line_id:
                return item
        if 0 < line_id < session.state.order.ids:
            raise Outdated(f"line {line_id} is being said, has been said, or was taken out", self.coming())
        raise NotFound(f"line: got {line_id}; there is no such line")

    def _free(self, line_id: int) -> Item:
        """A line that may be given other words, or left out."""
        item = self._known(line_id)
        if self._place(item)[0] == "disclaimer":
            raise Forbidden(f"line {line_id} says what the law wants said of the product; it cannot be changed")
        return item

    def _place(self, item: Item) -> tuple[SegmentKind, str]:
        if item.line is not None:
            return item.line.segment, item.line.product_id
        assert item.position is not None  # what is put in has its words
        segment = self._rig.session.desk.segment_at(item.position)
        return segment.kind, segment.product_id

    def _view(self, item: Item, at: datetime | None, *, prepared: bool) -> ComingLine:
        session, line = self._rig.session, item.line
        segment, product = self._place(item)
        text = ""
        if line is not None:
            try:
                text = session.desk.bind(line)
            except SlotUnavailable:  # an offer has just ended: it is written anew in a moment
                text = line.text
        if text:
            pace = session.voice.speed * session.desk.pace
            seconds = seconds_of(text, session.desk.market.language) / pace + GAP_S
        else:
            stretch = session.desk.segment_at(item.position) if item.position is not None else None
            seconds = stretch.seconds / stretch.lines if stretch else 0.0
        return ComingLine(
            id=item.id,
            text=text,
            raw=line.text if line else "",
            segment=segment,
            product_id=product,
            source=line.source if line else "template",
            state="prepared" if prepared else "coming" if line else "writing",
            edited=item.edited,
            seconds=round(seconds, 1),
            planned_at=at,
        )


class Operated:
    """The part of a show that its operator's desk does."""

    _operator: OperatorDesk

    @property
    def operator(self) -> OperatorDesk:
        """The operator's desk."""
        return self._operator

    async def say(self, text: str, at: Boundary = "sentence") -> None:
        """Speak an operator's words, if every claim in them has a fact."""
        await self._operator.say(text, at)

    async def pause(self) -> None:
        """Fall silent at the sentence's end."""
        await self._operator.pause()

    async def cut(self) -> None:
        """Fall silent now, in the middle of a word."""
        await self._operator.cut()

    async def resume(self) -> None:
        """Go on where the pause began."""
        await self._operator.resume()
