"""A private PostgreSQL cluster from Debian's binaries: a temporary folder, a Unix socket, no TCP port."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest


def binaries() -> Path | None:
    """Folder of the newest installed server binaries, None when PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def cluster(bin_dir: Path) -> Iterator[str]:
    """Start a cluster and yield the URL of its database; stop it and delete everything afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="influencer-pg-", dir="/tmp"))
    as_owner = _drop_root(folder)
    try:
        _run([*as_owner, bin_dir / "initdb", "-D", folder / "data", "-U", "show", "-A", "trust", "--no-sync"])
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c shared_buffers=16MB"
        control = [*as_owner, bin_dir / "pg_ctl", "-D", folder / "data", "-w"]
        _run([*control, "-l", folder / "log", "-o", options, "start"])
        try:
            yield f"postgresql://show@/postgres?host={folder}"
        finally:
            _run([*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def emptied(server: str | None) -> str:
    """The server's database without anything in it; skips the test where there is no server."""
    if server is None:
        pytest.skip("PostgreSQL's server binaries are not installed (Debian package: postgresql)")
    connection = await asyncpg.connect(server)
    await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await connection.close()
    return server


def _drop_root(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root; Debian's package brings the user `postgres`."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "postgres", "postgres")
    return ["runuser", "-u", "postgres", "--"]


def _run(command: list[str | Path]) -> None:
    # pg_ctl's server inherits the output: a file, not a pipe, or the read would wait for the server to end.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(command, cwd="/", stdout=output, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            output.seek(0)
            raise RuntimeError(output.read().decode(errors="replace"))
