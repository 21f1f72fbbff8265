"""Reading one member out of a package's archive, safely.

Nothing is ever unpacked by the archive's own names: a member is streamed to where the store wants it, so a path such as
`../../x` has nowhere to go. Links and devices are refused, and so is a member whose size is not the manifest's.
"""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

CHUNK = 1 << 20
MAX_UNPACKED = 4 << 30
"""Bytes an archive may unpack to; more is refused unread (a decompression bomb)."""
MAX_MEMBERS = 100_000


class ArchiveError(Exception):
    """The archive is broken or does not hold what the manifest says."""


class Archive(Protocol):
    """An open archive."""

    def stream(self, member: str, size: int) -> Iterator[bytes]:
        """Yield the bytes of a regular member that is exactly `size` bytes long.

        Raises:
            ArchiveError: it is missing, is no regular file, or has another size.
        """
        ...


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open a wheel (zip) or an npm tarball (tar.gz).

    Raises:
        ArchiveError: it is neither, or is damaged.
    """
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as wheel:
                yield _Zip(wheel)
        else:
            with tarfile.open(path, "r:gz") as tarball:
                yield _Tar(tarball)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError) as error:
        raise ArchiveError(f"{path.name} is damaged: {error}") from error


class _Zip:
    def __init__(self, wheel: zipfile.ZipFile) -> None:
        infos = wheel.infolist()
        _check_limits(len(infos), sum(info.file_size for info in infos))
        self._wheel = wheel
        self._members = {info.filename: info for info in infos if not info.is_dir()}

    def stream(self, member: str, size: int) -> Iterator[bytes]:
        info = self._members.get(member)
        if info is None or info.file_size != size:
            raise ArchiveError(f"no member {member} of {size} bytes")
        with self._wheel.open(info) as stream:
            yield from _chunks(stream, size)


class _Tar:
    def __init__(self, tarball: tarfile.TarFile) -> None:
        self._tarball = tarball
        self._members: dict[str, tarfile.TarInfo] = {}
        unpacked = 0
        for info in tarball:
            unpacked += info.size
            _check_limits(len(self._members), unpacked)
            self._members[info.name] = info

    def stream(self, member: str, size: int) -> Iterator[bytes]:
        info = self._members.get(member)
        # isreg is false for links: extractfile would follow them.
        stream = self._tarball.extractfile(info) if info and info.isreg() and info.size == size else None
        if stream is None:
            raise ArchiveError(f"no member {member} of {size} bytes")
        with stream:
            yield from _chunks(stream, size)


def _check_limits(members: int, unpacked: int) -> None:
    if members > MAX_MEMBERS or unpacked > MAX_UNPACKED:
        raise ArchiveError(f"it would unpack to more than {MAX_UNPACKED:,} bytes or {MAX_MEMBERS:,} members")


def _chunks(stream: IO[bytes], size: int) -> Iterator[bytes]:
    left = size
    while left:
        chunk = stream.read(min(CHUNK, left))
        if not chunk:
            raise ArchiveError("a member ends before its stated size")
        left -= len(chunk)
        yield chunk
