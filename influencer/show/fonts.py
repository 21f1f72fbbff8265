"""Which fonts a market's text is set in: from the weight store, or whatever is there. Never fails a show."""

from __future__ import annotations

import logging
from pathlib import Path

from models.errors import ModelError
from models.weights import WeightStore

log = logging.getLogger(__name__)

LATIN = "font-latin"
_ARTIFACTS = {"ko": "font-kr", "ja": "font-jp", "zh": "font-sc", "hi": "font-devanagari"}
"""Language -> artifact; every other language of the markets is written in Latin."""


def fonts_for(language: str, store: WeightStore | None = None) -> dict[str, tuple[Path, Path]]:
    """Language code -> (regular, bold) font files: `language` first, then every other font that is on this machine.

    The language's own font is fetched when it is missing; the others are used for names and questions in other
    scripts. What cannot be had is logged and left out: the compositor then falls back to its embedded font.
    Blocks while fetching.
    """
    store = store or WeightStore()
    code = language.split("-")[0]
    ready = {status.name for status in store.list() if status.state == "ready"}
    found: dict[str, tuple[Path, Path]] = {}
    for key, artifact in {code: _ARTIFACTS.get(code, LATIN), "en": LATIN, **_ARTIFACTS}.items():
        if key == code or artifact in ready:
            pair = _pair(store, artifact)
            if pair is not None:
                found[key] = pair
    return found


def _pair(store: WeightStore, artifact: str) -> tuple[Path, Path] | None:
    try:
        files = sorted(store.path(artifact).glob("*.ttf"))
    except ModelError as error:
        log.warning("no font %s, text falls back to a plainer one: %s", artifact, error)
        return None
    regular = [file for file in files if "400" in file.name]
    bold = [file for file in files if "700" in file.name]
    return (regular[0], bold[0]) if regular and bold else None
