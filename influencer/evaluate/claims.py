"""Asks the claim guard about lines whose truth is known, and counts: `influencer eval claims tests/eval/claims.yaml`.

Two mistakes are possible: a false line is let through, a supported one is refused. Lines with an even number (from 0;
per market, supported and false ones counted apart) are the tuned half; the other half is held out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from influencer.brief import MARKET_IDS
from influencer.errors import InvalidInput, Mistake
from influencer.evaluate.sets import percentile, read_set
from influencer.loading import briefs, load_brief, load_market
from influencer.script.claims import ClaimGuard
from influencer.script.facts import FactSheet
from influencer.script.values import Line

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""Every demo offer is active, and no day of it is the last."""
STOCK = 480
SUPPORTED = "supported"
CLASSES = (
    SUPPORTED, "attribute", "swapped", "negation", "quantity", "comparison", "health", "guarantee", "origin",
    "price-history", "scarcity", "endorsement",
)  # fmt: skip
"""Why a line is false, or that it is not."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line about a product in a market, and its class."""

    market: str
    product: str
    kind: str
    text: str
    held_out: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """What the guard made of a line, and how long it took."""

    row: Row
    approved: bool
    reasons: tuple[str, ...]
    ms: float

    @property
    def right(self) -> bool:
        """Whether a supported line passed, or a false one did not."""
        return self.approved == (self.row.kind == SUPPORTED)


@dataclass(slots=True)
class _Counter:
    """Numbers lines apart by market and truth."""

    seen: dict[tuple[str, bool], int] = field(default_factory=dict)

    def next(self, market: str, kind: str) -> int:
        key = (market, kind == SUPPORTED)
        self.seen[key] = self.seen.get(key, -1) + 1
        return self.seen[key]


def read_rows(file: Path) -> list[Row]:
    """The lines of a file.

    Raises:
        InvalidInput: it is no file, or a market, a product or a class of it is unknown; the message names the place.
    """
    data, mistakes = read_set(file, "a YAML file of market: product: [class, line]")
    if not isinstance(data, dict):
        mistakes.append(Mistake("file", repr(data)[:60], "a mapping"))
        data = {}
    counter = _Counter()
    rows = [row for market, products in data.items() for row in _market_rows(market, products, counter, mistakes)]
    if mistakes:
        raise InvalidInput(str(file), mistakes)
    return rows


def _market_rows(market: str, products: Any, counter: _Counter, mistakes: list[Mistake]) -> Iterator[Row]:
    if market not in MARKET_IDS:
        mistakes.append(Mistake(market, market, ", ".join(MARKET_IDS)))
        return
    if not isinstance(products, dict):
        mistakes.append(Mistake(market, repr(products)[:60], "a mapping of product to lines"))
        return
    for product, lines in products.items():
        if product not in briefs():
            mistakes.append(Mistake(f"{market}.{product}", product, ", ".join(briefs())))
            continue
        for number, line in enumerate(lines if isinstance(lines, list) else [lines]):
            kind = line[0] if isinstance(line, list) and len(line) == 2 else None
            if kind not in CLASSES:
                wanted = f"[class, line] with one of the classes {', '.join(CLASSES)}"
                mistakes.append(Mistake(f"{market}.{product}[{number}]", repr(line)[:60], wanted))
                continue
            yield Row(market, product, kind, str(line[1]), counter.next(market, kind) % 2 == 1)


def judge_all(rows: Sequence[Row]) -> list[Judged]:
    """Every line before the guard of its own product and market."""
    guards: dict[tuple[str, str], ClaimGuard] = {}
    judged = []
    for row in rows:
        key = (row.market, row.product)
        if key not in guards:
            market = load_market(row.market)
            sheet = FactSheet.build(load_brief(briefs()[row.product]), market, now=NOW, stock=STOCK)
            guards[key] = ClaimGuard(market, [sheet])
            guards[key].explain(
                Line("{name}.", "product", row.product, market.id, (), "model", "eval")
            )  # reads its data
        line = Line(row.text, "product", row.product, row.market, (), "model", "eval")  # type: ignore[arg-type]
        began = time.perf_counter()
        found = guards[key].explain(line)
        judged.append(Judged(row, found.approved, found.reasons, round(1000 * (time.perf_counter() - began), 2)))
    return judged


def as_data(judged: Sequence[Judged]) -> dict[str, Any]:
    """Counts per half, by market and by class, and every line that was judged wrongly, for JSON."""
    times = sorted(one.ms for one in judged)
    return {
        "lines": len(judged),
        "ms": {"p50": percentile(times, 50), "p95": percentile(times, 95)},
        **{half: _half(judged, half == "held_out") for half in ("tuned", "held_out")},
        "wrong": [asdict(one) for one in judged if not one.right],
    }


def _half(judged: Sequence[Judged], held_out: bool) -> dict[str, Any]:
    half = [one for one in judged if one.row.held_out == held_out]
    markets = dict.fromkeys(one.row.market for one in half)
    return {
        "all": _counts(half),
        "markets": {market: _counts([one for one in half if one.row.market == market]) for market in markets},
        "classes": {
            kind: found for kind in CLASSES if (found := _counts([one for one in half if one.row.kind == kind]))
        },
    }


def _counts(judged: Sequence[Judged]) -> dict[str, int]:
    tests: dict[str, Callable[[Judged], bool]] = {
        "false": lambda one: one.row.kind != SUPPORTED,
        "false_let_through": lambda one: one.row.kind != SUPPORTED and one.approved,
        "supported": lambda one: one.row.kind == SUPPORTED,
        "supported_refused": lambda one: one.row.kind == SUPPORTED and not one.approved,
    }
    return {name: sum(map(test, judged)) for name, test in tests.items()} if judged else {}


def as_markdown(judged: Sequence[Judged]) -> str:
    """The counts as a table: of each half, what was let through and what was refused."""
    data = as_data(judged)
    lines = [
        "| lines | tuned: false let through | tuned: supported refused | held out: false let through | "
        "held out: supported refused |",
        "| --- | --- | --- | --- | --- |",
    ]
    names = [("all", None), *((m, "markets") for m in dict.fromkeys(j.row.market for j in judged))]
    names += [(kind, "classes") for kind in CLASSES if any(one.row.kind == kind for one in judged)]
    for name, group in names:
        halves = (data[half][group].get(name, {}) if group else data[half]["all"] for half in ("tuned", "held_out"))
        lines.append(f"| {name} | " + " | ".join(cell for half in halves for cell in _cells(half)) + " |")
    lines.append(f"\nA line takes {data['ms']['p50']} ms (p50), {data['ms']['p95']} ms (p95).")
    return "\n".join(lines)


def _cells(counts: dict[str, int]) -> tuple[str, str]:
    false, supported = counts.get("false", 0), counts.get("supported", 0)
    return (
        f"{counts['false_let_through']} of {false}" if false else "–",
        f"{counts['supported_refused']} of {supported}" if supported else "–",
    )
