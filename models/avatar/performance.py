"""The performance: from speech and mood to controls, one state from the first frame of a show to the last.

Blinks, sway, breath and gaze run on; speech adds the mouth, nods and brow raises on stressed syllables; the mood sets
the smile, where the eyes go, and the hand. Everything follows from the seed and the calls, so a show can be replayed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from models.avatar.motion import Blinker, Drift, Spring
from models.avatar.visemes import REST, MouthFrame, mouth_track, strongest
from models.base import FrameControls, Speech, Viseme
from streaming.media import FPS


class Mood(StrEnum):
    """What the host is doing."""

    NEUTRAL = "neutral"
    SELLING = "selling"
    ANSWERING = "answering"
    LISTENING = "listening"


@dataclass(frozen=True, slots=True)
class _Manner:
    """How a mood moves: rest smile, brow lift, how lively the head is, how the hand and the head are held."""

    smile: float
    brow: float
    life: float
    hand: float = 0.0
    tilt: float = 0.0
    lean: float = 0.0


_MANNERS: dict[Mood, _Manner] = {
    Mood.NEUTRAL: _Manner(smile=0.42, brow=0.05, life=1.0),
    Mood.SELLING: _Manner(smile=0.78, brow=0.20, life=1.25, hand=1.0),
    Mood.ANSWERING: _Manner(smile=0.46, brow=0.14, life=1.0, tilt=2.2),
    Mood.LISTENING: _Manner(smile=0.50, brow=0.10, life=0.8, tilt=3.2),
}
CHAT_GAZE = (-0.75, -0.45)
"""Where the chat is for the host: down to the picture's left."""
CARD_GAZE = (-0.30, -0.80)
READING_S = 1.1
HAND_S = 2.6
NOD_GAP_S = 0.50


class Performance:
    """The host's body, from `seed`. Not thread-safe: one caller at a time."""

    def __init__(self, seed: int, fps: int = FPS) -> None:
        self._rng = np.random.default_rng(seed)
        self._dt = 1.0 / fps
        self._frame = 0
        self._sway = {name: Drift(self._rng, hz) for name, hz in _DRIFTS.items()}
        self._blinker = Blinker(self._rng)
        self._follow = {name: Spring(value, response) for name, (value, response) in _SPRINGS.items()}
        self._mouth: dict[Viseme, float] = {"sil": 1.0}
        self._glance: tuple[float, float] = (0.0, 0.0)
        self._next_glance = 1.5
        self._nod_until = 0.0
        self._nod_from = -9.0
        self._nod_size = 0.0

    def perform(self, speech: Speech, mood: Mood = Mood.NEUTRAL) -> list[FrameControls]:
        """The controls of one sentence: exactly ceil(samples / 1920) frames at 25 fps."""
        return self._run(mouth_track(speech.visemes, speech.samples), mood, speaking=True)

    def follow(self, mouths: Sequence[MouthFrame], mood: Mood = Mood.NEUTRAL) -> list[FrameControls]:
        """The controls of live sound, whose mouth is already known (`models.avatar.listening`): one for each frame."""
        return self._run(mouths, mood, speaking=True)

    def idle(self, frames: int, mood: Mood = Mood.LISTENING) -> list[FrameControls]:
        """`frames` frames without speech.

        Raises:
            ValueError: `frames` is negative.
        """
        if frames < 0:
            raise ValueError(f"frames must not be negative, got {frames}")
        return self._run([REST] * frames, mood, speaking=False)

    def _run(self, track: Sequence[MouthFrame], mood: Mood, *, speaking: bool) -> list[FrameControls]:
        began = self._frame * self._dt
        return [self._step(mouth, mood, self._frame * self._dt - began, speaking) for mouth in track]

    def _step(self, mouth: MouthFrame, mood: Mood, since: float, speaking: bool) -> FrameControls:
        now = self._frame * self._dt
        self._frame += 1
        manner = _MANNERS[mood]
        self._aim(now, since, mood, speaking)
        nod, lift = self._emphasis(now, mouth.stress, manner.life)
        ease = self._ease
        life = manner.life * (1.15 if speaking else 0.8)
        sway = {name: drift.at(now) for name, drift in self._sway.items()}
        gaze_x = ease("gaze_x", self._glance[0])
        gaze_y = ease("gaze_y", self._glance[1])
        shut = self._blinker.at(now)
        hand = 1.0 if speaking and manner.hand and since < HAND_S else 0.0
        return FrameControls(
            visemes=self._blend_mouth(mouth),
            jaw_open=_unit(ease("jaw", mouth.jaw_open)),
            blink_left=shut,
            blink_right=shut,
            gaze_x=_sym(gaze_x),
            gaze_y=_sym(gaze_y),
            brow_raise=_unit(ease("brow", manner.brow + lift)),
            brow_frown=0.0,
            smile=_unit(ease("smile", manner.smile) + 0.05 * sway["pitch"]),
            head_yaw=ease("life", life) * 2.9 * sway["yaw"] + 5.5 * ease("turn", self._glance[0]),
            head_pitch=1.5 * sway["pitch"] + 3.0 * ease("tip", self._glance[1]) - nod,
            head_roll=1.7 * sway["roll"] + ease("tilt", manner.tilt),
            shoulder_sway=_sym(0.42 * sway["sway"]),
            breath=_unit(0.5 + 0.5 * float(np.sin(2 * np.pi * 0.24 * now + 0.4 * sway["pitch"]))),
            hand_raise=_unit(ease("hand", hand)),
        )

    def _ease(self, name: str, target: float) -> float:
        return self._follow[name].step(target, self._dt)

    def _blend_mouth(self, mouth: MouthFrame) -> tuple[tuple[Viseme, float], ...]:
        """Ease the lips as well, so that a new sentence cannot snap them out of the last one."""
        target = dict(mouth.visemes)
        keep = 0.30
        mixed = {v: keep * self._mouth.get(v, 0.0) + (1 - keep) * target.get(v, 0.0) for v in {*self._mouth, *target}}
        self._mouth = dict(strongest({viseme: weight for viseme, weight in mixed.items() if weight > 1e-3}))
        return strongest(self._mouth)

    def _emphasis(self, now: float, stress: float, life: float) -> tuple[float, float]:
        """(downward nod in degrees, brow lift): a beat on a stressed syllable, not on every one."""
        if stress > 0.55 and now >= self._nod_until:
            self._nod_from, self._nod_until = now, now + NOD_GAP_S + float(self._rng.uniform(0.0, 0.9))
            self._nod_size = float(self._rng.uniform(0.5, 1.0)) * life
        phase = (now - self._nod_from) / 0.44
        beat = float(np.sin(np.pi * phase)) ** 2 if 0 <= phase <= 1 else 0.0
        lift = self._nod_size * 0.42 if 0 <= phase <= 1.3 else 0.0
        return 3.1 * self._nod_size * beat, lift

    def _aim(self, now: float, since: float, mood: Mood, speaking: bool) -> None:
        """Where to look: an answer starts with a look at the chat, an offer with one at the card."""
        if mood is Mood.ANSWERING and speaking and since < READING_S:
            self._look(now, CHAT_GAZE)
        elif mood is Mood.SELLING and speaking and 0.5 < since < 1.2:
            self._look(now, CARD_GAZE)
        elif now >= self._next_glance:
            self._look(now, self._wander(mood, speaking))
            self._next_glance = now + float(self._rng.lognormal(0.25 if speaking else 0.0, 0.5))
        elif self._glance in (CHAT_GAZE, CARD_GAZE):
            self._look(now, (0.0, 0.0))

    def _wander(self, mood: Mood, speaking: bool) -> tuple[float, float]:
        away = self._rng.random()
        if mood is Mood.LISTENING and away < 0.45:
            jitter = self._rng.normal(0, 0.06, 2)
            return CHAT_GAZE[0] + float(jitter[0]), CHAT_GAZE[1] + float(jitter[1])
        if away < (0.14 if speaking else 0.22):
            return float(self._rng.uniform(-0.5, 0.5)), float(self._rng.uniform(-0.2, 0.3))
        return float(self._rng.normal(0, 0.05)), float(self._rng.normal(0, 0.04))

    def _look(self, now: float, target: tuple[float, float]) -> None:
        jump = abs(target[0] - self._glance[0]) + abs(target[1] - self._glance[1])
        if jump > 0.6 and self._rng.random() < 0.5:
            self._blinker.soon(now)
        self._glance = target


_DRIFTS = {"yaw": 0.11, "pitch": 0.13, "roll": 0.08, "sway": 0.07}
_SPRINGS: dict[str, tuple[float, float]] = {
    # start value, response in seconds
    "gaze_x": (0.0, 0.07), "gaze_y": (0.0, 0.07), "turn": (0.0, 0.34), "tip": (0.0, 0.34), "brow": (0.05, 0.16),
    "smile": (0.42, 0.45), "tilt": (0.0, 0.8), "hand": (0.0, 0.42), "jaw": (0.0, 0.045), "life": (1.0, 0.8),
}  # fmt: skip


def _unit(value: float) -> float:
    return max(0.0, min(1.0, value))


def _sym(value: float) -> float:
    return max(-1.0, min(1.0, value))
