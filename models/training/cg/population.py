"""Random hosts, random frames and random performances: what the training data shows, drawn from a seed."""

from __future__ import annotations

from typing import get_args

import numpy as np

from models.avatar.attributes import (
    Accessory,
    Beard,
    BrowShape,
    Build,
    Earrings,
    EyeShape,
    FaceShape,
    Glasses,
    Heritage,
    HostAttributes,
    LipShape,
    OutfitStyle,
    Pattern,
)
from models.avatar.diffusion.controls import MAX_PITCH, MAX_ROLL, MAX_YAW, FaceFrame, face_frame
from models.avatar.diffusion.face_model import HeadPose, face_model
from models.avatar.palette import EYES, HAIR, SKIN
from models.avatar.performance import Mood, Performance
from models.avatar.visemes import JAW
from models.base import FrameControls, Speech, Viseme, VisemeSpan
from streaming.media import SAMPLE_RATE, SAMPLES_PER_FRAME

VISEMES: tuple[Viseme, ...] = get_args(Viseme)
LONG_HAIR = ("long", "waves", "bob", "bun", "ponytail", "braid", "pixie", "curly")
SHORT_HAIR = ("short", "fade", "quiff", "swept", "curly", "pixie")
LIP_COLOURS = ("#c4595f", "#b85c58", "#d47f7a", "#a84a4a", "#b8746a", "#d6336c", "#8e2f45", "#e0616f", "#7a3b3b")


def random_host(rng: np.random.Generator) -> HostAttributes:
    """A host nobody has seen: every attribute is drawn, skin and hair loosely by heritage."""

    def one(choices: object) -> str:
        options = list(get_args(choices))
        return str(options[rng.integers(len(options))])

    def some(choices: object, share: float) -> str:
        return one(choices) if rng.random() < share else str(get_args(choices)[0])

    def colour() -> str:
        hue, saturation, value = rng.random(), rng.beta(1.6, 1.6), rng.beta(3, 1.5)
        return _hsv(float(hue), float(saturation), float(value))

    feminine = bool(rng.random() < 0.6)
    heritage = one(Heritage)
    centre = {"african": 7.6, "south-asian": 5.6, "latin": 4.4, "asian": 2.4, "european": 1.4, "mixed": 4.0}[heritage]
    skins = list(SKIN.values())
    skin = skins[int(np.clip(round(rng.normal(centre, 1.4)), 0, len(skins) - 1))]
    dark = list(HAIR.values())[:5]
    hair = dark[rng.integers(len(dark))] if rng.random() < 0.55 else list(HAIR.values())[rng.integers(len(HAIR))]
    styles = LONG_HAIR if feminine else SHORT_HAIR
    style = "hijab" if feminine and rng.random() < 0.07 else styles[rng.integers(len(styles))]
    made_up = float(rng.beta(1.4, 1.4)) if feminine else 0.0
    lips = LIP_COLOURS[rng.integers(len(LIP_COLOURS))] if feminine and rng.random() < 0.8 else None
    given: dict[str, str | float | None] = {
        "figure": "feminine" if feminine else "masculine",
        "heritage": heritage,
        "age": float(rng.uniform(20, 58)),
        "likeness": float(rng.integers(1000)),
        "skin": skin,
        "build": one(Build),
        "face.shape": one(FaceShape),
        "hair.style": style,
        "hair.color": hair,
        "eyes.shape": one(EyeShape),
        "eyes.color": list(EYES.values())[rng.integers(len(EYES))],
        "brows.shape": one(BrowShape),
        "lips.shape": one(LipShape),
        "lips.color": lips,
        "makeup": made_up,
        "blush": float(rng.beta(2, 3)),
        "freckles": float(rng.random()) if rng.random() < 0.15 else 0.0,
        "beard": "none" if feminine else some(Beard, 0.55),
        "glasses": some(Glasses, 0.25),
        "glasses.color": colour() if rng.random() < 0.4 else "#2b2530",
        "earrings": some(Earrings, 0.6 if feminine else 0.08),
        "earrings.color": ("#e3b34f", "#cfd6e6", "#3fb6a8", "#c0203a")[rng.integers(4)],
        "outfit.style": one(OutfitStyle),
        "outfit.color": colour(),
        "outfit.accent": colour(),
        "outfit.pattern": some(Pattern, 0.3),
        "accessory": some(Accessory, 0.3),
        "accessory.color": colour(),
    }
    return HostAttributes.model_validate({key: value for key, value in given.items() if value is not None})


def _hsv(hue: float, saturation: float, value: float) -> str:
    import colorsys

    return "#" + "".join(f"{round(255 * channel):02x}" for channel in colorsys.hsv_to_rgb(hue, saturation, value))


def random_frame(rng: np.random.Generator) -> FaceFrame:
    """One frame: mostly what a show can ask for, sometimes any face units, so that the whole range is learned."""
    if rng.random() < 0.2:
        return _any_units(rng)
    first, second = (VISEMES[i] for i in rng.integers(len(VISEMES), size=2))
    share = float(rng.beta(0.6, 0.6))
    voice = float(rng.uniform(0.6, 1.15))
    blink = float(rng.random() ** 0.5) if rng.random() < 0.25 else float(rng.random() * 0.08)
    controls = FrameControls(
        visemes=((first, share), (second, 1 - share)),
        jaw_open=float(np.clip(voice * (share * JAW[first] + (1 - share) * JAW[second]) + rng.normal(0, 0.03), 0, 1)),
        blink_left=blink,
        blink_right=blink,
        gaze_x=float(np.clip(rng.normal(0, 0.35), -1, 1)),
        gaze_y=float(np.clip(rng.normal(0, 0.3), -1, 1)),
        brow_raise=float(np.clip(rng.normal(0.15, 0.25), 0, 1)),
        brow_frown=float(np.clip(rng.normal(-0.3, 0.3), 0, 0.6)),
        smile=float(np.clip(rng.normal(0.4, 0.25), 0, 1)),
        head_yaw=float(np.clip(rng.normal(0, 7.5), -MAX_YAW, MAX_YAW)),
        head_pitch=float(np.clip(rng.normal(0, 4), -MAX_PITCH, MAX_PITCH)),
        head_roll=float(np.clip(rng.normal(0, 3.5), -MAX_ROLL, MAX_ROLL)),
    )
    return face_frame(controls)


def _any_units(rng: np.random.Generator) -> FaceFrame:
    names = [n for n in face_model().units if n.startswith(("mouth", "jaw", "cheek", "brow", "nose", "eyeSquint"))]
    names.remove("mouthClose")
    chosen = rng.choice(names, 5, replace=False)
    units = {str(name): float(rng.beta(1.2, 2.4)) for name in chosen}
    head = HeadPose(
        *(float(np.clip(rng.normal(0, s), -m, m)) for s, m in ((8, MAX_YAW), (5, MAX_PITCH), (4, MAX_ROLL)))
    )
    return FaceFrame(units, head, (float(rng.normal(0, 5)), float(rng.normal(0, 3))))


def random_performance(seed: int, frames: int) -> list[FaceFrame]:
    """A motion sequence at 25 fps: the show's own performer speaks invented syllables, then listens."""
    rng = np.random.default_rng(seed)
    spans: list[VisemeSpan] = []
    at = 0
    total = frames * 3 // 4 * SAMPLES_PER_FRAME
    while at < total:
        length = int(rng.uniform(0.05, 0.16) * SAMPLE_RATE)
        viseme = VISEMES[rng.integers(len(VISEMES))]
        spans.append(VisemeSpan(viseme, at, min(at + length, total), float(rng.random() < 0.3)))
        at += length
    speech = Speech("", "en-US", pcm=np.zeros(total, np.int16), visemes=tuple(spans))
    performer = Performance(seed=seed)
    controls = performer.perform(speech, Mood.SELLING)
    controls += performer.idle(frames - len(controls))
    return [face_frame(c) for c in controls]
