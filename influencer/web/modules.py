"""Which ES modules a page needs in all, so that its head can name them and none waits for another to be read first."""

from __future__ import annotations

import re
from pathlib import Path

_IMPORT = re.compile(r'^import [^;]*?from "\./([\w.-]+\.js)";$', re.MULTILINE)


def imported_by(folder: Path, entry: str) -> tuple[str, ...]:
    """Modules that `entry` imports, and those they import, in the order in which they are met. Reads the files.

    Raises:
        FileNotFoundError: a module imports one that does not exist.
    """
    met: list[str] = []
    waiting = [entry]
    while waiting:
        for name in _IMPORT.findall((folder / waiting.pop(0)).read_text("utf-8")):
            if name not in met:
                met.append(name)
                waiting.append(name)
    return tuple(met)
