"""One show's life: owns every task and thread, feeds the director events, and carries out its commands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial

import structlog

from influencer.brief import MarketId
from influencer.errors import Conflict, InfluencerError
from influencer.script.lengths import GAP_S
from influencer.script.pacing import seconds_of
from influencer.script.values import Line, Position
from influencer.show.coming import Change, Item, Order
from influencer.show.commands import (
    Close,
    Command,
    Discard,
    DiscardAll,
    EnterMarket,
    Hold,
    HoldScript,
    Interrupt,
    Prepare,
    Save,
)
from influencer.show.desk import MarketDesk
from influencer.show.director import (
    Control,
    DirectorState,
    Event,
    FactsChanged,
    LineAired,
    LineCut,
    LineLost,
    LineStarted,
    LineWritten,
    MarketSwitched,
    OrderChanged,
    PersonaSwitched,
    Rules,
    SayRequested,
    Started,
    Step,
    step,
)
from influencer.show.fillers import Fillers
from influencer.show.interruptions import Boundary, Kind
from influencer.show.listener import Listener
from influencer.show.performer import Performer
from influencer.show.preparer import Preparer, Voice
from influencer.show.supervise import supervise
from influencer.show.surge import Turn, window
from influencer.show.taking_back import Corrections
from influencer.show.threads import run_on_thread
from influencer.show.tickets import ScriptTask, Ticket
from influencer.show.utterance import (
    Cue,
    SentenceStarted,
    Utterance,
    UtteranceCut,
    UtteranceFinished,
    UtteranceResumed,
    UtteranceStarted,
)
from streaming.clock import Clock
from streaming.media import ChatHighlight

log = structlog.get_logger(__name__)

REFRESH_NS = 1_000_000_000
"""How often prices, offers and stock are compared with what was prepared."""

RETRY_NS = 200_000_000
CLOSING_NS = 120_000_000
"""Three ticks from the last word's fade to the end of a show, so that the fade is heard and the cut is written down."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """An event whose sender waits until it was applied."""

    event: Event
    desk: MarketDesk | None = None
    """It only counts while this is the show's desk; None: always."""
    applied: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class ShowSession:
    """Runs until stopped. Every public method belongs to the event loop's thread."""

    def __init__(
        self,
        *,
        desk: MarketDesk,
        voice: Voice,
        preparer: Preparer,
        performer: Performer,
        station: Callable[[], Awaitable[None]],
        clock: Clock,
        on_restart: Callable[[str], None],
    ) -> None:
        self.desk = desk
        self.voice = voice
        self._preparer = preparer
        self._performer = performer
        self._fillers = Fillers(preparer, performer, clock)
        self._station = station
        self._listener = Listener()
        self._clock = clock
        self._on_restart = on_restart
        self._state = DirectorState()
        self._events: asyncio.Queue[Event | _Asked | tuple[Cue, int]] = asyncio.Queue()
        self._urgent: asyncio.Queue[Ticket] = asyncio.Queue()
        self._script: asyncio.Queue[Ticket] = asyncio.Queue()
        self._stirred = asyncio.Event()
        """The director's state has changed: there may be something to write."""
        self._held_at = self._said_until = clock.now_ns()
        self._over = asyncio.Event()
        self._corrections = Corrections()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def state(self) -> DirectorState:
        """What the director knows now."""
        return self._state

    @property
    def urgent_waiting(self) -> int:
        """Urgent utterances asked for and not yet aired."""
        return len(self._state.urgent)

    def coming(self) -> tuple[tuple[Item, bool], ...]:
        """The coming lines that can still be changed, and whether each is being prepared already."""
        begun = self._performer.waiting.begun(self._state.script)
        prepared = (ticket.task.item for ticket in self._state.script
                    if ticket not in begun and isinstance(ticket.task, ScriptTask))  # fmt: skip
        return (*((item, True) for item in prepared), *((item, False) for item in self._state.order.items))

    @property
    def busy_s(self) -> float:
        """Seconds the utterance on air will still take, as predicted."""
        return max(0.0, (self._said_until - self._clock.now_ns()) / 1e9)

    # --- what others ask for ---

    def listen(self, listener: Listener) -> None:
        """Tell this listener from now on; before `run`."""
        self._listener = listener

    def say(self, line: Line, highlight: ChatHighlight | None = None, cut: Boundary = "sentence") -> None:
        """Speak a line; `cut` says at which boundary of what is being said."""
        self._events.put_nowait(SayRequested(line, highlight, cut))

    def cut(self) -> None:
        """Fall silent now, in the middle of a word; `control` with "resume" says the sentence again."""
        self._held_at = self._clock.now_ns()
        self._performer.waiting.hold(held=True)
        self._performer.interrupt("emergency")  # not by the director's queue: what waits there may take a while
        self._events.put_nowait(Control("cut"))

    def control(self, control: Control) -> None:
        """Pause, resume, stop, or let the script wait for the operator's lines."""
        if control.action in {"pause", "take-over"}:
            self._held_at = self._clock.now_ns()
        elif control.action in {"resume", "hand-back"}:
            control = replace(control, away_s=(self._clock.now_ns() - self._held_at) / 1e9)
        self._events.put_nowait(control)

    async def change(self, change: Change, version: int) -> None:
        """Change the coming lines, as they were at a version; returns when it is done.

        Raises:
            Conflict: they are at another version now, or a line it names is being said.
            NotFound: there was never such a line.
        """
        await self._ask(OrderChanged(change, version))

    def surge(self, turn: Turn, product_id: str) -> None:
        """Open a question window after the lines that are prepared, keep it open, or go back to the run-of-show."""
        if (event := window(self.desk, turn, self._state.position, product_id)) is not None:
            self._events.put_nowait(event)

    def switch_market(self, market: MarketId) -> None:
        """Go on in another market, with its opening."""
        self._events.put_nowait(MarketSwitched(market))

    def switch_voice(self, voice: Voice) -> None:
        """Go on with another host's voice: what is being said ends with its sentence, what is prepared is said anew."""
        self.voice = voice
        self._events.put_nowait(PersonaSwitched())

    def cue(self, cue: object, pts: int) -> None:
        """A slot went on air; may be called from any thread."""
        if self._loop is not None and isinstance(cue, Cue):
            self._loop.call_soon_threadsafe(self._events.put_nowait, (cue, pts))

    def lost(self, ticket: Ticket) -> None:
        """An utterance was dropped by the performer; may be called from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._events.put_nowait, LineLost(ticket))

    # --- life ---

    async def run(self, position: Position, order: Order | None = None) -> None:
        """Be on air from a position until stopped, with these coming lines (None: the rundown's own).

        A stage that crashes is restarted.
        """
        self._loop = asyncio.get_running_loop()
        self._events.put_nowait(Started(position, order))
        stages: dict[str, Callable[[], Awaitable[None]]] = {
            "station": self._encode,
            "performer": lambda: run_on_thread("performer", self._performer.run, self._performer.close),
            "director": self._direct,
            "urgent speech": lambda: self._prepare_from(self._urgent),
            "script speech": lambda: self._prepare_from(self._script),
            "writing": self._write_ahead,
            "facts": self._watch_facts,
        }
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(supervise(name, stage, clock=self._clock, on_restart=self._on_restart), name=name)
                    for name, stage in stages.items()
                ]
                await self._over.wait()
                self._performer.close()
                for task in tasks:
                    task.cancel()
        finally:
            self._performer.close()
            self._performer.release()

    # --- the director's loop ---

    async def _direct(self) -> None:
        while True:
            event = await self._events.get()
            if isinstance(event, tuple):
                await self._on_cue(*event)
            elif isinstance(event, _Asked):
                await self._answer(event)
            else:
                await self._apply(event)

    async def _ask(self, event: Event, desk: MarketDesk | None = None) -> None:
        self._events.put_nowait(asked := _Asked(event, desk))
        await asked.applied

    async def _answer(self, asked: _Asked) -> None:
        try:
            if asked.desk in {None, self.desk}:
                await self._apply(asked.event)
        except BaseException as error:
            refused = isinstance(error, InfluencerError)
            if not asked.applied.done():
                asked.applied.set_exception(error if refused else Conflict("the show was interrupted; try again"))
            if not refused:
                raise
        else:
            if not asked.applied.done():  # who asked may have gone away
                asked.applied.set_result(None)

    async def _on_cue(self, cue: Cue, pts: int) -> None:
        match cue:
            case UtteranceStarted(utterance):
                self._said_until = self._clock.now_ns() + self._length_ns(utterance.text)
                await self._listener.on_started(cue, pts)
                await self._apply(LineStarted(utterance.ticket))
            case UtteranceResumed(_, text):
                self._said_until = self._clock.now_ns() + self._length_ns(text)
                await self._listener.on_resumed(cue, pts)
            case UtteranceCut(utterance, sentence):
                heard = " ".join(utterance.aired if sentence is None else [*utterance.aired[:-1], sentence])
                utterance.aired = []
                await self._listener.on_cut(cue, heard, pts)
                self._take_back(utterance, heard)
            case SentenceStarted(utterance, text):
                utterance.aired.append(text)
                await self._listener.on_sentence(cue, pts)
            case UtteranceFinished(utterance):
                await self._apply(LineAired(utterance.ticket))
                await self._listener.on_finished(cue, pts)
            case voice:
                await self._listener.on_voice(voice, pts)

    def _take_back(self, utterance: Utterance, heard: str) -> None:
        """Correct what was heard of a script line and is not so any more. Urgent lines are said anew by themselves."""
        if not utterance.ticket.urgent:
            line = self._corrections.of(self.desk, utterance.line, utterance.text, utterance.said, heard)
            if line is not None:
                self.say(line)

    async def _apply(self, event: Event) -> None:
        self._state, commands = self._decided(event)
        self._stirred.set()
        for command in commands:
            await self._carry_out(command)

    def _decided(self, event: Event) -> Step:
        """The director's step, after which no utterance is on air whose ticket it took back."""
        waiting = self._performer.waiting
        while True:
            begun = waiting.begun((*self._state.script, *self._state.urgent))
            state, commands = step(self._state, event, Rules(self.desk.advance, self.desk.duties), begun)
            void = [ticket for command in commands if isinstance(command, Discard) for ticket in command.tickets]
            if waiting.withdraw(void):  # else one has begun since the director was told which had
                self.desk.unsaid(
                    ticket.task.item.line for ticket in void
                    if isinstance(ticket.task, ScriptTask) and ticket.task.item.line is not None
                )  # fmt: skip
                return state, commands

    async def _carry_out(self, command: Command) -> None:
        match command:
            case Prepare(ticket):
                (self._urgent if ticket.urgent else self._script).put_nowait(ticket)
            case Discard():
                pass  # done as it was decided
            case DiscardAll():
                self._performer.waiting.clear()
            case Save(position):
                at = replace(position, recent_variants=self.desk.recent_variants)
                await self._listener.on_position(at, self._state.coming)
            case Hold(held):
                self._performer.waiting.hold(held)
            case HoldScript(held):
                self._performer.waiting.hold_script(held)
            case Interrupt(kind):
                await self._interrupt(kind)
            case EnterMarket(market):
                await self._listener.on_market(market)
            case Close():
                await self._clock.wait_until(self._clock.now_ns() + CLOSING_NS)
                self._over.set()

    async def _interrupt(self, kind: Kind) -> None:
        when = (lambda utterance: not utterance.still_true()) if kind == "facts" else None
        if (given_up := self._performer.interrupt(kind, when=when)) is not None:
            await self._apply(LineCut(given_up.ticket, kind))

    # --- the other stages ---

    async def _encode(self) -> None:
        await self._station()
        self._over.set()  # it only returns when there is nothing more to encode

    def _length_ns(self, text: str) -> int:
        return round((seconds_of(text, self.desk.market.language) / (self.voice.speed * self.desk.pace) + GAP_S) * 1e9)

    async def _write_ahead(self) -> None:
        """Write the coming lines in their order, as far ahead as the director plans."""
        while True:
            item, desk = self._state.order.unwritten, self.desk
            if item is None or item.position is None:
                self._stirred.clear()
                await self._stirred.wait()
                continue
            line = await desk.write(item.position)
            await self._ask(LineWritten(item.id, line), desk)
            if line is not None and line not in [known.line for known, _ in self.coming()]:
                desk.unsaid((line,))  # its place in the order has gone meanwhile
            if line is None:  # nothing can be said just now: do not ask again in a tight loop
                await self._clock.wait_until(self._clock.now_ns() + RETRY_NS)

    async def _prepare_from(self, queue: asyncio.Queue[Ticket]) -> None:
        while True:
            ticket = await queue.get()
            if not self._wanted(ticket):
                continue
            said = False
            desk, voice = self.desk, self.voice
            try:
                async with self._fillers.cover(ticket, desk, voice):
                    said = await self._preparer.prepare(ticket, desk, voice, partial(self._wanted, ticket))
            finally:
                if not said:
                    self._events.put_nowait(LineLost(ticket))
            await self._fillers.restock(self.desk, self.voice)
            if not said:  # nothing can be said just now: do not ask again in a tight loop
                await self._clock.wait_until(self._clock.now_ns() + RETRY_NS)

    def _wanted(self, ticket: Ticket) -> bool:
        return ticket in self._state.script or ticket in self._state.urgent

    async def _watch_facts(self) -> None:
        known = self.desk.signature()
        while True:
            await self._clock.wait_until(self._clock.now_ns() + REFRESH_NS)
            await self._listener.on_tick()
            current = self.desk.signature()
            if current != known:
                known = current
                await self._listener.on_facts_changed()
                self._events.put_nowait(FactsChanged())
