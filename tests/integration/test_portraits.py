"""The portrait maker on real diffusers pipelines with random weights: FLUX.2 klein by reference, Z-Image by img2img."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from PIL import Image

from influencer.errors import Conflict
from influencer.likeness.guard import LikenessGuard, PortraitOrder
from influencer.likeness.portraits import SOURCE_TYPE, PortraitMaker, PortraitOptions
from influencer.loading import load_market, load_persona
from influencer.store import Store, open_store
from models.errors import BackendUnavailable, IdentityDrift, UnsuitablePipeline
from models.portrait.arguments import PortraitRequest
from models.portrait.faces import DETECTOR_FILE, SIDE, TEMPLATE, ArcFaceEncoder, Embedding, Landmarks, yunet
from models.portrait.painter import DiffusersPainter, choose_device
from tests.databases import database_url
from tests.integration.tiny_portraits import write_flux2_klein, write_stable_diffusion, write_z_image
from tests.web_house import AT

pytestmark = [
    pytest.mark.integration,
    # torch, transformers and diffusers warn about their own insides
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]

ASK = PortraitRequest("a friendly host", "child", seed=3, width=64, height=96, steps=4, guidance=1.0)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny networks on several threads spend their time waiting for each other when the machine is busy."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("pipelines")
    return {
        "klein": write_flux2_klein(root / "FLUX.2-klein-4B"),
        "z-image": write_z_image(root / "Z-Image-Turbo"),
    }


@pytest.fixture(scope="module")
def painters(folders: dict[str, Path]) -> dict[str, DiffusersPainter]:
    return {name: DiffusersPainter(str(folder), device="cpu") for name, folder in folders.items()}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await open_store(database_url(tmp_path), now=lambda: AT) as opened:
        yield opened


@pytest.fixture
def options(tmp_path: Path) -> PortraitOptions:
    return PortraitOptions(out=tmp_path / "out", seed=11, width=64, height=96, allow_unchecked=True)


class Steady:
    """An encoder for whom every picture shows the same person, and which counts what it saw."""

    name = "steady"

    def __init__(self) -> None:
        self.seen = 0

    def embed(self, image: Image.Image) -> Embedding | None:
        self.seen += 1
        return np.array([0.6, 0.8], np.float32)


class Restless(Steady):
    """An encoder for whom every picture shows somebody else."""

    def embed(self, image: Image.Image) -> Embedding | None:
        self.seen += 1
        return np.eye(8, dtype=np.float32)[self.seen % 8]


async def make(
    store: Store, painter: Any, options: PortraitOptions, encoder: Any = None, market: str | None = "pt-BR"
) -> list[Any]:
    order = PortraitOrder(load_persona("maya"), load_market(market) if market else None)
    cleared = await LikenessGuard(store.consents, store.portraits, lambda: AT).clear(order)
    return await PortraitMaker(painter, encoder, store.portraits, lambda: AT).make(cleared, options)


def pixels(image: Image.Image) -> Any:
    return np.asarray(image, dtype=np.float32)


# --- painting ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "pipeline", "how"), [("klein", "Flux2KleinPipeline", "reference"), ("z-image", "ZImagePipeline", "start")]
)
def test_a_default_pipeline_paints_the_same_picture_for_a_seed_and_follows_its_reference(
    painters: dict[str, DiffusersPainter], name: str, pipeline: str, how: str
) -> None:
    painter = painters[name]
    info = painter.info()
    assert (info.pipeline_class, info.licence, info.device, info.dtype) == (pipeline, "Apache-2.0", "cpu", "float32")
    first = painter.paint(ASK)
    assert first.size == (64, 96)
    assert np.array_equal(pixels(first), pixels(painter.paint(ASK)))
    assert not np.array_equal(pixels(first), pixels(painter.paint(replace(ASK, seed=4))))
    assert not np.array_equal(pixels(first), pixels(painter.paint(replace(ASK, prompt="a quite different host"))))
    assert painter.intake() == how
    dark, bright = (
        painter.paint(replace(ASK, reference=Image.new("RGB", (64, 96), colour))) for colour in ("#101820", "#f0e8d0")
    )
    assert not np.array_equal(pixels(dark), pixels(bright))


def test_the_strength_of_img2img_says_how_far_from_the_reference_it_may_go(
    painters: dict[str, DiffusersPainter],
) -> None:
    master = painters["z-image"].paint(replace(ASK, guidance=0.0))
    near, far = (
        painters["z-image"].paint(replace(ASK, seed=9, steps=10, guidance=0.0, reference=master, strength=strength))
        for strength in (0.1, 1.0)
    )
    assert np.abs(pixels(near) - pixels(master)).mean() < np.abs(pixels(far) - pixels(master)).mean()


def test_any_other_pipeline_works_with_its_own_settings_and_an_unknown_licence(tmp_path: Path) -> None:
    painter = DiffusersPainter(str(write_stable_diffusion(tmp_path / "sd")), device="cpu")
    info = painter.info()
    assert (info.pipeline_class, info.steps, info.guidance) == ("StableDiffusionPipeline", None, None)
    assert info.licence == "unknown: read the model card"
    request = replace(ASK, steps=4, guidance=5.0)
    picture = painter.paint(request)
    assert picture.size == (64, 96)
    assert not np.array_equal(pixels(picture), pixels(painter.paint(replace(request, negative="blurry"))))
    assert painter.intake() == "start"
    dark, bright = (
        painter.paint(replace(request, reference=Image.new("RGB", (64, 96), colour)))
        for colour in ("#101820", "#f0e8d0")
    )
    assert not np.array_equal(pixels(dark), pixels(bright))


def test_a_device_that_is_not_there_is_named() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(BackendUnavailable, match="device: got cuda, but torch sees no CUDA device"):
        choose_device("cuda", "auto")
    assert choose_device("cpu", "auto") == ("cpu", torch.float32)
    assert choose_device("cpu", "bfloat16") == ("cpu", torch.bfloat16)


def test_a_folder_that_holds_another_pipeline_than_its_name_says_is_refused(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "FLUX.2-klein-4B").symlink_to(folders["z-image"])
    with pytest.raises(UnsuitablePipeline, match="holds ZImagePipeline; allowed: Flux2KleinPipeline"):
        DiffusersPainter(str(tmp_path / "FLUX.2-klein-4B"), device="cpu").info()


def test_a_damaged_folder_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text('{"_class_name": "NoSuchPipeline"}', encoding="utf-8")
    with pytest.raises(BackendUnavailable, match="cannot be loaded") as told:
        DiffusersPainter(str(tmp_path), device="cpu").info()
    assert "\n" not in str(told.value)


# --- master and variants -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["klein", "z-image"])
async def test_a_master_and_a_variant_are_written_with_their_sidecars_and_entered_in_the_ledger(
    painters: dict[str, DiffusersPainter], store: Store, options: PortraitOptions, name: str
) -> None:
    encoder = Steady()
    master, variant = await make(store, painters[name], options, encoder)
    assert encoder.seen == 2
    assert [master.path.name, variant.path.name] == ["maya-master.png", "maya-pt-BR.png"]
    told = json.loads(variant.sidecar.read_text(encoding="utf-8"))
    assert told["synthetic"] is True
    assert told["ai_label"] == load_market("pt-BR").label
    assert told["reference_sha256"] == master.sha256
    assert told["sha256"] == hashlib.sha256(variant.path.read_bytes()).hexdigest() == variant.sha256
    assert told["seed"] == 11
    assert told["licence"] == "Apache-2.0"
    assert told["likeness"] is None
    assert told["identity"] == {
        "checked": True, "encoder": "steady", "threshold": 0.5, "similarity": pytest.approx(1), "tries": 1,
    }  # fmt: skip
    entry = await store.portraits.find(variant.sha256)
    assert entry is not None
    assert (entry.persona, entry.market, entry.prompt, entry.consent_id) == ("maya", "pt-BR", told["prompt"], None)
    with Image.open(variant.path) as picture:
        assert picture.size == (64, 96)
        assert SOURCE_TYPE in picture.text["XML:com.adobe.xmp"]


async def test_the_same_master_serves_every_market(
    painters: dict[str, DiffusersPainter], store: Store, options: PortraitOptions
) -> None:
    first = await make(store, painters["klein"], options)
    again = await make(store, painters["klein"], options, market="es-MX")
    assert (first[0].reused, again[0].reused) == (False, True)
    assert first[0].sha256 == again[0].sha256
    told = [json.loads(made[1].sidecar.read_text(encoding="utf-8")) for made in (first, again)]
    assert [each["market"] for each in told] == ["pt-BR", "es-MX"]
    assert "terrace above the sea" in told[0]["prompt"]
    assert "night market" in told[1]["prompt"]
    assert [each["identity"]["checked"] for each in told] == [False, False]


async def test_a_master_is_not_painted_over_unless_that_is_said(
    painters: dict[str, DiffusersPainter], store: Store, options: PortraitOptions
) -> None:
    (first,) = await make(store, painters["klein"], options, market=None)
    other = replace(options, seed=12)
    with pytest.raises(Conflict, match="another one is another face"):
        await make(store, painters["klein"], other, market=None)
    (second,) = await make(store, painters["klein"], replace(other, replace_master=True), market=None)
    assert first.sha256 != second.sha256
    second.path.write_bytes(b"somebody else's picture")
    with pytest.raises(Conflict):
        await make(store, painters["klein"], other, market=None)


async def test_without_a_face_encoder_no_variant_is_made_and_nothing_is_painted(
    store: Store, options: PortraitOptions
) -> None:
    painter: Any = None  # nothing may be asked of it
    with pytest.raises(IdentityDrift, match="nobody can say whether a variant is the same person"):
        await make(store, painter, replace(options, allow_unchecked=False))
    assert not options.out.exists()


async def test_a_variant_that_is_somebody_else_is_not_written(
    painters: dict[str, DiffusersPainter], store: Store, options: PortraitOptions
) -> None:
    encoder = Restless()
    with pytest.raises(IdentityDrift, match=r"similarity 0\.00, 0\.00 in 2 tries"):
        await make(store, painters["klein"], replace(options, tries=2), encoder)
    assert encoder.seen == 3
    assert sorted(file.name for file in options.out.iterdir()) == ["maya-master.json", "maya-master.png"]


# --- the face encoder --------------------------------------------------------------------------------------------


def write_encoder(path: Path) -> Path:
    """A network of random weights in the ArcFace form: [1, 3, 112, 112] to [1, 16]."""
    rng = np.random.default_rng(0)
    kernel = rng.standard_normal((16, 3, SIDE // 4, SIDE // 4)).astype(np.float32)
    pool = onnx.helper.make_node("GlobalAveragePool", ["features"], ["pooled"])
    nodes = [
        onnx.helper.make_node("Conv", ["input", "kernel"], ["raw"], strides=[SIDE // 4, SIDE // 4]),
        onnx.helper.make_node("Relu", ["raw"], ["features"]),
        pool,
        onnx.helper.make_node("Flatten", ["pooled"], ["embedding"]),
    ]
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        nodes,
        "encoder",
        [value("input", onnx.TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [value("embedding", onnx.TensorProto.FLOAT, [1, 16])],
        [onnx.numpy_helper.from_array(kernel, "kernel")],
    )
    opset = [onnx.helper.make_opsetid("", 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    return path


def test_an_embedding_does_not_change_when_the_face_is_moved_scaled_and_turned(tmp_path: Path) -> None:
    face = Image.fromarray(np.random.default_rng(1).integers(0, 255, (14, 14, 3), dtype=np.uint8))
    face = face.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    angle = np.radians(15)
    turn = 3 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = np.array([120.0, 40.0])
    inverse = np.linalg.inv(turn)
    moved = face.transform(
        (520, 520),
        Image.Transform.AFFINE,
        tuple(np.c_[inverse, -inverse @ shift].reshape(-1)),
        resample=Image.Resampling.BICUBIC,
    )
    landmarks: Landmarks = (TEMPLATE @ turn.T + shift).astype(np.float32)
    model = write_encoder(tmp_path / "encoder.onnx")
    locate: Callable[[Image.Image], Landmarks | None] = lambda image: TEMPLATE if image.size == face.size else landmarks  # noqa: E731
    encoder = ArcFaceEncoder(model, locate)
    one, other = encoder.embed(face), encoder.embed(moved)
    stranger = encoder.embed(face.transpose(Image.Transpose.FLIP_TOP_BOTTOM))
    assert one is not None
    assert other is not None
    assert stranger is not None
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-5)
    assert float(one @ other) > 0.99
    assert float(one @ stranger) < float(one @ other)
    assert ArcFaceEncoder(model, lambda _: None).embed(face) is None


def test_files_that_are_no_models_are_told(tmp_path: Path) -> None:
    wrong = tmp_path / DETECTOR_FILE
    wrong.write_bytes(b"not a network")
    with pytest.raises(BackendUnavailable, match="face encoder: .* is no ONNX model"):
        ArcFaceEncoder(wrong, lambda _: None)
    with pytest.raises(BackendUnavailable, match="face detector: .* cannot be loaded"):
        yunet(wrong)
