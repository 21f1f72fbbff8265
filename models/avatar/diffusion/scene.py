"""A dressed host as one mesh with strands of hair: prepared once, posed every frame. Guide and CG both draw it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from models.avatar.diffusion.canvas import CAMERA
from models.avatar.diffusion.controls import FaceFrame, both
from models.avatar.diffusion.eyes import EyeMesh, eye_mesh, eye_units, iris_texture, turn_eye
from models.avatar.diffusion.face_model import LAYERS, MASKS, FaceModel, PosedFace, face_model, skinned
from models.avatar.diffusion.hair import Strands, grow
from models.avatar.diffusion.look import Look
from models.avatar.diffusion.paint import paint_skin
from models.avatar.diffusion.raster import Buffers, draw_triangles, vertex_normals
from models.avatar.diffusion.wardrobe import dress

Float = npt.NDArray[np.float32]
Index = npt.NDArray[np.int32]

SKULL = np.array([0.0, 0.03, -0.095], np.float32)
"""From the eyes' middle to the middle of the skull, metres."""


GLOSS = {"cloth": 0.1, "plastic": 0.7, "pearl": 0.8, "metal": 0.9}
NO_HAIR = Strands(
    np.zeros((0, 2, 3), np.float32), np.zeros((0, 2), np.float32), np.zeros(0, np.float32), np.zeros((0, 2), np.float32)
)
"""A scarf hides it all."""


class Material(IntEnum):
    """How a surface answers light."""

    SKIN = 0
    MOUTH = 1
    EYE = 2
    CLOTH = 3
    HARD = 4
    LASH = 5
    HAIR = 6


@dataclass(frozen=True, slots=True)
class Quads:
    """A quad mesh of the face: (Q, 4) vertices, (Q, 4, 2) texture corners, (Q,) layer; `refine` maps its vertices."""

    quads: Index
    uv: Float
    layer: npt.NDArray[np.uint8]
    refine: Callable[[Float], Float]


def coarse_quads(model: FaceModel) -> Quads:
    """The face model as it is shipped."""
    return Quads(model.quads, model.uv, model.layer, lambda points: points)


@dataclass(frozen=True, slots=True)
class Part:
    """One surface: triangles (T, 3) over vertices (N), their uv (N, 2), and how to place them in a frame."""

    material: Material
    triangles: Index
    uv: Float
    color: Float
    gloss: float
    texture: int
    place: Callable[[PosedFace, FaceFrame], Float]


@dataclass(frozen=True, slots=True)
class Mesh:
    """All parts as one mesh. Static per identity."""

    triangles: Index
    """(T, 3)."""
    uv: Float
    """(N, 2), v upwards."""
    mouth: Float
    """(N,) 0.5 on the lips, 1 inside of the mouth."""
    part: Index
    """(T,) which part a triangle is of."""
    texture: Index
    """(T,) which texture, or -1."""
    material: Index
    """(P,)."""
    color: Float
    """(P, 3) linear colour of parts without a texture."""
    gloss: Float
    """(P,)."""
    textures: Float
    """(L, S, S, 5): linear red, green, blue; alpha; gloss."""

    def only(self, triangles: Index) -> Mesh:
        """The same vertices with these triangles (K,) alone."""
        chosen = np.ascontiguousarray(self.triangles[triangles])
        return replace(self, triangles=chosen, part=self.part[triangles], texture=self.texture[triangles])


@dataclass(frozen=True, slots=True)
class PosedScene:
    """One frame: vertices and unit normals (N, 3), strands (S, K, 3), the skull's middle (3,), in metres."""

    points: Float
    normals: Float
    strands: Float
    skull: Float


class HostScene:
    """One host, ready to be posed."""

    def __init__(
        self, look: Look, *, texture: int = 512, strands: int = 600, quads: Quads | None = None, eye_rings: int = 10
    ) -> None:
        self.look = look
        self._model = face_model()
        self._quads = quads or coarse_quads(self._model)
        self.target = look.shape.eyes.mean(axis=0)
        self.strands = NO_HAIR if look.a.hair_style == "hijab" else grow(look.shape, look.a.hair_style, strands)
        self._textures: list[Float] = []
        self._size = texture
        self._parts: list[Part] = []
        self._mouth: list[Float] = []
        self._back = 0.0
        """How far teeth and tongue are moved back, metres."""
        self._add_face()
        self._add_eyes(eye_rings)
        self._add_outfit()
        self.mesh = self._merge()
        self._back = self._poking_through()

    def pose(self, frame: FaceFrame, strands: Strands | None = None) -> PosedScene:
        """Places everything for a frame, with all strands of hair or just those given."""
        units = dict(frame.units)
        for unit, weight in eye_units(*frame.gaze).items():
            units[unit] = units.get(unit, 0.0) + weight
        posed = self.look.shape.pose(units, frame.head)
        fine = PosedFace(self._quads.refine(posed.vertices), posed.bones)
        points = np.concatenate([part.place(fine, frame) for part in self._parts])
        normals = vertex_normals(points, self.mesh.triangles)
        skull = posed.with_head((self.target + SKULL)[None])[0]
        return PosedScene(points, normals, (strands or self.strands).posed(posed.bones), skull)

    def _add_face(self) -> None:
        skin = paint_skin(self.look, self._size)
        self._textures.append(np.concatenate([skin.albedo, skin.alpha[..., None], skin.gloss[..., None]], axis=2))
        lips, inside = (self._model.masks[:, MASKS.index(name)] for name in ("lips", "inside-mouth"))
        mouth = self._quads.refine(np.maximum(0.5 * lips, inside)[:, None].astype(np.float32))[:, 0]
        kinds = {
            "skin": Material.SKIN,
            "upper_teeth": Material.MOUTH,
            "lower_teeth": Material.MOUTH,
            "tongue": Material.MOUTH,
            "lashes": Material.LASH,
        }
        inner = {Material.SKIN: None, Material.MOUTH: 1.0, Material.LASH: 0.0}
        for layer, material in kinds.items():
            chosen = self._quads.layer == LAYERS.index(layer)
            vertices, triangles, uv = _seams(self._quads.quads[chosen], self._quads.uv[chosen])

            place = self._inside(vertices) if material is Material.MOUTH else _as_posed(vertices)
            self._parts.append(Part(material, triangles, uv, np.zeros(3, np.float32), 0.0, 0, place))
            depth = inner[material]
            inside_of = mouth[vertices] if depth is None else np.full(len(vertices), depth, np.float32)
            self._mouth.append(inside_of)

    def _inside(self, vertices: Index) -> Callable[[PosedFace, FaceFrame], Float]:
        """Places teeth or tongue, behind the skin of this very face."""

        def place(face: PosedFace, frame: FaceFrame) -> Float:
            # Backwards along the head's own axis.
            return np.asarray(face.vertices[vertices] - self._back * face.bones[-1][:, 2], np.float32)

        return place

    def _poking_through(self) -> float:
        """How far teeth or tongue stand out of the skin beside the lips, and a little more; 0 when they do not.

        Teeth are one shape for all; in a small chin their corners would show through it.
        """
        mesh, kind = self.mesh, self.mesh.material[self.mesh.part]
        skin, mouth = (np.ascontiguousarray(mesh.triangles[kind == one]) for one in (Material.SKIN, Material.MOUTH))
        outer = mesh.mouth[skin].max(axis=1) == 0
        out = 0.0
        for units in (
            {},
            {"jawOpen": 0.6},
            {"jawOpen": 0.15} | both("mouthStretch", 0.3) | both("mouthLowerDown", 0.4),
        ):
            points = CAMERA.project(self.pose(FaceFrame(units), NO_HAIR).points, self.target)
            front, inner = (Buffers.empty(CAMERA.height, CAMERA.width) for _ in range(2))
            for buffers, drawn in ((front, skin), (inner, mouth)):
                draw_triangles(points, drawn, buffers.depth, buffers.index, buffers.weights)
            before = (front.index >= 0) & outer[front.index] & (inner.index >= 0)
            out = max(out, float(np.max(front.depth - inner.depth, initial=0.0, where=before)))
        return out + 0.002 if out else 0.0

    def _add_eyes(self, rings: int) -> None:
        iris = iris_texture(self.look.iris, self._size)
        flat = np.ones((*iris.shape[:2], 2), np.float32)
        self._textures.append(np.concatenate([iris, flat], axis=2).astype(np.float32))
        mesh: EyeMesh = eye_mesh(rings)
        for centre in self.look.shape.eyes:

            def place(face: PosedFace, frame: FaceFrame, centre: Float = centre) -> Float:
                return face.with_head(turn_eye(mesh, centre, frame.gaze))

            texture = len(self._textures) - 1
            self._parts.append(
                Part(Material.EYE, mesh.triangles, mesh.uv, np.zeros(3, np.float32), 1.0, texture, place)
            )
            self._mouth.append(np.zeros(len(mesh.uv), np.float32))

    def _add_outfit(self) -> None:
        outfit = dress(self.look, self._size)
        self._textures.append(_fit(outfit.paint, self._size))
        paint = len(self._textures) - 1
        for shell in outfit.shells:

            def place(
                face: PosedFace, frame: FaceFrame, rest: Float = shell.vertices, skin: Float = shell.skinning
            ) -> Float:
                return skinned(rest, skin, face.bones)

            cloth = shell.layer == "cloth"
            color = np.zeros(3, np.float32) if shell.color is None else shell.color
            texture = paint if shell.color is None else -1
            material = Material.CLOTH if cloth else Material.HARD
            self._parts.append(Part(material, shell.triangles, shell.uv, color, GLOSS[shell.layer], texture, place))
            self._mouth.append(np.zeros(len(shell.uv), np.float32))

    def _merge(self) -> Mesh:
        starts = np.cumsum([0, *(len(part.uv) for part in self._parts)])
        triangles = [part.triangles + start for part, start in zip(self._parts, starts, strict=False)]
        count = [len(part.triangles) for part in self._parts]
        return Mesh(
            triangles=np.ascontiguousarray(np.concatenate(triangles), np.int32),
            uv=np.concatenate([part.uv for part in self._parts]).astype(np.float32),
            mouth=np.concatenate(self._mouth).astype(np.float32),
            part=np.repeat(np.arange(len(self._parts)), count).astype(np.int32),
            texture=np.repeat([part.texture for part in self._parts], count).astype(np.int32),
            material=np.array([part.material for part in self._parts], np.int32),
            color=np.stack([part.color for part in self._parts]).astype(np.float32),
            gloss=np.array([part.gloss for part in self._parts], np.float32),
            textures=np.stack(self._textures).astype(np.float32),
        )


def _as_posed(vertices: Index) -> Callable[[PosedFace, FaceFrame], Float]:
    def place(face: PosedFace, frame: FaceFrame) -> Float:
        return np.asarray(face.vertices[vertices], np.float32)

    return place


def _fit(paint: Float, size: int) -> Float:
    """RGBA paint at the size of the other textures, with a gloss channel."""
    import cv2

    picture = paint if paint.shape[0] == size else cv2.resize(paint, (size, size), interpolation=cv2.INTER_AREA)
    return np.concatenate([picture, np.full((size, size, 1), 0.1, np.float32)], axis=2).astype(np.float32)


def _seams(quads: Index, uv: Float) -> tuple[Index, Index, Float]:
    """Splits vertices where the texture has a seam: (source vertex of each, triangles, uv of each)."""
    corner = np.concatenate([quads.reshape(-1, 1), np.round(uv.reshape(-1, 2) * 16384).astype(np.int64)], axis=1)
    unique, inverse = np.unique(corner, axis=0, return_inverse=True)
    faces = inverse.reshape(-1, 4)
    triangles = np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]])
    proper = triangles[:, 1] != triangles[:, 2]
    vertices = unique[:, 0].astype(np.int32)
    return vertices, triangles[proper].astype(np.int32), (unique[:, 1:] / 16384).astype(np.float32)
