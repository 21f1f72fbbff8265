"""The brands that are looked for: those of the briefs, with what configs/brands/<id>.yaml adds (names, logo)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import structlog
from pydantic import AfterValidator, Field

from influencer.errors import InvalidInput
from influencer.fields import ShortText, Slug, Value
from influencer.insight.logos import Logo
from influencer.insight.mentions import Brand
from influencer.loading import load_value
from influencer.paths import configs_dir

log = structlog.get_logger(__name__)


def _file_name(name: str) -> str:
    if Path(name).name != name or name.startswith("."):
        raise ValueError("a file beside the brand's own, such as halvenne.png")
    return name


class BrandFile(Value):
    """A brand as people write it down."""

    id: Slug
    name: ShortText
    aliases: Annotated[list[ShortText], Field(max_length=30)] = []
    """What it is called besides: in other scripts, for short, by nickname."""
    logo: Annotated[str, Field(max_length=80), AfterValidator(_file_name)] | None = None


def brand_files() -> list[BrandFile]:
    """All on disk, by id; one that is wrong is left out and logged."""
    found = []
    for path in sorted((configs_dir() / "brands").glob("*.yaml")):
        try:
            found.append(load_value(path, BrandFile))
        except InvalidInput as error:
            log.warning("brand left out", brand=path.stem, mistakes=[str(one) for one in error.mistakes])
    return found


def brands_named(names: Iterable[str]) -> list[Brand]:
    """The brands of these names, with their other names where they are written down."""
    known = {file.name.casefold(): file for file in brand_files()}
    found = []
    for name in dict.fromkeys(names):
        file = known.get(name.casefold())
        found.append(Brand(name, tuple(file.aliases) if file else ()))
    return found


def logos() -> list[Logo]:
    """Every logo on disk; one that cannot be used is left out and logged."""
    found = []
    for file in brand_files():
        if file.logo is None:
            continue
        path = configs_dir() / "brands" / file.logo
        data = path.read_bytes() if path.is_file() else b"none"
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        try:
            if picture is None:
                raise ValueError("a PNG, JPEG or WebP picture")
            found.append(Logo(file.name, np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)))
        except ValueError as error:
            log.warning("logo left out", brand=file.id, logo=file.logo, allowed=str(error))
    return found
