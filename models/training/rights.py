"""Whether training data may be trained on: pictures of real people say so in sidecars and in themselves.

A portrait or a recording of a person carries its licence in a JSON file beside it, under `likeness` (the portrait maker
and `influencer likeness footage add` write it), and a portrait PLUS's mark for data mining in its XMP as well. Data
without either is taken to show nobody who exists, as the renders of `models.training.cg` do.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from models.errors import TrainingRefused

PROHIBITED = "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING"
"""PLUS LDF, Data Mining: no training of AI or machine learning."""
HEAD_BYTES = 65_536
"""Where a PNG's XMP is looked for."""


def require_training(folder: Path, today: date) -> None:
    """Refuse a folder with a picture of somebody whose licence does not allow training. Reads it with all below it.

    Raises:
        TrainingRefused: naming the file and the clause.
    """
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() == ".json":
            likeness = _likeness(path)
            reason = None if likeness is None else refusal(likeness, today)
        elif path.suffix.lower() == ".png":
            reason = "marked as not for training" if _marked(path) else None
        else:
            continue
        if reason is not None:
            raise TrainingRefused(f"{path}: {reason}; allowed: data of nobody, or under a licence with training")


def refusal(likeness: dict[str, Any], today: date) -> str | None:
    """The clause of a licence that forbids training today, None when it is allowed. What cannot be read forbids."""
    consent = likeness.get("consent")
    purposes, until = likeness.get("purposes"), likeness.get("valid_until")
    if likeness.get("no_training") is not False:
        return f"consent {consent} no_training"
    if not isinstance(purposes, list) or "training" not in purposes:
        return f"consent {consent} purposes without training"
    try:
        ended = not isinstance(until, str) or date.fromisoformat(until) < today
    except ValueError:
        ended = True
    return f"consent {consent} ended on {until}" if ended else None


def _likeness(path: Path) -> dict[str, Any] | None:
    try:
        read = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    found = read.get("likeness") if isinstance(read, dict) else None
    return found if isinstance(found, dict) else None


def _marked(path: Path) -> bool:
    with path.open("rb") as opened:
        return PROHIBITED.encode() in opened.read(HEAD_BYTES)
