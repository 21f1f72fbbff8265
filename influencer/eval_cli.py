"""The command `influencer eval`: evaluations that anybody can run, as Markdown or JSON."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from influencer.errors import InvalidInput, Mistake, NotFound

if TYPE_CHECKING:
    from influencer.brief import Brief
    from models.language.e5 import E5

eval_app = typer.Typer(help="Evaluations that anybody can run.", no_args_is_help=True)
out = Console(soft_wrap=True)


@eval_app.command("novelty")
def novelty(
    hours: Annotated[float, typer.Option(min=0.1, max=168, help="Hours of show.")] = 8,
    market: Annotated[list[str] | None, typer.Option("--market", "-m", help="Markets; all by default.")] = None,
    brief: Annotated[list[str] | None, typer.Option(help="Brief ids or files; dew-serum by default.")] = None,
    seed: Annotated[int, typer.Option(help="Decides the rotation of wordings.")] = 0,
    meaning: Annotated[bool, typer.Option("--meaning", help="Also by meaning: minutes an hour of show.")] = False,
    output: Annotated[Path | None, typer.Option("--out", help="Also write the report to this .json file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """How much of a long show was said before: hours of script in a minute, no speech and no pictures."""
    from influencer.brief import MARKET_IDS
    from influencer.evaluate.novelty import as_data, as_markdown, evaluate
    from influencer.loading import load_market

    products = [_brief(name) for name in brief or ["dew-serum"]]
    encoder = _encoder() if meaning else None
    reports = []
    for name in market or MARKET_IDS:
        sold = [one for one in products if name in one.markets]
        if not sold:
            raise InvalidInput("eval", [Mistake("market", name, "a market that one of the briefs is for")])
        reports.append(asyncio.run(evaluate(sold, load_market(name), hours, seed, encoder)))
    _show(as_data(reports), as_markdown(reports), output, as_json=as_json)


@eval_app.command("hours")
def hours(
    hours: Annotated[float, typer.Option(min=0.1, max=168, help="Hours of show.")] = 8,
    market: Annotated[list[str] | None, typer.Option("--market", "-m", help="Markets; all by default.")] = None,
    products: Annotated[
        list[int] | None, typer.Option(min=1, help="How many demo products a show has; 1 and 6 by default.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides sales, offers and the rotation of wordings.")] = 0,
    output: Annotated[Path | None, typer.Option("--out", help="Also write the report to this .json file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What repeats, is silent or is not true in hours of show while offers start and end and stock sells out."""
    from influencer.brief import MARKET_IDS
    from influencer.evaluate.hours import as_data, as_markdown, evaluate
    from influencer.loading import briefs, load_brief, load_market

    demo = [load_brief(path) for path in briefs().values()]
    reports = []
    for name in market or MARKET_IDS:
        sold = [one for one in demo if name in one.markets]
        if not sold:
            raise InvalidInput("eval", [Mistake("market", name, "a market that one of the briefs is for")])
        pack, counts = load_market(name), products or [1, 6]
        reports += [asyncio.run(evaluate(sold[:count], pack, hours, seed)) for count in counts]
    _show(as_data(reports), as_markdown(reports), output, as_json=as_json)


@eval_app.command("pacing")
def pacing(
    lines: Annotated[int, typer.Option(min=8, max=500, help="Lines to say in each market.")] = 16,
    market: Annotated[list[str] | None, typer.Option("--market", "-m", help="Markets; all by default.")] = None,
    output: Annotated[Path | None, typer.Option("--out", help="Also write the report to this .json file.")] = None,
    coefficients: Annotated[Path | None, typer.Option(help="Also write the fit to this pacing.yaml.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """How far off predicted spoken seconds are: speaks lines of each market, a few seconds of work for each."""
    from influencer.brief import MARKET_IDS
    from influencer.evaluate.pacing import as_data, as_markdown, as_yaml, fit, lines_of, speak_all
    from influencer.loading import briefs, load_brief, load_market
    from models.speech.kokoro import KokoroModel

    speech, fits = KokoroModel(), []
    for name in market or MARKET_IDS:
        pack = load_market(name)
        products = [one for one in map(load_brief, briefs().values()) if name in one.markets]
        fits.append(fit(pack, speak_all(asyncio.run(lines_of(products, pack, lines)), pack, speech)))
    speech.close()
    if coefficients:
        coefficients.write_text(as_yaml(fits), encoding="utf-8")
    _show(as_data(fits), as_markdown(fits), output, as_json=as_json)


@eval_app.command("answer")
def answer(
    files: Annotated[list[Path], typer.Argument(help="Questions with their facts, as tests/eval/questions.yaml.")],
    folder: Annotated[Path | None, typer.Option("--briefs", help="A folder of briefs beside the demo ones.")] = None,
    words_only: Annotated[bool, typer.Option(help="Compare words, not meanings.")] = False,
    output: Annotated[Path | None, typer.Option("--out", help="Also write the report to this .json file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """How often the assistant is right, refuses rightly, and states a number that is in no fact; and how quickly."""
    from influencer.evaluate.answers import as_data, as_markdown, ask_all, read_rows, shelf
    from models.language.e5 import ready_encoder

    products, encoder = shelf(folder), None if words_only else ready_encoder()
    asked = ask_all([row for file in files for row in read_rows(file, products)], products, encoder)
    _show(as_data(asked), as_markdown(asked), output, as_json=as_json)


@eval_app.command("fit-answers")
def fit_answers(
    files: Annotated[list[Path], typer.Argument(help="Tuning questions, as tests/eval/questions_dev.yaml.")],
    askings: Annotated[Path, typer.Option(help="Sentences by property, as tests/eval/askings.yaml.")],
    output: Annotated[Path, typer.Option("--out", help="Where to write the ranker (.npz).")],
    folder: Annotated[Path | None, typer.Option("--briefs", help="A folder of briefs beside the demo ones.")] = None,
) -> None:
    """Fit the assistant's ranker, and tell how good it is on products that were left out of the fit."""
    from influencer.evaluate.answers import read_rows, shelf
    from influencer.evaluate.fitting import as_markdown, fit, read_askings, save
    from models.language.e5 import ready_encoder

    encoder, products = ready_encoder(), shelf(folder)
    if encoder is None:
        raise InvalidInput("eval", [Mistake("encoder", "not fetched", "influencer models pull")])
    rows = [row for file in files for row in read_rows(file, products)]
    ranker, table, words = fit(rows, products, read_askings(askings), encoder)
    save(ranker, output)
    out.print(as_markdown(table, words))
    out.print(f"threshold {ranker.threshold:.2f}, {output.stat().st_size} bytes")


@eval_app.command("script")
def script(
    minutes: Annotated[float, typer.Option(min=0.5, max=600, help="Minutes of each product's show.")] = 10,
    market: Annotated[list[str] | None, typer.Option("--market", "-m", help="Markets; all by default.")] = None,
    folder: Annotated[Path | None, typer.Option("--briefs", help="A folder of briefs beside the demo ones.")] = None,
    model: Annotated[bool, typer.Option("--model", help="Let the preset's language model write its share.")] = False,
    product: Annotated[list[str] | None, typer.Option("--product", help="Product ids; all by default.")] = None,
    per_kind: Annotated[int | None, typer.Option(min=1, help="Lines of each kind and product: a sample.")] = None,
    seed: Annotated[int, typer.Option(help="Decides the rotation of wordings.")] = 0,
    output: Annotated[Path | None, typer.Option("--out", help="Also write the report to this .json file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Whether every number and every fact of the script is true when it is spoken, for every product and market."""
    from influencer.brief import MARKET_IDS
    from influencer.evaluate.answers import shelf
    from influencer.evaluate.scripts import Report, as_data, as_markdown, write_all
    from influencer.loading import load_market

    known = shelf(folder)
    if unknown := [name for name in product or () if name not in known]:
        raise InvalidInput("eval", [Mistake("product", ", ".join(unknown), ", ".join(known))])
    products = [known[name] for name in product or known]
    wanted = [load_market(name) for name in market or MARKET_IDS]

    async def run() -> list[Report]:
        if not model:
            return [await write_all(products, one, minutes, seed=seed, per_kind=per_kind) for one in wanted]
        from influencer.settings import load_settings
        from influencer.show.backends import create_language

        settings = load_settings()
        language = create_language(settings)
        try:
            return [
                await write_all(
                    products, one, minutes, language=language, choice=settings.language, seed=seed, per_kind=per_kind
                )
                for one in wanted
            ]
        finally:
            if language is not None:
                await language.aclose()

    reports = asyncio.run(run())
    _show(as_data(reports), as_markdown(reports), output, as_json=as_json)


@eval_app.command("attack")
def attack(
    file: Annotated[Path, typer.Argument(help="Attacks, as tests/eval/attacks.yaml.")],
    brief: Annotated[str, typer.Option(help="Brief id or file.")] = "dew-serum",
    market: Annotated[list[str] | None, typer.Option("--market", "-m", help="Markets; all by default.")] = None,
    output: Annotated[Path | None, typer.Option("--out", help="Also write the report to this .json file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """How many attacks got their words, or a number that is not so, out of the assistant."""
    from influencer.brief import MARKET_IDS
    from influencer.evaluate.attacks import as_data, as_markdown, read_attacks, try_all
    from models.language.e5 import ready_encoder

    product = _brief(brief)
    sold = [name for name in market or MARKET_IDS if name in product.markets]
    if not sold:
        raise InvalidInput("eval", [Mistake("market", ", ".join(market or []), "a market that the brief is for")])
    tried = try_all(read_attacks(file), product, sold, ready_encoder())
    _show(as_data(tried), as_markdown(tried), output, as_json=as_json)


@eval_app.command("bandit")
def bandit(
    seeds: Annotated[int, typer.Option(min=1, max=10_000, help="Simulated experiments for each truth.")] = 50,
    output: Annotated[Path | None, typer.Option("--out", help="Also write the report to this .json file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Whether the bandit finds the better variant, and how often it sees one that is none: simulated shoppers."""
    from influencer.evaluate.bandit import as_data, as_markdown, evaluate

    results = list(evaluate(seeds))
    _show(as_data(results), as_markdown(results), output, as_json=as_json)


def _show(data: object, markdown: str, output: Path | None, *, as_json: bool) -> None:
    if output:
        output.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if as_json:
        out.print_json(json.dumps(data))
    else:
        out.print(markdown, markup=False, highlight=False)


@eval_app.command("claims")
def claims(
    file: Annotated[Path, typer.Argument(help="Lines with their class, as tests/eval/claims.yaml.")],
    output: Annotated[Path | None, typer.Option("--out", help="Also write the report to this .json file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """How many false lines the claim guard lets through, and how many supported ones it refuses."""
    from influencer.evaluate.claims import as_data, as_markdown, judge_all, read_rows

    judged = judge_all(read_rows(file))
    _show(as_data(judged), as_markdown(judged), output, as_json=as_json)


@eval_app.command("moderation")
def moderation(
    file: Annotated[Path, typer.Argument(help="Messages with their faults, as tests/eval/moderation.yaml.")],
    output: Annotated[Path | None, typer.Option("--out", help="Also write the report to this .json file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Which bad messages the moderation finds, of each kind, and how many clean ones it hits."""
    from influencer.evaluate.moderation import as_data, as_markdown, judge_all, read_rows

    judged = judge_all(read_rows(file))
    _show(as_data(judged), as_markdown(judged), output, as_json=as_json)


def _brief(name: str) -> Brief:
    from influencer.loading import briefs, load_brief

    return load_brief(briefs().get(name, Path(name)))


def _encoder() -> E5:
    from models.language.e5 import WEIGHTS, ready_encoder

    if (encoder := ready_encoder()) is None:
        raise NotFound(f"{WEIGHTS} was not fetched yet; `influencer models pull {WEIGHTS}` does")
    return encoder
