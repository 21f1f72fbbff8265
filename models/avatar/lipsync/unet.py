"""MuseTalk's UNet as data: its configuration, the check of a checkpoint against it, and loading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from diffusers import UNet2DConditionModel

from models.avatar.lipsync.sources import State, find_file, local, read_json, read_state
from models.errors import WeightsCorrupt

MUSETALK_15: Mapping[str, Any] = {
    "act_fn": "silu",
    "attention_head_dim": 8,
    "block_out_channels": [320, 640, 1280, 1280],
    "center_input_sample": False,
    "cross_attention_dim": 384,
    "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
    "downsample_padding": 1,
    "flip_sin_to_cos": True,
    "freq_shift": 0,
    "in_channels": 8,
    "layers_per_block": 2,
    "mid_block_scale_factor": 1,
    "norm_eps": 1e-05,
    "norm_num_groups": 32,
    "out_channels": 4,
    "sample_size": 64,
    "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
}
"""`musetalkV15/musetalk.json` of TMElyralab/MuseTalk: Stable Diffusion 1's UNet, but 8 channels in (masked and
reference latent), and audio instead of text (384, Whisper tiny's width). `attention_head_dim` counts heads."""
KEYS = 686
PARAMETERS = 849_947_844
CONTRACT = {"in_channels": 8, "out_channels": 4, "cross_attention_dim": 384}
"""What every checkpoint must share; widths and depths may differ (a distilled or a test network)."""
WEIGHTS = (
    "musetalkV15/unet.safetensors", "musetalkV15/unet.pth", "unet.safetensors", "unet.pth",
    "diffusion_pytorch_model.safetensors",
)  # fmt: skip
CONFIGS = ("musetalkV15/musetalk.json", "musetalk.json", "config.json")


def build_unet(config: Mapping[str, Any] = MUSETALK_15, *, device: str = "meta") -> UNet2DConditionModel:
    """An untrained network; on the meta device it takes no memory and has only keys and shapes.

    Raises:
        WeightsCorrupt: the configuration is not one of a lip-sync UNet; the message names the field.
    """
    for field, value in CONTRACT.items():
        if config.get(field) != value:
            raise WeightsCorrupt(f"UNet configuration: {field} is {config.get(field)!r}; allowed: {value}")
    with torch.device(device):
        return UNet2DConditionModel.from_config(dict(config))


def check_state(state: State, unet: UNet2DConditionModel) -> None:
    """Compare keys and shapes, so that a foreign checkpoint is refused before anything is drawn with it.

    Raises:
        WeightsCorrupt: a key is missing, unknown or of another shape; the message names the first three.
    """
    wanted = {name: tuple(value.shape) for name, value in unet.state_dict().items()}
    given = {name: tuple(value.shape) for name, value in state.items()}
    problems = [f"{name} is missing" for name in wanted if name not in given]
    problems += [f"{name} is unknown" for name in given if name not in wanted]
    problems += [
        f"{name} has shape {list(given[name])}; allowed: {list(shape)}"
        for name, shape in wanted.items()
        if name in given and given[name] != shape
    ]
    if problems:
        more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
        raise WeightsCorrupt(f"not a checkpoint of this UNet: {'; '.join(problems[:3])}{more}")


def load_unet(source: str, *, device: torch.device, dtype: torch.dtype) -> UNet2DConditionModel:
    """Load `unet.pth` (or safetensors) and `musetalk.json` from a folder or a hub repository.

    The network is built on the meta device and takes the checkpoint's tensors as they are: nothing is initialised
    only to be overwritten, and peak memory is one copy.

    Raises:
        BackendUnavailable: the files cannot be had.
        WeightsCorrupt: they are damaged, or of another network.
    """
    weights = find_file(source, WEIGHTS)
    path = local(source)
    config = find_file(str(weights.parent) if path is not None and path.is_file() else source, CONFIGS)
    state = read_state(weights)
    unet = build_unet(read_json(config))
    check_state(state, unet)
    unet.load_state_dict({name: value.to(device, dtype) for name, value in state.items()}, assign=True)
    return unet.eval().requires_grad_(False)
