"""Speaks a text into a WAV file: what `influencer speak` does."""

from __future__ import annotations

import wave
from pathlib import Path

from models.base import SpeechModel
from models.speech.kokoro import KokoroModel
from streaming.media import SAMPLE_RATE


def synthesize_to_wav(
    text: str, language: str, voice: str, out: Path, *, speed: float = 1.0, model: SpeechModel | None = None
) -> float:
    """Write mono 16-bit 48 kHz PCM and return its length in seconds.

    Args:
        text: may hold numbers, prices and units.
        language: BCP 47, such as "ko-KR".
        voice: a Kokoro voice, such as "jf_alpha".
        out: written only once the whole text is spoken.
        speed: 0.5..2.
        model: an open model to use; one is made and closed when None.

    Raises:
        ValueError: there is nothing to say in `text`.
        models.errors.ModelError: the language, the voice or the weights are not to be had.
    """
    own = model or KokoroModel()
    try:
        spoken = list(own.speak(text, language=language, voice=voice, speed=speed))
    finally:
        if model is None:
            own.close()
    if not spoken:
        raise ValueError("text: nothing to say; it needs at least one word or number")
    with wave.open(str(out), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        for speech in spoken:
            file.writeframes(speech.pcm.astype("<i2", copy=False).tobytes())
    return sum(speech.samples for speech in spoken) / SAMPLE_RATE
