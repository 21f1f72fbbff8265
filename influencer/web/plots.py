"""What the reports page draws: for each measure its course over time, and bars by product, market, host and segment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from influencer.commerce.money import iso_money, major_units
from influencer.sales.report import Dimension, Report, Row, Series
from influencer.sales.series import named

DIMENSIONS: tuple[tuple[Dimension, str], ...] = (
    ("product", "Products"), ("market", "Markets"), ("persona", "Hosts"), ("segment", "Segments"),
)  # fmt: skip
BARS = 8
_DAY_S = 86_400
_UNITS = ((_DAY_S, "day"), (3_600, "hour"), (60, "minute"))


@dataclass(frozen=True, slots=True)
class Panel:
    """One measure. Rows are `chart`'s: a name and a cell; without rows there is nothing to draw."""

    id: str
    title: str
    lines: list[list[Any]]
    """Every bucket from the first to the last; the cell of one in which nothing was measured is None."""
    bars: list[tuple[str, list[list[Any]]]]


@dataclass(frozen=True, slots=True)
class _Measure:
    id: str
    title: str
    value: Callable[[Row], float]
    text: Callable[[Row], str]


def panels(report: Report) -> list[Panel]:
    """A panel a measure, and one a currency: money of two currencies stands on no common axis."""
    return [_panel(measure, report) for measure in (*_MEASURES, *_revenues(report))]


def bands(report: Report) -> list[Sequence[str]]:
    """The kinds of segments on air in every bucket of a single show; nothing where shows run beside each other."""
    if report.show_id is None or not report.over_time.on_air:
        return []
    return [report.over_time.on_air.get(key, ()) for key in _buckets(report.over_time)]


def step_text(series: Series) -> str:
    """How long a bucket is: hour, 15 minutes."""
    for unit_s, name in _UNITS:
        if series.step_s >= unit_s:
            many = series.step_s // unit_s
            return name if many == 1 else f"{many} {name}s"
    return ""


def _panel(measure: _Measure, report: Report) -> Panel:
    by_start = {row.key: row for row in report.over_time.rows}
    lines: list[list[Any]] = []
    if any(measure.value(row) for row in by_start.values()):
        keys = _buckets(report.over_time)
        days = len({key[:10] for key in keys}) > 1
        for key in keys:
            row = by_start.get(key)
            lines.append(
                [_label(key, report.over_time.step_s, days=days), None if row is None else _cell(measure, row)]
            )
    bars = []
    for name, title in DIMENSIONS:
        some = sorted((row for row in report.rows[name] if measure.value(row)), key=measure.value, reverse=True)
        if some:
            bars.append((title, [[row.key or "no sentence", _cell(measure, row)] for row in some[:BARS]]))
    return Panel(measure.id, measure.title, lines, bars)


def _cell(measure: _Measure, row: Row) -> dict[str, Any]:
    return {"value": measure.value(row), "text": measure.text(row)}


def _buckets(series: Series) -> list[str]:
    """The starts of all buckets from the first to the last."""
    if not series.rows:
        return []
    first, last = (int(datetime.fromisoformat(series.rows[at].key).timestamp()) for at in (0, -1))
    return [named(start) for start in range(first, last + 1, series.step_s)]


def _label(key: str, step_s: int, *, days: bool) -> str:
    at = datetime.fromisoformat(key).astimezone(UTC)
    if step_s >= _DAY_S:
        return at.strftime("%m-%d")
    return at.strftime("%m-%d %H:%M" if days else "%H:%M")


def _counted(name: str, title: str) -> _Measure:
    return _Measure(name, title, lambda row: float(getattr(row, name)), lambda row: f"{getattr(row, name):,g}")


def _revenues(report: Report) -> list[_Measure]:
    sold = sorted({currency for row in report.rows["total"] for currency in row.revenue})
    return [_revenue(currency) for currency in sold] or [_Measure("revenue", "Revenue", lambda _: 0.0, lambda _: "")]


def _revenue(currency: str) -> _Measure:
    def amount(row: Row) -> int:
        return row.revenue.get(currency, 0)

    return _Measure(
        f"revenue-{currency.lower()}",
        f"Revenue in {currency}",
        lambda row: float(major_units(amount(row), currency)),
        lambda row: iso_money(amount(row), currency),
    )


_MEASURES = (
    _counted("viewers", "Viewers"),
    _Measure(
        "watched",
        "Minutes watched",
        lambda row: round(row.watch_seconds / 60, 2),
        lambda row: f"{row.watch_seconds / 60:.1f} min",
    ),
    _counted("questions", "Questions"),
    _counted("clicks", "Clicks"),
    _counted("carts", "Carts"),
    _counted("orders", "Orders"),
)
