"""The one door to market packs and personas: the newest approved version that was saved, over the files of configs/.

`influencer.loading` asks here first, so whoever loads a pack by its id reads what operators approved. One catalogue a
process: a house lays its database's versions over the files while it is open, a command line reads them when first
asked. While versions are laid, a pack that was read once is not lost: when its file breaks or vanishes, it is still
given as it was, so that nothing on air ends for a bad edit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import structlog

from influencer.market import Market
from influencer.persona import Persona

log = structlog.get_logger(__name__)

Kind = Literal["market", "persona"]
Pack = Market | Persona
Key = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Laid:
    """A version that lies over a file; `version` counts from 1, a file is version 0."""

    version: int
    pack: Pack


class PackCatalogue:
    """What lies over the files. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._laid: Mapping[Key, Laid] = {}
        self._read: dict[Key, Pack] = {}
        self._keeps = False
        self._source: Callable[[], Mapping[Key, Laid]] | None = None

    def lay(self, packs: Mapping[Key, Laid]) -> None:
        """Let these versions, and no others, lie over the files from now on."""
        with self._lock:
            self._source, self._laid, self._keeps = None, dict(packs), True

    def lift(self) -> None:
        """Read the files alone from now on."""
        with self._lock:
            self._source, self._laid, self._keeps, self._read = None, {}, False, {}

    def read_from(self, source: Callable[[], Mapping[Key, Laid]]) -> None:
        """Ask `source` what to lay, when a pack is first asked for."""
        with self._lock:
            self._source = source

    def find(self, kind: Kind, pack_id: str) -> Pack | None:
        """The version that lies over a file; None where the file counts."""
        laid = self._all().get((kind, pack_id))
        return None if laid is None else laid.pack

    def version(self, kind: Kind, pack_id: str) -> int:
        """Which version counts; 0 is the file's."""
        laid = self._all().get((kind, pack_id))
        return 0 if laid is None else laid.version

    def ids(self, kind: Kind) -> list[str]:
        """The packs that have a version over their file, or no file at all."""
        return sorted(name for each, name in self._all() if each == kind)

    def was_read(self, kind: Kind, pack_id: str, pack: Pack) -> None:
        """Remember a pack as its file has it."""
        if self._keeps:
            self._read[kind, pack_id] = pack

    def last_read(self, kind: Kind, pack_id: str, why: Exception) -> Pack | None:
        """A pack as its file was when it could last be read; None when nothing was kept."""
        kept = self._read.get((kind, pack_id)) if self._keeps else None
        if kept is not None:
            log.warning("a pack's file cannot be read; it stays as it was", kind=kind, pack=pack_id, why=str(why))
        return kept

    def _all(self) -> Mapping[Key, Laid]:
        with self._lock:
            if self._source is not None:
                source, self._source = self._source, None
                self._laid = source()
            return self._laid


CATALOGUE = PackCatalogue()
"""Of this process."""
