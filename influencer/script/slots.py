"""Slots: the places in a line that are filled at the moment of speaking, such as {price} and {name|은는}."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from influencer.errors import InfluencerError
from influencer.market import Market
from influencer.script.facts import FactSheet, counted_askers
from influencer.script.grammar import FORMS, inflected

_SLOT = re.compile(r"\{([a-z_]+(?:\.[a-z0-9-]+)?)(?:\|([^{}|]*))?\}")
_ASKERS = re.compile(r"askers\.([2-9]|[1-9]\d{1,4})")
_ANY_BRACE = re.compile(r"[{}]")


class SlotUnavailable(InfluencerError):
    """A line names a slot that does not exist, or whose fact is not true now. `slot` says which."""

    def __init__(self, slot: str, why: str) -> None:
        self.slot = slot
        super().__init__(f"slot {{{slot}}}: {why}")


@dataclass(frozen=True, slots=True)
class BoundPart:
    """A stretch of a bound line: written words (`slot` None) or the value of a slot."""

    text: str
    slot: str | None = None


def find_slots(text: str) -> list[tuple[str, str | None]]:
    """(name, form) of every slot of a line, in order."""
    return [(found.group(1), found.group(2)) for found in _SLOT.finditer(text)]


def slots_in(text: str) -> tuple[str, ...]:
    """Names of the slots in a line, in order, each once."""
    return tuple(dict.fromkeys(name for name, _ in find_slots(text)))


def bind(text: str, sheet: FactSheet, market: Market) -> str:
    """The line as it is spoken now.

    Raises:
        SlotUnavailable: a slot is unknown, or its fact is not true now (an offer that ended, a product sold out).
    """
    return "".join(part.text for part in bound_parts(text, sheet, market))


def bound_parts(text: str, sheet: FactSheet, market: Market) -> list[BoundPart]:
    """The line as it is spoken now, with written words and slot values apart.

    Raises:
        SlotUnavailable: see `bind`.
    """
    return list(_parts(text, sheet, market))


def market_slots(market: Market) -> dict[str, str]:
    """The slots every line of a market may use: its disclosure, greetings, farewells and fillers."""
    greetings = {f"greeting.{i}": text for i, text in enumerate(market.greetings)}
    farewells = {f"farewell.{i}": text for i, text in enumerate(market.farewells)}
    fillers = {f"filler.{i}": text for i, text in enumerate(market.fillers)}
    return {"disclosure": market.disclosure, **greetings, **farewells, **fillers}


def askers_slot(count: int) -> str:
    """The slot of how many viewers ask ("12 of you"): a count of the room and no fact. Two at least, 99,999 at most."""
    return f"{{askers.{min(max(count, 2), 99_999)}}}"


def counts_askers(text: str) -> bool:
    """Whether a line says how many viewers ask."""
    return any(name.startswith("askers.") for name in slots_in(text))


def _parts(text: str, sheet: FactSheet, market: Market) -> Iterator[BoundPart]:
    values = {**market_slots(market), **sheet.slots}
    end = 0
    for found in _SLOT.finditer(text):
        yield from _written(text[end : found.start()])
        name, form = found.groups()
        if asked := _ASKERS.fullmatch(name):
            values[name] = counted_askers(int(asked.group(1)), market)
        yield BoundPart(_value(name, form, values), name)
        end = found.end()
    yield from _written(text[end:])


def _written(text: str) -> Iterator[BoundPart]:
    if stray := _ANY_BRACE.search(text):
        raise SlotUnavailable(text[stray.start() :][:20], "is not written as {name} or {name|form}")
    if text:
        yield BoundPart(text)


def _value(slot: str, form: str | None, values: dict[str, str]) -> str:
    value = values.get(slot)
    if value is None:
        raise SlotUnavailable(slot, "unknown, or not true now")
    if form is None:
        return value
    shaped = inflected(value, form)
    if shaped is None:
        raise SlotUnavailable(slot, f"no form {form}; allowed: {', '.join(sorted(FORMS))}")
    return shaped
