from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file, save_file
from torch.utils.flop_counter import FlopCounterMode

from models.avatar.lipsync.decoders import LatentEncoder, SdVaeDecoder, TaesdDecoder, load_taesd, load_vae
from models.avatar.lipsync.model import LipsyncModel, positional_encoding
from models.avatar.lipsync.unet import KEYS, MUSETALK_15, PARAMETERS, build_unet, check_state, load_unet
from models.errors import BackendUnavailable, WeightsCorrupt
from tests.unit.lipsync_tiny import TINY_UNET, one_thread, tiny_taesd, tiny_unet, tiny_vae

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


CPU: dict[str, Any] = {"device": torch.device("cpu"), "dtype": torch.float32}


def inputs(batch: int, seed: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, 8, 32, 32, generator=generator), torch.randn(batch, 50, 384, generator=generator)


def saved(folder: Path, state: dict[str, torch.Tensor], config: dict[str, Any] | None = None) -> str:
    folder.mkdir(exist_ok=True)
    torch.save(state, folder / "unet.pth")
    (folder / "musetalk.json").write_text(json.dumps(config or TINY_UNET), encoding="utf-8")
    return str(folder)


# --- the UNet ---


def test_the_real_configuration_has_musetalks_keys_and_size() -> None:
    unet = build_unet()
    state = unet.state_dict()
    assert len(state) == KEYS == 686
    assert sum(value.numel() for value in state.values()) == PARAMETERS
    assert round(PARAMETERS / 1e6, 2) == 849.95
    assert state["conv_in.weight"].shape == (320, 8, 3, 3)
    assert state["conv_out.weight"].shape == (4, 320, 3, 3)
    assert state["mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight"].shape == (1280, 384)
    assert state["down_blocks.0.attentions.0.proj_in.weight"].shape == (320, 320, 1, 1)  # a convolution, as in SD 1
    assert all(value.is_meta for value in state.values())


def test_the_tiny_network_of_these_tests_has_the_same_keys() -> None:
    assert set(tiny_unet().state_dict()) == set(build_unet().state_dict())


def test_a_frame_of_the_real_network_costs_178_gflop() -> None:
    unet = build_unet()
    with FlopCounterMode(display=False) as counter:
        unet(
            torch.empty(1, 8, 32, 32, device="meta"),
            torch.zeros(1, device="meta"),
            torch.empty(1, 50, 384, device="meta"),
        )
    assert round(counter.get_total_flops() / 1e9) == 178


def test_a_checkpoint_is_loaded_from_pth_and_from_safetensors(tmp_path: Path) -> None:
    unet = tiny_unet()
    source = saved(tmp_path / "a", unet.state_dict())
    (tmp_path / "b").mkdir()
    save_file(unet.state_dict(), tmp_path / "b" / "unet.safetensors")
    (tmp_path / "b" / "config.json").write_text(json.dumps(TINY_UNET), encoding="utf-8")
    latents, audio = inputs(1)
    for place in (source, str(tmp_path / "b"), str(tmp_path / "a" / "unet.pth")):
        loaded = load_unet(place, **CPU)
        assert not any(parameter.is_meta or parameter.requires_grad for parameter in loaded.parameters())
        assert torch.equal(loaded(latents, 0, audio).sample, unet(latents, 0, audio).sample)


def test_a_foreign_checkpoint_is_refused_by_name(tmp_path: Path) -> None:
    state = dict(tiny_unet().state_dict())
    del state["conv_out.bias"]
    with pytest.raises(WeightsCorrupt, match=r"conv_out\.bias is missing"):
        load_unet(saved(tmp_path / "a", state), **CPU)
    state = {**tiny_unet().state_dict(), "extra": torch.zeros(1), "conv_out.bias": torch.zeros(9)}
    with pytest.raises(WeightsCorrupt, match=r"extra is unknown; conv_out\.bias has shape \[9\]; allowed: \[4\]"):
        load_unet(saved(tmp_path / "b", state), **CPU)
    with pytest.raises(WeightsCorrupt, match=r"conv_in\.weight has shape .* and \d+ more"):
        check_state(tiny_unet().state_dict(), build_unet())


def test_a_text_to_image_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsCorrupt, match="cross_attention_dim is 768; allowed: 384"):
        load_unet(saved(tmp_path / "a", {}, {**MUSETALK_15, "cross_attention_dim": 768}), **CPU)


def test_a_pickle_that_holds_code_is_not_run(tmp_path: Path) -> None:
    marker = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (marker,)

    saved(tmp_path / "a", {})
    torch.save({"conv_in.weight": Evil()}, tmp_path / "a" / "unet.pth")
    with pytest.raises(WeightsCorrupt, match="more than tensors"):
        load_unet(str(tmp_path / "a"), **CPU)
    assert not marker.exists()


def test_a_path_that_is_not_there_says_what_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailable, match="no such file or folder; allowed: .* a hub id"):
        load_unet(str(tmp_path / "nothing"), **CPU)
    with pytest.raises(BackendUnavailable, match=r"holds none of .*unet\.pth"):
        load_unet(str(tmp_path), **CPU)


# --- the folded model ---


class Same(torch.nn.Module):
    """A decoder that shows the latents."""

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return latents


def test_the_model_gives_what_the_unet_gives_at_timestep_0() -> None:
    latents, audio = inputs(3)
    plain: UNet2DConditionModel = tiny_unet()
    expected = plain(latents, torch.tensor([0]), audio + positional_encoding()).sample
    model = LipsyncModel(tiny_unet(), Same())
    with torch.inference_mode():
        assert torch.allclose(model(latents, audio), expected, atol=2e-5)
    elsewhere = plain(latents, torch.tensor([500]), audio + positional_encoding()).sample
    assert not torch.allclose(elsewhere, expected, atol=1e-3)  # so the comparison above says something


def test_the_rows_of_a_batch_do_not_touch_each_other() -> None:
    latents, audio = inputs(4)
    model = LipsyncModel(tiny_unet(), SdVaeDecoder(tiny_vae()))
    with torch.inference_mode():
        together = model(latents, audio)
        alone = model(latents[2:3], audio[2:3])
    assert together.shape == (4, 3, 256, 256)
    assert (together[2:3] - alone).abs().max() < 1e-3
    assert (together[1:2] - alone).abs().max() > 0.05


def test_nothing_in_the_model_looks_at_the_data() -> None:
    """On the meta device there is none: a branch on a value, or a copy to the host, would raise."""
    model = LipsyncModel(tiny_unet(), TaesdDecoder(tiny_taesd())).eval().to("meta")
    with torch.inference_mode():
        pictures = model(torch.empty(2, 8, 32, 32, device="meta"), torch.empty(2, 50, 384, device="meta"))
    assert pictures.shape == (2, 3, 256, 256)


def test_positions_are_encoded_as_in_the_paper() -> None:
    encoding = positional_encoding()
    assert encoding.shape == (50, 384)
    for position, pair in ((0, 0), (1, 0), (7, 5), (49, 191)):
        angle = position / 10_000 ** (2 * pair / 384)
        assert encoding[position, 2 * pair].item() == pytest.approx(math.sin(angle), abs=1e-5)
        assert encoding[position, 2 * pair + 1].item() == pytest.approx(math.cos(angle), abs=1e-5)


# --- decoders ---


def test_sd_vae_undoes_the_scaling_and_taesd_does_not() -> None:
    latents = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    vae, taesd = tiny_vae(), tiny_taesd()
    with torch.inference_mode():
        expected = (vae.decode(latents / 0.18215).sample / 2 + 0.5).clamp(0, 1)
        assert torch.allclose(SdVaeDecoder(vae)(latents), expected, atol=1e-6)
        assert taesd.config.scaling_factor == 1.0
        expected = (taesd.decode(latents).sample / 2 + 0.5).clamp(0, 1)
        assert torch.allclose(TaesdDecoder(taesd)(latents), expected, atol=1e-6)
        assert SdVaeDecoder(vae)(latents).shape == TaesdDecoder(taesd)(latents).shape == (2, 3, 64, 64)


def test_the_encoder_gives_the_scaled_mode_each_time() -> None:
    pictures = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(2)) * 2 - 1
    vae = tiny_vae()
    with torch.inference_mode():
        latents = LatentEncoder(vae)(pictures)
        moments = vae.quant_conv(vae.encoder(pictures))
        assert torch.equal(latents, LatentEncoder(vae)(pictures))
    assert torch.allclose(latents, moments[:, :4] * 0.18215)


def old_names(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Attention as it was named before diffusers 0.18, as in stabilityai/sd-vae-ft-mse."""
    names = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    renamed = {}
    for key, value in state.items():
        for new, old in names.items():
            key = key.replace(f"attentions.0.{new}.", f"attentions.0.{old}.")
        renamed[key] = value.contiguous()
    return renamed


def test_an_autoencoder_with_the_old_attention_names_loads(tmp_path: Path) -> None:
    vae = tiny_vae()
    vae.save_pretrained(tmp_path / "vae")
    file = tmp_path / "vae" / "diffusion_pytorch_model.safetensors"
    state = old_names(load_file(file))
    assert "decoder.mid_block.attentions.0.proj_attn.weight" in state
    save_file(state, file, metadata={"format": "pt"})
    loaded = load_vae(str(tmp_path / "vae"), **CPU)
    latents = torch.randn(1, 4, 4, 4, generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        assert torch.equal(SdVaeDecoder(loaded)(latents), SdVaeDecoder(vae)(latents))


def test_an_autoencoder_that_lacks_a_tensor_is_refused_and_not_left_random(tmp_path: Path) -> None:
    tiny_vae().save_pretrained(tmp_path / "vae")
    file = tmp_path / "vae" / "diffusion_pytorch_model.safetensors"
    state = load_file(file)
    del state["decoder.conv_in.weight"]
    save_file(state, file, metadata={"format": "pt"})
    with pytest.raises(WeightsCorrupt, match=r"1 tensors are missing .*decoder\.conv_in\.weight"):
        load_vae(str(tmp_path / "vae"), **CPU)


def test_the_two_kinds_of_autoencoder_are_not_taken_for_each_other(tmp_path: Path) -> None:
    tiny_vae().save_pretrained(tmp_path / "vae")
    tiny_taesd().save_pretrained(tmp_path / "taesd")
    with pytest.raises((WeightsCorrupt, BackendUnavailable)):
        load_vae(str(tmp_path / "taesd"), **CPU)
    with pytest.raises((WeightsCorrupt, BackendUnavailable)):
        load_taesd(str(tmp_path / "vae"), **CPU)


def test_an_autoencoder_for_other_latents_is_refused(tmp_path: Path) -> None:
    vae = tiny_vae()
    vae.register_to_config(scaling_factor=0.13025)  # SDXL's
    vae.save_pretrained(tmp_path / "vae")
    with pytest.raises(WeightsCorrupt, match="scaling_factor is 0.13025; allowed: 0.18215"):
        load_vae(str(tmp_path / "vae"), **CPU)
