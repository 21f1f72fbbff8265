from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import WhisperFeatureExtractor

from models.avatar.lipsync.audio import SpeechEncoder, frames_of, load_encoder, to_wave, windows
from models.avatar.lipsync.gate import Gate, levels
from models.errors import WeightsCorrupt
from streaming.media import SAMPLE_RATE, SAMPLES_PER_FRAME
from tests.unit.lipsync_tiny import one_thread, tiny_whisper, vowels

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


CPU = {"device": torch.device("cpu"), "dtype": torch.float32}


@pytest.fixture(scope="module")
def encoder() -> SpeechEncoder:
    return SpeechEncoder(tiny_whisper(), device=torch.device("cpu"), dtype=torch.float32)


# --- Whisper ---


def test_five_states_of_every_row_are_stacked(encoder: SpeechEncoder) -> None:
    """Against a literal pass through the layers: the embedded input, three outputs, and the last after its norm."""
    wave = to_wave(vowels(1.0))
    mel = WhisperFeatureExtractor()(wave, sampling_rate=16_000, return_tensors="pt").input_features
    assert mel.shape == (1, 80, 3000)
    whisper = tiny_whisper().encoder
    with torch.inference_mode():
        hidden = torch.nn.functional.gelu(whisper.conv2(torch.nn.functional.gelu(whisper.conv1(mel)))).permute(0, 2, 1)
        hidden = hidden + whisper.embed_positions.weight
        states = [hidden]
        for layer in whisper.layers:
            hidden = layer(hidden, None)
            states.append(hidden)
        states[-1] = whisper.layer_norm(states[-1])
    assert [tuple(state.shape) for state in states] == [(1, 1500, 384)] * 5
    [features] = encoder.encode([wave])
    assert features.shape == (50, 5, 384)  # one second at 50 Hz; the padding to 30 s is cut off
    assert torch.allclose(features, torch.stack(states, dim=2)[0, :50], atol=1e-5)


def test_shows_are_encoded_together_and_get_what_they_would_get_alone(encoder: SpeechEncoder) -> None:
    waves = [to_wave(vowels(seconds, pitch)) for seconds, pitch in ((0.9, 120.0), (0.3, 180.0), (1.7, 220.0))]
    together = encoder.encode(waves)
    assert [len(rows) for rows in together] == [45, 15, 85]
    assert torch.allclose(together[1], encoder.encode([waves[1]])[0], atol=1e-4)
    assert not torch.allclose(together[1], together[0][:15], atol=0.1)


def test_speech_of_more_than_30_seconds_takes_another_pass(encoder: SpeechEncoder) -> None:
    wave = to_wave(vowels(31.0))
    [features] = encoder.encode([wave])
    assert features.shape == (1550, 5, 384)
    [rest] = encoder.encode([wave[30 * 16_000 :]])
    assert torch.allclose(features[1500:], rest, atol=1e-4)


def test_nothing_gives_no_rows(encoder: SpeechEncoder) -> None:
    assert encoder.encode([]) == []
    assert encoder.encode([np.zeros(0, np.float32)])[0].shape == (0, 5, 384)


def test_another_whisper_is_refused(tmp_path: Path) -> None:
    whisper = tiny_whisper()
    whisper.config.encoder_layers = 6
    with pytest.raises(WeightsCorrupt, match="6 layers of width 384 .*; allowed: 4 of 384 on 80"):
        SpeechEncoder(whisper, device=torch.device("cpu"), dtype=torch.float32)


def test_the_encoder_is_loaded_from_a_folder(tmp_path: Path, encoder: SpeechEncoder) -> None:
    tiny_whisper().save_pretrained(tmp_path / "whisper")
    loaded = load_encoder(str(tmp_path / "whisper"), device=torch.device("cpu"), dtype=torch.float32)
    wave = to_wave(vowels(0.2))
    assert torch.equal(loaded.encode([wave])[0], encoder.encode([wave])[0])


# --- windows ---


def literal_windows(features: torch.Tensor, frames: int) -> torch.Tensor:
    """The published recipe, written out number by number: no padding tensor, no reshaping."""
    fps, rows_per_s, left, right = 25, 50, 2, 2
    out = torch.zeros(frames, 50, 384)
    for frame in range(frames):
        for t in range(2 * (left + right + 1)):
            row = math.floor(frame * rows_per_s / fps) + t - math.ceil(rows_per_s / fps) * left
            for layer in range(5):
                if 0 <= row < len(features):
                    out[frame, t * 5 + layer] = features[row, layer]
    return out


@pytest.mark.parametrize(("rows", "frames"), [(50, 25), (51, 26), (7, 4), (1, 1), (0, 1), (3, 0)])
def test_windows_follow_the_published_recipe(rows: int, frames: int) -> None:
    features = torch.randn(rows, 5, 384, generator=torch.Generator().manual_seed(rows))
    assert torch.equal(windows(features, frames), literal_windows(features, frames))


def test_a_frame_hears_80_ms_before_it_and_120_ms_from_its_start() -> None:
    features = torch.arange(100, dtype=torch.float32)[:, None, None].expand(100, 5, 384)
    heard = windows(features, 50)[20, :, 0]
    assert sorted(set(heard.tolist())) == list(range(36, 46))  # frame 20 starts at row 40


def test_resampling_keeps_time() -> None:
    pcm = np.zeros(SAMPLE_RATE, np.int16)
    pcm[24_000] = 20_000
    wave = to_wave(pcm)
    assert len(wave) == 16_000
    assert abs(int(np.abs(wave).argmax()) - 8_000) <= 1


def test_frames_cover_the_sound() -> None:
    assert [frames_of(np.zeros(n, np.int16)) for n in (0, 1, 1920, 1921)] == [0, 1, 1, 2]


# --- the gate ---


def tone(frames: int, decibel: float) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    peak = 32767 * math.sqrt(2) * 10 ** (decibel / 20)
    time = np.arange(frames * SAMPLES_PER_FRAME)
    return np.asarray(peak * np.sin(2 * np.pi * time / 48), np.int16)


def test_levels_are_dbfs() -> None:
    assert levels(tone(2, -20.0)) == pytest.approx([-20.0, -20.0], abs=0.1)
    assert levels(np.zeros(SAMPLES_PER_FRAME, np.int16)) == pytest.approx([-120.0])


def test_silence_is_the_clip_and_speech_is_the_model() -> None:
    pcm = np.concatenate([tone(20, -90), tone(20, -20), tone(20, -90)])
    weight = Gate().weights(pcm)
    assert weight.shape == (60,)
    assert not weight[:18].any()  # two frames of lead
    assert (weight[22:40] == 1).all()
    assert not weight[44:].any()  # four frames of hold
    assert np.abs(np.diff(weight)).max() <= 0.25 + 1e-6  # it fades, it does not jump
    assert weight[18] > 0


def test_a_short_pause_does_not_close_the_mouth_and_a_long_one_does() -> None:
    short = Gate().weights(np.concatenate([tone(20, -20), tone(4, -90), tone(20, -20)]))
    long = Gate().weights(np.concatenate([tone(20, -20), tone(25, -90), tone(20, -20)]))
    assert short[5:40].min() == 1
    assert long[30:40].max() == 0


def test_between_the_thresholds_the_state_stays() -> None:
    middle = -46.0
    assert not Gate().weights(np.concatenate([tone(10, -90), tone(20, middle)])).any()
    assert Gate().weights(np.concatenate([tone(10, -20), tone(20, middle)]))[10:25].min() == 1


def test_a_sentence_begins_and_ends_near_the_clip() -> None:
    weight = Gate().weights(tone(30, -20))
    assert weight[0] == weight[-1] == pytest.approx(0.25)
    assert weight[5:25].min() == 1


def test_no_sound_no_weights() -> None:
    assert Gate().weights(np.zeros(0, np.int16)).shape == (0,)
    assert not Gate().weights(np.zeros(9_600, np.int16)).any()


def test_a_gate_that_cannot_work_is_refused() -> None:
    with pytest.raises(ValueError, match="closes: got -30 dB; allowed: at most opens"):
        Gate(closes=-30.0)
