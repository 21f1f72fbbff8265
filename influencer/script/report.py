"""The script of a show as data and as text: `influencer script`."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from influencer.brief import Brief
from influencer.market import Market
from influencer.script.claims import ApprovedLine
from influencer.script.facts import FactSheet
from influencer.script.pacing import seconds_of
from influencer.script.rotation import remember
from influencer.script.run_of_show import DEFAULT_MINUTES
from influencer.script.rundown import advance, compile_rundown, playable_now, segment_at
from influencer.script.slots import bind
from influencer.script.values import Position, Rundown, Temper
from influencer.script.writers import ScriptWriter, Writer


def script_json(
    brief: Brief, market: Market, *, now: datetime, minutes: float = DEFAULT_MINUTES, seed: int = 0,
    writer: Writer | None = None, temper: Temper | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The opening and one pass of the rundown, every line as it would be spoken at `now`.

    Keys: product, market, minutes, seconds (estimated, of the lines written), and segments: kind, product, seconds
    (planned) and lines: text, facts, source, variant, seconds (estimated).

    Raises:
        InvalidInput: the product is not sold in this market, or `minutes` is out of range.
    """
    rundown = compile_rundown([brief], market, minutes)
    sheet = FactSheet.build(brief, market, now=now)
    writer_of_lines = ScriptWriter(market, rundown, writer, seed=seed)
    writer_of_lines.temper = temper
    lines = asyncio.run(_one_pass(writer_of_lines, rundown, sheet))
    segments: list[dict[str, Any]] = [
        {
            "kind": segment.kind,
            "product": segment.product_id,
            "seconds": round(segment.seconds, 1),
            "lines": [_line_json(line, sheet, market) for at, line in lines if at == index],
        }
        for index, segment in enumerate(rundown.segments)
    ]
    return {
        "product": brief.id,
        "market": market.id,
        "minutes": minutes,
        "seconds": round(sum(line["seconds"] for segment in segments for line in segment["lines"]), 1),
        "segments": [segment for segment in segments if segment["lines"]],
    }


def script_text(report: dict[str, Any]) -> str:
    """A script for reading: segments with their lines, the facts of each line behind it."""
    out = [f"{report['product']} · {report['market']} · about {report['seconds']:.0f} s"]
    for segment in report["segments"]:
        out.append(f"\n{segment['kind'].upper()} ({segment['seconds']:.0f} s)")
        for line in segment["lines"]:
            facts = ", ".join(line["facts"]) or "no claim"
            out.append(f"  {line['text']}\n    [{line['source']} {line['variant']}: {facts}]")
    return "\n".join(out)


async def _one_pass(writer: ScriptWriter, rundown: Rundown, sheet: FactSheet) -> list[tuple[int, ApprovedLine]]:
    sheets = {sheet.product_id: sheet}
    playable = playable_now(sheets)
    written: list[tuple[int, ApprovedLine]] = []
    recent: tuple[str, ...] = ()
    position = Position()
    while position.lap == 0:
        line = await writer.write(position, sheets, recent) if playable(segment_at(rundown, position)) else None
        if line is not None:
            written.append((position.segment, line))
            recent = remember(recent, line.variant)
        position = advance(rundown, position, playable)
    return written


def _line_json(line: ApprovedLine, sheet: FactSheet, market: Market) -> dict[str, Any]:
    text = bind(line.text, sheet, market)
    return {
        "text": text,
        "slots": line.text,
        "facts": list(line.fact_ids),
        "source": line.source,
        "variant": line.variant,
        "seconds": round(seconds_of(text, market.language), 1),
    }
