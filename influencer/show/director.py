"""Decides what is prepared and said next. Pure: (state, event) -> (state, commands); no clock, no I/O, no model.

Lines are written well ahead into the running order (`influencer.show.coming`), where an operator may change them. From
there the director hands out *tickets*: one for each utterance that is to be prepared. Script tickets are kept
`LOOKAHEAD` ahead of the air; urgent tickets (answers, the operator's words, the bridge back to the script) are said at
the next sentence boundary. A ticket ends by being aired or lost; the position that is saved is always that of the first
script line not yet aired, so a restart resumes there.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Literal

from influencer.brief import MarketId
from influencer.errors import Conflict
from influencer.script.claims import ApprovedLine
from influencer.script.duties import Duties, Told
from influencer.script.values import Line, Position
from influencer.show.coming import COMING, NO_DUTIES, Advance, Change, Item, Order, SayNow, changed, said_now
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
from influencer.show.interruptions import POLICIES, Boundary, Kind
from influencer.show.tickets import BridgeTask, SayTask, ScriptTask, Ticket, Window, leads_away
from streaming.media import ChatHighlight

LOOKAHEAD = 2
"""Script utterances prepared or being prepared beyond the one on air: covers a slow model line, stays fresh."""


# --- events ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started:
    """The show goes on air, at the first line or where it was."""

    position: Position
    order: Order | None = None
    """The coming lines as an operator left them; None: as the rundown says from `position` on."""


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
class LineWritten:
    """A line of the running order has its words; None when there is nothing to say in its place."""

    item_id: int
    line: ApprovedLine | None


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """An operator changes the coming lines, as they were at a version."""

    change: Change
    version: int


@dataclass(frozen=True, slots=True)
class QuestionsOpened:
    """Many questions wait: a question window opens; once heard, it stands for the planned one at this place. With no
    place it stays open; with no line either it closes, and what is not heard is left out."""

    line: ApprovedLine | None
    instead_of: Position | None = None


@dataclass(frozen=True, slots=True)
class FactsChanged:
    """Price, stock or offer changed: what was prepared may no longer be true."""


@dataclass(frozen=True, slots=True)
class MarketSwitched:
    """The operator moved the show to another market."""

    market: MarketId


@dataclass(frozen=True, slots=True)
class PersonaSwitched:
    """Another host goes on: what is prepared has the old voice."""


@dataclass(frozen=True, slots=True)
class Control:
    """The operator's transport keys. "cut" is a pause that does not wait for the sentence's end; after "take-over" only
    urgent lines are said, until "hand-back"."""

    action: Literal["pause", "cut", "resume", "stop", "take-over", "hand-back"]
    away_s: float = 0.0
    """With "resume": how long nothing was said."""


Event = (
    Started | LineStarted | LineAired | LineLost | LineCut | LineWritten | SayRequested | OrderChanged | QuestionsOpened
    | FactsChanged | MarketSwitched | PersonaSwitched | Control
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DirectorState:
    """Everything the director knows."""

    mode: Literal["idle", "live", "taken-over", "paused", "stopped"] = "idle"
    order: Order = Order()
    """Script lines not handed out yet."""
    script: tuple[Ticket, ...] = ()
    """Script tickets handed out and not ended, in the order they will be said."""
    urgent: tuple[Ticket, ...] = ()
    tickets: int = 0

    @property
    def coming(self) -> Order:
        """Every line that has not been aired, those handed out first."""
        return replace(self.order, items=(*_items(self.script), *self.order.items))

    @property
    def position(self) -> Position:
        """That of the first script line that has not been aired."""
        places = (item.position for item in self.coming.items)
        return next((place for place in places if place is not None), self.order.next)


Step = tuple[DirectorState, tuple[Command, ...]]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a market's rundown says."""

    advance: Advance
    """The position after a position."""
    duties: Duties = NO_DUTIES
    """What the law wants said, and where."""


def step(state: DirectorState, event: Event, rules: Rules, begun: AbstractSet[Ticket] = frozenset()) -> Step:
    """Apply one event. Events that no longer fit (a ticket that is void, a stopped show) change nothing.

    Args:
        state: before.
        event: what happened.
        rules: the rundown's.
        begun: the tickets that cannot be taken back: their utterances are on air, or next to nothing before it.

    Raises:
        Conflict: an operator's change is of an older version, or of a line that is being said.
        NotFound: an operator's change is of a line that never was.
    """
    if state.mode == "stopped":
        return state, ()
    match event:
        case Started(position, order):  # a show that was paused when it was interrupted comes back paused
            begins = replace(state.order, next=position, told=rules.duties.until(position))
            placed = replace(state, order=order or begins)
            return _refill(placed if state.mode != "idle" else replace(placed, mode="live"), rules)
        case LineStarted() | LineAired() | LineLost() | LineCut() | LineWritten():
            return _followed(state, event, rules)
        case SayRequested(line, highlight, cut):
            return _hand_out_urgent(state, SayTask(line, highlight, cut))
        case OrderChanged(change, version):
            return _changed(state, change, version, rules, begun)
        case QuestionsOpened(line, instead_of):
            return _window(state, line, instead_of, begun)
        case FactsChanged():
            rewritten, commands = _write_anew(state, tuple(t for t in state.script if t not in begun), rules)
            return rewritten, (*commands, Interrupt("facts"))
        case MarketSwitched() | PersonaSwitched():
            return _switched(state, event, rules, begun)
        case Control(action, away_s):
            return _control(state, action, away_s, rules)


def _followed(
    state: DirectorState, event: LineStarted | LineAired | LineLost | LineCut | LineWritten, rules: Rules
) -> Step:
    """What became of a line."""
    match event:
        case LineStarted(ticket):
            return _bridge_after(*_heard(state, ticket, rules), ticket)
        case LineAired(ticket) | LineLost(ticket):
            return _ended(state, ticket, rules)
        case LineCut(ticket, kind):
            return _cut(state, ticket, kind, rules)
        case LineWritten(item_id, line):
            return _refill(replace(state, order=state.order.written(item_id, line, rules.duties)), rules)


def _control(state: DirectorState, action: str, away_s: float, rules: Rules) -> Step:
    if action == "pause":
        return replace(state, mode="paused"), (Hold(held=True), HoldScript(held=False))
    if action == "cut":
        return replace(state, mode="paused"), (Hold(held=True), HoldScript(held=False), Interrupt("emergency"))
    if action == "take-over":
        return replace(state, mode="taken-over"), (HoldScript(held=True),)
    if action == "stop":
        return replace(state, mode="stopped"), (Hold(held=True), Interrupt("emergency"), Save(state.position), Close())
    live = replace(state, mode="live")
    bridge: tuple[Command, ...] = ()
    if away_s >= (POLICIES["emergency"].bridge_after_s or 0.0) and not state.urgent:
        live, bridge = _hand_out_urgent(live, BridgeTask())
    refilled, commands = _refill(live, rules)
    go_on = HoldScript(held=False) if action == "hand-back" else Hold(held=False)
    return refilled, (*bridge, go_on, *commands)


def _items(tickets: Sequence[Ticket]) -> tuple[Item, ...]:
    return tuple(ticket.task.item for ticket in tickets if isinstance(ticket.task, ScriptTask))


def _refill(state: DirectorState, rules: Rules) -> Step:
    """Plan lines as far ahead as operators may see, and hand out those that are due and written."""
    if state.mode == "idle":
        return state, ()
    commands: list[Command] = []
    order = state.order.filled(COMING + 1 - len(state.script), rules.advance)
    state = replace(state, order=order.lawful(_items(state.script), rules.duties))
    while state.mode in {"live", "taken-over"} and len(state.script) <= LOOKAHEAD:
        first = state.order.items[0]
        if first.line is None:
            break
        ticket = Ticket(state.tickets, ScriptTask(first))
        commands.append(Prepare(ticket))
        order = replace(state.order, items=state.order.items[1:])
        state = replace(state, tickets=state.tickets + 1, script=(*state.script, ticket), order=order)
    return state, tuple(commands)


def _hand_out_urgent(state: DirectorState, task: SayTask | BridgeTask) -> Step:
    ticket = Ticket(state.tickets, task)
    return replace(state, tickets=state.tickets + 1, urgent=(*state.urgent, ticket)), (Prepare(ticket),)


def _window(
    state: DirectorState, line: ApprovedLine | None, instead_of: Position | None, begun: AbstractSet[Ticket]
) -> Step:
    """Its line goes before the script's; what is prepared of the script stays prepared."""
    unheard = tuple(t for t in state.urgent if isinstance(t.task, SayTask) and t.task.window and t not in begun)
    if line is None:
        left = tuple(ticket for ticket in state.urgent if ticket not in unheard)
        return replace(state, urgent=left), (Discard(unheard),) if unheard else ()
    if unheard or state.mode != "live":
        return state, ()
    return _hand_out_urgent(state, SayTask(line.as_line(), window=Window(instead_of)))


def _heard(state: DirectorState, ticket: Ticket, rules: Rules) -> Step:
    """With what the line that is being said tells of its product, and without the planned window that it stands for."""
    match ticket.task:
        case ScriptTask(item):
            return replace(state, order=state.order.heard(item.position, rules.duties)), ()
        case SayTask(window=Window(Position() as place)) if ticket in state.urgent:
            return _refill(replace(state, order=state.order.without(place, rules.advance, rules.duties)), rules)
    return state, ()


def _bridge_after(state: DirectorState, commands: tuple[Command, ...], ticket: Ticket) -> Step:
    """While the last waiting answer is spoken, the bridge back to the script is prepared."""
    if state.mode != "live" or state.urgent != (ticket,) or not leads_away(ticket.task):
        return state, commands
    state, bridge = _hand_out_urgent(state, BridgeTask())
    return state, (*commands, *bridge)


def _cut(state: DirectorState, ticket: Ticket, kind: Kind, rules: Rules) -> Step:
    """What was given up: urgent words are always said again; a script line is passed over, or written anew."""
    if ticket in state.urgent:
        others = replace(state, urgent=tuple(t for t in state.urgent if t != ticket))
        return _hand_out_urgent(others, ticket.task) if isinstance(ticket.task, SayTask) else (others, ())
    if POLICIES[kind].resume != "rewrite" or ticket not in state.script:
        return _ended(state, ticket, rules)
    return _write_anew(state, state.script, rules)


def _ended(state: DirectorState, ticket: Ticket, rules: Rules) -> Step:
    if ticket in state.urgent:
        return replace(state, urgent=tuple(t for t in state.urgent if t != ticket)), ()
    if ticket not in state.script:
        return state, ()
    shorter = replace(state, script=tuple(t for t in state.script if t != ticket))
    refilled, commands = _refill(shorter, rules)
    return refilled, (Save(shorter.position), *commands)


def _write_anew(state: DirectorState, back: tuple[Ticket, ...], rules: Rules) -> Step:
    """Take these tickets back, and have every coming line written from the new facts."""
    kept = tuple(ticket for ticket in state.script if ticket not in back)
    taken_back = replace(state, script=kept, order=state.order.anew(_items(back)))
    refilled, commands = _refill(taken_back, rules)
    return refilled, ((Discard(back), *commands) if back else commands)


def _changed(state: DirectorState, change: Change, version: int, rules: Rules, begun: AbstractSet[Ticket]) -> Step:
    """An operator's change. Tickets in front of the first line it touches stay as they are."""
    if version != state.order.version:
        raise Conflict(f"the lines have changed meanwhile: version {state.order.version}, not {version}")
    on_air = tuple(ticket for ticket in state.script if ticket in begun)
    waiting = tuple(ticket for ticket in state.script if ticket not in begun)
    position = next((item.position for item in reversed(_items(on_air)) if item.position is not None), None)
    whole = replace(state.order, items=(*_items(waiting), *state.order.items))
    order = changed(whole, change, position, rules.advance, rules.duties)
    same = 0
    while same < min(len(waiting), len(order.items)) and _items(waiting)[same] == order.items[same]:
        same += 1
    void = waiting[same:]
    order = replace(order, items=order.items[same:])
    state = replace(state, script=(*on_air, *waiting[:same]), order=order)
    commands: tuple[Command, ...] = (Discard(void),) if void else ()
    if isinstance(change, SayNow):
        for item in said_now(whole, change.item_id, rules.duties):
            if item.line is None:
                raise Conflict(f"line {item.id} is not written yet")
            state, urgent = _hand_out_urgent(state, SayTask(item.line.as_line(), cut=change.cut))
            commands += urgent
    refilled, more = _refill(state, rules)
    return refilled, (*commands, Save(refilled.position), *more)


def _enter(state: DirectorState, market: MarketId, rules: Rules) -> Step:
    """Begin again with the opening; lines in another language are of no more use."""
    order = replace(
        state.order, items=(), next=Position(lap=state.position.lap), version=state.order.version + 1, told=Told(),
        left_out=None,
    )  # fmt: skip
    refilled, commands = _refill(replace(state, script=(), urgent=(), order=order), rules)
    return refilled, (Interrupt("market"), DiscardAll(), EnterMarket(market), Save(order.next), *commands)


def _switched(
    state: DirectorState, event: MarketSwitched | PersonaSwitched, rules: Rules, begun: AbstractSet[Ticket]
) -> Step:
    market = event.market if isinstance(event, MarketSwitched) else None
    return _enter(state, market, rules) if market else _with_another_voice(state, rules, begun)


def _with_another_voice(state: DirectorState, rules: Rules, begun: AbstractSet[Ticket]) -> Step:
    """Prepare the same lines again; what has begun ends as the policy says."""
    back = tuple(ticket for ticket in state.script if ticket not in begun)
    said_anew = tuple(ticket for ticket in state.urgent if ticket not in begun)
    order = replace(state.order, items=(*_items(back), *state.order.items))
    script, urgent = (tuple(t for t in both if t in begun) for both in (state.script, state.urgent))
    state = replace(state, script=script, urgent=urgent, order=order)
    commands: tuple[Command, ...] = (Interrupt("persona"), Discard((*back, *said_anew)))
    for ticket in said_anew:
        if isinstance(ticket.task, SayTask | BridgeTask):  # a filler has no second chance
            state, prepare = _hand_out_urgent(state, ticket.task)
            commands += prepare
    refilled, more = _refill(state, rules)
    return refilled, (*commands, *more)
