"""A lip-sync network of MuseTalk's shape and a thousandth of its size, and a drawn face with known landmarks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from diffusers import AutoencoderKL, AutoencoderTiny
from PIL import Image
from transformers import WhisperConfig, WhisperModel

from models.avatar.footage_hash import footage_sha256
from models.avatar.lipsync.backend import LipsyncBackend
from models.avatar.lipsync.geometry import Points
from models.avatar.lipsync.landmarks import mean_face, write_sidecar
from models.avatar.lipsync.session import LipsyncSession
from models.avatar.lipsync.unet import MUSETALK_15, build_unet
from models.base import AvatarIdentity
from streaming.media import SAMPLE_RATE, Pcm

TINY_UNET = {**MUSETALK_15, "block_out_channels": [16, 32, 64, 64], "norm_num_groups": 8, "attention_head_dim": 1}
SIZE = (180, 320)


@contextmanager
def one_thread() -> Iterator[None]:
    """Networks this small gain nothing from threads, and lose much on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def tiny_unet(seed: int = 0) -> Any:
    torch.manual_seed(seed)
    return build_unet(TINY_UNET, device="cpu").eval().requires_grad_(False)


def tiny_vae(seed: int = 1) -> Any:
    torch.manual_seed(seed)
    return AutoencoderKL(
        block_out_channels=(4, 4, 4, 4),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        norm_num_groups=2,
        scaling_factor=0.18215,
    ).eval()


def tiny_taesd(seed: int = 2) -> Any:
    torch.manual_seed(seed)
    return AutoencoderTiny(
        encoder_block_out_channels=(4, 4, 4, 4),
        decoder_block_out_channels=(4, 4, 4, 4),
        num_encoder_blocks=(1, 1, 1, 1),
        num_decoder_blocks=(1, 1, 1, 1),
    ).eval()


def tiny_whisper(seed: int = 3) -> Any:
    """Whisper tiny's encoder but for its inner width; the decoder is not used and almost nothing."""
    torch.manual_seed(seed)
    return WhisperModel(
        WhisperConfig(
            d_model=384,
            encoder_layers=4,
            encoder_attention_heads=6,
            encoder_ffn_dim=32,
            decoder_layers=1,
            decoder_attention_heads=6,
            decoder_ffn_dim=8,
            vocab_size=64,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=2,
            decoder_start_token_id=3,
        )  # fmt: skip
    ).eval()


class Vouched(LipsyncBackend):
    """The backend with footage that the tests have drawn, all of it vouched for."""

    def open(self, identity: AvatarIdentity, size: tuple[int, int]) -> LipsyncSession:
        return super().open(replace(identity, footage=vouched(self._personas)), size)


def vouched(folder: Path) -> frozenset[str]:
    return frozenset(footage_sha256(path) for path in folder.glob("*") if path.suffix != ".json")


def save_checkpoints(folder: Path) -> dict[str, Any]:
    """Write all four as their publishers do; returns the options that name them."""
    checkpoint = folder / "MuseTalk" / "musetalkV15"
    checkpoint.mkdir(parents=True)
    torch.save(tiny_unet().state_dict(), checkpoint / "unet.pth")
    (checkpoint / "musetalk.json").write_text(json.dumps(TINY_UNET), encoding="utf-8")
    tiny_vae().save_pretrained(folder / "vae")
    tiny_taesd().save_pretrained(folder / "taesd")
    tiny_whisper().save_pretrained(folder / "whisper")
    return {
        "checkpoint": str(folder / "MuseTalk"),
        "vae": str(folder / "vae"),
        "taesd": str(folder / "taesd"),
        "whisper": str(folder / "whisper"),
        "device": "cpu",
        "cache": str(folder / "cache"),
        "personas": str(folder / "personas"),
    }


def face_points(size: tuple[int, int] = SIZE, shift: float = 0.0) -> Points:
    """Landmarks of a face in the middle of the upper half."""
    unit = size[0] * 0.24
    return (mean_face() * unit + [size[0] / 2 + shift, size[1] * 0.34]).astype(np.float32)


def draw_face(points: Points, size: tuple[int, int] = SIZE) -> npt.NDArray[np.uint8]:
    """A head with eyes and lips before a striped wall, (height, width, 3)."""
    rows, columns = np.mgrid[: size[1], : size[0]]
    picture = np.stack([90 + rows % 50, 120 + columns % 40, 140 + (rows + columns) % 30], axis=-1).astype(np.uint8)
    at = np.round(points).astype(np.int32)
    cv2.fillConvexPoly(picture, cv2.convexHull(np.concatenate([at[:17], at[17:27] - [0, 12]])), (224, 172, 140))
    for eye in (at[36:42], at[42:48]):
        cv2.fillConvexPoly(picture, cv2.convexHull(eye), (40, 30, 30))
    cv2.fillConvexPoly(picture, cv2.convexHull(at[48:60]), (170, 60, 70))
    return picture


def save_persona(folder: Path, name: str, frames: int = 1) -> Path:
    """A still, or a folder of frames whose head moves to the right, with the landmarks beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    points = [face_points(shift=2.0 * i) for i in range(frames)]
    path = folder / (f"{name}.png" if frames == 1 else name)
    if frames == 1:
        Image.fromarray(draw_face(points[0])).save(path)
    else:
        path.mkdir()
        for index, one in enumerate(points):
            Image.fromarray(draw_face(one)).save(path / f"{index:04}.png")
    write_sidecar(path, SIZE, points)
    return path


def vowels(seconds: float, pitch: float = 140.0, seed: int = 0) -> Pcm:
    """Voiced noise that changes four times a second, at speech level."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(SAMPLE_RATE * seconds)) / SAMPLE_RATE
    wave = sum(np.sin(2 * np.pi * pitch * n * time) * rng.uniform(0.2, 1) / n for n in range(1, 20))
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * 4 * time)
    return np.asarray(8000 * wave * swell / np.abs(wave).max(), np.int16)
