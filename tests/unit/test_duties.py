"""Whatever operators do to the order, no product is sold, and none is left, without what the law wants said of it."""

from __future__ import annotations

from functools import cache
from random import Random

import pytest

from influencer.brief import Brief
from influencer.errors import Conflict, InvalidInput
from influencer.loading import load_market
from influencer.script.claims import ApprovedLine
from influencer.script.duties import Duties
from influencer.script.run_of_show import PlannedSegment, RunOfShow
from influencer.script.rundown import SELLING, advance, compile_rundown, compile_show, seek, segment_at
from influencer.script.values import Position, Rundown
from influencer.show.coming import Change, Item, Jump, Order, Reorder, SayNow, Skip, changed
from influencer.show.director import (
    DirectorState,
    Event,
    LineAired,
    LineStarted,
    LineWritten,
    OrderChanged,
    Rules,
    Started,
    step,
)
from influencer.show.tickets import SayTask, ScriptTask, Ticket
from tests.unit.script_helpers import brief

pytestmark = pytest.mark.unit


def products() -> list[Brief]:
    """Two of whom the law wants something said, and one of whom it does not."""
    supplement = brief("oat-granola").model_copy(update={"category": "supplements"})
    return [brief("dew-serum"), brief("stone-mug"), supplement]


@cache
def rundown(minutes: float = 9) -> Rundown:
    return compile_rundown(products(), load_market("en-US"), minutes)


def place(kind: str, product: str, *, show: Rundown | None = None, lap: int = 0) -> Position:
    show = show or rundown()
    found = next(i for i, one in enumerate(show.segments) if (one.kind, one.product_id) == (kind, product))
    return Position(lap, found)


def line_at(position: Position, show: Rundown) -> ApprovedLine:
    """A line that only says where it stands."""
    segment, made = segment_at(show, position), ApprovedLine.__new__(ApprovedLine)
    where = f"{position.lap} {position.segment} {position.line}"
    values = {"id": where, "text": where, "fact_ids": (), "segment": segment.kind, "product_id": segment.product_id,
              "market": "en-US", "source": "template", "variant": where}  # fmt: skip
    for name, value in values.items():
        object.__setattr__(made, name, value)
    return made


class Run:
    """A show without a voice: what the director has said, in order, while an operator interferes."""

    def __init__(self, show: Rundown) -> None:
        self.show, self.duties = show, Duties(show)
        self.rules = Rules(self.advance, self.duties)
        self.state = DirectorState()
        self.on_air: Ticket | None = None
        self.said: list[Position] = []
        self.event(Started(Position()))

    @property
    def order(self) -> Order:
        return self.state.coming

    def advance(self, position: Position) -> Position:
        return advance(self.show, position)

    def event(self, event: Event) -> None:
        begun = frozenset() if self.on_air is None else frozenset({self.on_air})
        self.state, _ = step(self.state, event, self.rules, begun)
        while (item := self.state.order.unwritten) is not None and item.position is not None:
            written = LineWritten(item.id, line_at(item.position, self.show))
            self.state, _ = step(self.state, written, self.rules, begun)

    def step(self) -> None:
        """Say the next line: what is urgent before the script."""
        if self.on_air is not None:
            self.event(LineAired(self.on_air))
        self.on_air = (*self.state.urgent, *self.state.script)[0]
        task = self.on_air.task
        assert isinstance(task, SayTask | ScriptTask)
        self.said.append(place_of(task.line.text) if isinstance(task, SayTask) else task.item.position or Position())
        self.event(LineStarted(self.on_air))

    def do(self, change: Change) -> None:
        self.event(OrderChanged(change, self.state.order.version))

    def words(self, last: int) -> list[str]:
        return [f"{one.kind} of {one.product_id}" for one in (segment_at(self.show, p) for p in self.said[-last:])]


def place_of(text: str) -> Position:
    return Position(*(int(number) for number in text.split()))


def upto(position: Position, show: Rundown | None = None) -> Run:
    run = Run(show or rundown())
    while position not in run.said:
        run.step()
    return run


def test_a_jump_past_it_says_it_first() -> None:
    run = upto(place("product", "dew-serum"))
    run.do(Jump(place("call-to-action", "dew-serum")))
    run.step(), run.step()
    assert run.words(2) == ["disclaimer of dew-serum", "call-to-action of dew-serum"]


def test_a_jump_to_another_product_says_what_is_owed_of_the_one_that_was_presented() -> None:
    run = upto(place("hook", "dew-serum"))
    run.do(Jump(place("hook", "stone-mug")))
    run.step(), run.step()
    assert run.words(2) == ["disclaimer of dew-serum", "hook of stone-mug"]


def test_a_product_that_was_not_presented_owes_nothing_when_it_is_passed_by() -> None:
    run = upto(place("hook", "stone-mug"))
    run.do(Jump(place("hook", "dew-serum", lap=1)))
    run.step()
    assert run.words(1) == ["hook of dew-serum"]


def test_a_jump_into_the_sale_of_another_product_says_that_products_sentence_first() -> None:
    run = upto(place("proof", "stone-mug"))
    run.do(Jump(place("offer", "oat-granola")))
    run.step(), run.step()
    assert run.words(2) == ["disclaimer of oat-granola", "offer of oat-granola"]


def test_what_is_owed_survives_a_second_jump_and_is_said_once() -> None:
    run = upto(place("hook", "dew-serum"))
    run.do(Jump(place("hook", "stone-mug")))
    run.do(Jump(place("call-to-action", "stone-mug")))
    run.step(), run.step(), run.step()
    assert run.words(3)[:2] == ["disclaimer of dew-serum", "call-to-action of stone-mug"]
    assert "disclaimer of dew-serum" not in run.words(1)


def test_a_jump_before_it_leaves_it_in_its_place() -> None:
    run = upto(place("hook", "dew-serum"))
    run.do(Jump(place("proof", "dew-serum")))
    run.step()
    assert run.words(1) == ["proof of dew-serum"]
    while run.words(1) != ["objection of dew-serum"]:
        run.step()
    assert "disclaimer of dew-serum" in run.words(5)


def test_skipping_its_segment_before_it_is_written_leaves_it() -> None:
    duty = place("disclaimer", "dew-serum")
    order = Order((Item(1, duty),), rundown_next(duty), ids=2)
    after = changed(order, Skip(), None, lambda at: advance(rundown(), at), Duties(rundown()))
    assert [item.position for item in after.items] == [duty]
    at_the_end = Order((), duty, ids=1)
    assert changed(at_the_end, Skip(), None, lambda at: advance(rundown(), at), Duties(rundown())).next == duty


def rundown_next(position: Position) -> Position:
    return advance(rundown(), position)


def test_a_sale_cannot_be_put_before_it() -> None:
    run = upto(place("objection", "stone-mug"))
    run.do(Jump(place("proof", "oat-granola")))
    run.step()
    while len({"disclaimer", "offer"} & {item.line.segment for item in run.order.items if item.line}) < 2:
        run.step()
    by_kind = {item.line.segment: item.id for item in reversed(run.order.items) if item.line is not None}
    with pytest.raises(Conflict, match="the law wants said of oat-granola"):
        run.do(Reorder((by_kind["offer"], by_kind["disclaimer"])))
    run.do(SayNow(by_kind["offer"]))
    run.step(), run.step()
    assert run.words(2) == ["disclaimer of oat-granola", "offer of oat-granola"]
    assert "disclaimer" not in {item.line.segment for item in run.order.items[:3] if item.line}


def test_a_planned_run_of_show_that_sells_first_says_it_before() -> None:
    kinds = ("hook", "call-to-action", "proof", "call-to-action")
    plan = RunOfShow(minutes=3, segments=[PlannedSegment(kind=kind, product="dew-serum") for kind in kinds])  # type: ignore[arg-type]
    show = compile_show(plan, products(), load_market("en-US"))
    assert [one.kind for one in show.segments[1:4]] == ["hook", "disclaimer", "call-to-action"]


@pytest.mark.parametrize("seed", range(25))
def test_no_jump_skip_or_hurry_sells_or_leaves_a_product_without_it(seed: int) -> None:
    draw, run = Random(seed), Run(rundown(14))
    done = 0
    for _ in range(400):
        run.step()
        try:
            done += interfered(run, draw)
        except (Conflict, InvalidInput):
            continue
    assert done > 60
    assert sales_without(run) == []
    assert passes_without(run) == []
    assert sum(run.duties.mandated(place) for place in run.said) > 20


def interfered(run: Run, draw: Random) -> bool:
    luck = draw.random()
    if luck < 0.15:
        kind, product = draw.choice([None, "offer", "call-to-action", "proof", "recap"]), draw.choice(products()).id
        run.do(Jump(seek(run.show, run.state.position, product, kind, lambda _: True)))  # type: ignore[arg-type]
    elif luck < 0.25:
        run.do(Skip())
    elif luck < 0.3:
        run.do(SayNow(draw.choice(run.state.order.items).id))
    elif luck < 0.35:
        run.do(Reorder(tuple(item.id for item in draw.sample(run.state.order.items, 3))))
    return luck < 0.35


def sales_without(run: Run) -> list[str]:
    """Sales of a product in a pass in which the law's words were not said of it before."""
    wrong = []
    for at, position in enumerate(run.said):
        segment = segment_at(run.show, position)
        if segment.kind not in SELLING or segment.product_id == "stone-mug":
            continue
        if segment.product_id not in told(run, position.lap, upto=at):
            wrong.append(f"{segment.kind} of {segment.product_id} at {position}")
    return wrong


def passes_without(run: Run) -> list[str]:
    """Passes in which a product was presented and the law's words were not said of it."""
    shown = {(one.lap, segment_at(run.show, one).product_id) for one in run.said if one.segment and not duty(run, one)}
    last = max(one.lap for one in run.said)
    return [f"{who} in {lap}" for lap, who in sorted(shown) if lap < last and who not in {"stone-mug", *told(run, lap)}]


def told(run: Run, lap: int, upto: int | None = None) -> set[str | None]:
    """The products of which the law's words were said between the script's last line of the pass before and its first
    one of the next, or up to a line."""
    script = [(at, one.lap) for at, one in enumerate(run.said) if not duty(run, one)]
    start = max((at for at, of in script if of < lap), default=-1)
    end = min((at for at, of in script if of > lap and at > start), default=len(run.said)) if upto is None else upto
    of_it = {duty(run, one) for one in run.said[:upto] if one.lap == lap}
    return of_it | {duty(run, one) for one in run.said[start + 1 : end]}


def duty(run: Run, place: Position) -> str | None:
    return run.duties.product(place) if run.duties.mandated(place) else None
