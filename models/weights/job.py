"""What the sources of one fetch share: where files go, what went wrong, and the last check before a file counts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from models.errors import WeightsCorrupt, WeightsError, WeightsMissing
from models.weights.files import sha256_of
from models.weights.manifest import WeightFile
from models.weights.progress import FetchProgress

WORKERS = 4
"""Downloads at once: enough to fill a line, few enough to be a polite client."""
T = TypeVar("T")


class StoppedError(Exception):
    """The fetch was given up while a worker was at it; what it has so far stays on disk."""


class Job:
    """One fetch of one artifact's missing files, from `staging` into `folder` (same file system)."""

    def __init__(self, artifact: str, folder: Path, staging: Path, progress: FetchProgress) -> None:
        self.artifact = artifact
        self.folder = folder
        self.staging = staging
        self.progress = progress
        self._stop = threading.Event()
        self._reasons: dict[str, None] = {}
        self._corrupt: set[str] = set()

    @property
    def stopped(self) -> bool:
        """Whether the fetch was given up."""
        return self._stop.is_set()

    def explain(self, reason: str, *, corrupt: WeightFile | None = None) -> None:
        """Remember, and show, why a source did not do."""
        if corrupt:
            self._corrupt.add(corrupt.name)
        if reason not in self._reasons:
            self._reasons[reason] = None
            self.progress.note(f"{self.artifact}: {reason}")

    def counter(self) -> Counter:
        """A counter for one file."""
        return Counter(self)

    def finish(self, file: WeightFile, made: Path, counter: Counter, source: str) -> None:
        """Verify a complete file and rename it into place; a wrong one is deleted."""
        if made.stat().st_size == file.size and sha256_of(made) == file.sha256:
            made.replace(self.folder / file.name)
            return
        made.unlink()
        counter.take_back()
        self.explain(f"{file.name} from {source} had a wrong SHA-256 and was deleted", corrupt=file)

    def in_parallel(self, work: Callable[[T], None], items: Sequence[T]) -> None:
        """Run `work` on every item in a few threads; the first error cancels the rest and is raised here."""
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="weights") as pool:
            running = [pool.submit(work, item) for item in items]
            try:
                for future in running:
                    future.result()
            except BaseException:
                self._stop.set()
                pool.shutdown(cancel_futures=True)
                raise

    def still_missing(self, files: Sequence[WeightFile]) -> list[WeightFile]:
        """Those of `files` that no source has brought yet."""
        return [file for file in files if not (self.folder / file.name).exists()]

    def failure(self, missing: Sequence[WeightFile]) -> WeightsError:
        """The error for files that no source brought."""
        names = ", ".join(file.name for file in missing[:3]) + (" …" if len(missing) > 3 else "")
        why = "; ".join(self._reasons) or "no source is left"
        if any(file.name in self._corrupt for file in missing):
            return WeightsCorrupt(f"{self.artifact}: {names}: {why}. Run the same command again to fetch it anew")
        return WeightsMissing(
            f"{self.artifact}: cannot fetch {names}: {why}. To go on: connect this machine to the internet (or to a "
            "mirror that pip and npm are set up for) and run the same command again, what came so far is kept; or copy "
            f"the files into {self.folder} from another machine"
        )


class Counter:
    """Counts the bytes of one file toward the progress, and takes them back when they turn out useless."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._counted = 0

    def add(self, count: int) -> None:
        """Count bytes.

        Raises:
            StoppedError: the fetch was given up.
        """
        self._counted += count
        self._job.progress.advance(count)
        if self._job.stopped:
            raise StoppedError

    def take_back(self) -> None:
        """Uncount everything."""
        self._job.progress.advance(-self._counted)
        self._counted = 0
