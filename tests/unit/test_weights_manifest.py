"""What the manifest of weights may say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from models.weights.manifest import Artifact, read_manifest

pytestmark = pytest.mark.unit

HASH = "a" * 64


def test_the_built_in_manifest_is_complete() -> None:
    manifest = read_manifest()
    assert {"qwen2.5-coder-1.5b-q4", "kokoro-82m-int8", "kokoro-voices", "whisper-base", "font-kr"} <= set(manifest)
    assert len(manifest["kokoro-voices"].files) == 54
    for artifact in manifest.values():
        assert artifact.licence in {"Apache-2.0", "MIT", "OFL-1.1"}
        assert all(file.pieces for file in artifact.files), "every file has a source that needs no model hub"


@pytest.mark.parametrize("name", ["../up", "/etc/passwd", "a/b", "..", ".hidden", "a\\b/../c"])
def test_a_file_name_cannot_leave_its_folder(name: str) -> None:
    with pytest.raises(ValidationError, match="name"):
        _artifact(name=name)


@pytest.mark.parametrize(
    "piece",
    [
        {"pypi": "--index-url=evil==1"},
        {"pypi": "name"},
        {"pypi": "name==1 --no-deps"},
        {"npm": "--registry=x@1"},
        {"npm": "../folder@1"},
        {"npm": "git+ssh://x@1"},
        {"npm": "a@1", "pypi": "a==1"},
        {},
    ],
)
def test_a_package_is_an_exact_version_and_never_an_option_or_a_path(piece: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        _artifact(pieces=[{"member": "m", **piece}])


def test_pieces_must_cover_the_file() -> None:
    piece = {"pypi": "a==1", "member": "m", "size": 4, "sha256": HASH}
    with pytest.raises(ValidationError, match="add up"):
        _artifact(pieces=[piece, piece])


def test_a_file_needs_a_source() -> None:
    with pytest.raises(ValidationError, match="no source"):
        _artifact()


def test_the_registries_are_left_to_their_clients() -> None:
    """No registry host is written anywhere: mirrors and private indexes keep working."""
    folder = Path(__file__).parents[2] / "models"
    text = "".join(path.read_text() for path in [*folder.glob("weights/*.py"), folder / "weights.toml"])
    assert not re.search(r"pypi\.org|pythonhosted|npmjs|yarnpkg", text)


def _artifact(name: str = "f.bin", **file: object) -> Artifact:
    return Artifact.model_validate(
        {
            "kind": "file",
            "licence": "MIT",
            "licence_url": "https://example.org/licence",
            "purpose": "a test",
            "files": [{"name": name, "size": 10, "sha256": HASH, **file}],
        }
    )
