"""From speech to the UNet's audio windows: Whisper's encoder states, batched over shows, cut at 25 frames a second.

Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision" (2022): 16 kHz, 80 mel bands, 30 s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import soxr
import torch
from transformers import WhisperFeatureExtractor, WhisperModel

from models.avatar.lipsync.model import TOKENS, WIDTH
from models.avatar.lipsync.sources import hub_errors, local
from models.errors import WeightsCorrupt
from streaming.media import SAMPLE_RATE, SAMPLES_PER_FRAME, Pcm

RATE = 16_000
SEGMENT = 30 * RATE
"""Samples that one encoder pass sees; shorter speech is padded with silence, longer speech takes several passes."""
ROWS_PER_S = 50
STATES = 5
"""Hidden states a row: the embedded input and the output of each of Whisper tiny's four layers."""
ROWS_BEFORE, ROWS = 4, 10
"""A frame hears rows 2i-4 to 2i+5: 80 ms before its start to 120 ms after, the last row included."""
ROWS_PER_FRAME = 2

Wave = npt.NDArray[np.float32]


class SpeechEncoder:
    """Whisper's encoder as a feature extractor. One call serves any number of utterances of any shows."""

    def __init__(self, whisper: WhisperModel, *, device: torch.device, dtype: torch.dtype, batch: int = 8) -> None:
        config = whisper.config
        if config.d_model != WIDTH or config.encoder_layers != STATES - 1 or config.num_mel_bins != 80:
            raise WeightsCorrupt(
                f"Whisper: {config.encoder_layers} layers of width {config.d_model} on {config.num_mel_bins} mel "
                f"bands; allowed: {STATES - 1} of {WIDTH} on 80 (whisper-tiny)"
            )
        self._encoder = whisper.get_encoder().to(device=device, dtype=dtype).eval().requires_grad_(False)
        self._mel = WhisperFeatureExtractor()
        self._device, self._dtype, self._batch = device, dtype, batch

    @torch.inference_mode()
    def encode(self, waves: Sequence[Wave]) -> list[torch.Tensor]:
        """The features of each utterance, [rows, 5, 384] at 50 rows a second; all go through the encoder together.

        Args:
            waves: float32 (samples,) at 16 kHz, any lengths.
        """
        segments = [wave[start : start + SEGMENT] for wave in waves for start in range(0, len(wave), SEGMENT)]
        states = [self._states(segments[at : at + self._batch]) for at in range(0, len(segments), self._batch)]
        rows = iter(torch.cat(states)) if states else iter(())
        features = []
        for wave in waves:
            count = -(-len(wave) // SEGMENT)
            whole = [next(rows) for _ in range(count)] or [torch.zeros(0, STATES, WIDTH, device=self._device)]
            features.append(torch.cat(whole)[: -(-len(wave) * ROWS_PER_S // RATE)].to(self._dtype))
        return features

    def _states(self, segments: Sequence[Wave]) -> torch.Tensor:
        mel: torch.Tensor = self._mel(list(segments), sampling_rate=RATE, return_tensors="pt").input_features
        out = self._encoder(mel.to(self._device, self._dtype), output_hidden_states=True)
        return torch.stack(tuple(out.hidden_states), dim=2)


def windows(features: torch.Tensor, frames: int) -> torch.Tensor:
    """Cut features [rows, 5, 384] into one window a frame at 25 fps, [frames, 50, 384]: token = row * 5 + state.

    Rows before the start and after the end are zero. The positional encoding is not added here.
    """
    needed = ROWS_PER_FRAME * max(0, frames - 1) + ROWS
    padded = features.new_zeros(max(needed, ROWS_BEFORE + len(features)), STATES, WIDTH)
    padded[ROWS_BEFORE : ROWS_BEFORE + len(features)] = features
    cut = padded[:needed].unfold(0, ROWS, ROWS_PER_FRAME)  # [frames, 5, 384, 10]
    return cut.permute(0, 3, 1, 2).reshape(-1, TOKENS, WIDTH)[:frames]


def to_wave(pcm: Pcm) -> Wave:
    """48 kHz int16 -> 16 kHz float32 in -1..1, resampled as a whole so that times stay exact."""
    wave = soxr.resample(pcm.astype(np.float32) / 32768.0, SAMPLE_RATE, RATE)
    return cast(Wave, np.asarray(wave, np.float32))


def frames_of(pcm: Pcm) -> int:
    """Frames at 25 fps that cover `pcm`."""
    return -(-len(pcm) // SAMPLES_PER_FRAME)


def load_encoder(source: str, *, device: torch.device, dtype: torch.dtype) -> SpeechEncoder:
    """Load Whisper tiny from a folder or hub repository, such as openai/whisper-tiny.

    Raises:
        BackendUnavailable: it cannot be had.
        WeightsCorrupt: it is not Whisper tiny, or lacks a tensor of the encoder.
    """
    where = local(source)
    whisper: Any
    with hub_errors(source):
        whisper, info = WhisperModel.from_pretrained(str(where or source), output_loading_info=True)
    missing = [name for name in info["missing_keys"] if "encoder." in name]
    if missing:
        raise WeightsCorrupt(f"{source}: {len(missing)} tensors of the encoder are missing, first {missing[0]}")
    return SpeechEncoder(whisper, device=device, dtype=dtype)
