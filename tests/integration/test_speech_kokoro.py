"""The real model: speech with exact timings, in several languages, from several threads."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from models.base import Speech
from models.errors import UnsupportedLanguage
from models.speech.kokoro import KokoroModel
from models.speech.wav import synthesize_to_wav
from models.weights import WeightStore

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def model() -> Iterator[KokoroModel]:
    model = KokoroModel(WeightStore().path)
    yield model
    model.close()


def check(speech: Speech) -> None:
    """Mouth shapes cover the audio, which is loud where the mouth moves and silent where it rests at the ends."""
    assert speech.pcm.dtype == np.int16
    assert speech.visemes[0].start == 0
    assert speech.visemes[-1].end == speech.samples
    assert all(left.end == right.start for left, right in zip(speech.visemes, speech.visemes[1:], strict=False))
    loud = np.sqrt(np.square(speech.pcm.astype(float)).mean())
    last = speech.visemes[-1]
    assert last.viseme == "sil"
    assert np.sqrt(np.square(speech.pcm[last.start + 2_400 :].astype(float)).mean()) < loud / 4


@pytest.mark.parametrize(
    ("language", "voice", "text"),
    [
        ("ko-KR", "jf_alpha", "안녕하세요! 오늘만 29,000원입니다."),
        ("ja-JP", "jf_alpha", "こんにちは！今だけ￥2,980です。"),
        ("zh-CN", "zf_xiaoxiao", "大家好！现在只要149元。"),
    ],
)
def test_each_sentence_is_one_speech_with_its_mouth_shapes(
    model: KokoroModel, language: str, voice: str, text: str
) -> None:
    spoken = list(model.speak(text, language=language, voice=voice))
    assert "".join(speech.text for speech in spoken) == text.replace(" 오", "오")
    for speech in spoken:
        check(speech)
        assert any(span.stress > 0 for span in speech.visemes)
        assert len({span.viseme for span in speech.visemes}) >= 5


def test_closed_lips_are_quieter_than_open_ones(model: KokoroModel) -> None:
    (speech,) = model.speak("아빠 바빠 아파 나빠.", language="ko-KR", voice="jm_kumo")
    pcm = np.abs(speech.pcm.astype(float))
    level = {
        viseme: np.mean([pcm[span.start : span.end].mean() for span in speech.visemes if span.viseme == viseme])
        for viseme in ("PP", "aa")
    }
    assert level["PP"] < level["aa"] / 2


def test_faster_is_shorter(model: KokoroModel) -> None:
    lengths = [
        sum(speech.samples for speech in model.speak("안녕하세요.", language="ko-KR", voice="jf_alpha", speed=speed))
        for speed in (0.8, 1.3)
    ]
    assert lengths[1] < lengths[0] * 0.8


def test_what_was_said_once_is_said_the_same_again(model: KokoroModel) -> None:
    first, second = (next(model.speak("네.", language="ko-KR", voice="jf_alpha")) for _ in range(2))
    assert first is second


def test_two_threads_may_speak_at_once(model: KokoroModel) -> None:
    def say(text: str) -> list[Speech]:
        return list(model.speak(text, language="ko-KR", voice="jf_alpha"))

    with ThreadPoolExecutor(2) as pool:
        for spoken in pool.map(say, ["하나 둘.", "셋 넷."]):
            check(spoken[0])


def test_nothing_to_say_is_no_speech(model: KokoroModel) -> None:
    assert list(model.speak("  … 😀 ", language="ko-KR", voice="jf_alpha")) == []


def test_a_sentence_beyond_the_limit_of_the_model_comes_in_pieces(
    model: KokoroModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.speech.kokoro.MAX_TOKENS", 30)
    text = "좋은 보습 크림을, 소개해 드릴게요, 끝입니다."
    spoken = list(model.speak(text, language="ko-KR", voice="jf_alpha"))
    assert len(spoken) > 1
    for speech in spoken:
        check(speech)


@pytest.mark.parametrize(
    ("language", "voice", "message"),
    [
        ("tlh", "af_heart", "languages: en, es"),
        ("ko-KR", "xx_nobody", "voices: .*jf_alpha"),
        ("ko-KR", "../x", "voices: "),
    ],
)
def test_an_unknown_language_or_voice_is_refused_before_anything_is_said(
    model: KokoroModel, language: str, voice: str, message: str
) -> None:
    with pytest.raises(UnsupportedLanguage, match=message):
        model.speak("네.", language=language, voice=voice)


def test_a_wav_file_holds_the_whole_text(model: KokoroModel, tmp_path: Path) -> None:
    out = tmp_path / "out.wav"
    seconds = synthesize_to_wav("안녕하세요! 반갑습니다.", "ko-KR", "jf_alpha", out, model=model)
    with wave.open(str(out)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 48_000)
        assert file.getnframes() / 48_000 == pytest.approx(seconds)
    with pytest.raises(ValueError, match="nothing to say"):
        synthesize_to_wav("…", "ko-KR", "jf_alpha", out, model=model)
