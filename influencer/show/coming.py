"""The running order: the lines a show is about to say, and how an operator changes it. Pure.

Lines have ids that are never used twice. The version counts what changes lines that somebody may be looking at: an
operator's change, or lines that are written anew because facts changed. That the first line goes on air and a new one
comes in at the end does not count: nobody's edit of a line in the middle is refused for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from influencer.errors import Conflict, NotFound
from influencer.script.claims import ApprovedLine
from influencer.script.duties import Duties, Told
from influencer.script.rundown import SELLING
from influencer.script.values import Position, Rundown, Segment
from influencer.show.interruptions import Boundary

COMING = 10
"""Lines planned beyond the one on air: a minute and a half to two minutes of talk."""

Advance = Callable[[Position], Position]
"""The rundown's own rule for the position after this one."""
NO_DUTIES = Duties(Rundown("en-US", (Segment("opening", "", 0.0, 1),), loop_from=0))
"""Of a show of whose products no law wants anything said."""


@dataclass(frozen=True, slots=True)
class Item:
    """One coming line."""

    id: int
    position: Position | None
    """Its place in the rundown; None for a line an operator put in."""
    line: ApprovedLine | None = None
    """None until it is written."""
    edited: bool = False
    """An operator chose its words: they are not written anew, only checked again before they are said."""


@dataclass(frozen=True, slots=True)
class Order:
    """The coming lines, first to be said first."""

    items: tuple[Item, ...] = ()
    next: Position = Position()
    """Position of the line that comes in at the end."""
    ids: int = 1
    """The next free id."""
    version: int = 0
    touched: int = 0
    """Lines with smaller ids were there when an operator changed something."""
    told: Told = Told()
    """What was said of the products, and what the law wants said of them."""
    left_out: Position | None = None
    """In the segment that something else has stood for already."""

    @property
    def changed(self) -> bool:
        """Whether an operator's change may be among the lines, so that the position alone does not tell them."""
        return any(item.id < self.touched for item in self.items)

    @property
    def unwritten(self) -> Item | None:
        """The line that is to be written next."""
        return next((item for item in self.items if item.line is None and item.position is not None), None)

    def filled(self, length: int, advance: Advance) -> Order:
        """With lines at the end until there are `length`, one at a time to be written: how long a line takes decides
        how many its segment has."""
        order = self
        while len(order.items) < length and order.unwritten is None:
            item = Item(order.ids, order.next)
            following = _past(order.left_out, advance(order.next), advance)
            order = replace(order, items=(*order.items, item), next=following, ids=order.ids + 1)
        return order

    def written(self, item_id: int, line: ApprovedLine | None, duties: Duties = NO_DUTIES) -> Order:
        """With the words of a line; without the line when there is nothing to say (None), and without the sales of a
        product of which the law's words cannot be said now."""
        unsaid = next((item for item in self.items if item.id == item_id and item.line is None), None)
        if line is None and unsaid is not None and (product := _duty_of(unsaid, duties)) is not None:
            left = (item for item in self.items if item is not unsaid and _sold_in(item, duties) != product)
            return replace(self, items=tuple(left))
        items = [replace(item, line=line) if item.id == item_id and item.line is None else item for item in self.items]
        return replace(self, items=tuple(item for item in items if item.id != item_id or item.line is not None))

    def heard(self, position: Position | None, duties: Duties) -> Order:
        """With a line of the rundown that is being said."""
        return self if position is None else replace(self, told=duties.heard(self.told, position))

    def lawful(self, ahead: Sequence[Item], duties: Duties) -> Order:
        """With what the law wants said of a product before each of its sales, where it was not said and does not come.

        Args:
            ahead: the lines that are handed out, and said before.
            duties: what the law wants said.
        """
        told, items, ids = self.told, list[Item](), self.ids
        for item in (*ahead, *self.items):
            product = None if item.position is None or item in ahead else duties.sold(item.position)
            for place in duties.missing(told, product, item.position) if product and item.position else ():
                items.append(Item(ids, place))
                told, ids = duties.heard(told, place), ids + 1
            if duties.mandated(item.position) and item.position is not None:
                told = duties.heard(told, item.position)
            if item not in ahead:
                items.append(item)
        return self if ids == self.ids else replace(self, items=tuple(items), ids=ids, touched=ids)

    def anew(self, back: Sequence[Item]) -> Order:
        """With `back` before the rest, and all words to be written again that no operator chose."""
        kept = (item for item in (*back, *self.items) if item.edited or item.position is not None)
        items = tuple(item if item.edited else replace(item, line=None) for item in kept)
        return replace(self, items=items, version=self.version + 1)

    def without(self, place: Position, advance: Advance, duties: Duties = NO_DUTIES) -> Order:
        """Without the segment of a place, be it planned or still to be: something else stands for it."""
        return replace(_without(self, place, advance, duties), left_out=place)


# --- what an operator does ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Edit:
    """Other words for a line."""

    item_id: int
    line: ApprovedLine


@dataclass(frozen=True, slots=True)
class Insert:
    """A line more."""

    line: ApprovedLine
    before: int | None = None
    """None: after the last."""


@dataclass(frozen=True, slots=True)
class Remove:
    """A line less."""

    item_id: int


@dataclass(frozen=True, slots=True)
class Reorder:
    """These lines, in this order, in the places they hold now; other lines keep theirs."""

    item_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SayNow:
    """Say a coming line at once; `cut` says where it may cut what is being said."""

    item_id: int
    cut: Boundary = "sentence"


@dataclass(frozen=True, slots=True)
class Skip:
    """Leave out what is left of the segment on air; of the next one when nothing of a segment is on air."""


@dataclass(frozen=True, slots=True)
class Jump:
    """Go on at another place of the rundown; what an operator put in is still said, first."""

    position: Position


Change = Edit | Insert | Remove | Reorder | SayNow | Skip | Jump


def changed(
    order: Order, change: Change, on_air: Position | None, advance: Advance, duties: Duties = NO_DUTIES
) -> Order:
    """The order after an operator's change, one version later.

    Args:
        order: every line that can still be changed.
        change: what to do.
        on_air: the position of the line that is being said.
        advance: the rundown's rule.
        duties: what the law wants said, where in the rundown.

    Raises:
        Conflict: a line it names has been said, or taken out, or is one that the law wants said, or a product would be
            sold before what the law wants said of it.
        NotFound: there was never such a line.
    """
    items = list(order.items)
    match change:
        case Edit(item_id, line):
            at = _free(order, item_id, duties)
            items[at] = replace(items[at], line=line, edited=True)
        case Insert(line, before):
            at = len(items) if before is None else _find(order, before)
            items.insert(at, Item(order.ids, None, line, edited=True))
            order = replace(order, ids=order.ids + 1)
        case Remove(item_id):
            del items[_free(order, item_id, duties)]
        case SayNow(item_id):
            for item in said_now(order, item_id, duties):
                items.remove(item)
                order = order.heard(item.position, duties)
        case Reorder(item_ids):
            items = _reordered(order, item_ids, duties)
        case Skip():
            return _without_segment(order, on_air, advance, duties)
        case Jump(position):
            return _jumped(order, position, on_air, duties)
        case _:
            assert_never(change)
    return replace(order, items=tuple(items), version=order.version + 1, touched=order.ids)


def said_now(order: Order, item_id: int, duties: Duties = NO_DUTIES) -> tuple[Item, ...]:
    """The line that is to be said at once; when it asks for a sale, with what the law wants said of the product first.

    Raises:
        Conflict: it has been said, or taken out.
        NotFound: there was never such a line.
    """
    at = _find(order, item_id)
    product = _sold_in(order.items[at], duties)
    duty = (one for one in order.items[:at] if product is not None and _duty_of(one, duties) == product)
    return *duty, order.items[at]


def _sold_in(item: Item, duties: Duties) -> str | None:
    """The product that a line of the script asks to buy."""
    if item.position is None:
        return None
    if item.line is not None:
        return item.line.product_id if item.line.segment in SELLING else None
    return duties.sold(item.position)


def _duty_of(item: Item, duties: Duties) -> str | None:
    """The product of which the law wants a line said."""
    if not _mandated(item, duties):
        return None
    if item.line is not None:
        return item.line.product_id
    return None if item.position is None else duties.product(item.position)


def _reordered(order: Order, item_ids: Sequence[int], duties: Duties) -> list[Item]:
    places, items = [_find(order, item_id) for item_id in item_ids], list(order.items)
    if len(set(places)) < len(places):
        raise Conflict("a line can have only one place in the order")
    for place, taken in zip(sorted(places), places, strict=True):
        items[place] = order.items[taken]
    for at, item in enumerate(items):
        product = _sold_in(item, duties)
        for duty in items[at + 1 :] if product is not None else ():
            if _duty_of(duty, duties) == product and order.items.index(duty) < order.items.index(item):
                wanted = f"line {duty.id} is what the law wants said of {product}"
                raise Conflict(f"{wanted}: it comes before line {item.id}, which sells it")
    return items


def _jumped(order: Order, there: Position, on_air: Position | None, duties: Duties) -> Order:
    """Going on elsewhere: first what is owed to the law, then what an operator put in."""
    told = order.heard(on_air, duties).told
    known = {item.position: item for item in order.items if item.position is not None}
    owed, ids = list[Item](), order.ids
    for place in duties.owed(told, there):
        owed.append(known.get(place) or Item(ids, place))
        ids += place not in known
    items = (*owed, *(item for item in order.items if item.position is None))
    return replace(order, items=items, next=there, ids=ids, version=order.version + 1, touched=ids, left_out=None)


def _find(order: Order, item_id: int) -> int:
    for at, item in enumerate(order.items):
        if item.id == item_id:
            return at
    if 0 < item_id < order.ids:
        raise Conflict(f"line {item_id} is being said, has been said, or was taken out")
    raise NotFound(f"line: got {item_id}; coming: {', '.join(str(item.id) for item in order.items) or 'none'}")


def _free(order: Order, item_id: int, duties: Duties) -> int:
    """The place of a line whose words are the operator's to change: not those that the law wants said."""
    at = _find(order, item_id)
    if _mandated(order.items[at], duties):
        raise Conflict(f"line {item_id} is what the law wants said of the product: it may be moved, not changed")
    return at


def _mandated(item: Item, duties: Duties) -> bool:
    """Whether a line says what the law wants said, also while it is not written."""
    if item.line is not None:
        return item.line.segment == "disclaimer"
    return duties.mandated(item.position)


def _without_segment(order: Order, on_air: Position | None, advance: Advance, duties: Duties) -> Order:
    first = on_air or next((item.position for item in order.items if item.position is not None), order.next)
    if duties.mandated(first):
        return replace(order, version=order.version + 1, touched=order.ids)
    return replace(_without(order, first, advance, duties), touched=order.ids)


def _without(order: Order, place: Position, advance: Advance, duties: Duties = NO_DUTIES) -> Order:
    """Without what is left of the segment of a position, but for what the law wants said."""

    def stays(item: Item) -> bool:
        return not _same_segment(item.position, place) or item.edited or _mandated(item, duties)

    items = tuple(item for item in order.items if stays(item))
    return replace(order, items=items, next=_past(place, order.next, advance), version=order.version + 1)


def _same_segment(one: Position | None, other: Position | None) -> bool:
    return one is not None and other is not None and (one.lap, one.segment) == (other.lap, other.segment)


def _past(place: Position | None, following: Position, advance: Advance) -> Position:
    """The first position from `following` on that is in another segment than `place`."""
    while _same_segment(following, place):
        following = advance(following)
    return following
