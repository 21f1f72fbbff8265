from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from models.avatar.performance import CHAT_GAZE, Mood, Performance
from models.avatar.visemes import frame_count, mouth_track
from models.base import FrameControls, Speech, Viseme, VisemeSpan
from streaming.media import SAMPLES_PER_FRAME

pytestmark = pytest.mark.unit

WORDS: list[Viseme] = ["sil", "PP", "aa", "nn", "E", "SS", "O", "FF", "I", "DD", "U", "kk", "aa", "TH", "RR", "CH"]
NUMBERS = [f.name for f in fields(FrameControls) if f.name != "visemes"]
# The most each control may change from one frame (40 ms) to the next without looking like a jump.
STEPS = {
    "jaw_open": 0.45, "blink_left": 0.75, "blink_right": 0.75, "gaze_x": 0.45, "gaze_y": 0.45, "brow_raise": 0.16,
    "brow_frown": 0.1, "smile": 0.06, "head_yaw": 1.4, "head_pitch": 1.6, "head_roll": 0.6, "shoulder_sway": 0.08,
    "breath": 0.09, "hand_raise": 0.12,
}  # fmt: skip
LIMITS = {
    "gaze_x": (-1, 1), "gaze_y": (-1, 1), "head_yaw": (-18, 18), "head_pitch": (-14, 14), "head_roll": (-12, 12),
    "shoulder_sway": (-1, 1),
}  # fmt: skip


def speech(seconds: float = 4.0, tail: int = 0, seed: int = 0) -> Speech:
    rng = np.random.default_rng(seed)
    spans, at, end = [], 0, round(seconds * 48_000) + tail
    while at < end:
        stop = min(end, at + int(rng.uniform(2_400, 7_200)))
        viseme = WORDS[int(rng.integers(len(WORDS)))]
        spans.append(VisemeSpan(viseme, at, stop, float(rng.random())))
        at = stop
    return Speech("words", "en-US", np.zeros(end, np.int16), tuple(spans))


def values(frames: list[FrameControls], name: str) -> np.ndarray:
    return np.array([getattr(frame, name) for frame in frames])


@pytest.mark.parametrize("samples", [0, 1, 1919, 1920, 1921, 96_000, 96_001])
def test_a_speech_has_exactly_the_frames_that_cover_it(samples: int) -> None:
    spans = (VisemeSpan("aa", 0, samples, 0.5),) if samples else ()
    said = Speech("a", "en-US", np.zeros(samples, np.int16), spans)
    expected = -(-samples // SAMPLES_PER_FRAME)
    assert len(Performance(1).perform(said)) == frame_count(samples) == expected


def test_the_same_seed_gives_the_same_performance_and_another_a_different_one() -> None:
    def show(seed: int) -> list[FrameControls]:
        host = Performance(seed)
        return [*host.idle(40), *host.perform(speech(), Mood.SELLING), *host.idle(40)]

    assert show(7) == show(7)
    assert show(7) != show(8)


def test_nothing_jumps_over_two_minutes_of_changing_moods() -> None:
    host = Performance(3)
    frames: list[FrameControls] = []
    for i in range(24):
        mood = list(Mood)[i % len(Mood)]
        frames += host.perform(speech(3.7, tail=i * 37, seed=i), mood)
        frames += host.idle(9 + i, Mood.LISTENING if i % 2 else Mood.NEUTRAL)
    assert {name: float(np.abs(np.diff(values(frames, name))).max()) for name in NUMBERS if
            np.abs(np.diff(values(frames, name))).max() > STEPS[name]} == {}  # fmt: skip


def test_controls_stay_in_their_ranges_and_mouth_weights_sum_to_one() -> None:
    host = Performance(5)
    frames = [*host.perform(speech(20.0), Mood.SELLING), *host.idle(500)]
    for name in NUMBERS:
        low, high = LIMITS.get(name, (0, 1))
        assert low <= values(frames, name).min() <= values(frames, name).max() <= high, name
    assert all(abs(sum(weight for _, weight in frame.visemes) - 1) < 1e-9 for frame in frames)
    assert all(len(frame.visemes) <= 3 for frame in frames)


def test_blinks_come_every_few_seconds_and_not_like_a_clock() -> None:
    shut = values(Performance(11).idle(25 * 180), "blink_left") > 0.9
    starts = np.flatnonzero(np.diff(shut.astype(int)) == 1) / 25
    gaps = np.diff(starts)
    assert 20 <= len(starts) <= 100  # people blink 10 to 30 times a minute
    assert gaps.std() > 0.4


def test_an_offer_is_smiled_at_and_shown_with_the_hand() -> None:
    neutral = Performance(2).perform(speech(), Mood.NEUTRAL)
    selling = Performance(2).perform(speech(), Mood.SELLING)
    assert values(selling, "smile")[-25:].mean() > values(neutral, "smile")[-25:].mean() + 0.2
    assert values(selling, "hand_raise").max() > 0.9
    assert values(neutral, "hand_raise").max() < 0.01


def test_an_answer_starts_with_a_look_at_the_chat_and_goes_on_to_the_camera() -> None:
    frames = Performance(4).perform(speech(5.0), Mood.ANSWERING)
    assert values(frames[8:20], "gaze_x").mean() < CHAT_GAZE[0] / 2
    assert abs(np.median(values(frames[50:], "gaze_x"))) < 0.2


def test_stressed_syllables_move_head_and_brows() -> None:
    def said(stress: float) -> list[FrameControls]:
        spans = tuple(VisemeSpan("aa" if i % 2 else "nn", i * 9_600, (i + 1) * 9_600, stress) for i in range(40))
        return Performance(6).perform(Speech("x", "en-US", np.zeros(384_000, np.int16), spans))

    loud, flat = said(1.0), said(0.0)
    assert values(loud, "brow_raise").max() > values(flat, "brow_raise").max() + 0.1
    assert values(loud, "head_pitch").min() < values(flat, "head_pitch").min() - 0.8


def test_the_mouth_leads_the_sound_and_lips_meet_for_a_short_p() -> None:
    spans = [VisemeSpan("aa", 0, 19_200), VisemeSpan("PP", 19_200, 23_040), VisemeSpan("aa", 23_040, 48_000)]
    track = mouth_track(spans, 48_000)
    pressed = [dict(frame.visemes).get("PP", 0.0) for frame in track]
    assert max(pressed) > 0.7
    assert pressed[9] > 0.1  # 360 to 400 ms: the sound begins at 400
    assert pressed.index(max(pressed)) in (10, 11)


def test_the_jaw_opens_for_a_and_rests_in_silence() -> None:
    spans = [VisemeSpan("sil", 0, 24_000), VisemeSpan("aa", 24_000, 48_000), VisemeSpan("sil", 48_000, 72_000)]
    jaw = [frame.jaw_open for frame in mouth_track(spans, 72_000)]
    assert max(jaw[:9]) == 0.0
    assert max(jaw[14:22]) > 0.6
    assert jaw[-1] == 0.0


def test_idle_refuses_a_negative_count() -> None:
    with pytest.raises(ValueError, match="-1"):
        Performance(0).idle(-1)
