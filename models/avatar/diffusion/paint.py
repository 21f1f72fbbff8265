"""The skin's texture: base colour, blush, lips, brows, make-up, freckles, beard, scalp, teeth and lashes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from models.avatar.diffusion.hair_scalp import HAIRLINE
from models.avatar.diffusion.look import Look
from models.avatar.diffusion.paint_hair import BEARD_SPAN, BROW_SPAN, beard_strokes, brow_picture, look_up
from models.avatar.diffusion.position_map import PositionMap, position_map

Float = npt.NDArray[np.float32]
Real = npt.NDArray[np.floating]
Triple = tuple[float, float, float]

SKULL_DEPTH = -0.088
"""z of the skull's axis from the eyes' middle: centre of the chart around the face."""


@dataclass(frozen=True, slots=True)
class SkinTexture:
    """albedo (size, size, 3) linear light; gloss (size, size) 0..1; alpha (size, size), below 0.5 only beside lashes.

    One layout for every layer of the face model; (u, v) are column u*size, row (1-v)*size.
    """

    albedo: Float
    gloss: Float
    alpha: Float


@dataclass(frozen=True, slots=True)
class _Regions:
    """Where things go, by texel; depends on the size only."""

    around: Float
    """Metres around the face from its middle line."""
    height: Float
    cheek: Float
    nose: Float
    chin: Float
    ears: Float
    lips: Float
    lids: Float
    under: Float
    mouth: Float
    scalp: Float
    broad: Float
    """Large-scale variation, standard deviation 1."""
    fine: Float


@cache
def _regions(size: int) -> _Regions:
    spots = position_map(size)
    x, y, z = (spots.position[..., axis] for axis in range(3))
    skin = spots.on("skin").astype(np.float32)
    blur = size / 512
    ears = cv2.GaussianBlur(spots.mask("ears"), (0, 0), 1.5 * blur)

    def spot(centre: Triple, spread: Triple) -> Float:
        away = [(np.abs(x) if centre[0] > 0 else x) - centre[0], y - centre[1], z - centre[2]]
        return skin * np.exp(-0.5 * sum((d / s) ** 2 for d, s in zip(away, spread, strict=True))).astype(np.float32)

    azimuth = np.degrees(np.abs(np.arctan2(x, z - SKULL_DEPTH)))
    line = np.interp(azimuth, HAIRLINE[:, 0], HAIRLINE[:, 1]).astype(np.float32)
    scalp = np.clip((y - line) / 0.010 + 0.1, 0, 1) * np.clip(1 - 3 * ears, 0, 1) * skin
    inside = spots.mask("inside-mouth") * skin
    return _Regions(
        around=(np.arctan2(x, z - SKULL_DEPTH) * -SKULL_DEPTH).astype(np.float32),
        height=np.ascontiguousarray(y),
        cheek=spot((0.047, -0.036, 0.012), (0.016, 0.012, 0.030)),
        nose=spot((0.0, -0.040, 0.040), (0.012, 0.011, 0.018)),
        chin=spot((0.0, -0.104, 0.025), (0.014, 0.010, 0.025)),
        ears=ears * skin,
        lips=np.clip((spots.mask("lips") - 0.22) / 0.5, 0, 1) * skin,
        lids=cv2.GaussianBlur(spots.mask("eyelids"), (0, 0), 2.5 * blur) * skin * (y > -0.001),
        under=spot((0.031, -0.016, 0.012), (0.013, 0.006, 0.03)),
        mouth=np.asarray(cv2.GaussianBlur(inside, (0, 0), 0.8 * blur), np.float32),
        scalp=scalp.astype(np.float32),
        broad=_noise(size, 1, size / 14),
        fine=_noise(size, 2, 0.8 * blur),
    )


def _noise(size: int, seed: int, spread: float) -> Float:
    raw = np.random.default_rng(seed).standard_normal((size, size)).astype(np.float32)
    soft = cv2.GaussianBlur(raw, (0, 0), spread, borderType=cv2.BORDER_REFLECT)
    return np.asarray(soft / soft.std(), np.float32)


def paint_skin(look: Look, size: int = 512) -> SkinTexture:
    """Paints a host's skin, mouth, teeth, tongue and lashes at `size` texels a side."""
    spots, regions = position_map(size), _regions(size)
    albedo = _base(look, regions)
    _over(albedo, regions.scalp * (look.a.hair_style != "hijab") * 0.92, look.hair * 0.6)
    _make_up(albedo, look, spots, regions)
    _freckles(albedo, look, spots, regions)
    _beard(albedo, look, spots, regions)
    _lips(albedo, look, spots, regions)
    _brows(albedo, look, spots)
    _bindi(albedo, look, spots)
    _over(albedo, regions.mouth, np.array((0.16, 0.030, 0.030), np.float32))
    gloss = 0.26 + 0.10 * regions.nose + (0.30 + 0.25 * look.a.makeup) * regions.lips + 0.3 * regions.mouth
    alpha = np.ones((size, size), np.float32)
    _teeth(albedo, gloss, spots)
    _tongue(albedo, gloss, spots)
    _lashes(albedo, alpha, look, spots)
    return SkinTexture(np.clip(albedo, 0, 1), np.clip(gloss, 0, 1).astype(np.float32), alpha)


def _over(albedo: Float, cover: Real, color: Real) -> None:
    """Lays a colour (3,) or picture over the albedo by cover (size, size), in place; skips rows without any."""
    rows = np.flatnonzero(cover.max(axis=1) > 0.002)
    if len(rows) == 0:
        return
    part = slice(int(rows[0]), int(rows[-1]) + 1)
    base = albedo[part]
    paint = color[part] if color.ndim == 3 else color
    base += (paint - base) * cover[part, :, None]


def _base(look: Look, regions: _Regions) -> Float:
    skin = look.skin
    flush = np.array((1.0, 0.62, 0.56), np.float32)
    """What blood does to the skin: it takes green and blue away."""
    red = np.clip(
        (0.9 * regions.cheek + 0.40 * regions.nose + 0.22 * regions.chin) * (0.25 + 0.75 * look.a.blush)
        + 0.35 * regions.ears,
        0,
        1,
    )
    albedo = np.empty((*red.shape, 3), np.float32)
    tone = 1 + 0.018 * regions.broad + 0.010 * regions.fine
    for channel in range(3):
        albedo[..., channel] = skin[channel] * tone * (1 - red * (1 - flush[channel]))
    albedo[..., 0] += 0.02 * red * look.a.blush
    albedo *= (1 - 0.10 * regions.under * (1 + look.a.age / 70) / 2)[..., None] * np.ones(3, np.float32)
    return albedo


def _make_up(albedo: Float, look: Look, spots: PositionMap, regions: _Regions) -> None:
    amount = look.a.makeup
    shadow = look.skin * np.array((0.52, 0.36, 0.38), np.float32)
    _over(albedo, regions.lids * (0.12 + 0.55 * amount), shadow)
    thick = 0.0007 + 0.0009 * amount
    line = np.clip(1.6 - spots.lid / thick, 0, 1) * spots.on("skin")
    _over(albedo, line * (0.45 + 0.5 * amount), np.array((0.02, 0.012, 0.010), np.float32))


def _freckles(albedo: Float, look: Look, spots: PositionMap, regions: _Regions) -> None:
    if look.a.freckles == 0:
        return
    zone = (
        np.clip(
            1.2
            * np.exp(
                -0.5 * (((np.abs(regions.around) - 0.022) / 0.024) ** 2 + ((regions.height + 0.032) / 0.016) ** 2)
            ),
            0,
            1,
        )
        * spots.on("skin")
        * (spots.position[..., 2] > -0.03)
    )
    dots = look_up(_dots(), BEARD_SPAN, regions.around, regions.height)
    _over(
        albedo,
        np.clip(dots * zone * 0.55 * look.a.freckles, 0, 0.8),
        look.skin * np.array((0.50, 0.30, 0.20), np.float32),
    )


@cache
def _dots() -> Float:
    """(rows, columns) freckles of different size and strength over BEARD_SPAN."""
    rng = np.random.default_rng(31)
    x0, x1, y0, y1 = BEARD_SPAN
    scale = 4000
    picture = np.zeros((round((y1 - y0) * scale), round((x1 - x0) * scale)), np.float32)
    for _ in range(2600):
        centre = (int(rng.integers(picture.shape[1])), int(rng.integers(picture.shape[0])))
        cv2.circle(picture, centre, int(rng.choice([1, 2, 2, 3])), float(rng.uniform(0.35, 1)), -1)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.0), np.float32)


def _beard(albedo: Float, look: Look, spots: PositionMap, regions: _Regions) -> None:
    style = look.a.beard
    if style == "none":
        return
    zone = _beard_zone(style, len(albedo))
    length = {"stubble": 0.0012, "full": 0.006}.get(style, 0.004)
    hairs = look_up(beard_strokes(length), BEARD_SPAN, regions.around, regions.height)
    ground, hair = {"stubble": (0.26, 0.42), "full": (0.86, 0.5), "short": (0.62, 0.6)}.get(style, (0.72, 0.6))
    color = look.brow if look.a.hair_style == "hijab" else look.hair * 0.75
    _over(albedo, zone * ground, 0.8 * color + 0.2 * look.skin * (0.55 if style == "stubble" else 0.3))
    _over(albedo, np.clip(zone * hairs * hair, 0, 1), color * 0.7)


@cache
def _beard_zone(style: str, size: int) -> Float:
    """(size, size) where a beard grows, 0..1."""
    spots, regions = position_map(size), _regions(size)
    side, y = np.abs(regions.around), regions.height
    soft = 0.004

    def under(line: Float) -> Float:
        return np.asarray(np.clip((line - y) / soft + 0.5, 0, 1), np.float32)

    def within(low: float, high: float, value: Float) -> Float:
        return np.asarray(
            np.clip((value - low) / soft + 0.5, 0, 1) * np.clip((high - value) / soft + 0.5, 0, 1), np.float32
        )

    cheek = np.interp(side, [0.0, 0.024, 0.034, 0.056, 0.072, 0.080], [-0.050, -0.052, -0.060, -0.050, -0.028, 0.0])
    moustache = within(-1, 0.027, side) * within(-0.066, -0.0505, y)
    chin = within(-1, 0.022, side) * under(np.full_like(side, -0.080)) * (y > -0.13)
    ring = within(0.021, 0.031, side) * within(-0.098, -0.056, y)
    whole = under(cheek.astype(np.float32)) * np.clip((y + 0.128) / 0.012, 0, 1) * np.clip((0.092 - side) / 0.008, 0, 1)
    zone = {"moustache": moustache, "goatee": np.maximum.reduce([moustache, chin, ring])}.get(style, whole)
    keep = np.clip(1 - 2.5 * cv2.GaussianBlur(spots.mask("lips"), (0, 0), size / 512), 0, 1) * (1 - regions.mouth)
    front = np.clip((spots.position[..., 2] + 0.085) / 0.02, 0, 1) * np.clip(1 - 3 * regions.ears, 0, 1)
    smooth = cv2.GaussianBlur((zone * spots.on("skin")).astype(np.float32), (0, 0), size / 512)
    return np.asarray(smooth * keep * front, np.float32)


def _lips(albedo: Float, look: Look, spots: PositionMap, regions: _Regions) -> None:
    painted = look.a.lips_color is not None
    x = np.abs(spots.position[..., 0])
    corners = np.clip((x - 0.014) / 0.012, 0, 1) * regions.lips
    _over(albedo, regions.lips * (0.88 if painted else 0.72), look.lips)
    _over(albedo, corners * 0.30, look.lips * 0.45)
    crease = np.clip(1 - np.abs(regions.lips - 0.5) * 2.2, 0, 1)
    _over(albedo, crease * (0.16 if painted else 0.06), look.lips * 0.6)
    albedo *= (1 + 0.04 * regions.fine * regions.lips)[..., None]


def _brows(albedo: Float, look: Look, spots: PositionMap) -> None:
    x, y, z = (spots.position[..., axis] for axis in range(3))
    cover = look_up(brow_picture(look.a.brows_shape), BROW_SPAN, np.abs(x), y)
    cover *= spots.on("skin") & (z > -0.03)
    _over(albedo, np.clip(cover * 0.93, 0, 0.95), look.brow)


def _bindi(albedo: Float, look: Look, spots: PositionMap) -> None:
    if look.a.accessory != "bindi":
        return
    from models.avatar.diffusion.look import linear

    x, y = spots.position[..., 0], spots.position[..., 1]
    away = np.hypot(x, y - 0.0215)
    cover = np.clip((0.0034 - away) / 0.0006 + 0.5, 0, 1) * spots.on("skin") * (spots.position[..., 2] > 0)
    _over(albedo, cover.astype(np.float32), linear(look.a.accessory_color))


ENAMEL = np.array((0.80, 0.76, 0.69), np.float32)
GUM = np.array((0.52, 0.17, 0.17), np.float32)
TONGUE = np.array((0.52, 0.16, 0.17), np.float32)
_GAPS = np.array((0.0, 8.4, 15.2, 22.6, 29.6, 36.5), np.float32) / 1000
"""Separations between teeth along the row from its middle, metres."""


def _teeth(albedo: Float, gloss: Float, spots: PositionMap) -> None:
    for name, sign, narrow in (("upper_teeth", 1.0, 1.0), ("lower_teeth", -1.0, 0.74)):
        on = spots.on(name)
        x, y, z = (spots.position[on][:, axis] for axis in range(3))
        back = z.max() - 0.030
        along = np.abs(np.arctan2(x, z - back)) * 0.030
        gap = np.abs(along[:, None] - _GAPS * narrow).min(axis=1)
        separation = np.clip(1 - gap / 0.0010, 0, 1)
        depth = np.clip((along - 0.011) / 0.018, 0, 1)
        edge = y.min() if sign > 0 else y.max()
        gum = np.clip(((y - edge) * sign - 0.0125) / 0.002, 0, 1)[:, None]
        color = ENAMEL * (0.97 if sign > 0 else 0.88) * (1 - 0.22 * separation - 0.62 * depth)[:, None]
        albedo[on] = color * (1 - gum) + GUM * gum
        gloss[on] = 0.7


def _tongue(albedo: Float, gloss: Float, spots: PositionMap) -> None:
    on = spots.on("tongue")
    x, z = spots.position[on][:, 0], spots.position[on][:, 2]
    groove = np.exp(-0.5 * (x / 0.0018) ** 2)
    depth = np.clip((z.max() - z) / 0.05, 0, 1)
    albedo[on] = TONGUE * (1 - 0.18 * groove - 0.5 * depth)[:, None]
    gloss[on] = 0.5


def _lashes(albedo: Float, alpha: Float, look: Look, spots: PositionMap) -> None:
    """Upper lashes as a tapered band with a toothed edge, longer with make-up; the lower ones are a hint."""
    on = spots.on("lashes")
    x, y = np.abs(spots.position[on][:, 0]), spots.position[on][:, 1]
    share = spots.lid[on]
    upper = y > -0.0012
    comb = 0.5 + 0.5 * np.cos(x * 2 * np.pi / 0.0022)
    outer = np.clip((x - 0.019) / 0.016, 0, 1)
    reach = (0.16 + 0.34 * look.a.makeup + 0.10 * (look.a.figure == "feminine")) * (0.35 + 0.65 * outer)
    cover = np.where(upper, share < reach * (0.88 + 0.20 * comb), False)
    alpha[on] = cover
    albedo[on] = np.array((0.012, 0.009, 0.008), np.float32)
