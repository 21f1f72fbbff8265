"""From controls to geometry: where the head is, and how its surface turns (2.5-D).

The head is a bulge: every point of the face has a height z over the picture (1 at the nose, 0 at the rim). Turning
moves a point by its height, so the rim stays and the features travel, as on a turned sphere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.base import FrameControls

Field = npt.NDArray[np.float32]

RADIUS = 150.0
"""How far a point of height 1 would travel at 90 degrees, in units."""
RIM_X, RIM_Y = 158.0, 222.0
PIVOT_Y = 190.0
"""The head rolls about the top of the neck."""
JAW_DROP = 13.0
MAX_YAW, MAX_PITCH, MAX_ROLL = 18.0, 14.0, 12.0


@dataclass(frozen=True, slots=True)
class Pose:
    """One frame's geometry in units; see `pose_of`."""

    cos: float
    sin: float
    x: float
    y: float
    turn_x: float
    turn_y: float
    jaw: float
    sway: float
    breath: float

    def surface(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the face (head units) goes when the head turns: solves p' = p + turn z(p')."""
        px, py = x, y
        for _ in range(3):
            z = height(px, py)
            px, py = x + self.turn_x * z, y + self.turn_y * z
        return px, py

    def stretch(self, x: float, y: float, reach: float = 24.0) -> float:
        """How much wider (over 1) or narrower the face is drawn at a point, sideways."""
        right, _ = self.surface(x + reach, y)
        left, _ = self.surface(x - reach, y)
        return (right - left) / (2 * reach)

    def head(self, scale: float, depth: float = 0.0) -> tuple[float, float, float, float]:
        """(cos, sin, x, y): a point p of the head lands at R p + (x, y), in pixels of `scale` from the origin.

        `depth` moves a layer against the turn: 1 as the nose, negative for what is behind the head.
        """
        x = self.x + self.turn_x * depth
        y = self.y + self.turn_y * depth
        return self.cos, self.sin, x * scale, y * scale


def height(x: float, y: float) -> float:
    """The bulge of the face at a point (head units): 0 at the rim, about 1 in the middle, a little more at the nose."""
    rim = max(0.0, 1.0 - (x / RIM_X) ** 2 - ((y - 10) / RIM_Y) ** 2)
    return rim + 0.28 * math.exp(-((x / 30) ** 2) - ((y - 66) / 34) ** 2)


def height_field(x: Field, y: Field) -> Field:
    """`height` on a grid; float32, broadcast shape of `x` and `y`."""
    rim = np.maximum(0.0, 1.0 - (x / RIM_X) ** 2 - ((y - 10) / RIM_Y) ** 2)
    nose = 0.28 * np.exp(-((x / 30) ** 2) - ((y - 66) / 34) ** 2)
    return (rim + nose).astype(np.float32)


def jaw_field(x: Field, y: Field) -> Field:
    """How much of the jaw's drop each point takes: 0 above the mouth, 1 at the chin."""
    t = np.clip((y - 70) / 120, 0.0, 1.0)
    return (t * t * (3 - 2 * t) + 0 * x).astype(np.float32)


def pose_of(controls: FrameControls) -> Pose:
    """Clamp the controls to what a drawn head can do, and turn them into displacements."""
    yaw = math.radians(_clamp(controls.head_yaw, MAX_YAW))
    pitch = math.radians(_clamp(controls.head_pitch, MAX_PITCH))
    roll = math.radians(_clamp(controls.head_roll, MAX_ROLL))
    sway = _clamp(controls.shoulder_sway, 1.0)
    cos, sin = math.cos(roll), math.sin(roll)
    lean = sway * 12.0
    x = sin * PIVOT_Y + lean + 26.0 * math.sin(yaw)
    y = (1 - cos) * PIVOT_Y - 22.0 * math.sin(pitch) - 2.2 * controls.breath
    return Pose(
        cos=cos,
        sin=sin,
        x=x,
        y=y,
        turn_x=RADIUS * math.sin(yaw),
        turn_y=-RADIUS * 0.9 * math.sin(pitch),
        jaw=JAW_DROP * max(0.0, min(1.0, controls.jaw_open)),
        sway=sway,
        breath=max(0.0, min(1.0, controls.breath)),
    )


def _clamp(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))
