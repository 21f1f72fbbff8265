"""The command line: the composition root, and the only chooser of backends.

Exit codes: 0 done, 1 it failed (the line says why and whether trying again helps), 2 the input is wrong.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from influencer.accounts_cli import advertisers_app, keys_app, users_app
from influencer.data_cli import data_app
from influencer.errors import InfluencerError
from influencer.eval_cli import eval_app
from influencer.ledger_cli import ledger_app
from influencer.likeness_cli import likeness_app
from influencer.logs import configure_logs
from influencer.packs.catalogue import CATALOGUE
from influencer.packs.saved import of_the_settings
from influencer.persona_cli import persona_app
from influencer.plan_cli import plan
from influencer.portrait_cli import portrait_app
from influencer.rehearse_cli import rehearse
from models.errors import BadIdentity, ModelError, UnsupportedLanguage

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
models_app = typer.Typer(help="Weights and fonts: fetch, list, verify.", no_args_is_help=True)
bench_app = typer.Typer(help="Benches; each prints JSON.", no_args_is_help=True)
app.add_typer(models_app, name="models")
app.add_typer(persona_app, name="persona")
app.add_typer(bench_app, name="bench")
app.add_typer(portrait_app, name="portrait")
app.add_typer(likeness_app, name="likeness")
app.add_typer(ledger_app, name="ledger")
app.add_typer(eval_app, name="eval")
app.add_typer(users_app, name="users")
app.add_typer(advertisers_app, name="advertisers")
app.add_typer(keys_app, name="keys")
app.add_typer(data_app, name="data")
app.command()(plan)
app.command()(rehearse)

out = Console(soft_wrap=True)

SWITCH_S = 0.001
"""How long a thread may keep the interpreter while another waits: the encode loop must not wait for the renderer."""

BriefPath = Annotated[Path, typer.Argument(help="A brief file (YAML or JSON), or the id of a demo brief.")]
MarketOption = Annotated[str, typer.Option("--market", "-m", help="Market pack, e.g. en-US, ko-KR.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def main() -> None:
    """Run a command; a mistake is one clear line, never a traceback."""
    configure_logs("warning")
    sys.setswitchinterval(SWITCH_S)
    CATALOGUE.read_from(of_the_settings)
    try:
        app(standalone_mode=False)
    except (InfluencerError, ModelError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2 if isinstance(error, BadIdentity | UnsupportedLanguage) else getattr(error, "exit_code", 1))
    except typer.Exit as done:
        sys.exit(done.exit_code)
    except typer.TyperException as wrong:
        sys.stderr.write(f"{wrong.format_message()}; influencer --help lists what there is\n")
        sys.exit(wrong.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    finally:
        CATALOGUE.lift()


def _print_json(value: Any) -> None:
    out.print_json(json.dumps(value, ensure_ascii=False, default=str))


# --- words -------------------------------------------------------------------------------------------------------


@app.command()
def script(
    brief: BriefPath,
    market: MarketOption = "en-US",
    minutes: Annotated[float, typer.Option(min=0.5, max=120, help="Length of one pass.")] = 3.0,
    persona: Annotated[str | None, typer.Option(help="Who says it; the market's own host by default.")] = None,
    seed: int = 0,
    as_json: AsJson = False,
) -> None:
    """Write the rundown and lines of a show from a brief."""
    from influencer.loading import load_brief, load_market, load_persona
    from influencer.script.report import script_json, script_text

    pack = load_market(market)
    report = script_json(
        load_brief(_brief_path(brief)), pack, minutes=minutes, seed=seed, now=datetime.now(UTC),
        temper=load_persona(persona or pack.persona).temper,
    )  # fmt: skip
    _print_json(report) if as_json else out.print(script_text(report), markup=False, highlight=False)


@app.command()
def answer(brief: BriefPath, question: str, market: MarketOption = "en-US", as_json: AsJson = False) -> None:
    """Answer a viewer's question from the brief's facts, or say why not."""
    from influencer.assistant.report import answer_json
    from influencer.loading import load_brief, load_market

    report = answer_json(load_brief(_brief_path(brief)), load_market(market), question, now=datetime.now(UTC))
    if as_json:
        _print_json(report)
    else:
        out.print(report["text"] or f"({report['kind']}: {report['reason']})", markup=False, highlight=False)


@app.command()
def speak(
    text: str,
    output: Annotated[Path, typer.Argument(help="WAV file to write.")],
    market: MarketOption = "en-US",
    voice: Annotated[str | None, typer.Option(help="Voice id; the market's own by default.")] = None,
) -> None:
    """Say a text in a market's voice; writes a 48 kHz WAV."""
    from influencer.loading import load_market
    from models.speech.wav import synthesize_to_wav

    pack = load_market(market)
    default = next(iter(pack.voices.values()))
    seconds = synthesize_to_wav(text, language=pack.id, voice=voice or default.id, out=output, speed=default.speed)
    out.print(f"{output}: {seconds:.1f} s")


def _brief_path(given: Path) -> Path:
    """A path as given, or the demo brief of that id."""
    from influencer.loading import briefs

    return briefs().get(str(given), given) if not given.exists() else given


# --- shows -------------------------------------------------------------------------------------------------------


@app.command()
def demo(
    market: MarketOption = "en-US",
    brief: Annotated[list[str] | None, typer.Option(help="Demo brief id; several are presented in turn.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8080,
) -> None:
    """Put a live show on a local page. Loopback only, no token."""
    from influencer.serve import serve_demo

    asyncio.run(serve_demo(brief_ids=tuple(brief or ["dew-serum"]), market=market, port=port, announce=out.print))


@app.command()
def serve(preset: Annotated[str, typer.Option(help="embedded, studio or cluster")] = "embedded") -> None:
    """Serve pages and shows; operators start shows on /operator. The first start prints a password for an admin."""
    from influencer.serve import serve_house

    asyncio.run(serve_house(preset, announce=out.print))


@app.command()
def record(
    brief: BriefPath,
    output: Annotated[Path, typer.Argument(help="MP4 file to write.")],
    market: MarketOption = "en-US",
    seconds: Annotated[float, typer.Option(min=1, max=86_400, help="Length of the recording.")] = 60,
    persona: Annotated[str | None, typer.Option(help="Persona id; the market's own by default.")] = None,
    writer: Annotated[
        Literal["template", "model"], typer.Option(help="model: the preset's language model")
    ] = "template",
    as_json: AsJson = False,
) -> None:
    """Run the whole pipeline without viewers, as fast as it can; prints the real-time factor and where time went."""
    from influencer.show.record import record_show

    report = asyncio.run(
        record_show(_brief_path(brief), output, market=market, seconds=seconds, persona=persona, writer=writer)
    )
    _print_json(report) if as_json else out.print(_report_table(report))


def _report_table(report: dict[str, Any]) -> Table:
    table = Table("measure", "value", title=str(report["file"]))
    for name, value in report.items():
        if name not in {"file", "lines"}:
            table.add_row(name, json.dumps(value, ensure_ascii=False))
    return table


# --- weights -----------------------------------------------------------------------------------------------------


@models_app.command("pull")
def models_pull(
    names: Annotated[list[str] | None, typer.Argument(help="Artifacts; all of a preset's when left out.")] = None,
    preset: Annotated[str, typer.Option(help="Whose weights, when no names are given.")] = "embedded",
) -> None:
    """Fetch weights and fonts: resumable, verified, skipped when they are there."""
    from influencer.settings import load_settings
    from models.weights import WeightStore, console_progress

    wanted = names or load_settings(preset=preset).weights
    WeightStore().pull(wanted, console_progress(out))
    out.print(f"ready: {', '.join(wanted)}", highlight=False)


@models_app.command("list")
def models_list() -> None:
    """Every artifact, its licence, its size, and whether it is here."""
    from models.weights import WeightStore

    table = Table("name", "state", "MB", "licence", "what for")
    for status in WeightStore().list():
        table.add_row(status.name, status.state, f"{status.size / 1e6:.0f}", status.licence, status.purpose)
    out.print(table)


@models_app.command("verify")
def models_verify(
    names: Annotated[list[str] | None, typer.Argument(help="Artifacts; all that are here when left out.")] = None,
) -> None:
    """Hash what is here again; a wrong file is deleted and named. Exit code 1 when one was wrong."""
    from models.weights import WeightStore

    statuses = WeightStore().verify(names or None)
    for status in statuses:
        out.print(f"{status.name}: {status.problem or status.state}", markup=False, highlight=False)
    if any(status.state == "corrupt" for status in statuses):
        raise typer.Exit(1)


# --- benches and health ------------------------------------------------------------------------------------------


@bench_app.command("fanout")
def bench_fanout(
    viewers: Annotated[list[int] | None, typer.Option(help="Viewer counts to try.")] = None,
    seconds: Annotated[float, typer.Option(min=1, max=60)] = 8,
) -> None:
    """CPU a viewer and fps of our shared encode beside aiortc's encode for each peer, in one run."""
    from streaming.bench_fanout import run

    _print_json(run(tuple(viewers or (1, 8, 32, 64)), seconds))


@bench_app.command("show")
def bench_show(market: MarketOption = "en-US", seconds: Annotated[float, typer.Option(min=5, max=600)] = 30) -> None:
    """The real-time factor of the whole pipeline, and where the time goes."""
    import tempfile

    from influencer.loading import briefs
    from influencer.show.record import record_show

    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "show.mp4"
        report = asyncio.run(record_show(briefs()["dew-serum"], output, market=market, seconds=seconds))
    _print_json({name: value for name, value in report.items() if name not in {"file", "lines"}})


@bench_app.command("shows")
def bench_shows(
    phases: Annotated[str, typer.Option(help="How many shows are on air in each phase.")] = "1,2,1",
    seconds: Annotated[float, typer.Option(min=1, max=3_600, help="Length of each phase.")] = 60,
    swap_to: Annotated[str | None, typer.Option(help="A persona that takes over the first show half-way.")] = None,
    output: Annotated[Path | None, typer.Option("--out", help="Also write the JSON to this file.")] = None,
) -> None:
    """Live shows side by side in one process: what each drew, what was left out, and how they came back."""
    from influencer.settings import load_settings
    from influencer.show.backends import create_backends
    from influencer.show.bench_shows import as_data, run_phases

    settings = load_settings()

    async def run() -> list[dict[str, Any]]:
        backends = create_backends(settings, with_language=False)
        try:
            return as_data(await run_phases(settings, backends, _numbers(phases), seconds, swap_to=swap_to))
        finally:
            await backends.aclose()

    report = asyncio.run(run())
    if output:
        output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    _print_json(report)


@bench_app.command("answer")
def bench_answer(
    probes: Annotated[int, typer.Option(min=1, max=200, help="Questions, and cuts, of each kind; 25 s each.")] = 20,
    per_minute: Annotated[int, typer.Option(min=1, max=1_200, help="Messages of the crowd.")] = 1_000,
    output: Annotated[Path | None, typer.Option("--out", help="Also write the JSON to this file.")] = None,
) -> None:
    """Chat message to text, to first sound at a WebRTC peer, quiet and in a storm; and an operator's cut."""
    import tempfile

    from influencer.settings import load_settings
    from influencer.show.backends import create_backends
    from influencer.show.bench_answer import run

    settings = load_settings(demo=True)

    async def measure() -> dict[str, Any]:
        backends = create_backends(settings, with_language=False)
        try:
            return await run(settings, backends, Path(folder), probes=probes, per_minute=per_minute)
        finally:
            await backends.aclose()

    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(measure())
    if output:
        output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    _print_json(report)


@bench_app.command("render")
def bench_render(
    shows: Annotated[str, typer.Option(help="Numbers of shows to try, e.g. 1,2,4,8.")] = "1,2,4,8,16,32,64",
    backend: Annotated[str, typer.Option(help="diffusion or lipsync")] = "diffusion",
    device: Annotated[str, typer.Option(help="cpu or cuda")] = "cpu",
    seconds: Annotated[float, typer.Option(min=1, max=3_600, help="Length of each measurement.")] = 60,
    level: Annotated[str | None, typer.Option(help="A quality level, e.g. taesd; the best by default.")] = None,
    compile_with: Annotated[Literal["auto", "never", "always"], typer.Option("--compile")] = "auto",
    buckets: Annotated[str | None, typer.Option(help="Batch sizes to prepare, e.g. 16,32,64; all by default.")] = None,
    tiny: Annotated[bool, typer.Option("--tiny", help="A small network, to try the bench itself.")] = False,
    output: Annotated[Path | None, typer.Option("--out", help="Also write the JSON to this file.")] = None,
) -> None:
    """Shows a device renders without one missed 40 ms deadline, beside a plain diffusers loop, in one run."""
    from models.engine.bench import run

    report = run(
        _numbers(shows),
        backend=backend,
        device=device,
        seconds=seconds,
        level=level,
        tiny=tiny,
        compile_with=compile_with,
        buckets=_numbers(buckets) if buckets else None,
    )
    if output:
        output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    _print_json(report)


@bench_app.command("avatar")
def bench_avatar(
    data: Annotated[Path, typer.Option(help="CG data with held_identities or held_sequences.")],
    weights: Annotated[Path | None, typer.Option(help="Pipeline folder; the shipped one by default.")] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda")] = "cpu",
    frames: Annotated[int, typer.Option(min=2, max=100_000, help="Frames of each split at most.")] = 100,
    output: Annotated[Path | None, typer.Option("--out", help="Write the whole report to this file, as JSON.")] = None,
    as_json: AsJson = False,
) -> None:
    """Painted hosts against held-out truth: quality, mouth, likeness, flicker and speed for 1, 2 and 4 steps."""
    from models.training.bench_avatar import run, tables

    report = run(data, weights=weights, device=device, frames=frames)
    if output:
        output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if as_json:
        _print_json(report)
        return
    for split, (headings, *lines) in tables(report).items():
        shown = Table(*headings, title=f"{report['weights']} on {report['device']}: {split}")
        for line in lines:
            shown.add_row(*line)
        out.print(shown)


def _numbers(text: str) -> list[int]:
    """Numbers from "1,2,4"; 0 for what is not one."""
    return [int(number) if number.strip().isdecimal() else 0 for number in text.split(",")]


@app.command()
def doctor() -> None:
    """Say what this machine has and what it lacks, with the command that helps. Exit code 1 when a show cannot run."""
    from influencer.doctor import examine

    findings = examine()
    for finding in findings:
        out.print(f"{'ok ' if finding.ok else 'NO '} {finding.what}: {finding.detail}", markup=False, highlight=False)
    if any(not finding.ok and finding.needed for finding in findings):
        raise typer.Exit(1)
