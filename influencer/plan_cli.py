"""The command `influencer plan`: the run-of-show with its times and its cost, before air."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from influencer.errors import InvalidInput, Mistake
from influencer.wording import plain_mistakes

if TYPE_CHECKING:
    from influencer.script.plan import Plan
    from influencer.script.run_of_show import RunOfShow

_MINUTES = 30.0
out = Console(soft_wrap=True)


def plan(
    brief: Annotated[list[Path], typer.Argument(help="Brief files, or ids of demo briefs, in the show's order.")],
    market: Annotated[str, typer.Option("--market", "-m", help="Market pack, e.g. en-US, ko-KR.")] = "en-US",
    minutes: Annotated[float | None, typer.Option(help="Length of one pass, 0.5 to 120; 30 without a file.")] = None,
    run: Annotated[Path | None, typer.Option("--run", help="Run-of-show file: docs/guides/run-of-show.md.")] = None,
    at: Annotated[str | None, typer.Option(help="When, as 2026-11-26T20:00+09:00; now by default.")] = None,
    seed: Annotated[int, typer.Option(help="Decides the rotation of wordings.")] = 0,
    weight: Annotated[list[str] | None, typer.Option(help="A product's share of the time, as id=2.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the run-of-show of briefs: when what is said, how long it takes, and what it costs in new speech."""
    from influencer.loading import briefs, load_brief, load_market, load_run
    from influencer.script.plan import as_data
    from influencer.script.plan import plan as planned

    known = briefs()
    products = [load_brief(path if path.exists() else known.get(str(path), path)) for path in dict.fromkeys(brief)]
    weights = dict(_weight(one) for one in weight or [])
    pack, now = load_market(market), datetime.now(UTC) if at is None else _moment(at)
    show = _changed(load_run(run) if run is not None else None, minutes, weights)
    report = asyncio.run(planned(products, pack, run=show, now=now, seed=seed))
    if as_json:
        out.print_json(json.dumps(as_data(report), ensure_ascii=False))
    else:
        _print(report)


def _changed(run: RunOfShow | None, minutes: float | None, weights: dict[str, float]) -> RunOfShow:
    """The file's run-of-show with what the command line says otherwise."""
    from influencer.script.run_of_show import RunOfShow

    minutes = minutes if minutes is not None or run is not None else _MINUTES
    given = {**(run.model_dump() if run is not None else {}), **({} if minutes is None else {"minutes": minutes})}
    given["weights"] = {**given.get("weights", {}), **weights}
    try:
        return RunOfShow.model_validate(given)
    except ValidationError as error:
        raise InvalidInput("plan", list(plain_mistakes(error, RunOfShow, given))) from None


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        allowed = "a date and time with its UTC offset, such as 2026-11-26T20:00+09:00"
        raise InvalidInput("plan", [Mistake("at", text, allowed)])
    return at


def _weight(text: str) -> tuple[str, float]:
    id_, _, number = text.partition("=")
    try:
        return id_, float(number)
    except ValueError:
        raise InvalidInput("plan", [Mistake("weight", text, "a product and its weight, such as dew-serum=2")]) from None


def _print(report: Plan) -> None:
    table = Table("start", "segment", "goal", "product", "lines", "seconds", "for example")
    for one in report.segments:
        cells = (_clock(one.at), one.kind, one.goal, one.product, str(len(one.lines)), f"{one.seconds:.0f}")
        table.add_row(*cells, one.lines[0])
    out.print(table, markup=False)
    for title, totals in (("products", report.by_product), ("segments", report.by_kind)):
        out.print(f"{title}: " + ", ".join(f"{name} {_clock(seconds)}" for name, seconds in totals.items()))
    hours = f" ({report.part})" if report.part else ""
    out.print(
        f"{report.market}{hours}: {_clock(report.seconds)} predicted for {report.minutes:g} minutes; "
        f"{report.new_speech_seconds / 60:.1f} minutes of speech to synthesise"
    )
    for warning in report.warnings:
        out.print(f"warning: {warning}", markup=False, highlight=False)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
