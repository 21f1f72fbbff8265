"""Spreadsheets with one brief a row (CSV, RFC 4180): the columns are named by field paths, `name.en-US`."""

from __future__ import annotations

import csv
import io
from typing import Any

from influencer.documents import shortened
from influencer.documents.base import MAX_BYTES
from influencer.errors import InvalidInput, Mistake
from influencer.intake.fields import nested

MAX_ROWS = 200
MAX_CELL = 20_000


def rows(content: bytes, source: str) -> list[dict[str, str]]:
    """The rows of a CSV file with a header, by column name; wholly empty rows are left out.

    Raises:
        InvalidInput: not UTF-8 CSV with a header, a row with more cells than the header, or too much of it.
    """
    text = _decoded(content, source)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    found: list[dict[str, str]] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header, source)
        for cells in reader:
            if len(cells) > len(header):
                raise _mistake(source, f"row {reader.line_num}", f"{len(cells)} cells", f"at most {len(header)}")
            if any(cell.strip() for cell in cells):
                found.append(dict(zip(header, cells, strict=False)))
            if len(found) > MAX_ROWS:
                raise _mistake(source, "file", f"more than {MAX_ROWS} rows", f"at most {MAX_ROWS}")
    except csv.Error as error:
        raise _mistake(source, f"line {reader.line_num}", str(error), "CSV (RFC 4180)") from None
    if not found:
        raise _mistake(source, "file", "no rows", "a header and one row a product")
    return found


def documents(content: bytes, source: str) -> list[tuple[str, dict[str, Any]]]:
    """(where it stands, document) of each row of a sheet of briefs.

    Raises:
        InvalidInput: as `rows`, or a column whose name is no field path.
    """
    found = []
    for number, row in enumerate(rows(content, source), 2):
        where = f"{source} row {number}"
        found.append((where, nested(row.items(), where)))
    return found


def _decoded(content: bytes, source: str) -> str:
    if len(content) > MAX_BYTES:
        raise _mistake(source, "file", f"{len(content) / 1e6:.1f} MB", "at most 1 MB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _mistake(source, "file", "bytes that are not UTF-8", "a CSV file saved as UTF-8") from None


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _check_header(header: list[str], source: str) -> None:
    twice = {name for name in header if name and header.count(name) > 1}
    if twice or not any(header):
        given = f"{shortened(sorted(twice)[0])} twice" if twice else "nothing"
        raise _mistake(source, "header", given, "each column named once")


def _mistake(source: str, field: str, given: str, allowed: str) -> InvalidInput:
    return InvalidInput(source, [Mistake(field, given, allowed)])
