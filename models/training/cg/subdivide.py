"""Catmull-Clark subdivision as one sparse linear map, so that a posed mesh is smoothed by a single product.

Source: Catmull and Clark, "Recursively generated B-spline surfaces on arbitrary topological meshes", 1978.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

Float = npt.NDArray[np.float32]
Index = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Subdivision:
    """Finer quads (4Q, 4) and their texture corners (4Q, 4, 2); `apply` makes their vertices from the coarse ones."""

    quads: Index
    uv: Float
    _start: Index
    _column: Index
    _weight: Float

    def apply(self, points: Float) -> Float:
        """Coarse vertices or attributes (V, C) -> fine ones (V', C)."""
        return np.asarray(_product(self._start, self._column, self._weight, np.ascontiguousarray(points, np.float32)))


@njit(cache=True, nogil=True, fastmath=True)
def _product(start: Index, column: Index, weight: Float, points: Float) -> Float:
    out = np.zeros((start.shape[0] - 1, points.shape[1]), np.float32)
    for row in range(out.shape[0]):
        for entry in range(start[row], start[row + 1]):
            for channel in range(points.shape[1]):
                out[row, channel] += weight[entry] * points[column[entry], channel]
    return out


Row = dict[int, float]


def _mix(*parts: tuple[float, Row]) -> Row:
    out: Row = defaultdict(float)
    for share, row in parts:
        for vertex, weight in row.items():
            out[vertex] += share * weight
    return out


def catmull_clark(quads: Index, uv: Float, count: int) -> Subdivision:
    """One level of subdivision of quads (Q, 4) over `count` vertices; borders stay creases.

    A quad whose last vertex repeats is a triangle; texture corners are split linearly, each quad by itself.
    """
    faces = [[int(v) for v in quad[:3]] if quad[2] == quad[3] else [int(v) for v in quad] for quad in quads]
    edges: dict[tuple[int, int], int] = {}
    edge_faces: list[list[int]] = []
    vertex_faces: dict[int, list[int]] = defaultdict(list)
    vertex_edges: dict[int, list[int]] = defaultdict(list)
    for f, face in enumerate(faces):
        for a, b in zip(face, face[1:] + face[:1], strict=True):
            vertex_faces[a].append(f)
            key = (min(a, b), max(a, b))
            if key not in edges:
                edges[key] = len(edges)
                edge_faces.append([])
                vertex_edges[a].append(edges[key])
                vertex_edges[b].append(edges[key])
            edge_faces[edges[key]].append(f)
    ends = list(edges)
    centre: list[Row] = [{v: 1 / len(face) for v in face} for face in faces]
    middle: list[Row] = [{a: 0.5, b: 0.5} for a, b in ends]
    border = [len(fs) != 2 for fs in edge_faces]
    edge_rows = [
        middle[e] if border[e] else _mix((0.5, middle[e]), *((0.25, centre[f]) for f in edge_faces[e]))
        for e in range(len(ends))
    ]
    vertex_rows: list[Row] = []
    for v in range(count):
        mine = vertex_edges[v]
        rim = [e for e in mine if border[e]]
        if not mine:
            vertex_rows.append({v: 1.0})
        elif rim:
            vertex_rows.append(_mix((0.5, {v: 1.0}), *((0.5 / len(rim), middle[e]) for e in rim)))
        else:
            n = len(vertex_faces[v])
            around = ((1 / (n * n), centre[f]) for f in vertex_faces[v])
            along = ((2 / (n * len(mine)), middle[e]) for e in mine)
            vertex_rows.append(_mix(((n - 3) / n, {v: 1.0}), *around, *along))
    fine, corners = [], []
    first_edge, first_face = count, count + len(ends)
    for f, face in enumerate(faces):
        size = len(face)
        at = uv[f][:size]
        mid = at.mean(axis=0)
        for i, v in enumerate(face):
            after, before = (i + 1) % size, i - 1
            next_edge = edges[min(v, face[after]), max(v, face[after])]
            last_edge = edges[min(v, face[before]), max(v, face[before])]
            fine.append([v, first_edge + next_edge, first_face + f, first_edge + last_edge])
            corners.append([at[i], (at[i] + at[after]) / 2, mid, (at[i] + at[before]) / 2])
    rows = vertex_rows + edge_rows + centre
    start = np.cumsum([0, *(len(row) for row in rows)]).astype(np.int32)
    column = np.array([v for row in rows for v in row], np.int32)
    weight = np.array([w for row in rows for w in row.values()], np.float32)
    return Subdivision(np.array(fine, np.int32), np.array(corners, np.float32), start, column, weight)
