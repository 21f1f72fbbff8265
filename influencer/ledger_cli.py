"""The commands `influencer ledger verify|export|check`: what was said, and the proof that nobody changed it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from influencer.database import with_store
from influencer.errors import InvalidInput, Mistake, NotFound
from influencer.ledger import Break, first_break, is_withheld

if TYPE_CHECKING:
    from influencer.store import Store

ledger_app = typer.Typer(help="The claim ledger: every spoken line, with its facts.", no_args_is_help=True)
out = Console(soft_wrap=True)
LONGEST_LINE = 1 << 20


@ledger_app.command("verify")
def verify() -> None:
    """Check the chain of every show in the database. Exit code 1 when a line was changed, removed or added."""
    broken, chains = False, with_store(_all_chains)
    if not chains:
        out.print("no show has said anything in this database; INFLUENCER_DATABASE names another", highlight=False)
    for show, lines in chains.items():
        broken |= _tell(show, len(lines), first_break(lines), lines[-1]["chain"] if lines else "")
    if broken:
        raise typer.Exit(1)


@ledger_app.command("export")
def export(
    show: Annotated[str, typer.Argument(help="Show id.")],
    file: Annotated[Path, typer.Argument(help="JSON Lines file to write.")],
) -> None:
    """Write a show's lines with facts, evidence, time, persona and audio offset, one JSON object a line."""
    if not file.parent.is_dir():
        raise InvalidInput("ledger", [Mistake("file", repr(str(file)), "a file in an existing folder")])
    lines = with_store(lambda store: _chain(store, show))
    if not lines:
        raise NotFound(f"show {show[:60]!r}: nothing was said")
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    _tell(show, len(lines), first_break(lines), lines[-1]["chain"])


@ledger_app.command("check")
def check(file: Annotated[Path, typer.Argument(help="A file that `export` wrote.")]) -> None:
    """Check an exported file by itself, without the database. Exit code 1 when it was changed."""
    if not file.is_file():
        raise InvalidInput("ledger", [Mistake("file", repr(str(file)), "a file that `influencer ledger export` wrote")])
    lines = _read(file)
    if _tell(str(file), len(lines), first_break(lines), lines[-1].get("chain", "") if lines else ""):
        raise typer.Exit(1)
    if others := sum(map(is_withheld, lines)):
        out.print(
            f"    {others} of them are other advertisers': their place was checked, not their words", highlight=False
        )


async def _chain(store: Store, show: str) -> list[dict[str, Any]]:
    return [line.record() for line in await store.utterances.chained(show)]


async def _all_chains(store: Store) -> dict[str, list[dict[str, Any]]]:
    return {show: await _chain(store, show) for show in await store.utterances.shows()}


def _read(file: Path) -> list[dict[str, Any]]:
    lines = []
    for number, text in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        try:
            line = json.loads(text[:LONGEST_LINE])
        except ValueError:
            line = None
        if not isinstance(line, dict):
            raise InvalidInput(str(file), [Mistake(f"line {number}", repr(text[:40]), "one JSON object a line")])
        lines.append(line)
    return lines


def _tell(show: str, count: int, broken: Break | None, last: str) -> bool:
    """Print what was found; True when the chain is broken."""
    if broken is None:
        out.print(f"ok  {show}: {count} lines, last link {last}", markup=False, highlight=False)
        return False
    out.print(f"NO  {show}: line {broken.number} of {count}: {broken.reason}", markup=False, highlight=False)
    return True
