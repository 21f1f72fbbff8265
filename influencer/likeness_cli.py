"""The commands `influencer likeness list|footage|statement|link|withdraw`: what was licensed, used and earned."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from influencer.database import with_store
from influencer.errors import InvalidInput, Mistake, NotFound

if TYPE_CHECKING:
    from influencer.likeness.consent import StoredConsent
    from influencer.likeness.statement import Likeness
    from influencer.store import Store
    from influencer.store.footage import StoredFootage
    from influencer.store.likeness_links import LikenessLink

likeness_app = typer.Typer(help="Whose likeness is used, what it earned, and its end.", no_args_is_help=True)
footage_app = typer.Typer(help="The ledger of footage: what may be animated.", no_args_is_help=True)
likeness_app.add_typer(footage_app, name="footage")

out = Console(soft_wrap=True)
Person = Annotated[str, typer.Argument(help="The person's name, as in the consent record.")]


@likeness_app.command("list")
def list_likenesses() -> None:
    """Everybody with a consent record: state, last day, minutes on air, money owed since ever."""
    from influencer.commerce.money import major_units
    from influencer.likeness.statement import likenesses, minutes_text
    from influencer.store import utc_now

    table = Table("person", "state", "last day", "records", "minutes", "owed")
    for one in with_store(lambda store: likenesses(store, utc_now())):
        owed = ", ".join(f"{major_units(amount, currency)} {currency}" for currency, amount in one.totals.items())
        table.add_row(
            one.person, one.state, str(one.ends_on or ""), str(len(one.consents)), minutes_text(one.milliseconds), owed
        )
    out.print(table)


@likeness_app.command("statement")
def statement(person: Person, month: Annotated[str, typer.Argument(help="A calendar month in UTC, YYYY-MM.")]) -> None:
    """Print what a month brought a person, as CSV."""
    from influencer.likeness.statement import as_csv, month_from

    found, first = _likeness(person), month_from(month)
    chosen = next((one for one in found.months if one.month == first), None)
    if chosen is None:
        known = ", ".join(f"{one.month:%Y-%m}" for one in found.months) or "none yet"
        raise NotFound(f"month: got {month}; allowed: {known}")
    typer.echo(as_csv(found.person, chosen), nl=False)


@likeness_app.command("link")
def link(
    person: Person,
    days: Annotated[int, typer.Option(min=1, max=90, help="How long it works.")] = 30,
) -> None:
    """Make a secret link with which the person sees the use of their likeness and can withdraw. Printed once."""

    async def work(store: Store) -> tuple[LikenessLink, str]:
        return await store.likeness_links.make(_named(await store.consents.all(), person), timedelta(days=days), "cli")

    made, secret = with_store(work)
    out.print(f"/likeness/{secret}", markup=False, highlight=False)
    out.print(f"{made.id}, until {made.expires_at:%Y-%m-%d %H:%M} UTC", highlight=False)


@likeness_app.command("withdraw")
def withdraw_likeness(
    person: Person,
    yes: Annotated[bool, typer.Option("--yes", help="Without it nothing happens.")] = False,
) -> None:
    """Revoke every record of a person who withdraws. Shows that run elsewhere end within 15 seconds."""
    if not yes:
        raise InvalidInput("withdraw", [Mistake("--yes", "nothing", "--yes, since this cannot be undone")])

    async def work(store: Store) -> list[str]:
        from influencer.accounts.values import NewAudit

        name = _named(await store.consents.all(), person)
        ended = await store.consents.withdraw(name, "command line")
        if ended:
            detail = {"consents": ended, "via": "command line"}
            await store.audit.add(NewAudit("likeness.withdraw", "command line", subject=name, detail=detail))
        return ended

    ended = with_store(work)
    out.print(f"revoked: {', '.join(ended)}" if ended else "nothing was in force", highlight=False)


@footage_app.command("add")
def footage_add(
    file: Annotated[Path, typer.Argument(help="A clip, a picture, or a folder of frames.")],
    licence: Annotated[str, typer.Option(help="Of the recording: from whom it is, and who may use it.")],
    by: Annotated[str, typer.Option(help="Who puts it in.")],
    consent: Annotated[str | None, typer.Option(help="The consent record of the person in it.")] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="It shows nobody who exists: rendered or painted.")] = False,
) -> None:
    """Enter footage into the ledger; only then may it be animated. Prints its SHA-256."""
    from influencer.likeness.footage import licence_beside
    from influencer.store.footage import NewFootage
    from models.avatar.footage_hash import footage_bytes, footage_sha256

    mistakes = []
    if not file.exists():
        mistakes.append(Mistake("file", str(file), "a file or folder that exists"))
    if nobody is (consent is not None):
        mistakes.append(Mistake("consent", consent or "nothing", "either --consent ID, or --nobody"))
    for name, text, most in (("licence", licence, 200), ("by", by, 120)):
        if not 1 <= len(text.strip()) <= most:
            mistakes.append(Mistake(name, repr(text[:40]), f"1 to {most} letters"))
    if mistakes:
        raise InvalidInput("footage", mistakes)
    new = NewFootage(footage_sha256(file), file.name[:200], footage_bytes(file), consent, licence.strip(), by.strip())

    async def work(store: Store) -> tuple[StoredFootage, StoredConsent | None]:
        record = await store.consents.get(consent) if consent is not None else None
        return await store.footage.add(new), record

    added, record = with_store(work)
    if record is not None:
        beside = licence_beside(file)
        beside.write_text(json.dumps({"likeness": _terms(record)}, indent=2) + "\n", "utf-8")
    out.print(added.sha256, highlight=False)


@footage_app.command("list")
def footage_list() -> None:
    """Every entry, oldest first."""
    table = Table("sha256", "name", "consent", "licence", "by", "at")
    for one in with_store(lambda store: store.footage.all()):
        whose = one.consent_id or "nobody"
        table.add_row(one.sha256[:16], one.name, whose, one.licence, one.added_by, f"{one.added_at:%Y-%m-%d %H:%M}")
    out.print(table)


def _terms(consent: StoredConsent) -> dict[str, Any]:
    from influencer.likeness.portraits import terms_of

    return terms_of(consent)


def _likeness(person: str) -> Likeness:
    from influencer.likeness.people import person_key
    from influencer.likeness.statement import likeness_of
    from influencer.store import utc_now

    return with_store(lambda store: likeness_of(store, person_key(person), utc_now()))


def _named(consents: list[StoredConsent], person: str) -> str:
    from influencer.likeness.people import same_person

    for consent in consents:
        if same_person(consent.record.person, person):
            return consent.record.person
    raise NotFound(f"person: got {person!r}; allowed: somebody that `likeness list` shows")
