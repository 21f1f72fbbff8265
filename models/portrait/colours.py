"""Colours in words: a text encoder knows "coral", not #e8694f."""

from __future__ import annotations

import math
from collections.abc import Mapping

from models.avatar.palette import rgb

WORDS: dict[str, str] = {
    "black": "#141414",
    "charcoal": "#3a3a40",
    "slate grey": "#6b7480",
    "grey": "#9a9a9a",
    "light grey": "#ccd3d8",
    "white": "#ffffff",
    "ivory": "#fbf3e2",
    "cream": "#f3e3c3",
    "beige": "#dcc7a4",
    "camel": "#bf9464",
    "brown": "#7a4a2c",
    "dark brown": "#43291d",
    "burgundy": "#6e1c33",
    "red": "#c8202f",
    "crimson": "#b5344f",
    "coral": "#ee6f57",
    "terracotta": "#b5583c",
    "orange": "#f08a3c",
    "apricot": "#f8bd8b",
    "gold": "#e0b34c",
    "yellow": "#ffd84d",
    "olive green": "#6f7337",
    "dark green": "#1f4d37",
    "green": "#3c9656",
    "sage green": "#9db69a",
    "mint": "#bfe6d2",
    "teal": "#0f7d7a",
    "turquoise": "#4cbfb5",
    "sky blue": "#9fd2ec",
    "blue": "#3f6fd8",
    "denim blue": "#5b80ad",
    "navy": "#24365f",
    "indigo": "#453f86",
    "lavender": "#bfaeea",
    "purple": "#7b4fae",
    "plum": "#5c3558",
    "magenta": "#c3307e",
    "pink": "#ff7ab5",
    "rose": "#d9707e",
    "blush pink": "#f4d3d6",
}


def colour_word(color: str, names: Mapping[str, str] = WORDS) -> str:
    """The name in `names` (name -> `#rrggbb`) nearest to `color`, `#rrggbb`; ties go to the first."""
    return min(names, key=lambda name: _distance(color, names[name])).replace("-", " ")


def _distance(one: str, other: str) -> float:
    """CIE 1976 colour difference under D65."""
    return math.dist(_lab(one), _lab(other))


def _lab(color: str) -> tuple[float, float, float]:
    red, green, blue = (_linear(channel / 255) for channel in rgb(color))
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else math.pow((channel + 0.055) / 1.055, 2.4)
