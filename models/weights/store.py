"""The weight store: a name in, a verified file or folder out."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.errors import WeightsError
from models.weights.files import Verified, exclusive, megabytes, require_space, sha256_of
from models.weights.job import Job
from models.weights.manifest import Artifact, Manifest, WeightFile, read_manifest
from models.weights.progress import FetchProgress, Silent
from models.weights.sources import fetch_files
from models.weights.web import Web

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ArtifactStatus:
    """One artifact as it is on this machine. `problem` names the files that were wrong and are deleted."""

    name: str
    state: Literal["ready", "missing", "corrupt"]
    size: int
    licence: str
    licence_url: str
    purpose: str
    path: Path
    problem: str | None = None


class WeightStore:
    """Every artifact of the manifest, fetched on demand and kept in one cache. Calls block: use a worker thread.

    Safe to use from several threads and processes at once: a fetch holds the artifact's lock, and a file appears
    under its name only complete and verified. After that only its size and time are looked at, until `verify`.
    """

    def __init__(self, cache_dir: Path | None = None, *, manifest: Manifest | None = None) -> None:
        root = cache_dir or Path(os.environ.get("INFLUENCER_CACHE") or "~/.cache/influencer").expanduser()
        self._root = root / "weights"
        self._manifest = read_manifest() if manifest is None else manifest
        self._web = Web()

    @property
    def manifest(self) -> Manifest:
        """Name -> artifact: everything this store can fetch."""
        return self._manifest

    def path(self, name: str) -> Path:
        """The artifact's file, or its folder when it has several files. Fetched first when missing.

        Raises:
            WeightsError: no such artifact, or the disk is full.
            WeightsMissing: no source could be reached; the message says how to go on.
            WeightsCorrupt: the bytes did not match the manifest; they are deleted.
        """
        artifact = self._artifact(name)
        if not self._ready(name, artifact):
            log.info("fetching weights %s (%s)", name, megabytes(artifact.size))
            self.pull([name])
        return self._place(name, artifact)

    def pull(self, names: Iterable[str] | None = None, progress: FetchProgress | None = None) -> None:
        """Fetch what is missing of the named artifacts, or of all.

        Raises:
            WeightsError: as `path`.
        """
        wanted = {name: self._artifact(name) for name in (self._manifest if names is None else names)}
        absent = {name: artifact for name, artifact in wanted.items() if not self._ready(name, artifact)}
        if not absent:
            return
        progress = progress or Silent()
        progress.begin(sum(file.size for name, artifact in absent.items() for file in self._unready(name, artifact)))
        try:
            for name, artifact in absent.items():
                with self._locked(name, progress):
                    self._fetch(name, artifact, progress)
        finally:
            progress.end()

    def list(self) -> tuple[ArtifactStatus, ...]:
        """Every artifact and whether it is ready here. Touches no network and hashes nothing."""
        return tuple(self._status(n, "ready" if self._ready(n, a) else "missing") for n, a in self._manifest.items())

    def verify(self, names: Iterable[str] | None = None) -> tuple[ArtifactStatus, ...]:
        """Hash the named artifacts anew, or all that are here. A wrong file is deleted and named.

        Raises:
            WeightsError: no such artifact.
        """
        chosen = [name for name in self._manifest if self._folder(name).exists()] if names is None else names
        return tuple(self._verify(name, self._artifact(name)) for name in chosen)

    # --- inside ------------------------------------------------------------------------------------------------

    def _artifact(self, name: str) -> Artifact:
        if name not in self._manifest:
            raise WeightsError(f"unknown weights {name!r}; known: {', '.join(sorted(self._manifest))}")
        return self._manifest[name]

    def _folder(self, name: str) -> Path:
        return self._root / name

    def _place(self, name: str, artifact: Artifact) -> Path:
        folder = self._folder(name)
        return folder if artifact.kind == "directory" else folder / artifact.files[0].name

    def _unready(self, name: str, artifact: Artifact) -> tuple[WeightFile, ...]:
        verified = Verified(self._folder(name))
        return tuple(file for file in artifact.files if not verified.holds(file))

    def _ready(self, name: str, artifact: Artifact) -> bool:
        return not self._unready(name, artifact)

    @contextmanager
    def _locked(self, name: str, progress: FetchProgress) -> Iterator[None]:
        with exclusive(
            self._root / ".locks" / name, lambda: progress.note(f"{name}: another process is fetching it, waiting")
        ):
            yield

    def _fetch(self, name: str, artifact: Artifact, progress: FetchProgress) -> None:
        folder, staging = self._folder(name), self._root / ".staging" / name
        folder.mkdir(parents=True, exist_ok=True)
        staging.mkdir(parents=True, exist_ok=True)
        verified = Verified(folder)
        missing = [file for file in self._unready(name, artifact) if not _adopt(file, folder, verified, progress)]
        if not missing:
            return
        require_space(folder, sum(file.size for file in missing))
        job = Job(name, folder, staging, progress)
        try:
            fetch_files(job, self._web, missing)
        finally:
            for file in missing:
                if (folder / file.name).exists():
                    verified.add(file)
                    for rest in (staging / f"{file.name}.part", staging / f"{file.name}.pieces"):
                        rest.unlink(missing_ok=True)

    def _verify(self, name: str, artifact: Artifact) -> ArtifactStatus:
        folder = self._folder(name)
        with self._locked(name, Silent()):
            present = [file for file in artifact.files if (folder / file.name).exists()]
            wrong = [file.name for file in present if sha256_of(folder / file.name) != file.sha256]
            for file in present:
                if file.name in wrong:
                    (folder / file.name).unlink()
                else:
                    Verified(folder).add(file)
        if wrong:
            return self._status(name, "corrupt", f"wrong SHA-256, deleted: {', '.join(wrong)}")
        return self._status(name, "ready" if len(present) == len(artifact.files) else "missing")

    def _status(
        self, name: str, state: Literal["ready", "missing", "corrupt"], problem: str | None = None
    ) -> ArtifactStatus:
        a = self._manifest[name]
        return ArtifactStatus(name, state, a.size, a.licence, a.licence_url, a.purpose, self._place(name, a), problem)


def _adopt(file: WeightFile, folder: Path, verified: Verified, progress: FetchProgress) -> bool:
    """Take a file that is there but not stamped (copied by hand, or touched): hash it, and delete it if wrong."""
    path = folder / file.name
    if not path.exists():
        return False
    if sha256_of(path) != file.sha256:
        path.unlink()
        progress.note(f"{path.name} had a wrong SHA-256 and was deleted")
        return False
    verified.add(file)
    progress.advance(file.size)
    return True
