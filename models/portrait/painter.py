"""Paints portraits with a diffusers pipeline: load, choose device and precision, call, check the picture."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
from PIL import Image

from models.errors import BackendUnavailable, UnsuitablePipeline, WeightsMissing
from models.portrait.arguments import Intake, PortraitRequest, call_arguments, intake
from models.portrait.recipes import Recipe, how_to_get, recipe_for

log = logging.getLogger(__name__)

DTYPES = ("auto", "bfloat16", "float16", "float32")
_BLANK_STD = 1.0
"""A picture with less contrast than this (of 255) is what overflowing half precision or a safety checker leaves."""


@dataclass(frozen=True, slots=True)
class PainterInfo:
    """What painted a picture, for its sidecar."""

    pipeline: str
    source: str
    """The folder or hub id it was loaded from."""
    pipeline_class: str
    steps: int | None
    guidance: float | None
    licence: str
    licence_url: str | None
    device: str
    dtype: str
    diffusers: str


class Painter(Protocol):
    """Anything that turns a request into a picture. Calls block: use a worker thread."""

    @property
    def recipe(self) -> Recipe:
        """Its steps, guidance and licence."""

    def info(self) -> PainterInfo:
        """What paints; loads it when that has not happened."""

    def paint(self, request: PortraitRequest) -> Image.Image:
        """One RGB picture.

        Raises:
            WeightsMissing: the files are not here; the message says what to download and where to put it.
            BackendUnavailable: they are, and cannot be used (damaged, out of memory, a blank picture).
            UnsuitablePipeline: it cannot paint from a prompt, or from a reference when one is given.
        """


class DiffusersPainter:
    """A pipeline by recipe name, hub id or folder. Loaded on first use; only safetensors, never code from a repository.

    Args:
        pipeline: `flux2-klein-4b`, `z-image-turbo`, any hub id, or a folder that diffusers saved.
        device: "auto" (CUDA, then MPS, then CPU) or a torch device.
        dtype: one of `DTYPES`; "auto" is bfloat16 on an accelerator that has it, float32 on a CPU.
        download: whether missing files may be fetched from the hub.
    """

    def __init__(self, pipeline: str, *, device: str = "auto", dtype: str = "auto", download: bool = False) -> None:
        if dtype not in DTYPES:
            raise UnsuitablePipeline(f"dtype: got {dtype!r}; allowed: {', '.join(DTYPES)}")
        self._id = pipeline
        self.recipe = recipe_for(pipeline)
        self._device_wish = device
        self._dtype_wish = dtype
        self._download = download
        self._text: Any = None
        self._image: Any = None
        self._device = ""
        self._dtype: Any = None
        self._lock = Lock()

    def info(self) -> PainterInfo:
        """What paints; loads it when that has not happened."""
        pipe = self._loaded()
        import diffusers

        return PainterInfo(
            pipeline=self.recipe.repository or self.recipe.name,
            source=self._source()[0],
            pipeline_class=type(pipe).__name__,
            steps=self.recipe.steps,
            guidance=self.recipe.guidance,
            licence=self.recipe.licence,
            licence_url=self.recipe.licence_url,
            device=self._device,
            dtype=str(self._dtype).removeprefix("torch."),
            diffusers=str(diffusers.__version__),
        )

    def paint(self, request: PortraitRequest) -> Image.Image:
        """One RGB picture; the same request gives the same picture on the same device. See `Painter.paint`."""
        pipe = self._loaded() if request.reference is None else self._with_reference()
        import torch

        # Noise from the CPU's generator is the same on every device.
        arguments = call_arguments(pipe.__call__, request, torch.Generator("cpu").manual_seed(request.seed))
        try:
            with self._lock, torch.inference_mode():
                pictures = pipe(**arguments).images
        except torch.OutOfMemoryError as error:
            need = f"; this model needs about {self.recipe.memory_gb:.0f} GB" if self.recipe.memory_gb else ""
            raise BackendUnavailable(f"{self._device} is out of memory{need}, or use --device cpu") from error
        except (TypeError, ValueError, RuntimeError) as error:
            raise BackendUnavailable(f"{type(pipe).__name__} failed: {_first_line(error)}") from error
        return _checked(pictures[0], type(pipe).__name__, str(self._dtype))

    def intake(self) -> Intake:
        """How a reference will be used: read beside the noise, or painted over (img2img)."""
        return intake(self._with_reference().__call__)

    def _with_reference(self) -> Any:
        """The pipeline itself when it takes pictures, else its img2img sibling over the same weights."""
        pipe = self._loaded()
        if intake(pipe.__call__) != "none":
            return pipe
        if self._image is None:
            self._image = _img2img(pipe)
            self._image.set_progress_bar_config(disable=True)
        return self._image

    def _loaded(self) -> Any:
        with self._lock:
            if self._text is None:
                self._source()  # files that are missing are told before torch takes its seconds to import
                self._device, self._dtype = choose_device(self._device_wish, self._dtype_wish)
                pipe = self._read()
                pipe.set_progress_bar_config(disable=True)
                self._text = self._placed(pipe)
            return self._text

    def _read(self) -> Any:
        from diffusers import DiffusionPipeline

        source, local = self._source()
        try:
            pipe = DiffusionPipeline.from_pretrained(
                source,
                dtype=self._dtype,
                use_safetensors=True,
                local_files_only=local,
                trust_remote_code=False,
                low_cpu_mem_usage=find_spec("accelerate") is not None,
            )
        except (OSError, ValueError, AttributeError, ImportError, KeyError) as error:
            if not Path(source).is_dir() and local:
                raise WeightsMissing(f"pipeline: {source} is not on this machine; {how_to_get(self.recipe)}") from error
            raise BackendUnavailable(f"pipeline: {source} cannot be loaded: {_first_line(error)}") from error
        expected, found = self.recipe.pipeline_class, type(pipe).__name__
        if expected not in {None, found}:  # its licence and settings would be told wrong
            raise UnsuitablePipeline(
                f"pipeline: {source} holds {found}; allowed: {expected}, or a folder of another name"
            )
        return pipe

    def _source(self) -> tuple[str, bool]:
        """(folder or hub id, whether only local files may be used)."""
        for folder in (Path(self._id), self.recipe.folder):
            if (folder / "model_index.json").is_file():
                return str(folder), True
        if Path(self._id).is_dir() or self.recipe.repository is None:
            raise WeightsMissing(f"pipeline: {self._id} is no diffusers pipeline; {how_to_get(self.recipe)}")
        return self.recipe.repository, not self._download

    def _placed(self, pipe: Any) -> Any:
        """On the device; parts wait in main memory when the GPU has not enough room for all of them."""
        import torch

        if self._device.startswith("cuda") and self.recipe.memory_gb:
            free, _ = torch.cuda.mem_get_info(torch.device(self._device))
            if free < self.recipe.memory_gb * 1.15e9:
                return _offloaded(pipe, self._device)
        return pipe.to(self._device)


def choose_device(device: str, dtype: str) -> tuple[str, Any]:
    """(torch device, torch dtype) for two wishes of which either may be "auto".

    bfloat16 where the accelerator has it (float16 overflows in these transformers); float32 on a CPU, where it is
    the one precision every kernel has.
    """
    import torch

    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise BackendUnavailable(f"device: got {device}, but torch sees no CUDA device; allowed: auto, cpu")
    if dtype == "auto":
        if device == "cpu":
            dtype = "float32"
        else:
            dtype = "float16" if device.startswith("cuda") and not torch.cuda.is_bf16_supported() else "bfloat16"
    return device, getattr(torch, dtype)


def _img2img(pipe: Any) -> Any:
    """The img2img form of a pipeline, over the same weights."""
    import diffusers

    name = type(pipe).__name__
    sibling = getattr(diffusers, name.removesuffix("Pipeline") + "Img2ImgPipeline", None)
    try:
        # The table behind from_pipe of the Auto class imports every pipeline there is: only when it must.
        return (sibling or diffusers.AutoPipelineForImage2Image).from_pipe(pipe)
    except ValueError as error:
        raise UnsuitablePipeline(
            f"pipeline: {name} takes no reference image and has no img2img form; "
            "allowed: flux2-klein-4b, z-image-turbo, or another that does"
        ) from error


def _offloaded(pipe: Any, device: str) -> Any:
    try:
        pipe.enable_model_cpu_offload(device=device)
    except (ImportError, RuntimeError) as error:
        raise BackendUnavailable(
            f"{device} has too little free memory; pip install accelerate lets parts wait in main memory"
        ) from error
    log.info("too little free GPU memory: parts of the pipeline wait in main memory")
    return pipe


def _checked(picture: Any, name: str, dtype: str) -> Image.Image:
    if not isinstance(picture, Image.Image):
        raise UnsuitablePipeline(f"pipeline: {name} returns {type(picture).__name__}; allowed: one that returns images")
    image = picture.convert("RGB")
    if float(np.asarray(image, dtype=np.float32).std()) < _BLANK_STD:
        raise BackendUnavailable(f"{name} returned a blank picture in {dtype}; try --dtype float32 or another seed")
    return image


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
