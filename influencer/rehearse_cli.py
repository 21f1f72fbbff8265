"""The command `influencer rehearse`: a show against a synthetic crowd, before anybody sees it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

out = Console(soft_wrap=True)


def rehearse(
    brief: Annotated[list[Path], typer.Argument(help="Brief files, or ids of demo briefs, in the show's order.")],
    market: Annotated[str, typer.Option("--market", "-m", help="Market pack, e.g. en-US, ko-KR.")] = "en-US",
    crowd: Annotated[int, typer.Option(min=1, max=10_000, help="Viewers who write.")] = 500,
    minutes: Annotated[float, typer.Option(min=0.5, max=600, help="Minutes of show.")] = 10,
    rate: Annotated[float, typer.Option(min=1, max=1_000, help="Messages a minute, bursts not counted.")] = 60,
    seed: Annotated[int, typer.Option(help="The same seed gives the same crowd.")] = 0,
    output: Annotated[Path | None, typer.Option("--out", help="Also write the report to this .json file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Try a show on a crowd in accelerated time: a score and the worst moments. Exit code 1 when the score is 0."""
    from influencer.loading import briefs, load_brief, load_market
    from influencer.rehearsal.crowd import crowd as drawn
    from influencer.rehearsal.rehearse import rehearse as played
    from influencer.rehearsal.report import as_data, as_markdown
    from models.language.e5 import ready_encoder

    known, seller = briefs(), load_market(market)
    products = [load_brief(path if path.exists() else known.get(str(path), path)) for path in dict.fromkeys(brief)]
    sold = [one for one in products if seller.id in one.markets]
    messages = drawn(sold, seller, crowd, minutes, a_minute=rate, seed=seed) if sold else []
    done = played(
        sold or products, seller, messages, minutes, start=datetime.now(UTC), seed=seed, encoder=ready_encoder()
    )
    report = as_data(done)
    if output:
        output.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if as_json:
        out.print_json(json.dumps(report))
    else:
        out.print(as_markdown(report), markup=False, highlight=False)
    if report["score"] == 0:
        raise typer.Exit(1)
