"""Where the data that people edit lies."""

from __future__ import annotations

import os
from pathlib import Path


def configs_dir() -> Path:
    """The folder with markets/, personas/, briefs/ and presets/: INFLUENCER_CONFIGS, or the repository's own."""
    override = os.environ.get("INFLUENCER_CONFIGS")
    return Path(override) if override else Path(__file__).resolve().parent.parent / "configs"
