"""Any pipeline by its signature, the identity gate, and variants by several seeds; the painter is a recording fake."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from models.errors import IdentityDrift, UnsuitablePipeline, WeightsMissing
from models.portrait.arguments import PortraitRequest, call_arguments, intake
from models.portrait.faces import SIDE, TEMPLATE, Embedding, Landmarks, align, load_face_encoder, similarity
from models.portrait.identity import IdentityGate, OpenGate, cosine, make_gate
from models.portrait.painter import DiffusersPainter, PainterInfo
from models.portrait.recipes import FLUX2_KLEIN, UNKNOWN_LICENCE, Z_IMAGE_TURBO, Recipe, how_to_get, recipe_for
from models.portrait.variants import paint_variant, seed_of_try

pytestmark = pytest.mark.unit

PICTURE = Image.new("RGB", (64, 96), (200, 120, 90))
ASK = PortraitRequest("a host", "child", seed=7, width=64, height=96, steps=4, guidance=1.0)


class Person:
    """An encoder that reads who a picture shows from the angle its first pixel tells; pure black shows nobody."""

    name = "angles"

    def embed(self, image: Image.Image) -> Embedding | None:
        red, *others = image.getpixel((0, 0))  # type: ignore[misc]
        if not red and not any(others):
            return None
        angle = np.radians(red)
        return np.array([np.cos(angle), np.sin(angle)], np.float32)


class RecordingPainter:
    """Paints the colour it is told for each seed and keeps the requests."""

    recipe = FLUX2_KLEIN

    def __init__(self, red_of_try: list[int]) -> None:
        self.requests: list[PortraitRequest] = []
        self._reds = red_of_try

    def info(self) -> PainterInfo:
        raise AssertionError("not asked for")

    def paint(self, request: PortraitRequest) -> Image.Image:
        self.requests.append(request)
        red = self._reds[len(self.requests) - 1]
        return Image.new("RGB", (4, 4), (red, 0, 0))


# --- arguments ---------------------------------------------------------------------------------------------------


def klein(image: Any = None, prompt: Any = None, height: Any = None, width: Any = None, num_inference_steps: int = 50,
          guidance_scale: float = 4.0, generator: Any = None, output_type: str = "pil") -> None: ...  # fmt: skip


def qwen(prompt: Any = None, negative_prompt: Any = None, true_cfg_scale: float = 4.0, guidance_scale: Any = None,
         num_inference_steps: int = 50, generator: Any = None) -> None: ...  # fmt: skip


def img2img(prompt: Any, image: Any, strength: float = 0.8, negative_prompt: Any = None, **kwargs: Any) -> None: ...


def inpaint(prompt: Any = None, image: Any = None, mask_image: Any = ..., *, control_image: Any) -> None: ...


def captioner(image: Any = None) -> None: ...


def test_only_what_a_signature_knows_is_passed() -> None:
    arguments = call_arguments(klein, ASK, "noise")
    assert arguments == {
        "prompt": "a host", "height": 96, "width": 64, "num_inference_steps": 4, "guidance_scale": 1.0,
        "generator": "noise", "output_type": "pil",
    }  # fmt: skip


def test_guidance_goes_under_the_name_that_works_and_brings_the_negative_prompt() -> None:
    guided = PortraitRequest("a host", "child", 7, 64, 96, steps=None, guidance=4.0)
    assert call_arguments(qwen, guided, 0) == {
        "prompt": "a host", "negative_prompt": "child", "true_cfg_scale": 4.0, "generator": 0,
    }  # fmt: skip


def test_a_pipelines_own_defaults_stay_when_nothing_is_set() -> None:
    plain = PortraitRequest("a host", "child", 7, 64, 96)
    assert not {"num_inference_steps", "guidance_scale"} & set(call_arguments(klein, plain, 0))


@pytest.mark.parametrize(("call", "kind"), [(klein, "reference"), (qwen, "none"), (img2img, "start")])
def test_a_reference_and_a_starting_picture_are_told_apart(call: Callable[..., Any], kind: str) -> None:
    assert intake(call) == kind


def test_a_starting_picture_comes_with_its_strength() -> None:
    request = PortraitRequest("a host", "child", 7, 64, 96, reference=PICTURE, strength=0.4)
    arguments = call_arguments(img2img, request, 0)
    assert arguments["image"] is PICTURE
    assert arguments["strength"] == 0.4
    assert "width" not in arguments


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (captioner, "pipeline: takes no prompt; allowed: a text-to-image pipeline"),
        (inpaint, "pipeline: needs control_image; allowed: one that paints from a prompt"),
    ],
)
def test_a_pipeline_that_cannot_is_told_why(call: Callable[..., Any], message: str) -> None:
    with pytest.raises(UnsuitablePipeline, match=message):
        call_arguments(call, ASK, 0)


def test_a_reference_is_never_dropped_in_silence() -> None:
    with pytest.raises(UnsuitablePipeline, match="takes no reference image"):
        call_arguments(qwen, PortraitRequest("a", "b", 7, 64, 96, reference=PICTURE), 0)


# --- recipes and loading -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "recipe"),
    [
        ("flux2-klein-4b", FLUX2_KLEIN),
        ("black-forest-labs/FLUX.2-klein-4B", FLUX2_KLEIN),
        ("/data/models/FLUX.2-klein-4B", FLUX2_KLEIN),
        ("z-image-turbo", Z_IMAGE_TURBO),
        ("Tongyi-MAI/Z-Image-Turbo", Z_IMAGE_TURBO),
    ],
)
def test_the_defaults_are_known_by_name_hub_id_and_folder(name: str, recipe: Recipe) -> None:
    assert recipe_for(name) is recipe


def test_the_defaults_run_as_their_model_cards_say() -> None:
    assert (FLUX2_KLEIN.steps, FLUX2_KLEIN.guidance, FLUX2_KLEIN.licence) == (4, 1.0, "Apache-2.0")
    assert (Z_IMAGE_TURBO.steps, Z_IMAGE_TURBO.guidance, Z_IMAGE_TURBO.licence) == (9, 0.0, "Apache-2.0")


def test_another_pipeline_keeps_its_own_defaults_and_an_unknown_licence() -> None:
    recipe = recipe_for("someone/some-model")
    assert (recipe.repository, recipe.steps, recipe.guidance) == ("someone/some-model", None, None)
    assert recipe.licence == UNKNOWN_LICENCE


def test_missing_weights_say_what_to_download_where_to_put_it_and_the_licence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INFLUENCER_CACHE", str(tmp_path))
    help_text = how_to_get(FLUX2_KLEIN)
    assert "hf download black-forest-labs/FLUX.2-klein-4B" in help_text
    assert str(tmp_path / "portrait" / "flux2-klein-4b") in help_text
    assert "Apache-2.0" in help_text
    (tmp_path / "empty").mkdir()
    with pytest.raises(WeightsMissing, match=r"is no diffusers pipeline; allowed: a folder that diffusers saved"):
        DiffusersPainter(str(tmp_path / "empty")).info()


def test_an_unknown_precision_is_named() -> None:
    with pytest.raises(UnsuitablePipeline, match="dtype: got 'int3'; allowed: auto, bfloat16"):
        DiffusersPainter("flux2-klein-4b", dtype="int3")


# --- the gate ----------------------------------------------------------------------------------------------------


def person(red: int) -> Image.Image:
    return Image.new("RGB", (4, 4), (red, 0, 0))


def test_the_gate_measures_the_cosine_and_holds_its_threshold() -> None:
    gate = IdentityGate(Person(), person(10), threshold=0.5)
    near, far = gate.judge(person(60)), gate.judge(person(80))
    assert (near.accepted, far.accepted) == (True, False)
    assert near.similarity == pytest.approx(np.cos(np.radians(50)), abs=1e-6)
    assert far.similarity == pytest.approx(np.cos(np.radians(70)), abs=1e-6)
    assert gate.judge(person(0)).similarity is None
    assert not gate.judge(person(0)).accepted


def test_a_master_without_a_face_is_no_master() -> None:
    with pytest.raises(IdentityDrift, match="master portrait: shows no face"):
        IdentityGate(Person(), person(0))


def test_without_an_encoder_nothing_is_accepted_unless_allowed_and_then_no_score_is_made_up() -> None:
    with pytest.raises(IdentityDrift, match="nobody can say whether a variant is the same person"):
        make_gate(None, PICTURE, threshold=0.5, allow_unchecked=False)
    gate = make_gate(None, PICTURE, threshold=0.5, allow_unchecked=True)
    assert isinstance(gate, OpenGate)
    verdict = gate.judge(PICTURE)
    assert (verdict.accepted, verdict.similarity, verdict.encoder) == (True, None, None)


def test_an_encoder_is_used_even_when_unchecked_variants_are_allowed() -> None:
    gate = make_gate(Person(), person(10), threshold=0.5, allow_unchecked=True)
    assert not gate.judge(person(170)).accepted


def test_other_seeds_are_tried_until_one_is_the_same_person() -> None:
    painter = RecordingPainter([170, 0, 12, 11])
    variant = paint_variant(painter, ASK, IdentityGate(Person(), person(10)), tries=4)
    assert [request.seed for request in painter.requests] == [seed_of_try(7, n) for n in range(3)]
    assert len({request.seed for request in painter.requests}) == 3
    assert variant.seed == painter.requests[-1].seed
    assert [verdict.accepted for verdict in variant.verdicts] == [False, False, True]
    assert variant.image.getpixel((0, 0)) == (12, 0, 0)


def test_when_no_try_is_the_same_person_every_score_is_told() -> None:
    painter = RecordingPainter([170, 0, 100])
    with pytest.raises(IdentityDrift, match=r"similarity -0\.94, no face, 0\.00 in 3 tries, at least 0\.5 is needed"):
        paint_variant(painter, ASK, IdentityGate(Person(), person(10)), tries=3)
    assert len(painter.requests) == 3


# --- faces -------------------------------------------------------------------------------------------------------


def test_alignment_undoes_a_turn_a_scale_and_a_shift() -> None:
    angle, scale = np.radians(20), 2.5
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    landmarks: Landmarks = (TEMPLATE @ turn.T + [140, 60]).astype(np.float32)
    matrix = similarity(landmarks, TEMPLATE)
    assert np.allclose(np.c_[landmarks, np.ones(5)] @ matrix.T, TEMPLATE, atol=1e-3)


def test_an_aligned_face_has_its_points_on_the_template() -> None:
    landmarks: Landmarks = (TEMPLATE * 3 + [40, 30]).astype(np.float32)
    pixels = np.zeros((420, 420, 3), np.uint8)
    for x, y in landmarks.round().astype(int):
        pixels[y - 4 : y + 5, x - 4 : x + 5] = 255
    aligned = np.asarray(align(Image.fromarray(pixels), landmarks))[:, :, 0]
    assert aligned.shape == (SIDE, SIDE)
    for x, y in TEMPLATE.round().astype(int):
        assert aligned[y, x] > 200
    assert aligned.mean() < 10


def test_cosine_is_one_with_itself_and_minus_one_with_its_opposite() -> None:
    vector = np.array([3, 4], np.float32)
    assert cosine(vector, vector) == pytest.approx(1)
    assert cosine(vector, -vector) == pytest.approx(-1)


def test_a_folder_without_face_weights_says_what_belongs_there(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=r"no glintr100\.onnx and no face_detection_yunet.*Apache-2\.0.*MIT"):
        load_face_encoder(tmp_path)
