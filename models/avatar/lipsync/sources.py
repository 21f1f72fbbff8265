"""Where checkpoints come from: a folder or file on this machine, or a repository on the hub."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from models.errors import BackendUnavailable, WeightsCorrupt

State = dict[str, torch.Tensor]


def local(source: str) -> Path | None:
    """The path that `source` names on this machine, or None when it can only be a hub id ("owner/name").

    Raises:
        BackendUnavailable: it is written as a path, and nothing is there.
    """
    path = Path(source).expanduser()
    if path.exists():
        return path
    if source.startswith(("/", ".", "~")) or source.count("/") != 1:
        raise BackendUnavailable(
            f"{source!r}: no such file or folder; allowed: a path that exists, or a hub id such as owner/name"
        )
    return None


def find_file(source: str, names: tuple[str, ...]) -> Path:
    """The first of `names` in a folder or a hub repository; a `source` that is a file is the answer itself.

    Raises:
        BackendUnavailable: none of them is there, or the hub cannot be reached.
    """
    path = local(source)
    if path is not None:
        if path.is_file():
            return path
        found = next((path / name for name in names if (path / name).is_file()), None)
        if found is None:
            raise BackendUnavailable(f"{source!r} holds none of {', '.join(names)}")
        return found
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    with hub_errors(source):
        for name in names:
            try:
                return Path(hf_hub_download(source, name))
            except EntryNotFoundError:
                continue
    raise BackendUnavailable(f"hub repository {source!r} holds none of {', '.join(names)}")


@contextmanager
def hub_errors(source: str) -> Iterator[None]:
    """Turn what the hub clients raise into one sentence that names the source.

    Raises:
        BackendUnavailable: the source cannot be reached or is not what was asked for.
    """
    try:
        yield
    except (OSError, ValueError) as error:  # HfHubHTTPError and LocalEntryNotFoundError are among these
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BackendUnavailable(
            f"cannot load {source!r}: {reason[:300]} (give a folder that holds the files, or go on-line once)"
        ) from error


def read_state(path: Path) -> State:
    """Read a state dict from .safetensors, or from a pickle of tensors and nothing else (`weights_only=True`).

    Raises:
        WeightsCorrupt: the file is damaged, or holds something other than a dict of tensors.
    """
    try:
        state = load_file(path) if path.suffix == ".safetensors" else torch.load(path, "cpu", weights_only=True)
    except (
        SafetensorError,
        RuntimeError,
        EOFError,
        OSError,
        ValueError,
        pickle.UnpicklingError,
    ) as error:
        raise WeightsCorrupt(f"{path.name} is damaged or holds more than tensors") from error
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise WeightsCorrupt(f"{path.name} is not a dict of tensors")
    return state


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        WeightsCorrupt: it is not one.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsCorrupt(f"{path.name} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise WeightsCorrupt(f"{path.name} is not a JSON object")
    return value
