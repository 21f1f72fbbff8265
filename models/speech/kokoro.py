"""Kokoro-82M (hexgrad, Apache-2.0; StyleTTS 2, arXiv:2306.07691) as int8 ONNX, with exact phoneme timings."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.base import Speech
from models.errors import UnsupportedLanguage
from models.speech import audio, visemes
from models.speech.cache import SpeechCache
from models.speech.espeak import EspeakProcess
from models.speech.g2p import Phonemizer, phonemizer_for
from models.speech.graph import DURATION_OUTPUT, with_durations
from models.speech.normalize import spell_out
from models.speech.prominence import with_stress
from models.speech.sentences import clauses, halves, sentences
from models.speech.vocabulary import MAX_TOKENS, token_ids
from streaming.media import SAMPLE_RATE

Weights = Callable[[str], Path]
"""Name of an artifact -> where it lies, fetched and verified."""

_VOICE_NAME = re.compile(r"[a-z]{2}_[a-z0-9]+")
_PAUSES = {".": 0.26, "!": 0.24, "?": 0.32, "…": 0.40, ",": 0.10, ";": 0.16, ":": 0.16, "—": 0.16}
"""Seconds of silence after a sentence that ends so, beside what the voice itself leaves."""
_SPEEDS = (0.5, 2.0)
LONG = 100
"""Phonemes, some 7 s, above which a sentence is said clause by clause: an answer waits for one piece at most."""


class KokoroModel:
    """Text to speech in ten languages on the CPU. Safe to call from several threads.

    Args:
        weights: where "kokoro-82m-int8" (a file) and "kokoro-voices" (a directory of *.bin) lie; the weight store
            when None.
        threads: CPU threads of one synthesis.
        cache_mib: how much finished speech is kept, because a show that loops says many sentences again.
    """

    name = "kokoro"

    def __init__(self, weights: Weights | None = None, threads: int = 2, cache_mib: int = 64) -> None:
        self._weights = weights or _from_store
        self._threads = threads
        self._cache = SpeechCache(cache_mib * 2**20)
        self._espeak = EspeakProcess()
        self._lock = threading.Lock()
        self._session: Any = None
        self._voices: dict[str, npt.NDArray[np.float32]] = {}
        self._phonemizers: dict[str, Phonemizer] = {}

    def speak(self, text: str, *, language: str, voice: str, speed: float = 1.0) -> Iterator[Speech]:
        """See `models.base.SpeechModel`. A sentence longer than `LONG` comes clause by clause, one longer
        than the model's 510 tokens in pieces.

        `speed` is kept within 0.5..2.

        Raises:
            models.errors.UnsupportedLanguage: no phonemizer for `language`, or no such `voice`.
            models.errors.BackendUnavailable: espeak-ng is missing or does not answer (while iterating).
            models.errors.WeightsError: the model could not be fetched.
        """
        phonemizer = self._phonemizer(language)
        style = self._voice(voice)
        pace = min(max(speed, _SPEEDS[0]), _SPEEDS[1])

        def one(sentence: str) -> Iterator[Speech]:
            key = (sentence, language, voice, pace)
            said = self._cache.get(key)
            if said is None:
                said = tuple(self._say(sentence, language, phonemizer, style, pace))
                self._cache.put(key, said)
            return iter(said)

        return (speech for sentence in sentences(text) for speech in one(sentence))

    def warm_up(self) -> None:
        """Load the model now, so that the first sentence does not wait for it."""
        self._loaded()

    def close(self) -> None:
        """Free the model and end the espeak-ng process. Idempotent."""
        with self._lock:
            self._session = None
        self._cache.clear()
        self._espeak.close()

    def _say(
        self, text: str, language: str, phonemizer: Phonemizer, style: npt.NDArray[np.float32], speed: float
    ) -> Iterator[Speech]:
        phonemes = phonemizer(spell_out(text, language))
        parts = clauses(text) if len(phonemes) > LONG else None
        if parts is None and len(phonemes) > MAX_TOKENS:
            parts = halves(text)
        if parts is not None:
            for part in parts:
                yield from self._say(part, language, phonemizer, style, speed)
        elif any(visemes.viseme_of(symbol) != "sil" for symbol in phonemes):
            phonemes = phonemes[:MAX_TOKENS]
            wave, units = self._infer(phonemes, style, speed)
            yield _speech(text, language, phonemes, wave, units)

    def _infer(
        self, phonemes: str, style: npt.NDArray[np.float32], speed: float
    ) -> tuple[audio.Wave, npt.NDArray[np.float32]]:
        wave, units = self._loaded().run(
            ["audio", DURATION_OUTPUT],
            {
                "tokens": np.array([token_ids(phonemes)], dtype=np.int64),
                "style": style[len(phonemes) - 1],
                "speed": np.array([speed], dtype=np.float32),
            },
        )
        return wave.astype(np.float32).reshape(-1), units.reshape(-1)

    def _loaded(self) -> Any:
        with self._lock:
            if self._session is None:
                import onnxruntime

                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads = self._threads
                # Threads that spin while they wait cost a third more CPU, which the video encoder needs.
                options.add_session_config_entry("session.intra_op.allow_spinning", "0")
                options.log_severity_level = 3
                model = with_durations(self._weights("kokoro-82m-int8"))
                self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
            return self._session

    def _voice(self, name: str) -> npt.NDArray[np.float32]:
        with self._lock:
            if name not in self._voices:
                self._voices[name] = _read_voice(self._weights("kokoro-voices"), name)
            return self._voices[name]

    def _phonemizer(self, language: str) -> Phonemizer:
        with self._lock:
            if language not in self._phonemizers:
                self._phonemizers[language] = phonemizer_for(language, self._espeak)
            return self._phonemizers[language]


def _from_store(name: str) -> Path:
    from models.weights import WeightStore

    return WeightStore().path(name)


def _read_voice(directory: Path, name: str) -> npt.NDArray[np.float32]:
    """One style vector a length: float32 (510, 1, 256)."""
    path = directory / f"{name}.bin"
    if not _VOICE_NAME.fullmatch(name) or not path.is_file():
        voices = ", ".join(sorted(voice.stem for voice in directory.glob("*.bin")))
        raise UnsupportedLanguage(f"no voice {name[:40]!r}; voices: {voices}")
    return np.fromfile(path, dtype=np.float32).reshape(-1, 1, 256)


def _speech(text: str, language: str, phonemes: str, wave: audio.Wave, units: npt.NDArray[np.float32]) -> Speech:
    voice = audio.find_voice(wave)
    pause = round(_PAUSES.get(phonemes.rstrip('”)"')[-1:], 0.12) * SAMPLE_RATE)
    pcm = audio.finish(wave, voice, pause)
    lengths = [float(unit) for unit in units]
    shapes = with_stress(visemes.spans(phonemes, lengths), wave)
    start, end = 2 * voice.start, 2 * voice.end
    words = tuple(min(at, end) - start for at in visemes.word_ends(phonemes, lengths) if at > start)
    return Speech(text, language, pcm, visemes.window(shapes, start, end, pause), words)
