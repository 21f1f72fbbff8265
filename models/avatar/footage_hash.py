"""What a recording is called in a ledger: the SHA-256 of its bytes, or of its frames' names and bytes for a folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

FRAMES = (".png", ".jpg", ".jpeg", ".webp")
"""What counts in a folder of frames; everything else in it is no recording."""


def footage_sha256(picture: Path) -> str:
    """64 hexadecimal digits. Reads the whole recording: blocks.

    Raises:
        OSError: it cannot be read.
    """
    if not picture.is_dir():
        with picture.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    digest = hashlib.sha256()
    for frame in sorted(path for path in picture.iterdir() if path.suffix.lower() in FRAMES):
        digest.update(f"{frame.name}\0{footage_sha256(frame)}\n".encode())
    return digest.hexdigest()


def footage_bytes(picture: Path) -> int:
    """How large it is, in bytes."""
    if not picture.is_dir():
        return picture.stat().st_size
    return sum(path.stat().st_size for path in picture.iterdir() if path.suffix.lower() in FRAMES)
