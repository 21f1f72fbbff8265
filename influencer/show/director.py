"""Decides what is prepared and said next. Pure: (state, event) -> (state, commands); no clock, no I/O, no model.

The director hands out *tickets*: one for each utterance that is to be prepared. Script tickets follow the rundown and
are kept `LOOKAHEAD` ahead of the air; urgent tickets (answers, the operator's words, the bridge back to the script)
are said at the next sentence boundary. A ticket ends by being aired or lost; the position that is saved is always
that of the first script line not yet aired, so a restart resumes there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from influencer.brief import MarketId
from influencer.script.pacing import seconds_of
from influencer.script.values import Line, Position
from influencer.show.interruptions import POLICIES, Boundary, Kind
from streaming.media import ChatHighlight

LOOKAHEAD = 2
"""Script utterances prepared or being prepared beyond the one on air: covers a slow model line, stays fresh."""

Advance = Callable[[Position], Position]
"""The rundown's own rule for the position after this one."""


@dataclass(frozen=True, slots=True)
class ScriptTask:
    """Write and speak the script line at a position."""

    position: Position


@dataclass(frozen=True, slots=True)
class SayTask:
    """Speak a line that is already written: an answer to a viewer, or the operator's words."""

    line: Line
    highlight: ChatHighlight | None = None
    cut: Boundary = "sentence"
    """Where it may cut what is being said, once its own first sentence is spoken."""


@dataclass(frozen=True, slots=True)
class BridgeTask:
    """Lead back from an answer to the script."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One utterance to be prepared, by number."""

    number: int
    task: ScriptTask | SayTask | BridgeTask

    @property
    def urgent(self) -> bool:
        """Said at the next sentence boundary, before the script goes on."""
        return not isinstance(self.task, ScriptTask)


# --- events ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started:
    """The show goes on air, at the first line or where it was."""

    position: Position


@dataclass(frozen=True, slots=True)
class LineStarted:
    """The first frame of an utterance was encoded."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class LineAired:
    """The last frame of an utterance was encoded."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class LineLost:
    """An utterance could not be prepared, or was dropped because its facts changed."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class LineCut:
    """An utterance was given up by an interruption, wholly or in the middle."""

    ticket: Ticket
    kind: Kind


@dataclass(frozen=True, slots=True)
class SayRequested:
    """An answer or an operator's line wants to go on air."""

    line: Line
    highlight: ChatHighlight | None = None
    cut: Boundary = "sentence"


@dataclass(frozen=True, slots=True)
class FactsChanged:
    """Price, stock or offer changed: what was prepared may no longer be true."""


@dataclass(frozen=True, slots=True)
class MarketSwitched:
    """The operator moved the show to another market."""

    market: MarketId


@dataclass(frozen=True, slots=True)
class Control:
    """The operator's transport keys. "cut" is a pause that does not wait for the sentence's end."""

    action: Literal["pause", "cut", "resume", "stop"]
    away_s: float = 0.0
    """With "resume": how long nothing was said."""


Event = Started | LineStarted | LineAired | LineLost | LineCut | SayRequested | FactsChanged | MarketSwitched | Control


# --- commands ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prepare:
    """Write, check, bind, synthesise and queue this ticket's utterance."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Discard:
    """Forget script utterances that are prepared and not yet begun; their tickets are void.

    `everything` also forgets answers, and what is left of the utterance on air after its sentence.
    """

    everything: bool = False


@dataclass(frozen=True, slots=True)
class Save:
    """Keep the position: the first script line that has not been aired."""

    position: Position


@dataclass(frozen=True, slots=True)
class Hold:
    """Stop speaking at the next sentence boundary (True), or go on (False)."""

    held: bool


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Cut what is on air, as the policy of this kind says (`influencer.show.interruptions`)."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class EnterMarket:
    """Rebuild facts, guard, voice and label for a market."""

    market: MarketId


@dataclass(frozen=True, slots=True)
class Close:
    """End the show."""


Command = Prepare | Discard | Save | Hold | Interrupt | EnterMarket | Close


@dataclass(frozen=True, slots=True)
class DirectorState:
    """Everything the director knows."""

    mode: Literal["idle", "live", "paused", "stopped"] = "idle"
    next: Position = Position()
    """Position of the next script line to hand out."""
    script: tuple[Ticket, ...] = ()
    """Script tickets handed out and not ended, in the order they will be said."""
    urgent: tuple[Ticket, ...] = ()
    tickets: int = 0


Step = tuple[DirectorState, tuple[Command, ...]]


def step(state: DirectorState, event: Event, advance: Advance) -> Step:
    """Apply one event. Events that no longer fit (a ticket that is void, a stopped show) change nothing."""
    if state.mode == "stopped":
        return state, ()
    match event:
        case Started(position):  # a show that was paused when it was interrupted comes back paused
            begun = replace(state, next=position)
            return _refill(begun if state.mode == "paused" else replace(begun, mode="live"), advance)
        case LineStarted(ticket):
            return _bridge_after(state, ticket)
        case LineAired(ticket) | LineLost(ticket):
            return _ended(state, ticket, advance)
        case LineCut(ticket, kind):
            return _cut(state, ticket, kind, advance)
        case SayRequested(line, highlight, cut):
            return _hand_out_urgent(state, SayTask(line, highlight, cut))
        case FactsChanged():
            restarted, commands = _restart_script(state, advance)
            return restarted, (*commands, Interrupt("facts"))
        case MarketSwitched(market):
            fresh = replace(state, script=(), urgent=(), next=Position(lap=state.next.lap))
            refilled, commands = _refill(fresh, advance)
            return refilled, (
                Interrupt("market"),
                Discard(everything=True),
                EnterMarket(market),
                Save(fresh.next),
                *commands,
            )
        case Control(action, away_s):
            return _control(state, action, away_s, advance)


def _control(state: DirectorState, action: str, away_s: float, advance: Advance) -> Step:
    if action == "pause":
        return replace(state, mode="paused"), (Hold(held=True),)
    if action == "cut":
        return replace(state, mode="paused"), (Hold(held=True), Interrupt("emergency"))
    if action == "stop":
        return replace(state, mode="stopped"), (
            Hold(held=True),
            Interrupt("emergency"),
            Save(_first_unaired(state)),
            Close(),
        )
    live = replace(state, mode="live")
    bridge: tuple[Command, ...] = ()
    if away_s >= (POLICIES["emergency"].bridge_after_s or 0.0) and not state.urgent:
        live, bridge = _hand_out_urgent(live, BridgeTask())
    refilled, commands = _refill(live, advance)
    return refilled, (*bridge, Hold(held=False), *commands)


def _first_unaired(state: DirectorState) -> Position:
    for ticket in state.script:
        if isinstance(ticket.task, ScriptTask):
            return ticket.task.position
    return state.next


def _refill(state: DirectorState, advance: Advance) -> Step:
    commands: list[Command] = []
    while state.mode == "live" and len(state.script) <= LOOKAHEAD:
        ticket = Ticket(state.tickets, ScriptTask(state.next))
        commands.append(Prepare(ticket))
        state = replace(state, tickets=state.tickets + 1, script=(*state.script, ticket), next=advance(state.next))
    return state, tuple(commands)


def _hand_out_urgent(state: DirectorState, task: SayTask | BridgeTask) -> Step:
    ticket = Ticket(state.tickets, task)
    return replace(state, tickets=state.tickets + 1, urgent=(*state.urgent, ticket)), (Prepare(ticket),)


def _bridge_after(state: DirectorState, ticket: Ticket) -> Step:
    """While the last waiting answer is spoken, the bridge back to the script is prepared."""
    if state.mode == "live" and state.urgent == (ticket,) and _leads_away(ticket.task):
        return _hand_out_urgent(state, BridgeTask())
    return state, ()


def _leads_away(task: ScriptTask | SayTask | BridgeTask) -> bool:
    """Whether listeners have lost the thread after it: an answer, or long words that cut a sentence."""
    if not isinstance(task, SayTask):
        return False
    if task.line.source == "answer":
        return True
    long_s = POLICIES["say-now"].bridge_after_s or 0.0
    return task.cut != "sentence" and seconds_of(task.line.text, task.line.market[:2]) >= long_s


def _cut(state: DirectorState, ticket: Ticket, kind: Kind, advance: Advance) -> Step:
    """What was given up: urgent words are always said again; a script line is passed over, or written anew."""
    if ticket in state.urgent:
        others = replace(state, urgent=tuple(t for t in state.urgent if t != ticket))
        return _hand_out_urgent(others, ticket.task) if isinstance(ticket.task, SayTask) else (others, ())
    if POLICIES[kind].resume != "rewrite" or ticket not in state.script or not isinstance(ticket.task, ScriptTask):
        return _ended(state, ticket, advance)
    refilled, commands = _refill(replace(state, script=(), next=ticket.task.position), advance)
    return refilled, (Discard(), *commands)


def _ended(state: DirectorState, ticket: Ticket, advance: Advance) -> Step:
    if ticket in state.urgent:
        return replace(state, urgent=tuple(t for t in state.urgent if t != ticket)), ()
    if ticket not in state.script:
        return state, ()
    shorter = replace(state, script=tuple(t for t in state.script if t != ticket))
    refilled, commands = _refill(shorter, advance)
    return refilled, (Save(_first_unaired(shorter)), *commands)


def _restart_script(state: DirectorState, advance: Advance) -> Step:
    """Hand the script lines that are not on air out again, so that they are written from the new facts."""
    if len(state.script) <= 1:
        return state, ()
    on_air, second = state.script[0], state.script[1]
    assert isinstance(second.task, ScriptTask)
    cut = replace(state, script=(on_air,), next=second.task.position)
    refilled, commands = _refill(cut, advance)
    return refilled, (Discard(), *commands)
