from __future__ import annotations

from dataclasses import replace

import pytest

from influencer.script.values import Line, Position
from influencer.show.director import (
    LOOKAHEAD,
    BridgeTask,
    Close,
    Command,
    Control,
    DirectorState,
    Discard,
    EnterMarket,
    Event,
    FactsChanged,
    Hold,
    Interrupt,
    LineAired,
    LineLost,
    LineStarted,
    MarketSwitched,
    Prepare,
    Save,
    SayRequested,
    ScriptTask,
    Started,
    step,
)
from streaming.media import ChatHighlight

pytestmark = pytest.mark.unit
ANSWER = Line("It is $39.", "questions", "dew-serum", "en-US", ("price",), "answer", "a1")


def advance(position: Position) -> Position:
    line = position.line + 1
    return replace(position, line=line) if line < 3 else Position(position.lap, position.segment + 1, 0)


def run(*events: Event, state: DirectorState | None = None) -> tuple[DirectorState, list[Command]]:
    state = state or DirectorState()
    commands: list[Command] = []
    for event in events:
        state, made = step(state, event, advance)
        commands += made
    return state, commands


def test_start_prepares_the_line_on_air_and_the_lookahead_in_order() -> None:
    _, commands = run(Started(Position(0, 2, 1)))
    tasks = [c.ticket.task for c in commands if isinstance(c, Prepare)]
    assert tasks == [
        ScriptTask(Position(0, 2, 1)),
        ScriptTask(Position(0, 2, 2)),
        ScriptTask(Position(0, 3, 0)),
    ]
    assert len(tasks) == LOOKAHEAD + 1


def test_each_aired_line_saves_the_first_unaired_position_and_asks_for_one_more() -> None:
    state, _ = run(Started(Position()))
    _, commands = run(LineAired(state.script[0]), state=state)
    assert commands[0] == Save(Position(0, 0, 1))
    assert [type(c) for c in commands] == [Save, Prepare]


def test_an_answer_is_urgent_and_the_script_goes_on_where_it_was() -> None:
    state, _ = run(Started(Position()))
    before = state.script
    state, commands = run(SayRequested(ANSWER, ChatHighlight("Mina", "price?")), state=state)
    (prepare,) = commands
    assert isinstance(prepare, Prepare)
    assert prepare.ticket.urgent
    state, commands = run(LineStarted(prepare.ticket), state=state)
    (bridge,) = commands
    assert isinstance(bridge, Prepare)
    assert bridge.ticket.task == BridgeTask()
    state, commands = run(LineAired(prepare.ticket), LineAired(bridge.ticket), state=state)
    assert commands == []
    assert state.script == before


def test_no_bridge_between_two_waiting_answers() -> None:
    question = ChatHighlight("Mina", "price?")
    state, commands = run(Started(Position()), SayRequested(ANSWER, question), SayRequested(ANSWER, question))
    first = [c.ticket for c in commands if isinstance(c, Prepare) and c.ticket.urgent][0]
    _, commands = run(LineStarted(first), state=state)
    assert commands == []


def test_a_lost_line_is_skipped_not_waited_for() -> None:
    state, _ = run(Started(Position()))
    lost = state.script[1]
    state, commands = run(LineLost(lost), state=state)
    assert lost not in state.script
    assert len(state.script) == LOOKAHEAD + 1
    assert any(isinstance(c, Prepare) for c in commands)


def test_changed_facts_discard_what_is_not_on_air_and_write_it_again() -> None:
    state, _ = run(Started(Position()))
    on_air, second = state.script[:2]
    state, commands = run(FactsChanged(), state=state)
    assert commands[0] == Discard()
    assert state.script[0] == on_air
    assert state.script[1].task == second.task
    assert state.script[1] != second
    unchanged, commands = run(LineAired(second), state=state)
    assert (unchanged, commands) == (state, []), "a void ticket must not move the show"


def test_pause_holds_and_resume_goes_on_with_the_same_tickets() -> None:
    state, _ = run(Started(Position()))
    paused, commands = run(Control("pause"), LineAired(state.script[0]), state=state)
    assert commands == [Hold(held=True), Save(Position(0, 0, 1))]
    resumed, commands = run(Control("resume"), state=paused)
    assert commands[0] == Hold(held=False)
    assert resumed.script[: len(paused.script)] == paused.script


def test_a_show_that_was_paused_comes_back_paused_at_its_line() -> None:
    state, commands = run(Control("pause"), Started(Position(2, 1, 1)))
    assert commands == [Hold(held=True)]
    _, commands = run(Control("resume"), state=state)
    assert [c.ticket.task for c in commands if isinstance(c, Prepare)][0] == ScriptTask(Position(2, 1, 1))


def test_market_switch_starts_the_opening_again_in_the_new_market() -> None:
    state, _ = run(Started(Position(4, 3, 1)))
    state, commands = run(MarketSwitched("ko-KR"), state=state)
    assert commands[:3] == [Interrupt("market"), Discard(everything=True), EnterMarket("ko-KR")]
    assert state.script[0].task == ScriptTask(Position(lap=state.next.lap))


def test_stop_saves_the_unfinished_line_and_nothing_happens_after() -> None:
    state, _ = run(Started(Position(1, 1, 1)))
    state, commands = run(Control("stop"), state=state)
    assert commands == [Hold(held=True), Interrupt("emergency"), Save(Position(1, 1, 1)), Close()]
    assert run(Started(Position()), SayRequested(ANSWER), state=state) == (state, [])
