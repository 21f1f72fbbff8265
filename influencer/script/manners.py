"""How a part of the day sounds: data of manners.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import yaml

from influencer.script.run_of_show import Manner
from influencer.script.values import SegmentKind


@dataclass(frozen=True, slots=True)
class MannerStyle:
    """What a manner changes."""

    pace: float
    """Factor on the voice's speed."""
    shares: Mapping[SegmentKind, float]
    """Factors on the time of a kind of segment."""


def manner(name: Manner) -> MannerStyle:
    """The style of a manner. Blocks on the first call."""
    return _manners()[name]


@lru_cache(maxsize=1)
def _manners() -> Mapping[str, MannerStyle]:
    raw = yaml.safe_load(files("influencer.script").joinpath("manners.yaml").read_text("utf-8"))
    return {name: MannerStyle(float(style["pace"]), style["shares"]) for name, style in raw.items()}
