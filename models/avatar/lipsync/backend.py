"""The `lipsync` backend: MuseTalk 1.5 over the idle clips of personas, in plain diffusers and transformers."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import UNet2DConditionModel

from models.avatar.lipsync.audio import SpeechEncoder, frames_of, load_encoder, to_wave, windows
from models.avatar.lipsync.cache import LatentCache
from models.avatar.lipsync.composite import to_bytes
from models.avatar.lipsync.decoders import LatentEncoder, SdVaeDecoder, TaesdDecoder, load_taesd, load_vae
from models.avatar.lipsync.footage import find_picture, load_footage, require_vouched
from models.avatar.lipsync.gate import Gate
from models.avatar.lipsync.landmarks import FaceDetector
from models.avatar.lipsync.model import LipsyncModel
from models.avatar.lipsync.preparation import Prepared, prepare
from models.avatar.lipsync.session import Faces, LipsyncSession
from models.avatar.lipsync.shared import SharedMouths
from models.avatar.lipsync.unet import load_unet
from models.base import AvatarIdentity
from models.engine.session import LEAD_S
from models.errors import BackendUnavailable, BadIdentity, ModelError
from models.runtime import Policy
from streaming.media import Pcm

log = logging.getLogger(__name__)

DECODERS = ("sd-vae", "taesd")
DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
MIN_SIDE, MAX_SIDE = 64, 4096


class LipsyncBackend:
    """Draws hosts from footage and lets them speak. One copy of the networks serves all sessions.

    Identity: the footage is `personas`/<persona id>, or what the attribute `picture` names there. All other
    attributes are the footage's own business and are not read.
    """

    name = "lipsync"

    def __init__(
        self,
        *,
        personas: str | Path = "configs/personas/footage",
        checkpoint: str = "TMElyralab/MuseTalk",
        vae: str = "stabilityai/sd-vae-ft-mse",
        taesd: str = "madebyollin/taesd",
        whisper: str = "openai/whisper-tiny",
        decoder: str = "sd-vae",
        device: str | None = None,
        dtype: str | None = None,
        batch: int = 8,
        face_detector: str | None = None,
        cache: str | Path | None = None,
        gate: dict[str, Any] | None = None,
        engine: bool | None = None,
        policy: dict[str, Any] | None = None,
        lead_s: float | None = None,
    ) -> None:
        """Name the parts; they are loaded at the first `open`, or by `load`. Checkpoints are paths or hub ids.

        Args:
            personas: folder with an image, a clip or a folder of frames for each persona, landmarks beside it.
            checkpoint: MuseTalk 1.5's unet.pth (or safetensors) and musetalk.json.
            vae: SD-VAE; with the TAESD decoder it is loaded only to encode a persona that is not cached.
            taesd: TAESD for SD 1.x.
            whisper: Whisper tiny.
            decoder: "sd-vae" (sharper) or "taesd" (a sixteenth of the work).
            device: "cuda", "cuda:1", "cpu"; by default the first GPU if there is one.
            dtype: "float16", "bfloat16" or "float32"; by default float16 on a GPU, else float32.
            batch: frames drawn in one pass.
            face_detector: YuNet, for footage without landmarks.
            cache: folder of encoded personas, by default INFLUENCER_CACHE/lipsync.
            gate: fields of `Gate`, to tune when the mouth is still.
            engine: draw all shows in one batch on the render engine, with admission, and TAESD under load; by default
                on a GPU. Without it each show draws for itself, one after another.
            policy: fields of `models.runtime.Policy`, for the engine.
            lead_s: seconds from asking the engine for a frame to its deadline.

        Raises:
            ModelError: an option is not one of those allowed.
        """
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        dtype = dtype or ("float16" if device.startswith("cuda") else "float32")
        _one_of("decoder", decoder, DECODERS)
        _one_of("dtype", dtype, tuple(DTYPES))
        if not 1 <= batch <= 64:
            raise ModelError(f"lipsync: batch: got {batch}; allowed: 1 to 64")
        try:
            self._device = torch.device(device)
            self._gate = Gate(**(gate or {}))
            self._policy = Policy(**(policy or {}))
        except (RuntimeError, TypeError, ValueError) as error:
            raise ModelError(f"lipsync: device, gate or policy: {str(error).splitlines()[0]}") from error
        self._dtype = DTYPES[dtype]
        self._personas = Path(personas).expanduser()
        self._sources = {"checkpoint": checkpoint, "vae": vae, "taesd": taesd, "whisper": whisper}
        self._decoder, self._batch, self._face_detector = decoder, batch, face_detector
        self._cache = LatentCache(Path(cache).expanduser() if cache else None)
        self._prepared: weakref.WeakValueDictionary[tuple[str, tuple[int, int]], Prepared] = (
            weakref.WeakValueDictionary()
        )
        self._opening = threading.Lock()
        self._running = threading.Lock()
        self._on_engine = self._device.type == "cuda" if engine is None else engine
        self._lead_s = LEAD_S if lead_s is None else lead_s
        self._model: LipsyncModel | None = None
        self._shared: SharedMouths | None = None
        self._speech: SpeechEncoder | None = None

    # --- models.base.AvatarBackend ---

    def open(self, identity: AvatarIdentity, size: tuple[int, int]) -> LipsyncSession:
        """Prepare a persona at (width, height): seconds the first time, then its latents come from the cache.

        Raises:
            BadIdentity: it has no footage, no landmarks, or no face in it; the message says what is allowed.
            FootageRefused: nobody has vouched for the footage (`identity.footage`), or for other bytes of it.
            BackendUnavailable: a checkpoint cannot be had, or the device is lost just now.
            AdmissionRefused: the device has no room for another show.
            WeightsCorrupt: a checkpoint is damaged or of another network.
        """
        if not all(MIN_SIDE <= side <= MAX_SIDE for side in size):
            raise BadIdentity(
                f"{identity.persona_id}: size {size[0]}x{size[1]}; allowed: {MIN_SIDE} to {MAX_SIDE} pixels a side"
            )
        name = identity.attributes.get("picture", identity.persona_id)
        if not isinstance(name, str):
            raise BadIdentity(f"picture: got {name!r}; allowed: the name of footage in the personas folder")
        picture = find_picture(self._personas, name)
        require_vouched(picture, identity)
        with self._opening:
            self._load()
            prepared = self._prepared.get((name, size))
            if prepared is None:
                detector = FaceDetector(self._face_detector) if self._face_detector else None
                prepared = prepare(
                    name,
                    load_footage(picture, size, detector),
                    encoder=self._encoder,
                    autoencoder=self._sources["vae"],
                    cache=self._cache,
                    device=self._device,
                    dtype=self._dtype,
                )
                self._prepared[name, size] = prepared
            if self._shared is None:
                return LipsyncSession(prepared, self, self._gate)
            network, release = self._shared.open(identity, self.hear)
        return LipsyncSession(prepared, network, self._gate, release)

    def close(self) -> None:
        """Free the networks. Idempotent."""
        with self._opening:
            if self._shared is not None:
                self._shared.close()
            with self._running:
                self._model = self._speech = self._shared = None

    # --- what sessions and an engine use ---

    def load(self) -> None:
        """Load the networks now rather than at the first `open`.

        Raises:
            BackendUnavailable: a checkpoint cannot be had.
            WeightsCorrupt: a checkpoint is damaged or of another network.
        """
        with self._opening:
            self._load()

    @property
    def model(self) -> LipsyncModel:
        """The network as one function of a batch; see `LipsyncModel.forward`.

        Raises:
            BackendUnavailable: it is not loaded, or it is on the engine.
        """
        if self._model is None:
            raise BackendUnavailable("lipsync: the networks are not loaded")
        return self._model

    def hear(self, pcm: Pcm) -> torch.Tensor:
        """Audio windows of one utterance, [frames,50,384]."""
        return self.hear_all([pcm])[0]

    def hear_all(self, utterances: Sequence[Pcm]) -> list[torch.Tensor]:
        """Audio windows of utterances of any shows, encoded together."""
        waves = [to_wave(pcm) for pcm in utterances]
        with self._running:
            if self._speech is None:
                raise BackendUnavailable("lipsync: the networks are not loaded")
            features = self._speech.encode(waves)
        return [windows(rows, frames_of(pcm)) for rows, pcm in zip(features, utterances, strict=True)]

    @torch.inference_mode()
    def draw(self, latents: torch.Tensor, windows: torch.Tensor) -> Faces:
        """Face crops (B, 256, 256, 3) for latents [B,8,32,32] and windows [B,50,384], `batch` at a time."""
        crops = []
        for at in range(0, len(latents), self._batch):
            part = slice(at, at + self._batch)
            with self._running:
                crops.append(to_bytes(self.model(latents[part], windows[part].to(latents.dtype))).cpu().numpy())
        return np.concatenate(crops)

    # --- inside ---

    def _load(self) -> None:
        if self._speech is not None:
            return
        if self._device.type == "cuda" and not torch.cuda.is_available():
            raise BackendUnavailable("lipsync: device: no CUDA device here; allowed: cpu")
        speech = load_encoder(self._sources["whisper"], device=self._device, dtype=self._dtype)
        if self._on_engine:
            on_gpu = self._device.type == "cuda"
            self._shared = SharedMouths(self._networks, on_gpu=on_gpu, policy=self._policy, lead_s=self._lead_s)
        else:
            unet, decoders = self._networks()
            model = LipsyncModel(unet, decoders[self._decoder]).eval()
            self._model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._speech = speech

    def _networks(self) -> tuple[UNet2DConditionModel, dict[str, torch.nn.Module]]:
        """The UNet, and the decoder asked for; on the engine TAESD comes second, for when the device is busy."""
        place: dict[str, Any] = {"device": self._device, "dtype": self._dtype}
        decoders: dict[str, torch.nn.Module] = {}
        if self._decoder == "sd-vae":
            decoders["sd-vae"] = SdVaeDecoder(load_vae(self._sources["vae"], **place))
        if self._decoder == "taesd" or self._on_engine:
            try:
                decoders["taesd"] = TaesdDecoder(load_taesd(self._sources["taesd"], **place))
            except BackendUnavailable as error:
                if not decoders:
                    raise
                log.warning("lipsync runs without its cheaper decoder: %s", error)
        return load_unet(self._sources["checkpoint"], **place), decoders

    def _encoder(self) -> LatentEncoder:
        # In float32 also on a GPU: it runs once, and float16 loses some of the latent's precision.
        return LatentEncoder(load_vae(self._sources["vae"], device=self._device, dtype=torch.float32))


def _one_of(option: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ModelError(f"lipsync: {option}: got {value!r}; allowed: {', '.join(allowed)}")
