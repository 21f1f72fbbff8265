"""Exports the linear face-and-shoulders model that the avatar ships with, from MakeHuman's CC0 geometry.

    python -m models.training.cg.export --geometry DIR

Kept: the body above the waist with the arms hanging, teeth, tongue and lashes; identity directions; the 52 face
units; skinning of neck and head. Every step is linear in the base vertices, so joints and eye centres are, too.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from models.avatar.diffusion.face_model import BONES, FACE_MODEL, LAYERS, MASKS
from models.training.cg.makehuman import Float, Int, MakeHumanFolder

ARM_DROP = 0.74
"""Radians by which the arms of the T-like rest pose hang down."""
BELOW_EYES = 0.54
"""Metres of body kept below the eyes."""
ARM_BONES = ("upperarm", "lowerarm", "wrist", "finger", "metacarpal")

SIDED = frozenset(("eyes", "cheek", "ears", "arms"))
"""Folders whose targets come as l-* and r-*: both sides move together here."""

DETAILS: dict[str, tuple[str, str | None]] = {
    "head.oval": ("head/head-oval", None),
    "head.round": ("head/head-round", None),
    "head.square": ("head/head-square", None),
    "head.rectangular": ("head/head-rectangular", None),
    "head.diamond": ("head/head-diamond", None),
    "head.heart": ("head/head-invertedtriangular", None),
    "head.triangular": ("head/head-triangular", None),
    "head.width": ("head/head-scale-horiz-incr", "head/head-scale-horiz-decr"),
    "head.height": ("head/head-scale-vert-incr", "head/head-scale-vert-decr"),
    "head.fat": ("head/head-fat-incr", "head/head-fat-decr"),
    "forehead.height": ("forehead/forehead-scale-vert-incr", "forehead/forehead-scale-vert-decr"),
    "chin.width": ("chin/chin-width-incr", "chin/chin-width-decr"),
    "chin.height": ("chin/chin-height-incr", "chin/chin-height-decr"),
    "chin.prominent": ("chin/chin-prominent-incr", "chin/chin-prominent-decr"),
    "jaw.bones": ("chin/chin-bones-incr", "chin/chin-bones-decr"),
    "cheek.bones": ("cheek/cheek-bones-incr", "cheek/cheek-bones-decr"),
    "cheek.volume": ("cheek/cheek-volume-incr", "cheek/cheek-volume-decr"),
    "nose.width": ("nose/nose-scale-horiz-incr", "nose/nose-scale-horiz-decr"),
    "nose.height": ("nose/nose-scale-vert-incr", "nose/nose-scale-vert-decr"),
    "nose.depth": ("nose/nose-scale-depth-incr", "nose/nose-scale-depth-decr"),
    "nose.point": ("nose/nose-point-up", "nose/nose-point-down"),
    "nose.hump": ("nose/nose-hump-incr", "nose/nose-hump-decr"),
    "nose.bridge": ("nose/nose-width1-incr", "nose/nose-width1-decr"),
    "mouth.width": ("mouth/mouth-scale-horiz-incr", "mouth/mouth-scale-horiz-decr"),
    "mouth.height": ("mouth/mouth-scale-vert-incr", "mouth/mouth-scale-vert-decr"),
    "mouth.corners": ("mouth/mouth-angles-up", "mouth/mouth-angles-down"),
    "mouth.cupids_bow": ("mouth/mouth-cupidsbow-incr", "mouth/mouth-cupidsbow-decr"),
    "lip.upper": ("mouth/mouth-upperlip-volume-incr", "mouth/mouth-upperlip-volume-decr"),
    "lip.lower": ("mouth/mouth-lowerlip-volume-incr", "mouth/mouth-lowerlip-volume-decr"),
    "eye.scale": ("eyes/eye-scale-incr", "eyes/eye-scale-decr"),
    "eye.height_inner": ("eyes/eye-height1-incr", "eyes/eye-height1-decr"),
    "eye.height": ("eyes/eye-height2-incr", "eyes/eye-height2-decr"),
    "eye.height_outer": ("eyes/eye-height3-incr", "eyes/eye-height3-decr"),
    "eye.corner_inner": ("eyes/eye-corner1-up", "eyes/eye-corner1-down"),
    "eye.corner_outer": ("eyes/eye-corner2-up", "eyes/eye-corner2-down"),
    "eye.apart": ("eyes/eye-trans-out", "eyes/eye-trans-in"),
    "eye.fold": ("eyes/eye-epicanthus-in", "eyes/eye-epicanthus-out"),
    "brow.height": ("eyebrows/eyebrows-trans-up", "eyebrows/eyebrows-trans-down"),
    "brow.angle": ("eyebrows/eyebrows-angle-up", "eyebrows/eyebrows-angle-down"),
    "ear.scale": ("ears/ear-scale-incr", "ears/ear-scale-decr"),
    "neck.width": ("neck/neck-scale-horiz-incr", "neck/neck-scale-horiz-decr"),
    "neck.depth": ("neck/neck-scale-depth-incr", "neck/neck-scale-depth-decr"),
    "neck.height": ("neck/neck-scale-vert-incr", "neck/neck-scale-vert-decr"),
    "shoulders.width": ("torso/measure-shoulder-dist-incr", "torso/measure-shoulder-dist-decr"),
    "torso.width": ("torso/torso-scale-horiz-incr", "torso/torso-scale-horiz-decr"),
    "arm.muscle": ("arms/upperarm-shoulder-muscle-incr", "arms/upperarm-shoulder-muscle-decr"),
    "arm.width": ("arms/upperarm-scale-horiz-incr", "arms/upperarm-scale-horiz-decr"),
}  # fmt: skip
"""Identity direction -> the target at +1 and, where there is one, at -1 (made one direction: half their difference)."""


def identity_directions(source: MakeHumanFolder) -> dict[str, Float]:
    """Displacement (V, 3) of every named direction of identity, metres at weight 1."""
    macro = {
        f"{ethnicity}.{gender}": source.target(f"macrodetails/{ethnicity}-{gender}-young")
        + source.target(f"macrodetails/universal-{gender}-young-averagemuscle-averageweight")
        for ethnicity, gender in product(("african", "asian", "caucasian"), ("female", "male"))
    }
    ageing: list[Float] = []
    for ethnicity, gender in product(("african", "asian", "caucasian"), ("female", "male")):
        old = source.target(f"macrodetails/{ethnicity}-{gender}-old")
        ageing.append(old - source.target(f"macrodetails/{ethnicity}-{gender}-young"))
    macro["age"] = np.mean(ageing, axis=0)
    for name, high, low in (
        ("weight", "averagemuscle-maxweight", "averagemuscle-minweight"),
        ("muscle", "maxmuscle-averageweight", "minmuscle-averageweight"),
    ):
        spread = [
            source.target(f"macrodetails/universal-{gender}-young-{high}")
            - source.target(f"macrodetails/universal-{gender}-young-{low}")
            for gender in ("female", "male")
        ]
        macro[name] = np.mean(spread, axis=0) / 2
    details = {
        name: _both_sides(source, up) if down is None else (_both_sides(source, up) - _both_sides(source, down)) / 2
        for name, (up, down) in DETAILS.items()
    }
    return macro | details


def _both_sides(source: MakeHumanFolder, name: str) -> Float:
    folder, leaf = name.split("/")
    if folder not in SIDED:
        return source.target(name)
    return source.target(f"{folder}/l-{leaf}") + source.target(f"{folder}/r-{leaf}")


class ArmPose:
    """Lets the arms hang: a linear map of whole vertex sets (V, 3), so that directions are posed like the mean."""

    def __init__(self, weights: Mapping[str, Float], shoulders: Sequence[Int]) -> None:
        self._sides = []
        for side, shoulder, sign in zip("LR", shoulders, (-1.0, 1.0), strict=True):
            weight = sum(
                (row for bone, row in weights.items() if bone.startswith(ARM_BONES) and bone.endswith(side)),
                start=np.zeros_like(weights["head"]),
            )
            sin, cos = np.sin(sign * ARM_DROP), np.cos(sign * ARM_DROP)
            turn = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
            self._sides.append((np.clip(weight, 0, 1)[:, None], shoulder, turn))

    def __call__(self, points: Float) -> Float:
        """Poses vertices or displacements (V, 3)."""
        posed = points.copy()
        for weight, shoulder, turn in self._sides:
            centre = points[shoulder].mean(axis=0)
            posed += weight * ((points - centre) @ turn.T + centre - points)
        return posed


def _sparse(fields: Mapping[str, Float], keep: Int) -> dict[str, np.ndarray]:
    """Packs displacements of the kept vertices: per field the vertices that move, int8 offsets and one scale."""
    starts, vertices, offsets, scales = [0], [], [], []
    for field in fields.values():
        moved = field[keep]
        scale = max(float(np.abs(moved).max()) / 127, 1e-9)
        quantised = np.round(moved / scale).astype(np.int8)
        ids = np.flatnonzero(np.any(quantised != 0, axis=1))
        vertices.append(ids.astype(np.uint16))
        offsets.append(quantised[ids])
        scales.append(scale)
        starts.append(starts[-1] + len(ids))
    return {
        "start": np.array(starts, np.int32),
        "vertex": np.concatenate(vertices),
        "offset": np.concatenate(offsets),
        "scale": np.array(scales, np.float32),
    }


def export(geometry: Path, out: Path) -> None:
    """Writes the model of `geometry` to `out` (safetensors)."""
    source = MakeHumanFolder(geometry)
    base = source.base()
    weights = source.bone_weights()
    pose = ArmPose(weights, [base.vertex_ids(f"joint-{side}-shoulder") for side in "lr"])
    mean = pose(base.vertices)
    directions = {name: pose(field) for name, field in identity_directions(source).items()}
    units = source.face_units()
    eyes = [base.vertex_ids(f"helper-{side}-eye") for side in "lr"]
    floor = mean[eyes[0]].mean(axis=0)[1] - BELOW_EYES

    layers = {
        "skin": ["body"],
        "upper_teeth": ["helper-upper-teeth"],
        "lower_teeth": ["helper-lower-teeth"],
        "tongue": ["helper-tongue"],
        "lashes": [f"helper-{side}-eyelashes-{row}" for side in "lr" for row in (1, 2)],
    }
    faces, uvs, layer_of = [], [], []
    for layer, groups in layers.items():
        for face in (face for group in groups for face in base.groups[group]):
            ids = [corner.vertex for corner in face]
            if layer == "skin" and mean[ids, 1].min() < floor:
                continue
            four = [*face, face[-1]][:4]
            faces.append([corner.vertex for corner in four])
            uvs.append([base.uv[corner.uv] for corner in four])
            layer_of.append(LAYERS.index(layer))
    quads = np.array(faces)
    keep, packed = np.unique(quads, return_inverse=True)

    neck = [np.clip(weights[f"neck0{i}"], 0, 1) for i in (1, 2, 3)]
    trunk = [
        name for name in weights if name.startswith(("spine", "clavicle", "shoulder", "breast", "root", *ARM_BONES))
    ]
    root = np.sum([weights[name] for name in trunk], axis=0)
    total = root + np.sum(neck, axis=0)
    # What no trunk or neck bone holds is the skull, face and everything in it.
    head = np.clip(1 - total, 0, 1)
    skin = np.stack([root, *neck, head], axis=1)
    skin /= skin.sum(axis=1, keepdims=True)

    joint_rows = [source.bone_head(bone, base) for bone in BONES[1:]]
    joints = np.stack([[field[row].mean(axis=0) for row in joint_rows] for field in (mean, *directions.values())])
    centres = np.stack([[field[row].mean(axis=0) for row in eyes] for field in (mean, *directions.values())])
    radius = float(np.linalg.norm(mean[eyes[0]] - mean[eyes[0]].mean(axis=0), axis=1).mean())

    uv = np.array(uvs)
    corner_uv = np.zeros((len(keep), 2))
    corner_uv[packed.reshape(-1)] = uv.reshape(-1, 2)
    masks = np.stack([_sample(source.mask(name), corner_uv) for name in MASKS], axis=1)
    arrays: dict[str, np.ndarray] = {
        "mean": mean[keep].astype(np.float32),
        "quads": packed.reshape(quads.shape).astype(np.uint16),
        "uv": np.round(np.clip(uv, 0, 1) * 65535).astype(np.uint16),
        "layer": np.array(layer_of, np.uint8),
        "skinning": np.round(skin[keep] * 255).astype(np.uint8),
        "joints": joints.astype(np.float32),
        "eyes": centres.astype(np.float32),
        "masks": masks,
    }
    arrays |= {f"identity.{key}": value for key, value in _sparse(directions, keep).items()}
    arrays |= {f"units.{key}": value for key, value in _sparse(units, keep).items()}
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file(
        {key: np.ascontiguousarray(value) for key, value in arrays.items()},
        out,
        metadata={
            "identity": " ".join(directions),
            "units": " ".join(units),
            "bones": " ".join(BONES),
            "eye_radius": f"{radius:.6f}",
            "licence": "CC0-1.0: derived from MakeHuman's hm08 base mesh, targets and face units",
        },
    )
    print(f"{out}: {len(keep)} vertices, {len(quads)} quads, {len(directions)} directions, {len(units)} face units, "
          f"{out.stat().st_size / 1e3:.0f} kB")  # fmt: skip


def _sample(mask: np.ndarray, uv: Float) -> np.ndarray:
    """Mean of the mask in a 5x5 window at each texture coordinate: (N,) uint8."""
    import cv2

    soft = cv2.blur(mask, (5, 5))
    height, width = mask.shape
    x = np.clip((uv[:, 0] * width).astype(int), 0, width - 1)
    y = np.clip(((1 - uv[:, 1]) * height).astype(int), 0, height - 1)
    return np.asarray(soft[y, x], np.uint8)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--geometry", type=Path, required=True, help="folder with mpfb2/ and faceunits01/")
    parser.add_argument("--out", type=Path, default=FACE_MODEL)
    arguments = parser.parse_args()
    export(arguments.geometry, arguments.out)


if __name__ == "__main__":
    main()
