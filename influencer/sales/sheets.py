"""Reports as CSV (RFC 4180) that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from influencer.sales.report import Row

_COLUMNS = (
    "key", "text", "viewers", "views", "watch_seconds", "questions", "clicks", "carts", "checkouts", "likes", "shares",
    "orders", "units",
)  # fmt: skip
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""OWASP, "CSV Injection"; the wide forms are formulas to spreadsheets in East Asian locales."""


def cell(value: object) -> str:
    """A cell's text. Words that a spreadsheet would take for a formula get an apostrophe in front; numbers do not."""
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) and value == int(value) else str(value)
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_STARTS_A_FORMULA) else text


def as_csv(rows: Sequence[Row]) -> str:
    """Rows with a header; one revenue column a currency, in minor units."""
    currencies = sorted({currency for row in rows for currency in row.revenue})
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*_COLUMNS, *(f"revenue_minor_{currency}" for currency in currencies)])
    for row in rows:
        values = [getattr(row, name) for name in _COLUMNS]
        writer.writerow([cell(value) for value in [*values, *(row.revenue.get(one, 0) for one in currencies)]])
    return out.getvalue()
