"""Levels, trimming, sentences and the cache."""

from __future__ import annotations

import numpy as np
import pytest

from models.base import Speech
from models.speech import audio
from models.speech.cache import SpeechCache
from models.speech.sentences import clauses, halves, sentences

pytestmark = pytest.mark.unit


def tone(seconds: float, level: float) -> audio.Wave:
    time = np.arange(round(seconds * audio.MODEL_RATE)) / audio.MODEL_RATE
    return (level * np.sin(2 * np.pi * 220 * time)).astype(np.float32)


def test_silence_around_the_voice_is_cut_and_little_is_left() -> None:
    silence = np.zeros(audio.MODEL_RATE, np.float32)
    voice = audio.find_voice(np.concatenate([silence, tone(1.0, 0.3), silence]))
    assert 23_000 <= voice.start < 24_000
    assert 48_000 < voice.end <= 50_400


@pytest.mark.parametrize("level", [0.05, 0.2, 0.9])
def test_loud_and_soft_voices_come_out_alike(level: float) -> None:
    wave = tone(1.0, level)
    pcm = audio.finish(wave, audio.find_voice(wave), pause=0).astype(float) / 32767
    assert np.sqrt(np.square(pcm).mean()) == pytest.approx(audio.TARGET_RMS, rel=0.05)


def test_one_spike_does_not_clip() -> None:
    wave = tone(1.0, 0.02)
    wave[12_000] = 1.0
    pcm = audio.finish(wave, audio.find_voice(wave), pause=0)
    assert abs(pcm.astype(int)).max() < 32_767


def test_a_sample_lands_at_twice_its_place_and_the_pause_follows() -> None:
    wave = tone(0.5, 0.3)
    pcm = audio.finish(wave, audio.Spoken(0, len(wave), 0.2), pause=480)
    assert len(pcm) == 2 * len(wave) + 480
    assert not pcm[-480:].any()
    assert pcm[0] == 0


def test_an_empty_or_silent_wave_does_no_harm() -> None:
    for wave in (np.zeros(0, np.float32), np.zeros(5_000, np.float32)):
        assert not audio.finish(wave, audio.find_voice(wave), pause=0).any()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello! How are you? Fine.", ["Hello!", "How are you?", "Fine."]),
        ("Dr. Kim says 4.8 stars. Yes.", ["Dr. Kim says 4.8 stars.", "Yes."]),
        ("Until 8 p.m. today. Bye", ["Until 8 p.m. today.", "Bye"]),
        ("こんにちは！今日は。「はい。」次", ["こんにちは！", "今日は。", "「はい。」", "次"]),
        ("नमस्ते। कैसे हैं?", ["नमस्ते।", "कैसे हैं?"]),
        ("One…\nTwo", ["One…", "Two"]),
        ("  ", []),
    ],
)
def test_text_is_cut_into_sentences(text: str, expected: list[str]) -> None:
    assert list(sentences(text)) == expected


def test_a_long_sentence_is_cut_at_the_clause_nearest_the_middle() -> None:
    assert halves("one two, three four five, six") == ("one two,", "three four five, six")
    assert halves("abcdef ghi jklmno") == ("abcdef", "ghi jklmno")
    assert halves("abc") is None


def test_a_sentence_is_cut_at_its_clauses_and_nowhere_else() -> None:
    assert clauses("It is $1,200, and it ships free") == ("It is $1,200,", "and it ships free")
    assert clauses("水、グリセリン、香料不使用です。") == ("水、グリセリン、", "香料不使用です。")
    assert clauses("It costs $1,200 from 10:30 on") is None
    assert clauses("So, here is one thing that I would like you to know") is None


def test_the_cache_forgets_what_was_not_used_for_longest() -> None:
    def said(text: str) -> tuple[Speech, ...]:
        return (Speech(text, "en-US", np.zeros(50, np.int16), ()),)

    cache = SpeechCache(limit=250)
    for text in ("a", "b"):
        cache.put((text, "en-US", "af_heart", 1.0), said(text))
    assert cache.get(("a", "en-US", "af_heart", 1.0)) is not None
    cache.put(("c", "en-US", "af_heart", 1.0), said("c"))
    assert cache.get(("b", "en-US", "af_heart", 1.0)) is None
    assert cache.get(("a", "en-US", "af_heart", 1.0)) is not None
