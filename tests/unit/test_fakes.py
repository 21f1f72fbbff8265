"""The weightless backends keep the same promises as the real ones."""

from __future__ import annotations

import numpy as np
import pytest

from models.base import AvatarBackend, AvatarIdentity, ChatTurn, FrameControls, GenerationOptions, LanguageModel
from models.base import SpeechModel as SpeechProtocol
from models.errors import BackendUnavailable, BadIdentity, GenerationTimeout, UnsupportedLanguage
from models.fakes import ScriptedLanguageModel, SolidAvatar, ToneSpeechModel
from streaming.media import Rgba

pytestmark = pytest.mark.unit

ASK = (ChatTurn("user", "hello"),)


def test_they_are_what_the_protocols_ask_for() -> None:
    backends: tuple[LanguageModel, SpeechProtocol, AvatarBackend] = (
        ScriptedLanguageModel(),
        ToneSpeechModel(),
        SolidAvatar(),
    )
    assert [backend.name for backend in backends] == ["scripted", "tone", "solid"]


async def test_a_script_is_said_word_by_word_and_round_again() -> None:
    model = ScriptedLanguageModel(["It is ten.", "좋아요!"])
    said = [[piece async for piece in model.stream(ASK, GenerationOptions())] for _ in range(3)]
    assert said == [["It ", "is ", "ten."], ["좋아요!"], ["It ", "is ", "ten."]]
    assert model.prompts == [ASK] * 3


async def test_it_fails_and_hangs_when_told_to() -> None:
    model = ScriptedLanguageModel(["one two three"])
    model.fail(after_words=2)
    came = []
    with pytest.raises(BackendUnavailable):
        async for piece in model.stream(ASK, GenerationOptions()):
            came.append(piece)  # noqa: PERF401 - what came before the error is wanted too
    assert came == ["one ", "two "]
    model.recover()
    model.hang()
    with pytest.raises(GenerationTimeout):
        await anext(model.stream(ASK, GenerationOptions(timeout_s=0.01)))
    model.recover()
    stream = model.stream(ASK, GenerationOptions())
    await anext(stream)
    await stream.aclose()
    assert model.cancelled == 1


@pytest.mark.parametrize(
    ("text", "language", "sentences"),
    [
        ("It is $19.99 today. Buy it now!", "en-US", 2),
        ("지금 29,000원입니다. 좋아요!", "ko-KR", 2),
        ("これは2,980円です。安い！", "ja-JP", 2),
        ("नमस्ते दोस्तों। कैसे हैं?", "hi-IN", 2),
        ("   ", "en-US", 0),
    ],
)
def test_tones_are_cut_at_sentences_and_covered_by_mouth_shapes(text: str, language: str, sentences: int) -> None:
    spoken = list(ToneSpeechModel().speak(text, language=language, voice="af_heart"))
    assert len(spoken) == sentences
    assert "".join(speech.text for speech in spoken).replace(" ", "") == text.replace(" ", "")
    for speech in spoken:
        ends = [0, *(span.end for span in speech.visemes)]
        assert [span.start for span in speech.visemes] == ends[:-1]
        assert ends[-1] == speech.samples
        assert int(np.abs(speech.pcm).max()) > 1_000


def test_tones_are_repeatable_and_follow_the_speed() -> None:
    model = ToneSpeechModel()
    one, two = (next(model.speak("hello there", language="en-US", voice="a")) for _ in range(2))
    fast = next(model.speak("hello there", language="en-US", voice="a", speed=1.4))
    assert np.array_equal(one.pcm, two.pcm)
    assert fast.samples < one.samples
    with pytest.raises(UnsupportedLanguage, match="en-US"):
        next(model.speak("hello", language="english", voice="a"))


def test_the_mouth_and_eyes_of_the_solid_host_follow_the_controls() -> None:
    session = SolidAvatar().open(AvatarIdentity("mina", {"color": "#204060"}), (90, 160))
    shut, wide, asleep = session.render(
        [FrameControls(), FrameControls(jaw_open=1.0), FrameControls(blink_left=1.0, blink_right=1.0)]
    )
    assert shut.shape == (160, 90, 4)
    assert tuple(shut[0, 0]) == (0x20, 0x40, 0x60, 255)
    assert _white(wide) > _white(shut) > _white(asleep)


def test_a_wrong_identity_is_named() -> None:
    wrong: list[dict[str, str | float]] = [{"color": "red"}, {"hair": "long"}]
    for attributes in wrong:
        with pytest.raises(BadIdentity, match="allowed: "):
            SolidAvatar().open(AvatarIdentity("x", attributes), (9, 16))


def _white(frame: Rgba) -> int:
    return int((frame[..., :3] == 255).all(axis=2).sum())
