"""The weight store: weights and fonts by name, fetched from several kinds of source, verified before use."""

from models.weights.manifest import Manifest, read_manifest
from models.weights.progress import FetchProgress, console_progress
from models.weights.store import ArtifactStatus, WeightStore

__all__ = ["ArtifactStatus", "FetchProgress", "Manifest", "WeightStore", "console_progress", "read_manifest"]
