"""Checking the pictures of a brief before anything decodes them in earnest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from influencer.documents import shortened
from influencer.errors import Mistake

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_BYTES = 8_000_000
MIN_SIDE = 64
MAX_PIXELS = 25_000_000


def image_mistakes(folder: Path, images: Sequence[str]) -> list[Mistake]:
    """What is wrong with the image files of a brief that lies in `folder`; empty when all can be shown."""
    home = folder.resolve()
    found = ((index, image, _problem(home, image)) for index, image in enumerate(images))
    return [
        Mistake(f"images[{index}]", f"{shortened(image)}, {problem[0]}", problem[1])
        for index, image, problem in found
        if problem
    ]


def _problem(home: Path, image: str) -> tuple[str, str] | None:
    """(what is wrong, what is allowed), or None."""
    path = (home / image).resolve()
    if not path.is_relative_to(home):
        return "which leads out of the folder", "a file inside the brief's own folder"
    if not path.is_file():
        return "no such file", "a file inside the brief's own folder"
    if path.stat().st_size > MAX_BYTES:
        return f"{path.stat().st_size / 1e6:.1f} MB", f"at most {MAX_BYTES // 1_000_000} MB"
    return _content_problem(path)


def _content_problem(path: Path) -> tuple[str, str] | None:
    try:
        with Image.open(path, formats=FORMATS) as picture:
            width, height = picture.size
            if min(width, height) < MIN_SIDE or width * height > MAX_PIXELS:
                allowed = f"at least {MIN_SIDE} pixels a side and at most {MAX_PIXELS // 10**6} megapixels"
                return f"{width}x{height} pixels", allowed
            picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return "far too many pixels", f"at most {MAX_PIXELS // 10**6} megapixels"
    except UnidentifiedImageError:
        return "not a picture", "PNG, JPEG or WebP content"
    except (OSError, ValueError, SyntaxError, EOFError):
        return "a damaged picture", "PNG, JPEG or WebP content"
    return None
