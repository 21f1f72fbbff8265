"""What `bench render` measures: networks of the true shapes with random weights, and a plain loop of each beside them.

Speed does not depend on the weights' values. The plain loop is what one writes with diffusers alone: one stream,
eager, a picture at a time, copied to the host as bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from models.base import FrameControls
from models.engine.frames import FrameModel
from models.engine.network import Compile, Network, NetworkModel
from models.engine.sample import SampleNetwork
from models.errors import ModelError, UnknownBackend
from models.precision import quick_dtype


@dataclass(frozen=True, slots=True)
class Subject:
    """A renderer and what feeds it."""

    levels: tuple[str, ...]
    device: torch.device
    number_format: torch.dtype
    make: Callable[[str, Prepared], FrameModel[Any]]
    """A level's name and how to prepare it -> the renderer; the level is one of its levels."""
    flops: Callable[[str], int]
    """A level's name -> FLOPs of one frame."""
    controls: Callable[[int, int], Any]
    """(show, frame) -> controls."""
    plain: Callable[[str], Callable[[], None]]
    """A level's name -> a call that renders one frame the plain way and waits for it in host memory."""
    about: dict[str, Any]
    """What was measured, for the record."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """How networks are prepared; see `NetworkModel`."""

    buckets: tuple[int, ...] | None = None
    compile_with: Compile = "auto"


def of_network(
    network: Network[Any], number_format: torch.dtype, controls: Callable[[int, int], Any],
    plain: Callable[[str], Callable[[], None]], about: dict[str, Any],
) -> Subject:  # fmt: skip
    """A subject from a network: pictures leave as yuv420p, and only the level asked for is compiled and rehearsed."""

    def make(level: str, prepared: Prepared) -> FrameModel[Any]:
        return NetworkModel[Any](
            _OneLevel(network, level),
            buckets=prepared.buckets,
            pixel_format="yuv420p",
            compile_with=prepared.compile_with,
        )

    def flops(level: str) -> int:
        inputs = {name: rows.to(network.device) for name, rows in network.blank(1).items()}
        # Attention as plain products: the counter does not know every fused kernel.
        with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
            network.forward(inputs, network.levels.index(level))
        return int(counter.get_total_flops())

    return Subject(network.levels, network.device, number_format, make, flops, controls, plain, about)


class _OneLevel:
    """A network reduced to one of its levels."""

    def __init__(self, network: Network[Any], level: str) -> None:
        self.name, self.size, self.device = network.name, network.size, network.device
        self.levels: tuple[str, ...] = (level,)
        self.open, self.close = network.open, network.close
        self.pack, self.blank, self.shutdown = network.pack, network.blank, network.shutdown
        self._forward, self._level = network.forward, network.levels.index(level)

    def forward(self, inputs: Mapping[str, torch.Tensor], level: int) -> torch.Tensor:
        return self._forward(inputs, self._level)


def subject(backend: str, device: str, *, tiny: bool) -> Subject:
    """Make what `backend` renders with, untrained.

    Raises:
        UnknownBackend: no such subject; the message lists them.
        ModelError: the device is not here.
    """
    if backend not in SUBJECTS:
        raise UnknownBackend(f"backend: got {backend!r}; allowed: {', '.join(sorted(SUBJECTS))}")
    if device not in {"cpu", "cuda"}:
        raise ModelError(f"device: got {device!r}; allowed: cpu, cuda")
    if device == "cuda" and not torch.cuda.is_available():
        raise ModelError("device: no CUDA device is here; allowed: cpu")
    return SUBJECTS[backend](torch.device(device), tiny)


# --- the sample network ------------------------------------------------------------------------------------------


def _sample(device: torch.device, tiny: bool) -> Subject:
    size = (64, 64) if tiny else (512, 512)
    network = SampleNetwork(device.type, size=size)

    def plain(level: str) -> Callable[[], None]:
        inputs = {name: rows.to(device) for name, rows in network.blank(1).items()}
        number = network.levels.index(level)
        return lambda: _to_host(network.forward(inputs, number))

    def controls(show: int, frame: int) -> FrameControls:
        return FrameControls(jaw_open=frame % 25 / 25, head_yaw=show)

    return of_network(network, torch.float32, controls, plain, {"size": list(size)})


# --- the diffusion host ------------------------------------------------------------------------------------------


def _diffusion(device: torch.device, tiny: bool) -> Subject:
    from diffusers import FlowMatchEulerDiscreteScheduler

    from models.avatar.diffusion.autoencoder import GUIDE_CHANNELS, AvatarAutoencoder
    from models.avatar.diffusion.canvas import HEAD_WINDOW
    from models.avatar.diffusion.denoiser import AvatarDenoiser
    from models.avatar.diffusion.pipeline import AvatarPipeline
    from models.engine.window import STEPS, WindowControls, WindowNetwork

    _, _, height, width = (0, 0, 64, 64) if tiny else HEAD_WINDOW
    # Made with their own initial weights, which are as good as trained ones for speed.
    denoiser = AvatarDenoiser(widths=(16, 32), blocks=(1, 1, 1)) if tiny else AvatarDenoiser()
    autoencoder = AvatarAutoencoder()
    dtype = quick_dtype(str(device))
    for module in (denoiser, autoencoder):
        nn.Module.to(module, device, dtype).eval().requires_grad_(False)
    pipeline = AvatarPipeline(autoencoder, denoiser, FlowMatchEulerDiscreteScheduler()).ready()
    network = WindowNetwork(denoiser, autoencoder, (width, height))
    made = torch.Generator().manual_seed(1)
    shape = (GUIDE_CHANNELS, height // 2, width // 2)
    guides = [torch.randint(-127, 128, shape, generator=made, dtype=torch.int8) for _ in range(8)]
    identities = torch.rand(64, denoiser.config.identity_size, generator=made)

    def plain(level: str) -> Callable[[], None]:
        def frame() -> None:
            # As any diffusers user calls it; its picture is a NumPy array.
            pipeline(guides[0], identities[0], num_inference_steps=STEPS[level])

        return frame

    def controls(show: int, frame: int) -> WindowControls:
        return WindowControls(guides[(show + frame) % 8], identities[show % 64])

    parts: dict[str, Any] = {"denoiser": denoiser, "decoder": autoencoder.decoder}
    parameters = {name: sum(p.numel() for p in part.parameters()) for name, part in parts.items()}
    return of_network(network, dtype, controls, plain, {"size": [width, height], "parameters": parameters})


# --- lip sync ----------------------------------------------------------------------------------------------------

_TINY_UNET = {
    "block_out_channels": [16, 16, 32, 32], "attention_head_dim": 2, "layers_per_block": 1, "norm_num_groups": 8,
}  # fmt: skip


def _lipsync(device: torch.device, tiny: bool) -> Subject:
    from models.avatar.lipsync.decoders import SdVaeDecoder, TaesdDecoder
    from models.engine.lipsync import LipsyncNetwork, MouthControls

    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    vae, taesd = _random(_sd_vae(tiny), device, dtype), _random(_taesd(tiny), device, dtype)
    network = LipsyncNetwork(
        _random(_unet(tiny), device, dtype), {"sd-vae": SdVaeDecoder(vae), "taesd": TaesdDecoder(taesd)}
    )
    noise = torch.Generator().manual_seed(1)
    latents = [torch.randn(8, 32, 32, generator=noise).to(dtype) for _ in range(16)]
    audio = [torch.randn(50, 384, generator=noise).to(dtype) for _ in range(16)]

    def plain(level: str) -> Callable[[], None]:
        unet: Any = _random(_unet(tiny), device, dtype)
        step = torch.zeros(1, dtype=torch.long, device=device)
        latent, tokens = latents[0][None].to(device), audio[0][None].to(device)

        def frame() -> None:
            drawn = unet(latent, step, encoder_hidden_states=tokens).sample
            picture = vae.decode(drawn / 0.18215).sample if level == "sd-vae" else taesd.decode(drawn).sample
            _to_host(picture / 2 + 0.5)

        return frame

    parts: dict[str, Any] = {"unet": _unet(tiny), "sd-vae decoder": vae.decoder, "taesd decoder": taesd.decoder}
    parameters = {name: sum(p.numel() for p in part.parameters()) for name, part in parts.items()}

    def controls(show: int, frame: int) -> MouthControls:
        return MouthControls(latents[(show + frame) % 16], audio[(3 * show + frame) % 16])

    return of_network(network, dtype, controls, plain, {"size": [256, 256], "parameters": parameters})


def _unet(tiny: bool) -> Any:
    from models.avatar.lipsync.unet import MUSETALK_15, build_unet

    return build_unet({**MUSETALK_15, **_TINY_UNET} if tiny else MUSETALK_15)


def _sd_vae(tiny: bool) -> Any:
    from diffusers import AutoencoderKL

    with torch.device("meta"):
        return AutoencoderKL(  # stabilityai/sd-vae-ft-mse
            block_out_channels=(8, 8, 8, 8) if tiny else (128, 256, 512, 512),
            norm_num_groups=4 if tiny else 32,
            layers_per_block=1 if tiny else 2,
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            latent_channels=4,
            sample_size=256,
        )


def _taesd(tiny: bool) -> Any:
    from diffusers import AutoencoderTiny

    with torch.device("meta"):
        widths = (8,) * 4 if tiny else (64,) * 4
        return AutoencoderTiny(encoder_block_out_channels=widths, decoder_block_out_channels=widths)


def _random(module: nn.Module, device: torch.device, dtype: torch.dtype) -> Any:
    """From the meta device to `device`, with small normal weights: pictures stay finite."""
    # Past diffusers' own `to`, which warns about every cast.
    nn.Module.to(module, dtype).to_empty(device=device).eval().requires_grad_(False)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            scale = parameter.shape[1:].numel() ** -0.5 if parameter.dim() > 1 else 0.02
            parameter.normal_(0, scale)
            if parameter.dim() == 1 and name.endswith("weight"):
                parameter.add_(1)  # a normalisation's gain
    return module


def _to_host(picture: torch.Tensor) -> None:
    (picture.float().clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()


SUBJECTS: dict[str, Callable[[torch.device, bool], Subject]] = {
    "diffusion": _diffusion,
    "lipsync": _lipsync,
    "sample": _sample,
}
