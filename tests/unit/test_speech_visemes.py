"""Mouth shapes: right for the sound, and exactly as long."""

from __future__ import annotations

import numpy as np
import pytest

from models.base import VisemeSpan
from models.speech.prominence import with_stress
from models.speech.visemes import SAMPLES_PER_UNIT, spans, viseme_of, window
from models.speech.vocabulary import PUNCTUATION, TOKEN_IDS

pytestmark = pytest.mark.unit


def shapes(phonemes: str, units: list[float] | None = None) -> list[str]:
    return [span.viseme for span in spans(phonemes, units or [4.0, *[1.0] * len(phonemes), 1.0])]


@pytest.mark.parametrize(
    ("sounds", "viseme"),
    [
        ("pbm", "PP"), ("fvɸ", "FF"), ("θð", "TH"), ("td", "DD"), ("kɡx", "kk"), ("ʧʤʃʒɕʨʥ", "CH"), ("szʦʣ", "SS"),
        ("nlŋɲʎ", "nn"), ("ɹrɾʁ", "RR"), ("aɑæ", "aa"), ("eɛə", "E"), ("iɪj", "I"), ("oɔ", "O"), ("uʊwyɯ", "U"),
    ],
)  # fmt: skip
def test_sounds_show_their_place(sounds: str, viseme: str) -> None:
    assert {viseme_of(sound) for sound in sounds} == {viseme}


def test_every_sound_of_the_model_has_a_shape() -> None:
    silent = PUNCTUATION | set(" ːʰʲᵝ\u0303↓→↗↘ˈˌhʔ")
    assert [sound for sound in TOKEN_IDS if viseme_of(sound) == "sil" and sound not in silent] == []


@pytest.mark.parametrize(
    ("language", "phonemes", "expected"),
    [
        ("en", "həlˈO", ["sil", "E", "nn", "O", "U", "sil"]),
        ("es", "bwˈenas", ["sil", "PP", "U", "E", "nn", "aa", "SS", "sil"]),
        ("fr", "bɔ̃ʒˈuʁ", ["sil", "PP", "O", "CH", "U", "RR", "sil"]),
        ("hi", "nəmˈʌsteː", ["sil", "nn", "E", "PP", "aa", "SS", "DD", "E", "sil"]),
        ("id", "səlˈamat", ["sil", "SS", "E", "nn", "aa", "PP", "aa", "DD", "sil"]),
        ("it", "ʧˈao", ["sil", "CH", "aa", "O", "sil"]),
        ("ja", "kʲoː", ["sil", "kk", "O", "sil"]),
        ("ko", "anjʌŋ", ["sil", "aa", "nn", "I", "aa", "nn", "sil"]),
        ("pt", "olˈa", ["sil", "O", "nn", "aa", "sil"]),
        ("zh", "xau↓", ["sil", "kk", "aa", "U", "sil"]),
    ],
)
def test_a_greeting_in_each_language(language: str, phonemes: str, expected: list[str]) -> None:
    assert shapes(phonemes) == expected, language


def test_spans_cover_the_speech_without_gap_or_overlap() -> None:
    units = [14, 2, 3, 2, 3, 5, 1]
    found = spans("həlˈO", [float(unit) for unit in units])
    assert found[0].start == 0
    assert found[-1].end == sum(units) * SAMPLES_PER_UNIT
    assert all(left.end == right.start for left, right in zip(found, found[1:], strict=False))


def test_stress_marks_the_stressed_syllable_only() -> None:
    stressed = {span.viseme: span.stress for span in spans("bətˈa", [1.0] * 7)}
    assert stressed["aa"] == 1.0
    assert stressed["E"] == stressed["PP"] == 0.0


def test_the_mouth_closes_at_punctuation_and_not_between_words() -> None:
    assert shapes("a, e", [4, 3, 3, 1, 3, 1]) == ["sil", "aa", "sil", "E", "sil"]
    assert shapes("a e") == ["sil", "aa", "E", "sil"]


def test_a_window_starts_at_zero_and_ends_in_silence() -> None:
    cut = window((VisemeSpan("sil", 0, 10), VisemeSpan("aa", 10, 30), VisemeSpan("sil", 30, 90)), 5, 40, pause=7)
    assert cut == (VisemeSpan("sil", 0, 5), VisemeSpan("aa", 5, 25), VisemeSpan("sil", 25, 42))


def test_counts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="2 phonemes need 4 durations, got 2"):
        spans("ab", [1.0, 1.0])


def test_without_stress_marks_the_loud_vowels_stand_out() -> None:
    wave = np.full(2_400, 0.1, np.float32)
    wave[1_600:] = 0.4
    found = with_stress(
        [VisemeSpan("aa", 0, 1_600), VisemeSpan("I", 1_600, 3_200), VisemeSpan("O", 3_200, 4_800)], wave
    )
    assert [span.stress for span in found] == [0.0, 0.0, 1.0]


def test_stress_marks_are_kept_where_there_are_any() -> None:
    marked = (VisemeSpan("aa", 0, 1_600, 0.5), VisemeSpan("O", 1_600, 3_200))
    assert with_stress(marked, np.ones(1_600, np.float32)) == marked


def test_shapes_come_before_their_tokens_because_the_voice_does() -> None:
    silence, vowel, end = spans("a", [4.0, 2.0, 4.0])
    assert silence.end < 4 * SAMPLES_PER_UNIT
    assert vowel.end - vowel.start == 2 * SAMPLES_PER_UNIT
    assert end.end == 10 * SAMPLES_PER_UNIT
