"""Which pipelines make portraits: the two defaults with their steps, guidance and licence, and any other by id or path.

Sources: the model cards of black-forest-labs/FLUX.2-klein-4B (4 steps, guidance 1) and Tongyi-MAI/Z-Image-Turbo (9
scheduler steps are 8 evaluations, guidance 0), both Apache-2.0. Larger FLUX.2 models are non-commercial.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

UNKNOWN_LICENCE = "unknown: read the model card"


@dataclass(frozen=True, slots=True)
class Recipe:
    """One pipeline and how it is run. None means the pipeline's own default."""

    name: str
    repository: str | None
    """Hub id; None for a folder that belongs to no known recipe."""
    pipeline_class: str | None
    steps: int | None
    guidance: float | None
    licence: str
    licence_url: str | None
    memory_gb: float | None
    """What the model holds in bfloat16, in 10^9 bytes; with less free on the GPU, parts wait in main memory."""

    @property
    def folder(self) -> Path:
        """Where its files are looked for first."""
        root = Path(os.environ.get("INFLUENCER_CACHE") or "~/.cache/influencer").expanduser()
        return root / "portrait" / self.name


FLUX2_KLEIN = Recipe(
    name="flux2-klein-4b",
    repository="black-forest-labs/FLUX.2-klein-4B",
    pipeline_class="Flux2KleinPipeline",
    steps=4,
    guidance=1.0,
    licence="Apache-2.0",
    licence_url="https://huggingface.co/black-forest-labs/FLUX.2-klein-4B",
    memory_gb=16,
)
Z_IMAGE_TURBO = Recipe(
    name="z-image-turbo",
    repository="Tongyi-MAI/Z-Image-Turbo",
    pipeline_class="ZImagePipeline",
    steps=9,
    guidance=0.0,
    licence="Apache-2.0",
    licence_url="https://huggingface.co/Tongyi-MAI/Z-Image-Turbo",
    memory_gb=21,
)
RECIPES = {recipe.name: recipe for recipe in (FLUX2_KLEIN, Z_IMAGE_TURBO)}


def recipe_for(pipeline: str) -> Recipe:
    """The recipe of a name (`flux2-klein-4b`), a hub id, or a folder; one without settings for anything else.

    A folder is recognised by its own name (`.../FLUX.2-klein-4B`).
    """
    last = Path(pipeline).name.casefold()
    for recipe in RECIPES.values():
        repository = str(recipe.repository).casefold()
        if pipeline.casefold() in {recipe.name, repository} or last in {recipe.name, repository.split("/")[1]}:
            return recipe
    repository_id = pipeline if pipeline.count("/") == 1 and not Path(pipeline).is_dir() else None
    return Recipe(Path(pipeline).name, repository_id, None, None, None, UNKNOWN_LICENCE, None, None)


def how_to_get(recipe: Recipe) -> str:
    """What to download, where to put it, and under which licence it is; one line."""
    known = ", ".join(RECIPES)
    if recipe.repository is None:
        return f"allowed: a folder that diffusers saved (with model_index.json), a hub id, or {known}"
    size = f", about {recipe.memory_gb:.0f} GB" if recipe.memory_gb else ""
    return (
        f"run: hf download {recipe.repository} --local-dir {recipe.folder} (licence: {recipe.licence}{size}), "
        f"or repeat with --download; another folder is given with --pipeline FOLDER"
    )
