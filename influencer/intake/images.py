"""Pictures that strangers send: looked at, decoded and encoded again, so that only pixels are kept."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from influencer.errors import InvalidInput, Mistake
from influencer.pictures import FORMATS, MAX_BYTES, MAX_PIXELS, MIN_SIDE

LONGEST = 1_600
"""Pixels of the longer side that are kept; a card never shows more."""
QUALITY = 88
_PICTURE = "PNG, JPEG or WebP content"


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A picture of ours: JPEG without metadata."""

    width: int
    height: int
    jpeg: bytes


def cleaned(content: bytes, field: str = "image") -> Cleaned:
    """Decode a picture and encode it again; transparency becomes white, metadata is left out. Blocks for a moment.

    Raises:
        InvalidInput: it is no picture that can be shown; the mistake is about `field`.
    """
    if len(content) > MAX_BYTES:
        raise _refused(field, f"{len(content) / 1e6:.1f} MB", f"at most {MAX_BYTES // 1_000_000} MB")
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as picture:
            width, height = picture.size
            if min(width, height) < MIN_SIDE or width * height > MAX_PIXELS:
                allowed = f"at least {MIN_SIDE} pixels a side and at most {MAX_PIXELS // 10**6} megapixels"
                raise _refused(field, f"{width}x{height} pixels", allowed)
            upright = ImageOps.exif_transpose(picture).convert("RGBA")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _refused(field, "far too many pixels", f"at most {MAX_PIXELS // 10**6} megapixels") from None
    except UnidentifiedImageError:
        raise _refused(field, "not a picture", _PICTURE) from None
    except (OSError, ValueError, SyntaxError, EOFError):
        raise _refused(field, "a damaged picture", _PICTURE) from None
    upright.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    flat = Image.new("RGB", upright.size, "white")
    flat.paste(upright, mask=upright.getchannel("A"))
    buffer = BytesIO()
    flat.save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return Cleaned(*flat.size, buffer.getvalue())


def _refused(field: str, given: str, allowed: str) -> InvalidInput:
    return InvalidInput("image", [Mistake(field, given, allowed)])
