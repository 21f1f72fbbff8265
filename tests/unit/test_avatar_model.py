"""The avatar's networks, their pipeline folder and their training, in tiny sizes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler

from models.avatar.diffusion.autoencoder import AvatarAutoencoder
from models.avatar.diffusion.denoiser import AvatarDenoiser
from models.avatar.diffusion.layers import depth_to_space, space_to_depth
from models.avatar.diffusion.pipeline import AvatarPipeline
from models.training import train_autoencoder, train_denoiser, train_distil
from models.training.data import AvatarData, BadData, step_generator
from models.training.evaluate import evaluate
from models.training.export import export
from models.training.latents import fingerprint
from models.training.loop import Leg, adamw, averaged, descend, ema
from models.training.losses import picture_loss, weight_map
from models.training.metrics import flicker, gradient_distance, ms_ssim, psnr, ssim
from tests.avatar_fixture import write

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("data"))


def tiny_autoencoder() -> AvatarAutoencoder:
    torch.manual_seed(0)
    return AvatarAutoencoder(8, (16, 24), (1, 1), (24, 16), (1, 1), 8)


def tiny_denoiser() -> AvatarDenoiser:
    torch.manual_seed(0)
    return AvatarDenoiser(8, 64, (16, 24), (1, 1, 1), 16, 32)


def tiny_pipeline() -> AvatarPipeline:
    return AvatarPipeline(tiny_autoencoder(), tiny_denoiser(), FlowMatchEulerDiscreteScheduler()).ready()


def guide_and_identity() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(2, 16, 40, 48, generator=generator), torch.randn(2, 64, generator=generator)


def test_depth_to_space_undoes_space_to_depth() -> None:
    x = torch.randn(2, 3, 8, 12)
    packed = space_to_depth(x, 4)
    assert packed.shape == (2, 48, 2, 3)
    assert torch.equal(depth_to_space(packed, 4), x)
    assert torch.equal(packed[0, :, 1, 2].reshape(4, 4, 3), x[0, :, 4:8, 8:12].permute(1, 2, 0))


def test_the_shipped_sizes_stay_inside_the_budget() -> None:
    with torch.device("meta"):
        denoiser, decoder = AvatarDenoiser(), AvatarAutoencoder().decoder
    weights = sum(parameter.numel() for module in (denoiser, decoder) for parameter in module.parameters())
    assert 2 * weights < 30e6  # bytes in float16


def test_latents_are_sixteen_times_smaller_and_vary_in_every_channel() -> None:
    latents = tiny_autoencoder().train().encode(torch.randn(2, 4, 64, 96))
    assert latents.shape == (2, 8, 4, 6)
    assert torch.allclose(latents.mean((0, 2, 3)), torch.zeros(8), atol=1e-4)
    assert torch.allclose(latents.var((0, 2, 3), unbiased=False), torch.ones(8), atol=1e-2)


def test_an_untrained_decoder_shows_the_guides_albedo_magnified_bilinearly() -> None:
    guide = torch.zeros(1, 16, 16, 16)
    guide[:, 0, 4:12], guide[:, 8, 4:12] = 0.75, 1.0
    decoder = tiny_autoencoder().decoder
    torch.nn.init.zeros_(decoder.leave.weight[:, :-16])  # what is not the guide's
    with torch.no_grad():
        painted = decoder(torch.zeros(1, 8, 2, 2), guide)[0, :, :, 15]
    assert painted[:, 16].tolist() == [0.5, -1, -1, 1]
    assert painted[:, 0].tolist() == [-1, -1, -1, -1]
    assert painted[3, 6:10].tolist() == [-1, -0.5, 0.5, 1]  # the edge of the mask, between guide rows 3 and 4


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_few_steps_give_a_picture_and_the_same_one_again(steps: int) -> None:
    pipeline = tiny_pipeline()
    guide, identity = guide_and_identity()
    first = pipeline(guide, identity, num_inference_steps=steps)
    again = pipeline(guide, identity, num_inference_steps=steps)
    assert first.images.shape == (2, 80, 96, 4)
    assert first.images.dtype == np.uint8
    assert np.array_equal(first.images, again.images)
    other = pipeline(guide, identity, num_inference_steps=steps, generator=torch.Generator().manual_seed(9))
    assert not np.array_equal(first.images, other.images)


def test_the_fast_path_takes_the_schedulers_steps() -> None:
    pipeline = tiny_pipeline()
    guide, identity = guide_and_identity()
    start = pipeline.noise(80, 96, 2)
    mine = pipeline.denoise(start, pipeline.guide_tensor(guide), pipeline.plan(identity, 4))
    scheduler = FlowMatchEulerDiscreteScheduler()
    scheduler.set_timesteps(sigmas=np.linspace(1, 0.25, 4))
    latents = start
    with torch.no_grad():
        for now in scheduler.timesteps:
            velocity = pipeline.denoiser(latents, now.expand(2), guide, identity)
            latents = scheduler.step(velocity, now, latents).prev_sample
    assert torch.allclose(mine, latents, atol=1e-5)


def test_a_guide_as_stored_paints_what_its_floats_paint() -> None:
    pipeline = tiny_pipeline()
    stored = torch.randint(-127, 128, (16, 40, 48), dtype=torch.int8)
    _, identity = guide_and_identity()
    packed = pipeline(stored.numpy(), identity[0].numpy())
    assert np.array_equal(packed.images, pipeline(stored.float() * (1 / 127), identity[:1]).images)


def test_wrong_sizes_are_named() -> None:
    pipeline = tiny_pipeline()
    with pytest.raises(ValueError, match="guide: got .* multiples of 8"):
        pipeline(torch.zeros(16, 20, 48), torch.zeros(64))
    with pytest.raises(ValueError, match="num_inference_steps: got 0"):
        pipeline(torch.zeros(16, 16, 16), torch.zeros(64), num_inference_steps=0)


def test_a_window_is_painted_as_the_whole_is() -> None:
    """But for cells near its border, so that windows can be painted again inside an older picture."""
    model = tiny_autoencoder().eval()
    latents, guide = torch.randn(1, 8, 18, 18), torch.randn(1, 16, 144, 144)
    with torch.no_grad():
        whole = model.decode(latents, guide)
        part = model.decode(latents[:, :, 2:16, 2:16], guide[:, :, 16:128, 16:128])
    inner = slice(80, 144)
    assert torch.allclose(whole[:, :, 32:256, 32:256][:, :, inner, inner], part[:, :, inner, inner], atol=1e-4)


def test_a_folder_brings_the_same_pipeline_back(tmp_path: Path) -> None:
    pipeline = tiny_pipeline()
    pipeline.autoencoder.set_statistics([0.1] * 8, [0.5] * 8)
    pipeline.save_pretrained(tmp_path)
    assert {path.name for path in tmp_path.rglob("*.safetensors")} == {"diffusion_pytorch_model.safetensors"}
    guide, identity = guide_and_identity()
    expected = pipeline(guide, identity).images
    back = AvatarPipeline.from_pretrained(tmp_path, low_cpu_mem_usage=False).ready()
    assert np.array_equal(back(guide, identity).images, expected)
    half = AvatarPipeline.from_pretrained(tmp_path, dtype=torch.bfloat16, low_cpu_mem_usage=False).ready()
    difference = half(guide, identity).images.astype(int) - expected.astype(int)
    assert abs(difference).mean() < 8


def test_the_average_follows_the_weights() -> None:
    layer = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(layer.weight, 0.0)
    average = ema(layer, decay=0.5)
    torch.nn.init.constant_(layer.weight, 1.0)
    seen = []
    for _ in range(12):
        average.step(layer.parameters())
        seen.append(float(averaged(layer, average).weight.item()))
    assert seen == sorted(seen)
    assert 0.9 < seen[-1] <= 1
    assert layer.weight.item() == 1


def test_data_is_cut_on_latent_cells_with_its_own_guide(data: Path) -> None:
    seen = AvatarData(data)
    size = (96, 128)
    places = seen.crops(step_generator(1, 0), 6, size)
    assert places == seen.crops(step_generator(1, 0), 6, size)
    assert all(at.top % 16 == at.left % 16 == 0 for at in places)
    batch = seen.cut(places, size, torch.device("cpu"))
    assert batch.pictures.shape == (6, 4, 96, 128)
    assert batch.guide.shape == (6, 16, 48, 64)
    drawn = batch.guide[:, 8:13].amax(1) > 0.9
    assert torch.equal(drawn, batch.pictures[:, 3, ::2, ::2] > 0.9)


def test_missing_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="train: no identity here"):
        AvatarData(tmp_path)


def test_eyes_and_mouth_weigh_most(data: Path) -> None:
    seen = AvatarData(data)
    guide = seen.cut(seen.windows(step_generator(1, 0), 1, (416, 384)), (416, 384), torch.device("cpu")).guide
    weights = weight_map(guide)
    assert weights[guide[:, 11:12] > 0].unique().tolist() == [6]
    assert set(weights.unique().tolist()) == {0.5, 1.0, 2.0, 6.0}


def test_metrics_know_equal_from_blurred_from_noise() -> None:
    torch.manual_seed(0)
    truth = torch.nn.functional.avg_pool2d(torch.randn(1, 4, 200, 200), 5, 1, 2).clamp(-1, 1)
    blurred = torch.nn.functional.avg_pool2d(truth, 3, 1, 1)
    noise = torch.rand_like(truth) * 2 - 1
    assert ssim(truth, truth) == pytest.approx(1)
    assert ms_ssim(truth, truth) == pytest.approx(1)
    assert gradient_distance(truth, truth) == pytest.approx(0, abs=1e-6)
    assert psnr(truth + 0.02, truth) == pytest.approx(40, abs=0.1)
    for better in (psnr, ssim, ms_ssim):
        assert better(blurred, truth) > better(noise, truth)
    assert 0 < gradient_distance(blurred, truth) < gradient_distance(noise, truth)
    assert flicker(truth.expand(3, -1, -1, -1), truth.expand(3, -1, -1, -1)) == 0
    assert flicker(torch.stack([truth[0], truth[0] + 2 / 255]), truth.expand(2, -1, -1, -1)) == pytest.approx(
        1, abs=0.01
    )


def curve(work: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (work / "curve.jsonl").read_text().splitlines()]


def test_training_resumes_bit_for_bit(data: Path, tmp_path: Path) -> None:
    recipe = train_autoencoder.Recipe(crop=64, gan=0.01)

    def leg(work: str, steps: int) -> Leg:
        return Leg(
            tmp_path / work, minutes=5, steps=steps, batch=2, rate=3e-3, warmup=5, log_every=2, precision="fp32", held=1
        )

    straight = train_autoencoder.train(data, leg("straight", 12), recipe, tiny_autoencoder())
    train_autoencoder.train(data, leg("legs", 5), recipe, tiny_autoencoder())
    resumed = train_autoencoder.train(data, leg("legs", 12), recipe, tiny_autoencoder())
    for mine, other in zip(straight.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(mine, other)
    assert [line["step"] for line in curve(tmp_path / "legs") if "pixels" in line] == [2, 4, 6, 8, 10, 12]


def test_the_autoencoder_learns_one_batch(data: Path) -> None:
    seen = AvatarData(data)
    batch = seen.cut(seen.crops(step_generator(1, 0), 2, (64, 64)), (64, 64), torch.device("cpu"))
    model, weights = tiny_autoencoder(), weight_map(batch.guide)
    optimizer = adamw(model, 3e-3)
    losses = []
    for _ in range(60):
        loss = picture_loss(model(batch.pictures, batch.guide), batch.pictures, weights)
        descend(optimizer, loss)
        losses.append(loss.item())
    assert losses[-1] < 0.4 * losses[0]


def test_all_stages_run_to_a_pipeline_folder_that_can_be_measured(data: Path, tmp_path: Path) -> None:
    def leg(stage: str) -> Leg:
        return Leg(tmp_path / stage, minutes=5, steps=3, batch=2, rate=1e-3, log_every=1, held=1)

    train_autoencoder.train(data, leg("autoencoder"), train_autoencoder.Recipe(crop=64), tiny_autoencoder())
    autoencoder = tmp_path / "autoencoder" / "autoencoder"
    train_denoiser.train(data, leg("denoiser"), autoencoder, tiny_denoiser(), (96, 96))
    recipe = train_distil.Recipe((96, 96), gan=0.02)
    train_distil.train(data, leg("distil"), autoencoder, tmp_path / "denoiser" / "denoiser", recipe)
    assert {"held_psnr_truth", "held_psnr_1", "held_psnr_2", "held_psnr_4"} <= set(curve(tmp_path / "distil")[-1])
    assert {"latent", "pixels", "fooled", "critic"} <= set(curve(tmp_path / "distil")[0])
    # The encoder stays, the decoder is tuned.
    before = AvatarAutoencoder.from_pretrained(autoencoder, low_cpu_mem_usage=False)
    after = AvatarAutoencoder.from_pretrained(tmp_path / "distil" / "autoencoder", low_cpu_mem_usage=False)
    assert torch.equal(before.encoder.enter.weight, after.encoder.enter.weight)
    assert not torch.equal(before.decoder.enter.weight, after.decoder.enter.weight)
    assert fingerprint(autoencoder) != fingerprint(tmp_path / "distil" / "autoencoder")
    out = tmp_path / "pipeline"
    assert export(tmp_path / "distil" / "autoencoder", tmp_path / "distil" / "denoiser", out) < 1e6
    assert str(tmp_path) not in "".join(file.read_text() for file in out.rglob("*.json"))
    pipeline = AvatarPipeline.from_pretrained(out, dtype=torch.bfloat16, low_cpu_mem_usage=False).ready()
    measures = evaluate(pipeline, data, "train", frames=2, batch=2)
    assert {"psnr", "ssim", "ms_ssim", "gradient_distance", "psnr_eyes", "psnr_mouth"} <= set(measures)


def test_a_new_decoder_is_trained_to_the_latents_of_an_old_encoder(data: Path, tmp_path: Path) -> None:
    def leg(work: str) -> Leg:
        return Leg(tmp_path / work, minutes=5, steps=3, batch=2, rate=1e-3, log_every=1, held=1)

    recipe = train_autoencoder.Recipe(crop=64)
    first = train_autoencoder.train(data, leg("first"), recipe, tiny_autoencoder())
    folder = tmp_path / "first" / "autoencoder"
    torch.manual_seed(9)
    second = train_autoencoder.train(data, leg("second"), recipe, tiny_autoencoder(), encoder=folder)
    pictures = AvatarData(data)
    batch = pictures.cut(pictures.crops(step_generator(1, 0), 2, (64, 64)), (64, 64), torch.device("cpu"))
    kept = AvatarAutoencoder.from_pretrained(folder, low_cpu_mem_usage=False).eval()
    again = AvatarAutoencoder.from_pretrained(tmp_path / "second" / "autoencoder", low_cpu_mem_usage=False).eval()
    with torch.no_grad():
        assert torch.equal(kept.normalise(kept.encode(batch.pictures)), again.normalise(again.encode(batch.pictures)))
    assert not torch.equal(first.decoder.enter.weight, second.decoder.enter.weight)


def test_the_denoiser_learns_to_follow_the_guide() -> None:
    """Latents that are a function of guide and identity are learnt, and change only where the guide changes."""
    generator = torch.Generator().manual_seed(0)
    guide, identity = torch.randn(4, 16, 64, 64, generator=generator), torch.randn(4, 64, generator=generator)
    target = torch.nn.functional.avg_pool2d(guide, 8)[:, :8] * 8 + identity[:, :8, None, None]
    model = tiny_denoiser()
    optimizer = torch.optim.AdamW(model.parameters(), 4e-3)
    losses = []
    for _ in range(80):
        level = train_denoiser.noise_levels(4, torch.device("cpu"))
        predicted = model.predict(train_denoiser.noisy(target, level), level, guide, identity)
        loss = (predicted - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.mean(losses[-5:]) < 0.25 * np.mean(losses[:5])
    with torch.no_grad():
        start, one = torch.randn(1, 8, 8, 8, generator=generator), torch.ones(1)
        changed = guide[:1].clone()
        changed[:, :, :8, :8] *= -1
        moved = (
            model.predict(start, one, changed, identity[:1]) - model.predict(start, one, guide[:1], identity[:1])
        ).abs()
    assert moved[0, :, 0, 0].mean() > 3 * moved[0, :, 4:, 4:].mean()
