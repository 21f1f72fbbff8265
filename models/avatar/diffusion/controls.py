"""From what a show asks for (visemes, jaw, blinks, gaze, brows, smile, head) to face units and a head pose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from models.avatar.diffusion.face_model import HeadPose
from models.base import FrameControls, Viseme

GAZE_X, GAZE_Y = 14.0, 9.0
"""Degrees of eye rotation at gaze 1."""
MAX_YAW, MAX_PITCH, MAX_ROLL = 22.0, 14.0, 12.0
"""The poses the model was trained on, degrees."""
JAW = 0.62
"""Face unit `jawOpen` at a fully open jaw: ARKit's 1 is a yawn."""


def both(unit: str, weight: float) -> dict[str, float]:
    """The same weight left and right."""
    return {f"{unit}Left": weight, f"{unit}Right": weight}


LIPS: dict[Viseme, dict[str, float]] = {
    "sil": {},
    "PP": both("mouthPress", 0.45) | {"mouthRollLower": 0.30, "mouthRollUpper": 0.22},
    "FF": both("mouthUpperUp", 0.38) | {"mouthRollLower": 0.72},
    "TH": both("mouthLowerDown", 0.25) | both("mouthUpperUp", 0.15) | {"tongueOut": 0.30},
    "DD": both("mouthLowerDown", 0.30) | both("mouthUpperUp", 0.18) | both("mouthStretch", 0.08),
    "kk": both("mouthLowerDown", 0.22) | both("mouthUpperUp", 0.14),
    "CH": both("mouthLowerDown", 0.28) | both("mouthUpperUp", 0.18) | {"mouthFunnel": 0.55},
    "SS": both("mouthStretch", 0.25) | both("mouthLowerDown", 0.40) | both("mouthUpperUp", 0.28),
    "nn": both("mouthLowerDown", 0.28) | both("mouthUpperUp", 0.16),
    "RR": both("mouthLowerDown", 0.15) | {"mouthFunnel": 0.35, "mouthPucker": 0.20},
    "aa": both("mouthLowerDown", 0.32) | both("mouthUpperUp", 0.24),
    "E": both("mouthStretch", 0.28) | both("mouthSmile", 0.12) | both("mouthLowerDown", 0.36)
    | both("mouthUpperUp", 0.24),
    "I": both("mouthStretch", 0.25) | both("mouthSmile", 0.28) | both("mouthLowerDown", 0.34)
    | both("mouthUpperUp", 0.28),
    "O": {"mouthFunnel": 0.62, "mouthPucker": 0.25},
    "U": {"mouthFunnel": 0.30, "mouthPucker": 0.72},
}  # fmt: skip
"""What each viseme does to the lips; the jaw comes on its own control."""
ROUNDED = frozenset(("CH", "RR", "O", "U"))
"""Rounded lips leave little of a smile."""


@dataclass(frozen=True, slots=True)
class FaceFrame:
    """One frame of a face: units by ARKit name, head pose, gaze in degrees (x to the host's left, y up)."""

    units: Mapping[str, float] = field(default_factory=dict)
    head: HeadPose = HeadPose()
    gaze: tuple[float, float] = (0.0, 0.0)


def face_frame(controls: FrameControls) -> FaceFrame:
    """The face that a show's controls ask for, kept inside what the model was trained on."""
    units: dict[str, float] = {}

    def add(parts: Iterable[tuple[str, float]], share: float = 1.0) -> None:
        for unit, weight in parts:
            units[unit] = units.get(unit, 0.0) + share * weight

    rounded = 0.0
    for viseme, weight in controls.visemes:
        add(LIPS[viseme].items(), weight)
        rounded += weight * (viseme in ROUNDED)
    add([("jawOpen", JAW * controls.jaw_open)])
    smile = controls.smile * (1 - 0.7 * rounded)
    add(both("mouthSmile", 0.10 + 0.8 * smile).items())
    add((both("cheekSquint", 0.35 * smile) | both("eyeSquint", 0.12 * smile)).items())
    add([("browInnerUp", 0.15 + 0.55 * controls.brow_raise)])
    add(both("browOuterUp", 0.08 + 0.6 * controls.brow_raise).items())
    add(both("browDown", 0.7 * controls.brow_frown).items())
    add([("eyeBlinkLeft", 1.08 * controls.blink_left), ("eyeBlinkRight", 1.08 * controls.blink_right)])
    gaze = (GAZE_X * controls.gaze_x, GAZE_Y * controls.gaze_y)
    return FaceFrame(
        {unit: min(max(weight, 0.0), 1.1) for unit, weight in units.items()},
        HeadPose(
            _limit(controls.head_yaw, MAX_YAW),
            _limit(controls.head_pitch, MAX_PITCH),
            _limit(controls.head_roll, MAX_ROLL),
        ),
        gaze,
    )


def _limit(value: float, bound: float) -> float:
    return max(-bound, min(bound, value))
