"""Sentences as vectors, so that what means the same lies close together, in whatever language it was written.

multilingual-e5-small (Wang et al., "Multilingual E5 Text Embeddings", 2024; MIT) in 4-bit blocks of 32 weights (Q4_0 of
ggml), read from one file and run with numpy: twelve small layers over a dozen tokens need no runtime of their own.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from models.errors import WeightsError
from models.weights import WeightStore

Floats = NDArray[np.float32]

WEIGHTS = "multilingual-e5-small-q4"
_BLOCK = 32
_Q4 = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
_META = "\u2581"
_MOST_TOKENS = 128
"""A chat message is shorter; of anything longer the beginning says what it is about."""


@lru_cache(maxsize=1)
def ready_encoder() -> E5 | None:
    """The encoder of this process, or None when its weights were not fetched. Blocks for two seconds at first."""
    store = WeightStore()
    ready = any(status.name == WEIGHTS and status.state == "ready" for status in store.list())
    return E5(store.path(WEIGHTS)) if ready else None


class _Reader:
    """A cursor over the file's bytes."""

    def __init__(self, data: memoryview) -> None:
        self.data, self.at = data, 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def array(self, kind: str, count: int) -> NDArray[Any]:
        values = np.frombuffer(self.data, kind, count, self.at)
        self.at += values.nbytes
        return values


class _Tokenizer:
    """SentencePiece's unigram model (Kudo, 2018): the likeliest pieces of a text, by Viterbi."""

    def __init__(self, reader: _Reader) -> None:
        count, self.bos, self.eos, _, self._unknown = reader.take("5i")
        (length,) = reader.take("Q")
        ends = reader.array("<u4", count + 1).tolist()
        self._scores: list[float] = reader.array("<f4", count).tolist()
        blob = bytes(reader.array("u1", length))
        pieces = (blob[start:end].decode("utf-8", "replace") for start, end in zip(ends, ends[1:], strict=False))
        self._ids = {piece: number for number, piece in enumerate(pieces)}
        self._longest = max(map(len, self._ids))
        self._unknown_score = min(self._scores) - 10
        rules, _ = reader.take("iI")
        self._normal: dict[int, str] = {}
        for _ in range(rules):
            point, length = reader.take("IB")
            self._normal[point] = "".join(map(chr, reader.take(f"{length}I")))

    def encode(self, text: str) -> list[int]:
        """Ids of the pieces, between the marks of beginning and end."""
        marked = _META + _META.join(text.translate(self._normal).split())
        best = [0.0] + [-1e30] * len(marked)
        came: list[tuple[int, int]] = [(0, self._unknown)] * (len(marked) + 1)
        for start in range(len(marked)):
            for end in range(start + 1, min(len(marked), start + self._longest) + 1):
                piece = self._ids.get(marked[start:end])
                if piece is None or piece == self._unknown:
                    if end > start + 1:
                        continue
                    piece, score = self._unknown, best[start] + self._unknown_score
                else:
                    score = best[start] + self._scores[piece]
                if score > best[end]:
                    best[end], came[end] = score, (start, piece)
        ids: list[int] = []
        end = len(marked)
        while end:
            end, piece = came[end]
            ids.append(piece)
        return [self.bos, *ids[::-1][: _MOST_TOKENS - 2], self.eos]


class E5:
    """The encoder. Thread-safe: nothing changes after loading."""

    def __init__(self, path: Path) -> None:
        """Read the file: a second, 170 MB of memory.

        Raises:
            WeightsError: it is no file of this format.
        """
        # Matrices of a dozen rows gain nothing from a second thread, and on busy cores BLAS spins waiting for it: 14 ms
        # of processor time a sentence become 700.
        threadpool_limits(1, user_api="blas")
        reader = _Reader(memoryview(path.read_bytes()))
        if reader.take("4sI")[0] != b"E5S1":
            raise WeightsError(f"{path} is no multilingual-e5 file")
        self.dimensions, self._depth, self._heads, self._inner, *_ = reader.take("7i")
        self._epsilon, block = reader.take("fi")
        if block != _BLOCK:
            raise WeightsError(f"{path} has blocks of {block} weights; {_BLOCK} can be read")
        self._tokenizer = _Tokenizer(reader)
        self._dense: dict[str, Floats] = {}
        self._words: NDArray[Any] = np.empty((0, 0), _Q4)
        self._read_tensors(reader)

    def embed(self, texts: Sequence[str], *, query: bool) -> Floats:
        """Unit vectors, one row a text: (len(texts), dimensions). The dot product of two is how alike they mean.

        Args:
            texts: sentences in any language.
            query: whether they ask or are what is searched; the model was trained with that told apart.
        """
        prefix = "query: " if query else "passage: "
        rows = [self._one(self._tokenizer.encode(prefix + text)) for text in texts]
        return np.stack(rows) if rows else np.empty((0, self.dimensions), np.float32)

    def _read_tensors(self, reader: _Reader) -> None:
        (count,) = reader.take("i")
        for _ in range(count):
            (length,) = reader.take("H")
            name = reader.take(f"{length}s")[0].decode()
            kind, size, offset, width = reader.take("BIQQ")
            if kind == 0 or width == 4 * size:
                self._dense[name] = np.frombuffer(reader.data, "<f4", width // 4, offset)
                continue
            inputs = self._inner if name.endswith(".fo.w") else self.dimensions
            blocks = np.frombuffer(reader.data, _Q4, width // _Q4.itemsize, offset).reshape(-1, inputs // _BLOCK)
            if name == "emb.word":
                self._words = blocks
            else:
                self._dense[name] = np.ascontiguousarray(_expanded(blocks).T)

    def _one(self, ids: list[int]) -> Floats:
        get, size = self._dense, len(ids)
        places = get["emb.pos"].reshape(-1, self.dimensions)[:size]
        x = _expanded(self._words[ids]) + places + get["emb.type"][: self.dimensions]
        x = self._normed(x, "emb.ln")
        for layer in range(self._depth):
            name = f"l{layer}."
            q, k, v = (self._split(self._linear(x, name + each)) for each in "qkv")
            weights = q @ k.transpose(0, 2, 1) / np.float32((self.dimensions // self._heads) ** 0.5)
            weights = np.exp(weights - weights.max(axis=-1, keepdims=True))
            weights /= weights.sum(axis=-1, keepdims=True)
            mixed = (weights @ v).transpose(1, 0, 2).reshape(size, self.dimensions)
            x = self._normed(x + self._linear(mixed, name + "ao"), name + "aln")
            x = self._normed(x + self._linear(_gelu(self._linear(x, name + "fi")), name + "fo"), name + "oln")
        mean: Floats = x.mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean), np.float32)

    def _linear(self, x: Floats, name: str) -> Floats:
        return np.asarray(x @ self._dense[name + ".w"] + self._dense[name + ".b"], np.float32)

    def _split(self, x: Floats) -> Floats:
        return x.reshape(len(x), self._heads, -1).transpose(1, 0, 2)

    def _normed(self, x: Floats, name: str) -> Floats:
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + self._epsilon)
        return np.asarray(centred / spread * self._dense[name + ".w"] + self._dense[name + ".b"], np.float32)


def _expanded(blocks: NDArray[Any]) -> Floats:
    """Q4_0 blocks (rows, blocks a row) as float32 (rows, weights): low nibbles first, then the high ones."""
    nibbles = blocks["nibbles"]
    whole = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32) - 8
    return np.asarray((whole * blocks["scale"][..., None]).reshape(len(blocks), -1), np.float32)


def _gelu(x: Floats) -> Floats:
    """The exact GELU; erf after Abramowitz and Stegun 7.1.26 (error below 2e-7)."""
    z = np.abs(x) * np.float32(0.5**0.5)
    t = 1 / (1 + 0.3275911 * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.copysign(1 - series * np.exp(-z * z), x)
    return np.asarray(0.5 * x * (1 + erf), np.float32)
