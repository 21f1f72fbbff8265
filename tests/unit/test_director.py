from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest

from influencer.errors import Conflict, NotFound
from influencer.script.claims import ApprovedLine
from influencer.script.values import Line, Position
from influencer.show.coming import COMING, Change, Edit, Insert, Jump, Remove, Reorder, SayNow, Skip
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
from influencer.show.director import (
    LOOKAHEAD,
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
    QuestionsOpened,
    Rules,
    SayRequested,
    Started,
    step,
)
from influencer.show.tickets import BridgeTask, SayTask, ScriptTask, Ticket
from streaming.media import ChatHighlight

pytestmark = pytest.mark.unit
ANSWER = Line("It is $39.", "questions", "dew-serum", "en-US", ("price",), "answer", "a1")


def advance(position: Position) -> Position:
    line = position.line + 1
    return replace(position, line=line) if line < 3 else Position(position.lap, position.segment + 1, 0)


def line(text: str) -> ApprovedLine:
    made = ApprovedLine.__new__(ApprovedLine)
    values = {"id": text, "text": text, "fact_ids": (), "segment": "proof", "product_id": "dew-serum",
              "market": "en-US", "source": "template", "variant": text}  # fmt: skip
    for name, value in values.items():
        object.__setattr__(made, name, value)
    return made


def run(
    *events: Event, state: DirectorState | None = None, begun: Collection[Ticket] = ()
) -> tuple[DirectorState, list[Command]]:
    """Apply events; lines are written as soon as they are planned."""
    state = state or DirectorState()
    commands: list[Command] = []
    for event in (*events, None):
        if event is not None:
            state, made = step(state, event, Rules(advance), frozenset(begun))
            commands += made
        while (item := state.order.unwritten) is not None:
            state, made = step(
                state, LineWritten(item.id, line(f"line {item.position}")), Rules(advance), frozenset(begun)
            )
            commands += made
    return state, commands


def prepared(commands: list[Command]) -> list[Position | None]:
    tasks = [command.ticket.task for command in commands if isinstance(command, Prepare)]
    return [task.item.position for task in tasks if isinstance(task, ScriptTask)]


def places(state: DirectorState) -> list[Position | None]:
    tasks = [ticket.task for ticket in state.script]
    handed_out = [task.item for task in tasks if isinstance(task, ScriptTask)]
    return [item.position for item in (*handed_out, *state.order.items)]


def test_start_prepares_the_line_on_air_and_the_lookahead_in_order() -> None:
    _, commands = run(Started(Position(0, 2, 1)))
    assert prepared(commands) == [Position(0, 2, 1), Position(0, 2, 2), Position(0, 3, 0)]
    assert len(prepared(commands)) == LOOKAHEAD + 1


def test_lines_are_planned_one_by_one_as_they_are_written_and_only_written_ones_are_prepared() -> None:
    state, commands = step(DirectorState(), Started(Position()), Rules(advance))
    assert (len(state.order.items), commands) == (1, ())
    first = state.order.items[0]
    state, commands = step(state, LineWritten(first.id, None), Rules(advance))  # nothing can be said there
    assert commands == ()
    second = state.order.items[0]
    assert second.position == Position(0, 0, 1)
    state, commands = step(state, LineWritten(second.id, line("second")), Rules(advance))
    assert prepared(list(commands)) == [second.position]
    whole, _ = run(state=state)
    assert len(ids(whole)) == COMING


def test_each_aired_line_saves_the_first_unaired_position_and_asks_for_one_more() -> None:
    state, _ = run(Started(Position()))
    _, commands = run(LineAired(state.script[0]), state=state)
    assert [type(c) for c in commands] == [Save, Prepare]
    assert commands[0] == Save(Position(0, 0, 1))


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
    on_air, second, third = state.script
    before = places(state)
    state, commands = run(FactsChanged(), state=state, begun={on_air})
    assert commands[0] == Discard((second, third))
    assert Interrupt("facts") in commands
    assert state.script[0] == on_air
    assert state.script[1] not in {second, third}
    assert places(state) == before
    assert state.order.version == 1
    unchanged, commands = run(LineAired(second), state=state)
    assert (unchanged, commands) == (state, []), "a void ticket must not move the show"


def test_changed_facts_while_an_answer_is_spoken_lose_no_line() -> None:
    state, _ = run(Started(Position()))
    before, first = places(state), state.script[0]
    state, commands = run(FactsChanged(), state=state)  # the first line is prepared and waits for the answer's end
    assert first in next(c for c in commands if isinstance(c, Discard)).tickets
    assert first not in state.script
    assert places(state) == before


def test_a_line_that_is_cut_as_untrue_is_written_anew_with_all_after_it() -> None:
    state, _ = run(Started(Position()))
    before, on_air = places(state), state.script[0]
    state, commands = run(LineCut(on_air, "facts"), state=state)
    assert on_air not in state.script
    assert places(state) == before
    assert prepared(commands) == before[: LOOKAHEAD + 1]


def test_pause_holds_and_resume_goes_on_with_the_same_tickets() -> None:
    state, _ = run(Started(Position()))
    paused, commands = run(Control("pause"), LineAired(state.script[0]), state=state)
    assert commands == [Hold(held=True), HoldScript(held=False), Save(Position(0, 0, 1))]
    resumed, commands = run(Control("resume"), state=paused)
    assert commands[0] == Hold(held=False)
    assert resumed.script[: len(paused.script)] == paused.script


def test_a_show_that_was_paused_comes_back_paused_at_its_line() -> None:
    state, commands = run(Control("pause"), Started(Position(2, 1, 1)))
    assert commands == [Hold(held=True), HoldScript(held=False)]
    _, commands = run(Control("resume"), state=state)
    assert prepared(commands)[0] == Position(2, 1, 1)


def test_market_switch_starts_the_opening_again_in_the_new_market() -> None:
    state, _ = run(Started(Position(4, 3, 1)))
    state, commands = run(MarketSwitched("ko-KR"), state=state)
    assert commands[:3] == [Interrupt("market"), DiscardAll(), EnterMarket("ko-KR")]
    assert places(state)[0] == Position(lap=4)


def test_stop_saves_the_unfinished_line_and_nothing_happens_after() -> None:
    state, _ = run(Started(Position(1, 1, 1)))
    state, commands = run(Control("stop"), state=state)
    assert commands == [Hold(held=True), Interrupt("emergency"), Save(Position(1, 1, 1)), Close()]
    assert run(Started(Position()), SayRequested(ANSWER), state=state) == (state, [])


# --- an operator and the coming lines ---


def on_air() -> DirectorState:
    """A show whose first line is on air."""
    return run(Started(Position()))[0]


def operate(change: Change, state: DirectorState | None = None) -> tuple[DirectorState, list[Command]]:
    state = state or on_air()
    return run(OrderChanged(change, state.order.version), state=state, begun={state.script[0]})


def ids(state: DirectorState) -> list[int]:
    tasks = [ticket.task for ticket in state.script[1:]]
    return [task.item.id for task in tasks if isinstance(task, ScriptTask)] + [item.id for item in state.order.items]


def test_an_edit_far_ahead_leaves_what_is_prepared_alone() -> None:
    before = on_air()
    after, commands = operate(Edit(ids(before)[5], line("mine")))
    assert after.script == before.script
    assert not any(isinstance(command, Discard | Prepare) for command in commands)
    assert after.order.items[3].line == line("mine")
    assert after.order.version == before.order.version + 1


def test_an_edit_of_a_prepared_line_takes_it_back_and_those_after_it_and_no_other() -> None:
    before = on_air()
    first, second, third = before.script
    after, commands = operate(Edit(ids(before)[0], line("mine")))
    assert commands[0] == Discard((second, third))
    assert after.script[0] == first
    task = after.script[1].task
    assert isinstance(task, ScriptTask)
    assert (task.item.line, task.item.edited) == (line("mine"), True)
    later, commands = operate(Edit(ids(before)[1], line("mine")))
    assert commands[0] == Discard((third,))
    assert later.script[:2] == (first, second)


def test_an_older_version_and_a_line_on_air_are_refused() -> None:
    state = on_air()
    first = state.script[0].task
    assert isinstance(first, ScriptTask)
    changed, _ = operate(Remove(ids(state)[3]), state)
    with pytest.raises(Conflict, match="version 1, not 0"):
        run(OrderChanged(Remove(ids(changed)[4]), 0), state=changed)
    for said in (first.item.id, ids(state)[3]):
        with pytest.raises(Conflict, match="has been said, or was taken out"):
            operate(Edit(said, line("late")), changed)
    with pytest.raises(NotFound, match="99"):
        operate(Edit(99, line("never")), changed)


def test_that_a_line_airs_and_another_comes_in_is_no_new_version() -> None:
    state = on_air()
    aired, _ = run(LineAired(state.script[0]), state=state)
    assert aired.order.version == state.order.version
    assert len(ids(aired)) == len(ids(state)) == COMING


def test_lines_are_put_in_taken_out_and_moved() -> None:
    before = on_air()
    known = ids(before)
    after, _ = operate(Insert(line("mine"), before=known[4]), before)
    new = (set(ids(after)) - set(known)).pop()
    assert ids(after) == [*known[:4], new, *known[4:]]
    after, _ = operate(Insert(line("mine")), before)
    assert ids(after)[:-1] == known
    after, _ = operate(Remove(known[4]), before)
    assert ids(after)[: len(known) - 1] == known[:4] + known[5:]
    after, _ = operate(Reorder((known[6], known[3])), before)
    assert ids(after) == [*known[:3], known[6], *known[4:6], known[3], *known[7:]]
    with pytest.raises(Conflict):
        operate(Reorder((known[3], known[3])), before)


def test_lines_an_operator_chose_are_kept_when_facts_change_and_others_are_written_anew() -> None:
    state, _ = operate(Edit(ids(on_air())[5], line("mine")))
    unwritten, _ = step(state, FactsChanged(), Rules(advance), frozenset({state.script[0]}))
    words = [item.line for item in unwritten.order.items]
    assert words.count(line("mine")) == 1
    assert words.count(None) == len(words) - 1


def test_say_now_takes_the_line_out_and_says_it_urgently() -> None:
    before = on_air()
    wanted = ids(before)[4]
    after, commands = operate(SayNow(wanted, "word"), before)
    assert wanted not in ids(after)
    (urgent,) = after.urgent
    assert isinstance(urgent.task, SayTask)
    assert (urgent.task.cut, Prepare(urgent) in commands) == ("word", True)


def test_skip_leaves_out_the_rest_of_the_segment_on_air() -> None:
    state, _ = run(Started(Position(0, 2, 0)))
    after, _ = operate(Skip(), state)
    assert places(after)[:3] == [Position(0, 2, 0), Position(0, 3, 0), Position(0, 3, 1)]


def test_skip_reaches_beyond_the_lines_that_are_planned() -> None:
    def one_long(position: Position) -> Position:
        return replace(position, line=position.line + 1) if position.line < 50 else Position(0, position.segment + 1, 0)

    state, _ = step(DirectorState(), Started(Position()), Rules(one_long))
    after, _ = step(state, OrderChanged(Skip(), 0), Rules(one_long))
    assert places(after)[0] == Position(0, 1, 0)


def test_a_jump_goes_on_elsewhere_and_keeps_what_the_operator_put_in() -> None:
    state, _ = operate(Insert(line("mine"), before=ids(on_air())[6]))
    after, _ = operate(Jump(Position(0, 9, 0)), state)
    assert places(after)[1:4] == [None, Position(0, 9, 0), Position(0, 9, 1)]


def test_a_restart_after_a_jump_resumes_where_the_show_would_have_gone() -> None:
    state, _ = operate(Jump(Position(0, 9, 0)))
    _, commands = run(LineAired(state.script[0]), state=state)
    assert Save(Position(0, 9, 0)) in commands


def test_after_a_take_over_urgent_lines_are_said_without_a_bridge_until_the_script_goes_on() -> None:
    state = on_air()
    taken, commands = run(Control("take-over"), state=state)
    assert commands == [HoldScript(held=True)]
    taken, commands = run(SayRequested(ANSWER), state=taken)
    (ticket,) = taken.urgent
    taken, commands = run(LineStarted(ticket), LineAired(ticket), state=taken)
    assert commands == []
    back, commands = run(Control("hand-back", away_s=60), state=taken)
    assert [type(command) for command in commands] == [Prepare, HoldScript]
    assert back.urgent[0].task == BridgeTask()
    assert back.script == state.script


def windows(state: DirectorState) -> list[Ticket]:
    return [ticket for ticket in state.urgent if isinstance(ticket.task, SayTask) and ticket.task.window is not None]


def test_a_question_surge_opens_a_window_before_what_is_prepared_in_place_of_the_next_planned_one() -> None:
    state = on_air()
    before = places(state)
    window = next(place for place in before if place is not None and place.segment == 2)
    after, commands = run(QuestionsOpened(line("ask away"), window), state=state, begun={state.script[0]})
    (ticket,) = windows(after)
    assert commands == [Prepare(ticket)] and ticket.urgent, "said at the next sentence border"
    assert isinstance(ticket.task, SayTask) and ticket.task.line == line("ask away").as_line()
    assert after.coming == state.coming, "what is prepared stays prepared, what is planned stays planned"
    heard, commands = run(LineStarted(ticket), state=after)
    assert not any(isinstance(command, Discard | Interrupt) for command in commands)
    assert heard.script[: len(state.script)] == state.script
    assert [place for place in places(heard) if place is not None and place.segment == 2] == []
    assert heard.order.version == state.order.version + 1
    over, commands = run(LineAired(ticket), state=heard)
    assert (over.urgent, commands) == ((), []), "no bridge: nobody was led away"


def test_a_window_that_is_planned_later_than_the_known_lines_is_left_out_when_its_time_comes() -> None:
    opened, _ = run(QuestionsOpened(line("ask away"), Position(0, 9, 0)), state=on_air())
    heard, _ = run(LineStarted(windows(opened)[0]), LineAired(windows(opened)[0]), state=opened)
    segments = list[int]()
    while heard.position.segment < 12:
        segments.append(heard.position.segment)
        heard, _ = run(LineAired(heard.script[0]), state=heard)
    assert 9 not in segments and {8, 10} <= set(segments)


def test_a_surge_that_ends_unheard_gives_its_planned_window_back_and_drops_nothing_else() -> None:
    state, _ = run(OrderChanged(Insert(line("hurry"), before=on_air().coming.items[4].id), 0), state=on_air())
    early = replace(state.order.items[0], id=99, position=None, line=line("sold out"))  # in front, and not yet said
    state = replace(state, order=replace(state.order, items=(early, *state.order.items)))
    state, _ = run(SayRequested(ANSWER), state=state)
    for place in (Position(0, 2, 0), Position(0, 9, 0)):
        opened, _ = run(QuestionsOpened(line("ask away"), place), state=state)
        unheard = windows(opened)
        closed, commands = run(QuestionsOpened(None), state=opened)
        assert commands == [Discard((unheard[0],))]
        assert (closed.coming, closed.urgent) == (state.coming, state.urgent)
        assert closed.order.left_out is None
        kept, commands = run(QuestionsOpened(None), state=opened, begun=unheard)
        assert (windows(kept), commands) == (unheard, []), "what is on its way to the air is said"


def test_a_window_is_opened_once_at_a_time_and_not_while_a_person_speaks() -> None:
    opened, _ = run(QuestionsOpened(line("ask away"), Position(0, 2, 0)), state=on_air())
    assert run(QuestionsOpened(line("more?")), state=opened) == (opened, [])
    taken, _ = run(Control("take-over"), state=on_air())
    assert run(QuestionsOpened(line("ask away"), Position(0, 2, 0)), state=taken) == (taken, [])


def test_a_jump_to_a_window_that_was_left_out_says_it() -> None:
    opened, _ = run(QuestionsOpened(line("ask away"), Position(0, 9, 0)), state=on_air())
    heard, _ = run(LineStarted(windows(opened)[0]), LineAired(windows(opened)[0]), state=opened)
    there, _ = run(OrderChanged(Jump(Position(0, 9, 0)), heard.order.version), state=heard)
    assert len([place for place in places(there) if place is not None and place.segment == 9]) == 3


def test_another_host_says_what_is_prepared_in_their_own_voice() -> None:
    state, _ = run(Started(Position()), SayRequested(ANSWER))
    on_air, coming, before = state.script[0], state.script[1:], places(state)
    (answer,) = state.urgent
    state, commands = run(PersonaSwitched(), state=state, begun={on_air})
    assert commands[:2] == [Interrupt("persona"), Discard((*coming, answer))]
    assert places(state) == before
    assert [ticket.task for ticket in state.urgent] == [answer.task]
    anew = {command.ticket for command in commands if isinstance(command, Prepare)}
    assert anew == {*state.script[1:], *state.urgent}
    assert not anew & {*coming, answer}
    state, _ = run(LineCut(on_air, "persona"), state=state, begun={on_air})
    assert places(state)[0] == before[1]  # the line that was cut is passed over


def test_an_answer_on_air_when_the_host_changes_is_said_again_in_the_new_voice() -> None:
    state, _ = run(Started(Position()), SayRequested(ANSWER))
    (answer,) = state.urgent
    state, _ = run(PersonaSwitched(), LineCut(answer, "persona"), state=state, begun={answer})
    assert [ticket.task for ticket in state.urgent] == [answer.task]
    assert state.urgent != (answer,)
