"""Small file work for the store: hashing, the stamp of what was verified, the lock, the free space."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models.errors import WeightsError
from models.weights.manifest import WeightFile

STAMP = ".verified.json"
ROOM = 256 << 20
"""Bytes kept free beside the weights: the archives being unpacked need room too."""


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def exclusive(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold an advisory lock (flock) on `path`; the system frees it when the holder dies.

    `on_wait` is called once when another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def require_space(folder: Path, needed: int) -> None:
    """Refuse to start what cannot end.

    Raises:
        WeightsError: less than `needed` bytes and some room are free.
    """
    free = shutil.disk_usage(folder).free
    if free < needed + ROOM:
        raise disk_full(folder, needed + ROOM - free)


def disk_full(folder: Path, short: int | None = None) -> WeightsError:
    """The error that says the disk is full and how to go on."""
    missing = f" {megabytes(short)} more are needed;" if short else ""
    return WeightsError(
        f"no space left at {folder}:{missing} free some space, or set INFLUENCER_CACHE to a folder on a larger "
        "disk, and run the same command again (what was fetched so far is kept)"
    )


def megabytes(size: int) -> str:
    """A size for people: 1,117 MB; small ones in kB."""
    return f"{size / 1e6:,.0f} MB" if size >= 1_000_000 else f"{max(1, size // 1000)} kB"


class Verified:
    """Which files of one folder had the right SHA-256, and what they looked like then.

    Hashing a gigabyte at every start would cost seconds, so a file whose size, modification time and expected hash
    have not changed since it was hashed is not hashed again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def holds(self, file: WeightFile) -> bool:
        """Whether `file` is there, unchanged since it was verified against the same hash."""
        seen = self._seen(file)
        return seen is not None and self._read().get(file.name) == seen

    def add(self, file: WeightFile) -> None:
        """Record that `file` was just verified. The caller holds the lock."""
        stamps = {**self._read(), file.name: self._seen(file)}
        staged = self._folder / f"{STAMP}.new"
        staged.write_text(json.dumps(stamps), encoding="utf-8")
        staged.replace(self._folder / STAMP)

    def _seen(self, file: WeightFile) -> list[Any] | None:
        try:
            stat = (self._folder / file.name).stat()
        except FileNotFoundError:
            return None
        return [stat.st_size, stat.st_mtime_ns, file.sha256]

    def _read(self) -> dict[str, list[Any]]:
        try:
            stamps = json.loads((self._folder / STAMP).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return stamps if isinstance(stamps, dict) else {}
