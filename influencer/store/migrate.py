"""Bring a database to the newest schema with Alembic."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import URL

MIGRATIONS = Path(__file__).parent / "migrations"
_ALEMBIC = Lock()
"""Alembic keeps its environment in module globals: one thread at a time."""


def alembic_config(url: URL) -> Config:
    """Alembic's settings without an ini file: the scripts beside this module and one URL."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    return config


def upgrade(url: URL) -> None:
    """Run every missing migration. Blocks: call it in a worker thread."""
    with _ALEMBIC:
        command.upgrade(alembic_config(url), "head")
