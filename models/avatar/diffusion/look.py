"""A host's attributes, worked out for the diffusion avatar: weights of the face's directions and linear colours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import get_args

import numpy as np
import numpy.typing as npt

from models.avatar.attributes import Beard, HairStyle, HostAttributes, OutfitStyle, Pattern
from models.avatar.diffusion.face_model import FaceShape, face_model
from models.avatar.palette import luminance, mix, rgb, shift

Float = npt.NDArray[np.float32]

HERITAGE: dict[str, tuple[float, float, float]] = {
    "african": (0.92, 0.0, 0.08),
    "asian": (0.0, 0.92, 0.08),
    "european": (0.02, 0.03, 0.95),
    "latin": (0.20, 0.25, 0.55),
    "south-asian": (0.18, 0.22, 0.60),
    "mixed": (0.33, 0.33, 0.34),
}
"""Share of hm08's African, Asian and Caucasian proportions."""

FRIENDLY: dict[str, float] = {
    "eye.scale": 0.95,
    "eye.height": 0.55,
    "eye.height_inner": 0.25,
    "nose.width": -0.45,
    "nose.height": -0.35,
    "nose.depth": -0.15,
    "mouth.width": -0.15,
    "mouth.corners": 0.5,
    "chin.width": -0.3,
    "head.fat": -0.45,
    "head.oval": 0.3,
    "head.width": -0.1,
    "cheek.bones": 0.15,
    "cheek.volume": 0.15,
    "forehead.height": -0.1,
    "brow.height": 0.25,
}
"""What makes a face of these proportions a drawn one: clearly synthetic, friendly at rest."""
FIGURE: dict[str, dict[str, float]] = {
    "feminine": {
        "chin.width": -0.35,
        "neck.width": -0.25,
        "neck.depth": -0.2,
        "shoulders.width": -0.7,
        "arm.muscle": -0.8,
        "arm.width": -0.5,
        "torso.width": -0.3,
        "head.oval": 0.35,
        "brow.height": 0.2,
        "neck.height": -0.45,
        "lip.upper": 0.15,
        "lip.lower": 0.15,
        "nose.point": 0.2,
    },
    "masculine": {
        "eye.scale": -0.22,
        "shoulders.width": -0.25,
        "arm.muscle": -0.3,
        "torso.width": -0.1,
        "chin.width": 0.1,
        "jaw.bones": 0.15,
        "brow.height": 0.1,
    },
}
FACE: dict[str, dict[str, float]] = {
    "oval": {"head.oval": 0.25},
    "round": {"head.round": 0.55, "cheek.volume": 0.3, "chin.height": -0.2},
    "heart": {"head.heart": 0.5, "chin.width": -0.25},
    "square": {"head.square": 0.5, "jaw.bones": 0.35, "chin.width": 0.25},
    "long": {"head.rectangular": 0.35, "head.height": 0.25, "head.width": -0.2, "chin.height": 0.2},
}
EYES: dict[str, dict[str, float]] = {
    "almond": {"eye.corner_outer": 0.2},
    "round": {"eye.height": 0.3, "eye.scale": 0.1},
    "monolid": {"eye.fold": 0.7, "eye.height": -0.15, "eye.corner_outer": 0.25},
    "cat": {"eye.corner_outer": 0.65, "eye.height_outer": -0.2},
    "gentle": {"eye.corner_outer": -0.35, "eye.height_outer": 0.2},
}
LIPS: dict[str, dict[str, float]] = {
    "natural": {},
    "full": {"lip.upper": 0.4, "lip.lower": 0.45},
    "thin": {"lip.upper": -0.35, "lip.lower": -0.3},
    "bow": {"mouth.cupids_bow": 0.6, "mouth.width": -0.2, "lip.lower": 0.2},
}
BUILD: dict[str, dict[str, float]] = {
    "slim": {"weight": -0.35, "neck.width": -0.1},
    "regular": {},
    "broad": {"weight": 0.3, "muscle": 0.25, "shoulders.width": 0.35, "neck.width": 0.15},
}
LIKENESS: dict[str, float] = {
    "head.width": 0.18,
    "head.height": 0.15,
    "chin.width": 0.25,
    "chin.height": 0.2,
    "chin.prominent": 0.2,
    "nose.width": 0.22,
    "nose.height": 0.2,
    "nose.point": 0.25,
    "nose.hump": 0.2,
    "nose.bridge": 0.2,
    "mouth.width": 0.2,
    "mouth.height": 0.15,
    "lip.upper": 0.15,
    "lip.lower": 0.15,
    "cheek.bones": 0.2,
    "cheek.volume": 0.15,
    "eye.apart": 0.15,
    "eye.corner_inner": 0.2,
    "eye.corner_outer": 0.15,
    "brow.angle": 0.2,
    "ear.scale": 0.2,
    "jaw.bones": 0.2,
}
"""Standard deviation of what `likeness` varies."""


def linear(color: str) -> Float:
    """`#rrggbb` to linear light (3,), 0..1 (IEC 61966-2-1)."""
    value = np.array(rgb(color), np.float32) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


def face_weights(a: HostAttributes) -> dict[str, float]:
    """Weights of the face model's directions for a host."""
    total: dict[str, float] = {}

    def add(weights: dict[str, float]) -> None:
        for name, weight in weights.items():
            total[name] = total.get(name, 0.0) + weight

    gender = "female" if a.figure == "feminine" else "male"
    for ethnicity, share in zip(("african", "asian", "caucasian"), HERITAGE[a.heritage], strict=True):
        add({f"{ethnicity}.{gender}": share})
    for part in (
        FRIENDLY,
        FIGURE[a.figure],
        FACE[a.face_shape],
        EYES[a.eyes_shape],
        LIPS[a.lips_shape],
        BUILD[a.build],
    ):
        add(part)
    add({"age": max(0.0, (a.age - 25) / 65) * 0.6})
    rng = np.random.default_rng(round(a.likeness))
    add({name: float(np.clip(rng.normal(), -2, 2)) * sigma for name, sigma in LIKENESS.items()})
    return total


@dataclass(frozen=True)
class Look:
    """One host: attributes and everything derived from them. Colours are linear light (3,)."""

    a: HostAttributes

    @cached_property
    def shape(self) -> FaceShape:
        """The face at rest."""
        return face_model().shape(face_weights(self.a))

    @cached_property
    def skin(self) -> Float:
        """Base colour of the skin."""
        return linear(self.a.skin)

    @cached_property
    def lips(self) -> Float:
        """The persona's lip colour, or the skin's own."""
        return linear(self.a.lips_color or mix(shift(self.a.skin, light=-0.08), "#b8434f", 0.42))

    @cached_property
    def hair(self) -> Float:
        """Base colour of the hair."""
        return linear(self.a.hair_color)

    @cached_property
    def brow(self) -> Float:
        """Brows: darker than fair hair, so that a face keeps them."""
        hair = self.a.hair_color if self.a.hair_style != "hijab" else "#2d2226"
        return linear(mix(hair, "#2b1a18", 0.5 if luminance(hair) > 0.35 else 0.1))

    @cached_property
    def iris(self) -> Float:
        """Colour of the iris."""
        return linear(self.a.eyes_color)


IDENTITY_SIZE = 64
"""Length of the identity vector."""


def identity_vector(look: Look) -> Float:
    """What the guide cannot show, as numbers: (64,) float32. Styles as one-hots, colours linear, amounts 0..1."""
    a = look.a
    choices: list[tuple[object, str]] = [
        (HairStyle, a.hair_style), (OutfitStyle, a.outfit_style), (Pattern, a.outfit_pattern), (Beard, a.beard),
    ]  # fmt: skip
    hot = [float(option == value) for kind, value in choices for option in get_args(kind)]
    colours = [linear(c) for c in (a.skin, a.hair_color, a.outfit_color, a.outfit_accent, a.accessory_color)]
    amounts = [
        a.makeup,
        a.blush,
        a.freckles,
        (a.age - 45) / 25,
        float(a.figure == "feminine"),
        float(a.glasses != "none"),
    ]
    values = [*hot, *np.sqrt(np.concatenate([*colours, look.lips])).tolist(), *amounts]
    vector = np.zeros(IDENTITY_SIZE, np.float32)
    vector[: len(values)] = values
    return vector
