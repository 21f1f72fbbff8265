"""Backends without weights, shipped: for tests, for trying out a show's flow, and for machines still fetching."""

from __future__ import annotations

import asyncio
import math
import re
import zlib
from collections.abc import AsyncGenerator, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from models.base import (
    AvatarIdentity,
    ChatTurn,
    FrameControls,
    GenerationOptions,
    Speech,
    Viseme,
    VisemeSpan,
)
from models.errors import BackendUnavailable, BadIdentity, GenerationTimeout, UnsupportedLanguage
from streaming.media import SAMPLE_RATE, Pcm, Rgba

# --- language ---------------------------------------------------------------------------------------------------


class ScriptedLanguageModel:
    """Streams the given replies, one after the other and round again, a word at a time.

    `prompts` keeps what it was asked, `cancelled` counts streams closed before their end.
    """

    def __init__(self, replies: Sequence[str] = (), *, pause_s: float = 0.0) -> None:
        """Set the script.

        Args:
            replies: the texts; "" is an answer of no words.
            pause_s: seconds between two words.
        """
        self.name = "scripted"
        self.prompts: list[tuple[ChatTurn, ...]] = []
        self.cancelled = 0
        self._replies = list(replies)
        self._pause_s = pause_s
        self._failure: Exception | None = None
        self._words_first = 0
        self._hangs = False

    def fail(self, error: Exception | None = None, *, after_words: int = 0) -> None:
        """From now on raise `error` (BackendUnavailable by default) after some words."""
        self._failure, self._words_first = (
            error or BackendUnavailable("the scripted model was told to fail"),
            after_words,
        )

    def hang(self, *, after_words: int = 0) -> None:
        """From now on say some words and then nothing until the timeout."""
        self._hangs, self._words_first = True, after_words

    def recover(self) -> None:
        """Answer properly again."""
        self._failure, self._hangs = None, False

    async def stream(self, turns: Sequence[ChatTurn], options: GenerationOptions) -> AsyncGenerator[str, None]:
        """Yield the next reply word by word; see `models.base.LanguageModel`."""
        self.prompts.append(tuple(turns))
        reply = self._replies[(len(self.prompts) - 1) % len(self._replies)] if self._replies else ""
        try:
            for count, word in enumerate([*re.findall(r"\S+\s*", reply), ""]):
                if count >= self._words_first:
                    await self._misbehave(options.timeout_s)
                await asyncio.sleep(self._pause_s)
                if word and count < options.max_tokens:
                    yield word
        except GeneratorExit:
            self.cancelled += 1
            raise

    async def aclose(self) -> None:
        """Nothing to free."""

    async def _misbehave(self, timeout_s: float) -> None:
        if self._failure:
            raise self._failure
        if self._hangs:
            await asyncio.sleep(timeout_s)
            raise GenerationTimeout(f"no end after {timeout_s:g} s")


# --- speech -----------------------------------------------------------------------------------------------------

_SYLLABLES_PER_S = 5.0
"""Conversational speech in most languages lies between 4 and 8 (Coupé et al., Science Advances 5(9), 2019)."""
_PAUSE = SAMPLE_RATE // 5
_SENTENCE_END = re.compile(r"(?<=[.!?…।])\s+|(?<=[。！？])")
_SYLLABLE = re.compile(r"[aeiouyà-öø-ÿ]+|\d|[\u0900-\u097f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]", re.IGNORECASE)
_VOWELS: tuple[Viseme, ...] = ("aa", "E", "I", "O", "U")
_CONSONANTS: tuple[Viseme, ...] = ("PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR")


class ToneSpeechModel:
    """Says every syllable as a short tone: right lengths and mouth shapes, no words. The same text sounds the same."""

    def __init__(self) -> None:
        self.name = "tone"

    def speak(self, text: str, *, language: str, voice: str, speed: float = 1.0) -> Iterator[Speech]:
        """Yield one `Speech` a sentence; see `models.base.SpeechModel`. Any voice will do, it sets the pitch."""
        if not re.fullmatch(r"[a-z]{2}-[A-Z]{2}", language):
            raise UnsupportedLanguage(f"language {language!r}; allowed: a tag such as en-US")
        pitch = 110 + zlib.crc32(voice.encode()) % 110
        for sentence in _SENTENCE_END.split(text.strip()):
            if sentence:
                yield _tone_sentence(sentence, language, pitch, speed)

    def close(self) -> None:
        """Nothing to free."""


def _tone_sentence(text: str, language: str, pitch: float, speed: float) -> Speech:
    length = int(SAMPLE_RATE / _SYLLABLES_PER_S / speed)
    sounds: list[Pcm] = []
    visemes: list[VisemeSpan] = []
    words: list[int] = []
    at = 0
    for word in text.split():
        for index, syllable in enumerate(_SYLLABLE.findall(word) or [word]):
            code = zlib.crc32(syllable.lower().encode()) + index
            sounds.append(_tone(pitch * (1 + code % 5 / 12), length))
            onset = at + length // 3
            visemes.append(VisemeSpan(_CONSONANTS[code % len(_CONSONANTS)], at, onset))
            visemes.append(VisemeSpan(_VOWELS[code % len(_VOWELS)], onset, at + length, 1.0 if index == 0 else 0.2))
            at += length
        words.append(at)
    sounds.append(np.zeros(_PAUSE, np.int16))
    visemes.append(VisemeSpan("sil", at, at + _PAUSE))
    return Speech(text, language, np.concatenate(sounds), tuple(visemes), tuple(words))


def _tone(frequency: float, samples: int) -> Pcm:
    time = np.arange(samples) / SAMPLE_RATE
    swell = np.sin(np.pi * np.arange(samples) / samples)
    wave: npt.NDArray[np.float64] = 8_000 * swell * np.sin(2 * math.pi * frequency * time)
    return wave.astype(np.int16)


# --- avatar -----------------------------------------------------------------------------------------------------


class SolidAvatar:
    """Draws a host as a plain colour with two eyes and a mouth that follow the controls.

    Identity attributes: `color`, "#rrggbb" (by default made from the identity).
    """

    def __init__(self) -> None:
        self.name = "solid"

    def open(self, identity: AvatarIdentity, size: tuple[int, int]) -> SolidSession:
        """Prepare a colour; see `models.base.AvatarBackend`."""
        unknown = sorted(set(identity.attributes) - {"color"})
        if unknown:
            raise BadIdentity(f"attribute {unknown[0]!r}; allowed: color")
        color = identity.attributes.get("color", f"#{zlib.crc32(identity.key().encode()) & 0xFFFFFF:06x}")
        if not isinstance(color, str) or not re.fullmatch(r"#[0-9a-fA-F]{6}", color):
            raise BadIdentity(f"color: got {color!r}; allowed: #rrggbb")
        return SolidSession(size, bytes.fromhex(color[1:]))

    def close(self) -> None:
        """Nothing to free."""


class SolidSession:
    """One colour at one size."""

    def __init__(self, size: tuple[int, int], color: bytes) -> None:
        self.size = size
        self._blank = np.full((size[1], size[0], 4), 255, np.uint8)
        self._blank[..., :3] = np.frombuffer(color, np.uint8)

    def render(self, controls: Sequence[FrameControls]) -> list[Rgba]:
        """One frame for each control: the eyes close with `blink_*`, the mouth opens with `jaw_open`."""
        return [self._draw(control) for control in controls]

    def close(self) -> None:
        """Nothing to free."""

    def _draw(self, control: FrameControls) -> Rgba:
        frame = self._blank.copy()
        self._box(frame, 0.35 + 0.03 * control.gaze_x, 0.40, 0.10, 0.06 * (1 - control.blink_right))
        self._box(frame, 0.65 + 0.03 * control.gaze_x, 0.40, 0.10, 0.06 * (1 - control.blink_left))
        self._box(frame, 0.50, 0.65, 0.30, 0.02 + 0.15 * control.jaw_open)
        return frame

    def _box(self, frame: Rgba, x: float, y: float, width: float, height: float) -> None:
        """Paint a white rectangle; centre and size are parts of the picture."""
        rows, columns = frame.shape[:2]
        top, bottom = round((y - height / 2) * rows), round((y + height / 2) * rows)
        left, right = round((x - width / 2) * columns), round((x + width / 2) * columns)
        frame[top:bottom, left:right] = 255
