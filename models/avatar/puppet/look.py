"""An identity, worked out: the attributes with every derived colour and proportion, in design units.

Design units: the picture is 720 wide and 1280 high (9:16); the origin of a figure is the middle of its head, y down.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from models.avatar.attributes import HostAttributes
from models.avatar.palette import SkinTones, luminance, mix, shift
from models.avatar.puppet._skia import skia
from models.avatar.puppet.paths import Point, mirrored, smooth

EYE_X, EYE_Y = 63.0, 16.0
BROW_Y = -44.0
MOUTH_Y = 127.0
EAR_X, EAR_Y = 145.0, 26.0

_FACES: dict[str, list[Point]] = {
    "oval": [(0, -200), (95, -178), (137, -95), (143, -8), (134, 70), (104, 138), (54, 184), (0, 197)],
    "round": [(0, -198), (98, -176), (142, -92), (150, 0), (144, 74), (115, 138), (62, 178), (0, 189)],
    "heart": [(0, -200), (98, -178), (141, -95), (145, -14), (132, 62), (94, 134), (44, 183), (0, 198)],
    "square": [(0, -200), (96, -178), (139, -95), (145, -5), (141, 80), (117, 148), (64, 191), (0, 199)],
    "long": [(0, -203), (92, -180), (133, -95), (138, 0), (131, 82), (104, 150), (54, 197), (0, 209)],
}


@dataclass(frozen=True, slots=True)
class HairTones:
    """Root, body, lit and shine tones of one hair colour."""

    base: str
    dark: str
    deep: str
    light: str
    shine: str

    @staticmethod
    def of(base: str) -> HairTones:
        """Derive the tones; black hair shines blue-grey, fair hair shines warm."""
        bright = luminance(base)
        cool = "#8a93b8" if bright < 0.22 else "#ffe9c2"
        return HairTones(
            base=base,
            dark=mix(shift(base, light=-0.05 - 0.08 * bright), "#1a0f18", 0.25),
            deep=mix(shift(base, light=-0.10 - 0.12 * bright), "#140a14", 0.45),
            light=mix(shift(base, light=0.07, saturation=-0.02), cool, 0.10),
            shine=mix(shift(base, light=0.16), cool, 0.38),
        )


class Look:
    """Attributes plus what follows from them."""

    def __init__(self, attributes: HostAttributes) -> None:
        self.a = attributes
        self.skin = SkinTones(attributes.skin)
        self.hair = HairTones.of(attributes.hair_color)

    @cached_property
    def face(self) -> skia.Path:
        """The outline of the face without ears."""
        return smooth(mirrored(_FACES[self.a.face_shape]))

    @property
    def lip(self) -> str:
        """Lip colour: the persona's own, or the skin's."""
        return self.a.lips_color or self.skin.lip

    @property
    def brow(self) -> str:
        """Brow colour: a little off the hair's, so that fair hair still has brows."""
        hair = self.a.hair_color if self.a.hair_style != "hijab" else "#2d2226"
        return mix(hair, "#2b1a18", 0.5 if luminance(hair) > 0.35 else 0.1)

    @property
    def shoulder(self) -> float:
        """Half the width of the shoulders."""
        return {"slim": 236.0, "regular": 258.0, "broad": 292.0}[self.a.build]

    @property
    def neck(self) -> float:
        """Half the width of the neck."""
        return {"slim": 54.0, "regular": 61.0, "broad": 76.0}[self.a.build]
