"""From one portrait request to the keyword arguments of whatever diffusers pipeline is at hand, by its signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from PIL import Image

from models.errors import UnsuitablePipeline

Intake = Literal["none", "reference", "start"]
"""What a pipeline does with `image`: cannot take one, reads it beside the noise, or starts from it (img2img)."""


@dataclass(frozen=True, slots=True, eq=False)
class PortraitRequest:
    """One picture to paint. `steps` and `guidance` None leave the pipeline's own defaults."""

    prompt: str
    negative: str
    seed: int
    width: int
    height: int
    steps: int | None = None
    guidance: float | None = None
    reference: Image.Image | None = None
    """RGB; the picture whose person the new one must show."""
    strength: float = 0.55
    """Only img2img: how much of the reference is painted over, 0..1."""


def intake(call: Callable[..., Any]) -> Intake:
    """How a pipeline's `__call__` takes a picture: img2img pipelines are those that also have a `strength`."""
    parameters = inspect.signature(call).parameters
    if "image" not in parameters:
        return "none"
    return "start" if "strength" in parameters else "reference"


def call_arguments(call: Callable[..., Any], request: PortraitRequest, generator: object) -> dict[str, Any]:
    """Keyword arguments for `call`: those of ours that its signature knows.

    Raises:
        UnsuitablePipeline: it takes no prompt, needs something we cannot give (a mask, a control image), or a
            reference is wanted and it takes none.
    """
    parameters = inspect.signature(call).parameters
    offered = _offered(request, generator, parameters)
    needed = [
        name
        for name, parameter in parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}
        and name not in offered
    ]
    if "prompt" not in parameters:
        raise UnsuitablePipeline("pipeline: takes no prompt; allowed: a text-to-image pipeline")
    if needed:
        raise UnsuitablePipeline(f"pipeline: needs {', '.join(needed)}; allowed: one that paints from a prompt")
    if request.reference is not None and "image" not in parameters:
        raise UnsuitablePipeline(
            "pipeline: takes no reference image; allowed: one with `image`, or with an img2img form"
        )
    return {name: value for name, value in offered.items() if name in parameters}


def _offered(request: PortraitRequest, generator: object, parameters: Mapping[str, Any]) -> dict[str, Any]:
    offered: dict[str, Any] = {
        "prompt": request.prompt,
        "width": request.width,
        "height": request.height,
        "generator": generator,
        "num_images_per_prompt": 1,
        "output_type": "pil",
    }
    if request.steps is not None:
        offered["num_inference_steps"] = request.steps
    if request.guidance is not None:
        # Qwen-Image's guidance_scale is for a distilled model that never came; its real one has another name.
        offered["true_cfg_scale" if "true_cfg_scale" in parameters else "guidance_scale"] = request.guidance
    if request.guidance is None or request.guidance > 1:
        offered["negative_prompt"] = request.negative  # without guidance it would be encoded for nothing
    if request.reference is not None:
        offered["image"] = request.reference
        offered["strength"] = request.strength
    return offered
