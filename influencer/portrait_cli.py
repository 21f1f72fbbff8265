"""The commands `influencer portrait make` and `influencer portrait consent add|list|revoke`."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from influencer.database import with_store
from influencer.errors import Conflict, InvalidInput, Mistake, NotFound

if TYPE_CHECKING:
    from influencer.store import Store

portrait_app = typer.Typer(help="Portraits of hosts, and who agreed to lend a face.", no_args_is_help=True)
consent_app = typer.Typer(help="Consent records: checked whenever a likeness is used.", no_args_is_help=True)
portrait_app.add_typer(consent_app, name="consent")

out = Console(soft_wrap=True)

PIPELINE = "flux2-klein-4b"


@portrait_app.command("make")
def make(
    persona: Annotated[str, typer.Argument(help="Persona id or file.")],
    market: Annotated[str | None, typer.Option("--market", "-m", help="Market; only the master when left out.")] = None,
    pipeline: Annotated[
        str, typer.Option(help="flux2-klein-4b, z-image-turbo, a hub id, or a folder that diffusers saved.")
    ] = PIPELINE,
    seed: Annotated[int | None, typer.Option(min=0, max=2**31 - 1, help="The persona's own by default.")] = None,
    folder: Annotated[Path, typer.Option("--out", help="Where PNG and JSON go.")] = Path("out/portraits"),
    extra: Annotated[str, typer.Option(help="A phrase for the variant, in lower case: holding a ceramic mug.")] = "",
    reference: Annotated[Path | None, typer.Option(help="A picture to start from: ours, or one with consent.")] = None,
    face_encoder: Annotated[
        Path | None, typer.Option(help="Folder with the identity gate's weights.", envvar="INFLUENCER_FACE_ENCODER")
    ] = None,
    allow_unchecked: Annotated[bool, typer.Option(help="Take variants that no face encoder compared.")] = False,
    threshold: Annotated[float, typer.Option(min=0, max=1, help="Least cosine similarity to the master.")] = 0.5,
    tries: Annotated[int, typer.Option(min=1, max=32, help="Seeds tried before giving up.")] = 4,
    strength: Annotated[float, typer.Option(min=0.05, max=1, help="img2img only: share painted over.")] = 0.55,
    width: Annotated[int, typer.Option(min=64, max=2048)] = 832,
    height: Annotated[int, typer.Option(min=64, max=2048)] = 1216,
    replace_master: Annotated[bool, typer.Option(help="Paint another master over the one that is there.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps")] = "auto",
    dtype: Annotated[str, typer.Option(help="auto, bfloat16, float16, float32")] = "auto",
    download: Annotated[bool, typer.Option(help="Fetch missing pipeline files from the hub.")] = False,
) -> None:
    """Paint a persona's master portrait and, for a market, a variant that is the same person."""
    from influencer.likeness.guard import LikenessGuard, PortraitOrder
    from influencer.likeness.portraits import MadePortrait, PortraitMaker, PortraitOptions, persona_seed
    from influencer.loading import load_market, load_persona
    from influencer.store import utc_now
    from models.portrait.faces import load_face_encoder
    from models.portrait.painter import DiffusersPainter

    _check_size(width=width, height=height)
    host = load_persona(persona)
    order = PortraitOrder(host, load_market(market) if market else None, extra, reference)
    options = PortraitOptions(
        out=folder,
        seed=persona_seed(host) if seed is None else seed,
        width=width,
        height=height,
        tries=tries,
        threshold=threshold,
        strength=strength,
        allow_unchecked=allow_unchecked,
        replace_master=replace_master,
    )
    painter = DiffusersPainter(pipeline, device=device, dtype=dtype, download=download)

    async def work(store: Store) -> list[MadePortrait]:
        cleared = await LikenessGuard(store.consents, store.portraits, utc_now).clear(order)
        encoder = load_face_encoder(face_encoder) if face_encoder else None
        return await PortraitMaker(painter, encoder, store.portraits, utc_now).make(cleared, options)

    for made in with_store(work):
        score = f", similarity {made.similarity:.2f}" if made.similarity is not None else ""
        out.print(f"{made.path}{' (was there)' if made.reused else score}", markup=False, highlight=False)


@consent_app.command("add")
def consent_add(
    person: Annotated[str, typer.Option(help="The person's full name.")],
    evidence: Annotated[Path, typer.Option(help="The signed agreement; its SHA-256 is kept, not the file.")],
    purpose: Annotated[
        list[str], typer.Option(help="portrait, live-show, recording, replay, advert; repeat for several.")
    ],
    market: Annotated[list[str], typer.Option(help="Where; repeat for several.")],
    persona: Annotated[list[str], typer.Option(help="The host that carries the likeness; repeat for several.")],
    signed: Annotated[str, typer.Option(help="Day of signature, YYYY-MM-DD.")],
    until: Annotated[str, typer.Option(help="Last day of use, YYYY-MM-DD.")],
    price: Annotated[str, typer.Option(help="Paid for the whole term, e.g. 5000; 0 when nothing is paid.")],
    currency: Annotated[str, typer.Option(help="ISO 4217, e.g. USD.")],
    no_copy: Annotated[bool, typer.Option("--no-copy/--may-copy", help="The clause on handing the likeness on.")],
    no_training: Annotated[bool, typer.Option("--no-training/--may-train", help="The clause on training models.")],
    reference: Annotated[
        list[Path] | None, typer.Option(help="A picture that may be used; repeat for several.")
    ] = None,
    valid_from: Annotated[
        str | None, typer.Option("--from", help="First day of use; the signature's by default.")
    ] = None,
    per_minute: Annotated[str, typer.Option(help="Paid for each minute on air, e.g. 2.50.")] = "0",
    minimum: Annotated[str, typer.Option(help="Least that minutes bring in a calendar month, e.g. 100.")] = "0",
    notice_days: Annotated[int, typer.Option(min=0, max=365, help="What it says about notice.")] = 0,
    exclusive: Annotated[
        list[str] | None, typer.Option(help="category:brand the likeness is kept for; repeat for several.")
    ] = None,
    replaces: Annotated[str | None, typer.Option(help="The record whose terms this one changes.")] = None,
) -> None:
    """Keep a signed agreement. Prints its id."""
    from influencer.likeness.consent import ConsentRecord
    from influencer.wording import plain_mistakes

    written: dict[str, Any] = {
        "person": person,
        "purposes": purpose,
        "markets": market,
        "personas": persona,
        "signed_on": signed,
        "valid_until": until,
        "price": price,
        "currency": currency,
        "no_copy": no_copy,
        "no_training": no_training,
        "evidence_name": evidence.name,
        "evidence_sha256": _sha256(evidence, "evidence"),
        "references": [_sha256(file, "reference") for file in reference or []],
        "valid_from": valid_from,
        "price_per_minute": _minor("per_minute", per_minute, currency),
        "minimum_fee": _minor("minimum", minimum, currency),
        "notice_days": notice_days,
        "exclusive": [dict(zip(("category", "brand"), each.split(":", 1), strict=False)) for each in exclusive or []],
        "replaces": replaces,
    }
    try:
        record = ConsentRecord.model_validate(written)
    except ValidationError as error:
        raise InvalidInput("consent", plain_mistakes(error, ConsentRecord, written)) from None
    added = with_store(lambda store: store.consents.add(record))
    out.print(added.id, highlight=False)


@consent_app.command("check")
def consent_check(
    consent_id: Annotated[str, typer.Argument(metavar="ID")],
    evidence: Annotated[Path, typer.Argument(help="The signed agreement, from wherever contracts are kept.")],
) -> None:
    """Check that a file is the very agreement that a record rests on; exit code 1 when it is not."""
    kept = with_store(lambda store: store.consents.get(consent_id)).record
    if _sha256(evidence, "evidence") != kept.evidence_sha256:
        raise Conflict(f"{evidence.name} is not what {consent_id} rests on: that is {kept.evidence_name}, unchanged")
    out.print(f"{evidence.name} is the agreement of {consent_id}", markup=False, highlight=False)


@consent_app.command("list")
def consent_list() -> None:
    """Every record, and whether it is in force today."""
    from influencer.likeness.statement import record_state
    from influencer.store import utc_now

    now = utc_now()
    table = Table()
    for heading in (
        "id",
        "person",
        "state",
        "until",
        "purposes",
        "markets",
        "personas",
        "price",
        "clauses",
        "pictures",
    ):
        table.add_column(heading, overflow="fold")
    for consent in with_store(lambda store: store.consents.all()):
        record = consent.record
        clauses = [name for name in ("no_copy", "no_training") if getattr(record, name)]
        table.add_row(
            consent.id,
            record.person,
            record_state(consent, now.date()),
            str(record.valid_until),
            ", ".join(record.purposes),
            ", ".join(record.markets),
            ", ".join(record.personas),
            f"{record.price} {record.currency}",
            ", ".join(clauses) or "none",
            str(len(record.references)),
        )
    out.print(table)


@consent_app.command("revoke")
def consent_revoke(
    consent_id: Annotated[str, typer.Argument(metavar="ID")],
    because: Annotated[str, typer.Option(help="Why, for whoever is refused later.")] = "",
) -> None:
    """End a record now. It cannot be undone; sign a new one instead."""
    revoked = with_store(lambda store: store.consents.revoke(consent_id, because))
    out.print(f"{revoked.id}: revoked; pictures that rest on it are refused from now on", highlight=False)


def _minor(field: str, amount: str, currency: str) -> int:
    from influencer.commerce.money import minor_units
    from influencer.fields import exact_number

    try:
        return minor_units(exact_number(amount), currency.upper())
    except ValueError as error:
        raise InvalidInput("consent", [Mistake(field, repr(amount), str(error))]) from None


def _check_size(**sides: int) -> None:
    wrong = [Mistake(f"--{name}", str(side), "a multiple of 32") for name, side in sides.items() if side % 32]
    if wrong:
        raise InvalidInput("portrait", wrong)


def _sha256(file: Path, field: str) -> str:
    if not file.is_file():
        raise NotFound(f"{field}: got {file}, no such file; allowed: an existing file")
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
