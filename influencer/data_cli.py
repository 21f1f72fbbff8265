"""The commands `influencer data backup|restore|forget|retain`: keeping the database, and not keeping viewers' data."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from influencer.database import with_store
from influencer.errors import InvalidInput, Mistake

data_app = typer.Typer(help="The database: backups, and viewers' data.", no_args_is_help=True)
out = Console(soft_wrap=True)


@data_app.command("backup")
def backup_command(file: Annotated[Path, typer.Argument(help="The zip file to write; it must not exist.")]) -> None:
    """Write everything in the database into one file, as it is at one moment, while shows go on."""
    from influencer.settings import load_settings
    from influencer.store.backup import backup

    if not file.parent.is_dir():
        raise InvalidInput("backup", [Mistake("file", str(file), "a file in an existing folder")])
    _tell(asyncio.run(backup(load_settings().database, file)), "written")


@data_app.command("restore")
def restore_command(file: Annotated[Path, typer.Argument(help="A file that `data backup` wrote.")]) -> None:
    """Fill an empty database (INFLUENCER_DATABASE), SQLite or PostgreSQL, from a backup: all of it, or nothing."""
    from influencer.settings import load_settings
    from influencer.store.backup import restore

    _tell(asyncio.run(restore(load_settings().database, file)), "restored")


@data_app.command("forget")
def forget_command(viewer: Annotated[str, typer.Argument(help="The id in the viewer's cookie.")]) -> None:
    """Delete a viewer's messages, cart and events; their orders stay, without the link to them."""
    _tell(with_store(lambda store: store.privacy.forget(viewer)), "deleted or unlinked")


@data_app.command("retain")
def retain_command(
    chat_days: Annotated[int, typer.Option(min=1, max=3650, help="Chat, held messages, hand-offs.")] = 90,
    event_days: Annotated[int, typer.Option(min=1, max=3650, help="Views, clicks and the like.")] = 400,
    recording_days: Annotated[int, typer.Option(min=1, max=3650, help="Recordings of shows.")] = 7,
) -> None:
    """Delete what viewers left and what is older than its days, and old recordings; run it once a day."""
    from influencer.settings import load_settings
    from influencer.show.recording import drop_before
    from influencer.store import utc_now
    from influencer.store.privacy import Retention

    _tell(with_store(lambda store: store.privacy.retain(Retention(chat_days, event_days))), "deleted")
    gone = drop_before(load_settings().recording.folder, utc_now().timestamp() - recording_days * 86_400)
    if gone:
        known = with_store(lambda store: store.recordings.drop(gone))
        out.print(f"recordings: {known} deleted", highlight=False)


def _tell(rows: dict[str, int], what: str) -> None:
    for table, count in sorted(rows.items()):
        if count:
            out.print(f"{table}: {count} rows {what}", highlight=False)
    out.print(f"{sum(rows.values())} rows {what}", highlight=False)
