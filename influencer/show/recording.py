"""The rolling recording of a show: the segments of its one encode on disk, and clips of single sentences from them.

A start of a show has a folder of its own; a segment is a file named by the times of the show clock that it covers, and
is there as a whole or not at all.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from queue import Full, Queue
from threading import Thread
from typing import Final

import structlog

from streaming.fmp4 import earlier

log = structlog.get_logger(__name__)

_WAITING: Final = 30
"""Segments that may wait for a slow disk; more are left out, the show goes on."""
_LOOK_EVERY: Final = 20
"""Segments between two looks at how full the folder is."""
_ROOM: Final = 2048
"""Sound of a segment may begin a little before its picture (1/48000 s): clips keep that much room."""
_Item = tuple[bytes, int, int, bytes]


class ShowRecorder:
    """Takes segments on the station's thread and writes them on its own.

    `may` is asked for each segment whether it may be kept: a host whose licence allows no replay is not written down. A
    segment is kept when both it and the one before might be, so that a change of hosts in the middle of one is safe.
    """

    def __init__(self, root: Path, recording_id: str, most_bytes: int) -> None:
        self._root, self._folder, self._most = root, root / recording_id, most_bytes
        self.may: Callable[[], bool] = lambda: False
        self._might = False
        self._init, self._written = b"", 0
        self._queue: Queue[_Item | None] = Queue(_WAITING)
        self._thread = Thread(target=self._write_all, name=f"recording {recording_id}", daemon=True)

    def take(self, init: bytes, start: int, end: int, data: bytes) -> None:
        """A segment is finished. Never blocks: what the disk is too slow for is left out."""
        might, self._might = self._might, self.may()
        if not (might and self._might):
            return
        if self._thread.ident is None:
            self._thread.start()
        try:
            self._queue.put_nowait((init, start, end, data))
        except Full:
            log.warning("the disk is too slow for the recording", folder=self._folder.name)

    def close(self) -> None:
        """Write what waits, and end. Blocks; the show has ended."""
        if self._thread.ident is not None:
            self._queue.put(None)
            self._thread.join()

    def _write_all(self) -> None:
        while (item := self._queue.get()) is not None:
            try:
                self._write(*item)
            except OSError as error:
                log.warning("a segment was not recorded", folder=self._folder.name, error=str(error))

    def _write(self, init: bytes, start: int, end: int, data: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if init != self._init:
            _whole(self._folder / f"{start:015d}.init", init)
            self._init = init
        _whole(self._folder / f"{start:015d}-{end:015d}.m4s", data)
        self._written += 1
        if self._written % _LOOK_EVERY == 0:
            shrink(self._root, self._most)


def _whole(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    part.replace(path)


def shrink(root: Path, most_bytes: int) -> int:
    """Drop the oldest segments until all recordings fit in `most_bytes`; how many were dropped."""
    found = []
    for path in root.glob("*/*.m4s"):
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue  # another show's recorder dropped it
        found.append((stat.st_mtime_ns, stat.st_size, path))
    full, dropped = sum(size for _, size, _ in found), 0
    for _, size, path in sorted(found):
        if full <= most_bytes:
            break
        path.unlink(missing_ok=True)
        full, dropped = full - size, dropped + 1
    return dropped


def drop_before(root: Path, moment: float) -> list[str]:
    """Drop segments written before `moment` (seconds since 1970); the recordings of which nothing is left then."""
    gone = []
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        segments = list(folder.glob("*.m4s"))
        old = [path for path in segments if path.stat().st_mtime < moment]
        for path in old:
            path.unlink(missing_ok=True)
        if old and len(old) == len(segments):
            shutil.rmtree(folder, ignore_errors=True)
            gone.append(folder.name)
    return gone


def clip(root: Path, recording_id: str, start: int, end: int) -> bytes | None:
    """An MP4 of the whole segments that cover [start, end) (1/48000 s of the show clock); None when one is missing."""
    folder = root / recording_id
    named = sorted(path.name for path in folder.glob("*.m4s"))
    # "<first>-<until>.m4s", fifteen digits each
    spans = [(int(name[:15]), int(name[16:31]), name) for name in named]
    chosen = [(first, until, name) for first, until, name in spans if first < end and until > start]
    joined = all(one[1] == other[0] for one, other in zip(chosen, chosen[1:], strict=False))
    if not chosen or chosen[0][0] > start or chosen[-1][1] < end or not joined:
        return None
    inits = [path for path in sorted(folder.glob("*.init")) if int(path.stem) <= chosen[-1][0]]
    if not inits or int(inits[-1].stem) > chosen[0][0]:
        return None  # the encoder changed in between: no one header fits
    back = max(0, chosen[0][0] - _ROOM)
    try:
        parts = [earlier((folder / name).read_bytes(), back) for _, _, name in chosen]
        return inits[-1].read_bytes() + b"".join(parts)
    except FileNotFoundError:
        return None  # dropped while we read
