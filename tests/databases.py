"""The database a test writes to: an SQLite file, or with INFLUENCER_TEST_DATABASE=postgresql one of a private server.

`make test-postgres` sets the variable; the run starts the server from Debian's package, and stops it at its end.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration import postgres

CHOICE = "INFLUENCER_TEST_DATABASE"
_servers: list[tuple[Path, Path]] = []
"""(folder of the binaries, folder of the socket) of the running server."""


def wanted() -> str:
    """sqlite or postgresql."""
    choice = os.environ.get(CHOICE, "sqlite")
    if choice not in {"sqlite", "postgresql"}:
        raise ValueError(f"{CHOICE}: got {choice!r}; allowed: sqlite, postgresql")
    return choice


@contextmanager
def server() -> Iterator[None]:
    """Run the server the tests were asked to use, if any."""
    if wanted() == "sqlite":
        yield
        return
    binaries = postgres.binaries()
    if binaries is None:
        raise RuntimeError("PostgreSQL's server binaries are not installed (Debian package: postgresql)")
    with postgres.cluster(binaries) as url:
        _servers.append((binaries, Path(url.partition("host=")[2])))
        try:
            yield
        finally:
            _servers.clear()


def database_url(folder: Path, name: str = "show.db") -> str:
    """The URL of a test's own database; the same folder and name are the same database."""
    if wanted() == "sqlite":
        return f"sqlite:///{folder}/{name}"
    binaries, socket = _servers[0]
    database = "t" + hashlib.sha256(f"{folder}/{name}".encode()).hexdigest()[:20]
    made = subprocess.run(
        [binaries / "createdb", "-h", socket, "-U", "show", database], capture_output=True, text=True, check=False
    )
    if made.returncode and "already exists" not in made.stderr:
        raise RuntimeError(made.stderr)
    return f"postgresql://show@/{database}?host={socket}"
