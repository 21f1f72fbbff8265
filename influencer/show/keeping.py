"""The operator's desk as JSON, kept in the store so that nothing an operator changed is lost with the process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import structlog

from influencer.errors import ClaimRejected
from influencer.script.claims import ApprovedLine
from influencer.script.duties import Told
from influencer.script.values import Line, Position
from influencer.show.coming import Item, Order
from influencer.show.operator import DeskMode

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Mode:
    """What the show does beside its state, and what is needed to do it again."""

    name: DeskMode = "script"
    text: str | None = None
    """On the still; None: the host is seen."""
    until: datetime | None = None
    """The end of a break, aware."""


def kept(order: Order, mode: Mode) -> dict[str, Any] | None:
    """What to store; None when the show is just as its rundown and its position say.

    Args:
        order: every coming line, those being prepared first.
        mode: besides.
    """
    if not order.changed and mode.name == "script":
        return None
    return {
        "version": order.version,
        "ids": order.ids,
        "items": [_item(item) for item in order.items] if order.changed else [],
        "next": _place(order.next),
        "shown": sorted(order.told.shown),
        "told": sorted(order.told.lines),
        "mode": {"name": mode.name, "text": mode.text, "until": mode.until and mode.until.isoformat()},
    }


def order_of(stored: dict[str, Any], position: Position, approve: Callable[[Line], ApprovedLine]) -> Order:
    """The coming lines of a stored desk. Words an operator chose are checked again; those that no longer hold are left
    out, or give way to the script's own."""
    items = []
    for raw in stored["items"]:
        place = None if raw["position"] is None else Position(*raw["position"])
        line = None if raw["line"] is None else _approved(raw["line"], approve)
        if place is not None or line is not None:
            items.append(Item(raw["id"], place, line, edited=line is not None))
    following = Position(*stored["next"]) if items else position
    shown = frozenset((lap, product) for lap, product in stored.get("shown", ()))
    told = Told(shown, frozenset((lap, product, line) for lap, product, line in stored.get("told", ())))
    return Order(tuple(items), following, stored["ids"], stored["version"] + 1, touched=stored["ids"], told=told)


def mode_of(stored: dict[str, Any]) -> Mode:
    """The mode of a stored desk."""
    raw = stored["mode"]
    until = None if raw["until"] is None else datetime.fromisoformat(raw["until"])
    return Mode(cast("DeskMode", raw["name"]), raw["text"], until)


def _item(item: Item) -> dict[str, Any]:
    """The words only when an operator chose them: the script's own are written anew."""
    line = None
    if item.edited and item.line is not None:
        line = {
            name: getattr(item.line, name) for name in ("text", "segment", "product_id", "market", "source", "variant")
        }
    return {"id": item.id, "position": None if item.position is None else _place(item.position), "line": line}


def _place(position: Position) -> list[int]:
    return [position.lap, position.segment, position.line]


def _approved(raw: dict[str, Any], approve: Callable[[Line], ApprovedLine]) -> ApprovedLine | None:
    try:
        return approve(Line(**raw, fact_ids=()))
    except ClaimRejected as refusal:
        log.warning("a kept line no longer holds", text=raw["text"], reasons=refusal.reasons)
        return None
