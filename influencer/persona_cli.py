"""The commands `influencer persona render|sheet|talk`: look at a host, and hear it, before it goes on air."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from influencer.errors import InvalidInput, Mistake

persona_app = typer.Typer(help="Look at a host: a still, a contact sheet, a spoken clip.", no_args_is_help=True)

out = Console(soft_wrap=True)

PersonaName = Annotated[str, typer.Argument(help="Persona id or file.")]
MarketOption = Annotated[str, typer.Option("--market", "-m", help="Market pack, e.g. en-US, ko-KR.")]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", help="An attribute to change, e.g. hair=bob or outfit.color=navy; repeat.")
]
Backend = Annotated[
    str | None, typer.Option("--backend", help="Avatar that draws: puppet, diffusion …; the preset's by default.")
]


@persona_app.command("render")
def render(
    name: PersonaName,
    output: Annotated[Path, typer.Argument(help="PNG file to write.")],
    market: MarketOption = "en-US",
    overrides: Overrides = None,
    backend: Backend = None,
) -> None:
    """Draw one still of a persona as a PNG."""
    from influencer.likeness.on_air import cleared_alone
    from influencer.settings import load_settings
    from influencer.show.backends import create_avatar
    from influencer.show.casting import cast
    from influencer.show.persona_preview import render_still, save_png
    from models.avatar.overrides import parse_overrides

    changes = parse_overrides(overrides or [])
    _check_png(output)
    casting = asyncio.run(cleared_alone(cast(market, name), "portrait", avatar=backend))
    settings, persona = load_settings(), casting.persona
    with closing(create_avatar(settings, backend, live=False)) as avatar:
        picture = render_still(
            persona, casting.market.id, changes, settings.picture.size, avatar, footage=casting.footage
        )
    save_png(picture, output)
    out.print(str(output), markup=False, highlight=False)


@persona_app.command("sheet")
def sheet(
    names: Annotated[list[str], typer.Argument(metavar="[NAME] OUT", help="Persona id or file, and the PNG to write.")],
    everyone: Annotated[bool, typer.Option("--all", help="Every persona at rest and smiling; no NAME.")] = False,
    market: Annotated[
        str | None, typer.Option("--market", "-m", help="Market pack; with --all each persona's own by default.")
    ] = None,
    backend: Backend = None,
) -> None:
    """Draw a contact sheet: visemes, blinks, gaze, brows, smiles, poses; with --all, every persona."""
    from influencer.likeness.on_air import cleared_alone
    from influencer.loading import load_market, load_persona
    from influencer.settings import load_settings
    from influencer.show.backends import create_avatar
    from influencer.show.casting import Casting, house_casts
    from influencer.show.persona_preview import contact_sheet, house_sheet, save_png

    if len(names) != 2 - everyone:
        wanted = "--all OUT" if everyone else "NAME OUT, or --all OUT"
        raise InvalidInput("persona sheet", [Mistake("arguments", " ".join(names)[:60], wanted)])
    output = Path(names[-1])
    _check_png(output)
    settings = load_settings()
    pack = load_market(market) if market else None
    shown = house_casts() if everyone else [Casting(load_persona(names[0]), pack or load_market("en-US"))]
    casts = [Casting(one.persona, pack or one.market) for one in shown]
    casts = [asyncio.run(cleared_alone(one, "portrait", avatar=backend)) for one in casts]
    with closing(create_avatar(settings, backend, live=False)) as avatar:
        if everyone:
            picture = house_sheet(casts, avatar)
        else:
            picture = contact_sheet(casts[0].persona, casts[0].market.id, avatar, footage=casts[0].footage)
    save_png(picture, output)
    out.print(str(output), markup=False, highlight=False)


@persona_app.command("talk")
def talk(
    name: PersonaName,
    text: Annotated[str, typer.Argument(help="What to say, in the market's language.")],
    output: Annotated[Path, typer.Argument(help="MP4 file to write.")],
    market: MarketOption = "en-US",
    overrides: Overrides = None,
    backend: Backend = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say a text in the market's voice, with sound, as an MP4; prints the real-time factor."""
    from influencer.likeness.on_air import cleared_alone
    from influencer.settings import load_settings
    from influencer.show.backends import create_avatar, create_speech
    from influencer.show.casting import cast
    from influencer.show.persona_talk import talk as record_talk
    from models.avatar.overrides import parse_overrides

    settings = load_settings()
    casting = cast(market, name, parse_overrides(overrides or []))
    casting = asyncio.run(cleared_alone(casting, "recording", avatar=backend))
    with closing(create_avatar(settings, backend, live=False)) as avatar, closing(create_speech(settings)) as speech:
        report = record_talk(casting, text, output, speech=speech, avatar=avatar, picture=settings.picture)
    if as_json:
        out.print_json(json.dumps(report, ensure_ascii=False))
        return
    table = Table("measure", "value", title=str(report["file"]))
    for measure, value in report.items():
        if measure != "file":
            table.add_row(measure, json.dumps(value, ensure_ascii=False))
    out.print(table)


def _check_png(output: Path) -> None:
    if output.suffix.lower() != ".png":
        raise InvalidInput("persona", [Mistake("output", repr(str(output)), "a file name that ends in .png")])
