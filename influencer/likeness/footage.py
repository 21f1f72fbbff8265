"""Where the licence of a recording lies: in a file beside it, for tools that see the file and not the ledger."""

from __future__ import annotations

from pathlib import Path


def licence_beside(recording: Path) -> Path:
    """anna.mp4 -> anna.likeness.json; a folder of frames has it beside the folder too."""
    return recording.with_name(f"{recording.stem if recording.is_file() else recording.name}.likeness.json")
