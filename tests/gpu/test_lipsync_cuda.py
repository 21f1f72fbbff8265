"""The lip-sync network at MuseTalk's true size on a CUDA device: one graph, and the numbers of eager float32."""

from __future__ import annotations

import pytest
import torch
from diffusers import AutoencoderKL, AutoencoderTiny

from models.avatar.lipsync.decoders import SdVaeDecoder, TaesdDecoder
from models.avatar.lipsync.model import LipsyncModel
from models.avatar.lipsync.unet import PARAMETERS, build_unet

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device is here"),
]
ROWS = 8


def decoder(kind: str) -> torch.nn.Module:
    if kind == "taesd":
        return TaesdDecoder(AutoencoderTiny())
    return SdVaeDecoder(
        AutoencoderKL(
            block_out_channels=(128, 256, 512, 512),
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            layers_per_block=2,
        )
    )


@pytest.mark.parametrize("kind", ["taesd", "sd-vae"])
def test_a_forward_pass_is_captured_in_one_graph_and_replayed(kind: str) -> None:
    torch.manual_seed(0)
    with torch.device("cuda"):
        unet = build_unet(device="cuda").eval().requires_grad_(False)
        assert sum(p.numel() for p in unet.parameters()) == PARAMETERS
        model = LipsyncModel(unet, decoder(kind)).eval().requires_grad_(False)
        latents, audio = torch.randn(ROWS, 8, 32, 32), torch.randn(ROWS, 50, 384)
    with torch.inference_mode():
        exact = model(latents, audio)
        model = model.to(torch.float16).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        held = latents.half(), audio.half()
        side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        with torch.cuda.stream(side):
            for _ in range(3):
                model(*held)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            pictures = model(*held)
        graph.replay()
        torch.cuda.synchronize()
        assert pictures.shape == (ROWS, 3, 256, 256)
        assert (pictures.float() - exact).abs().mean() < 4e-3
        held[1].copy_(audio.roll(1, 0).half())
        graph.replay()
        assert (pictures.float() - model(latents.half(), audio.roll(1, 0).half()).float()).abs().max() < 2e-2
