"""A persona made ready, once: its frames, where the mouth goes in each, and the latents the UNet starts from."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import torch

from models.avatar.lipsync.cache import LatentCache, key_of
from models.avatar.lipsync.decoders import SIDE, LatentEncoder
from models.avatar.lipsync.footage import Footage
from models.avatar.lipsync.geometry import Box, Place, face_box, jaw_mask
from models.avatar.lipsync.sources import local
from streaming.media import Rgba

log = logging.getLogger(__name__)

Crop = npt.NDArray[np.uint8]
"""A face crop, (256, 256, 3) RGB."""
ENCODE_BATCH = 4


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Prepared:
    """A persona at one size: opaque RGBA frames, a place for each, latents [frames,8,32,32] on the model's device."""

    frames: tuple[Rgba, ...]
    places: tuple[Place, ...]
    latents: torch.Tensor


def crop_face(frame: npt.NDArray[np.uint8], box: Box) -> Crop:
    """Cut a face out of an RGB frame and bring it to 256 x 256 with a Lanczos filter over 8 x 8 pixels."""
    left, top, right, bottom = box
    resized = cv2.resize(frame[top:bottom, left:right], (SIDE, SIDE), interpolation=cv2.INTER_LANCZOS4)
    return np.asarray(resized, np.uint8)


@torch.inference_mode()
def encode_crops(crops: Sequence[Crop], encoder: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    """Latents of crops, float16 [len,8,32,32]: the crop without its lower half first, then the whole crop.

    The lower half is black *before* -1..1 normalisation, so the network sees -1 there.
    """
    latents = []
    for start in range(0, len(crops), ENCODE_BATCH):
        batch = torch.from_numpy(np.stack(crops[start : start + ENCODE_BATCH])).permute(0, 3, 1, 2).float() / 255
        masked = batch.clone()
        masked[:, :, SIDE // 2 :] = 0
        both = encoder((torch.cat([masked, batch]) - 0.5) / 0.5)
        latents.append(torch.cat(both.chunk(2), dim=1).half().cpu())
    return torch.cat(latents)


def prepare(
    name: str,
    footage: Footage,
    *,
    encoder: Callable[[], LatentEncoder],
    autoencoder: str,
    cache: LatentCache,
    device: torch.device,
    dtype: torch.dtype,
) -> Prepared:
    """Make a persona ready. The autoencoder is asked for only when its latents are not in the cache.

    Args:
        name: the persona's, for the cache's file name.
        footage: frames and landmarks at the size to be shown.
        encoder: gives SD-VAE's encoder.
        autoencoder: where that comes from: part of the cache's key.
        cache: where latents are kept.
        device: where latents are put.
        dtype: their number format there.

    Raises:
        BadIdentity: the landmarks leave no face to paint.
        BackendUnavailable: the autoencoder is needed and cannot be had.
    """
    boxes = [face_box(points, footage.size) for points in footage.points]
    places = tuple(Place(box, jaw_mask(points, box)) for points, box in zip(footage.points, boxes, strict=True))
    crops = [crop_face(frame, box) for frame, box in zip(footage.frames, boxes, strict=True)]
    key = key_of(crops, fingerprint(autoencoder))
    latents = cache.read(name, key, len(crops))
    if latents is None:
        log.info("encoding %d frames of persona %s", len(crops), name)
        vae = encoder()
        weight = next(vae.parameters())
        latents = encode_crops(crops, lambda pictures: vae(pictures.to(weight.device, weight.dtype)))
        cache.write(name, key, latents)
    frames = tuple(np.dstack([frame, np.full(frame.shape[:2], 255, np.uint8)]) for frame in footage.frames)
    return Prepared(frames, places, latents.to(device, dtype))


def fingerprint(source: str) -> str:
    """Names a checkpoint for a cache: a hub id as it is, local files by their names, sizes and times."""
    path = local(source)
    if path is None:
        return source
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    stats = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.is_file()]
    return hashlib.sha256(repr((str(path.resolve()), stats)).encode()).hexdigest()


def ping_pong(cursor: int, frames: int) -> int:
    """Which frame of a clip is shown at `cursor`: forth and back for ever; both ends are shown twice."""
    at = cursor % (2 * frames)
    return at if at < frames else 2 * frames - 1 - at
