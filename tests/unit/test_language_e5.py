"""The sentence encoder on a file small enough to work out by hand."""

import struct
from pathlib import Path

import numpy as np
import pytest

from models.errors import WeightsError
from models.language.e5 import E5

pytestmark = pytest.mark.unit

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "\u2581query:", "\u2581a", "b", "\u2581ab"]
SCORES = [0.0, 0.0, 0.0, 0.0, -1.0, -2.0, -2.0, -1.0]
SIZE = 32


def _q4(rows: np.ndarray) -> bytes:
    """Rows of 32 whole numbers from -8 to 7, as Q4_0 blocks with scale 0.5."""
    nibbles = (rows + 8).astype(np.uint8)
    packed = nibbles[:, :16] | nibbles[:, 16:] << 4
    return b"".join(struct.pack("<e", 0.5) + row.tobytes() for row in packed)


@pytest.fixture
def words() -> np.ndarray:
    return np.random.default_rng(1).integers(-8, 8, (len(PIECES), SIZE))


@pytest.fixture
def file(tmp_path: Path, words: np.ndarray) -> Path:
    """One layer that adds nothing, so that what is left is the pieces, the pooling and the layer norms."""
    one, nothing = np.ones(SIZE, "<f4").tobytes(), np.zeros(SIZE, "<f4").tobytes()
    tensors = {"emb.word": _q4(words), "emb.pos": np.zeros(16 * SIZE, "<f4").tobytes(), "emb.type": nothing}
    for norm in ("emb.ln", "l0.aln", "l0.oln"):
        tensors |= {f"{norm}.w": one, f"{norm}.b": nothing}
    for linear in ("q", "k", "v", "ao", "fi", "fo"):
        tensors |= {f"l0.{linear}.w": _q4(np.zeros((SIZE, SIZE))), f"l0.{linear}.b": nothing}
    blob = "".join(PIECES).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)])
    head = struct.pack("<4sI7ifi", b"E5S1", 1, SIZE, 1, 2, SIZE, len(PIECES), 16, 1, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(blob)) + ends.astype("<u4").tobytes()
    head += np.array(SCORES, "<f4").tobytes() + blob
    head += struct.pack("<iIIBI", 1, 9, ord("A"), 1, ord("a")) + struct.pack("<i", len(tensors))
    offset = len(head) + sum(2 + len(name) + 1 + 4 + 16 for name in tensors)
    data = b""
    for name, content in tensors.items():
        dense = len(content) % 18 != 0
        head += struct.pack(f"<H{len(name)}sBIQQ", len(name), name.encode(), 0 if dense else 1, 0, offset, len(content))
        data += content
        offset += len(content)
    path = tmp_path / "tiny.bin"
    path.write_bytes(head + data)
    return path


def _by_hand(words: np.ndarray, ids: list[int]) -> np.ndarray:
    rows = words[ids] * 0.5
    normed = (rows - rows.mean(1, keepdims=True)) / rows.std(1, keepdims=True)
    mean = normed.mean(0)
    return mean / np.linalg.norm(mean)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("ab", [0, 4, 7, 2]),
        ("Ab", [0, 4, 7, 2]),
        ("a", [0, 4, 5, 2]),
        ("abb", [0, 4, 7, 6, 2]),
        ("a?", [0, 4, 5, 3, 2]),
    ],
    ids=["the likeliest piece", "spelling made the same", "a shorter piece", "two pieces", "an unknown letter"],
)
def test_a_text_becomes_the_mean_of_its_pieces(file, words, text, ids):
    vectors = E5(file).embed([text], query=True)
    assert vectors.shape == (1, SIZE)
    np.testing.assert_allclose(vectors[0], _by_hand(words, ids), atol=1e-5)


def test_nothing_to_embed_is_no_vectors(file):
    assert E5(file).embed([], query=False).shape == (0, SIZE)


def test_another_file_is_refused_by_name(tmp_path):
    other = tmp_path / "other.bin"
    other.write_bytes(b"GGUF" + bytes(60))
    with pytest.raises(WeightsError, match=r"other\.bin is no multilingual-e5 file"):
        E5(other)
