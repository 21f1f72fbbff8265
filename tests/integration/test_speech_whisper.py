"""Whisper understands the host in all ten languages. Minutes long: `pytest -m slow`. Prints the error rates."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from models.speech.intelligibility import SENTENCES, VOICES, Recogniser, edits, measure, rate, row, units
from models.speech.kokoro import KokoroModel
from models.weights import WeightStore

pytest.importorskip("faster_whisper", reason="faster-whisper is not installed: pip install faster-whisper")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.filterwarnings("ignore")]

LIMITS = {
    "en-US": 0.05, "es-MX": 0.08, "fr-FR": 0.08, "hi-IN": 0.25, "id-ID": 0.25, "it-IT": 0.10, "ja-JP": 0.10,
    "ko-KR": 0.15, "pt-BR": 0.05, "zh-CN": 0.12,
}  # fmt: skip


@pytest.fixture(scope="module")
def model() -> Iterator[KokoroModel]:
    model = KokoroModel(WeightStore().path)
    yield model
    model.close()


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser(WeightStore().path("whisper-base"))


@pytest.mark.parametrize("language", sorted(SENTENCES))
def test_the_house_voice_is_understood(model: KokoroModel, recogniser: Recogniser, language: str) -> None:
    results = list(measure(model, recogniser, language, VOICES[language][0], SENTENCES[language]))
    print(row(results))
    for result in results:
        print(f"  said:  {result.said}\n  heard: {result.heard}")
    assert rate(results) <= LIMITS[language]


def test_the_measure_itself() -> None:
    assert edits("kitten", "sitting") == 3
    assert units("Only $29.99!", "en-US") == units("only 29 dollars and 99 cents", "en-US")
    assert units("नमस्ते दोस्तों", "hi-IN") == units("نمستے دوستوں", "hi-IN")
    assert units("皆さん", "ja-JP") == units("みなさん", "ja-JP")
