"""Colours: names people write in a persona, and the small colour arithmetic that shading needs."""

from __future__ import annotations

import colorsys
import re

from PIL import ImageColor

Rgb = tuple[int, int, int]

_HEX = re.compile(r"^#[0-9a-fA-F]{6}$")

SKIN: dict[str, str] = {
    "porcelain": "#fde3d6",
    "fair": "#f9d5c0",
    "light": "#f3c6a8",
    "peach": "#efb995",
    "olive": "#dca97f",
    "tan": "#cf9668",
    "bronze": "#b97d50",
    "brown": "#99613c",
    "deep": "#7a4a2e",
    "ebony": "#573322",
}
HAIR: dict[str, str] = {
    "black": "#22202a",
    "soft-black": "#302a33",
    "espresso": "#3c2a26",
    "chestnut": "#5d3a2a",
    "brown": "#74492f",
    "auburn": "#8a3f2a",
    "copper": "#b8592c",
    "honey": "#b98346",
    "blonde": "#dcb573",
    "platinum": "#eadcc0",
    "silver": "#b9bcc4",
    "rose": "#c9808c",
}
EYES: dict[str, str] = {
    "brown": "#6b4026",
    "dark-brown": "#45291c",
    "hazel": "#8a6a35",
    "amber": "#a8702a",
    "green": "#4f7d55",
    "blue": "#4a7fae",
    "grey": "#73848f",
}


def is_hex(text: str) -> bool:
    """Whether `text` is written `#rrggbb`."""
    return bool(_HEX.match(text))


def css_colour(name: str) -> str | None:
    """`#rrggbb` of a colour name of CSS Color Module Level 4 (navy, "Navy", rebeccapurple), or None."""
    known = name.strip().lower() in ImageColor.colormap
    return "#{:02x}{:02x}{:02x}".format(*ImageColor.getrgb(name.strip())[:3]) if known else None


def rgb(color: str) -> Rgb:
    """`#rrggbb` to three bytes."""
    value = int(color[1:], 16)
    return value >> 16, value >> 8 & 255, value & 255


def argb(color: str, alpha: float = 1.0) -> int:
    """`#rrggbb` and an opacity to the packed ARGB that skia takes."""
    r, g, b = rgb(color)
    return round(max(0.0, min(1.0, alpha)) * 255) << 24 | r << 16 | g << 8 | b


def mix(a: str, b: str, t: float) -> str:
    """`a` at t=0, `b` at t=1, straight in sRGB (what a gradient between them would show)."""
    left, right = rgb(a), rgb(b)
    return "#" + "".join(f"{round(x + (y - x) * t):02x}" for x, y in zip(left, right, strict=True))


def shift(color: str, *, light: float = 0.0, saturation: float = 0.0, hue: float = 0.0) -> str:
    """Move a colour in HLS: `light` and `saturation` are added (-1..1), `hue` in turns."""
    h, level, s = colorsys.rgb_to_hls(*(channel / 255 for channel in rgb(color)))
    level = max(0.0, min(1.0, level + light))
    s = max(0.0, min(1.0, s + saturation))
    channels = colorsys.hls_to_rgb((h + hue) % 1.0, level, s)
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)


def luminance(color: str) -> float:
    """Relative brightness 0..1 (Rec. 709 weights on sRGB values: enough to choose a contrast)."""
    r, g, b = rgb(color)
    return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255


class SkinTones:
    """The tones one skin needs. Shadows turn warm and saturated, as light scattered under skin does."""

    def __init__(self, base: str) -> None:
        depth = 1 - luminance(base)
        self.base = base
        self.light = mix(base, "#fff1e0", 0.34 - 0.16 * depth)
        self.shadow = mix(shift(base, light=-0.10, saturation=0.05, hue=-0.012), "#8a3c3c", 0.14)
        self.deep = mix(shift(base, light=-0.22, saturation=0.02, hue=-0.015), "#5a2430", 0.22)
        self.blush = mix(shift(base, saturation=0.25, hue=-0.03), "#e2506a", 0.42)
        self.line = mix(shift(base, light=-0.30), "#3a1720", 0.45)
        self.lip = mix(shift(base, light=-0.08), "#b8434f", 0.42)
