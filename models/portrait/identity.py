"""The identity gate: a variant is accepted when its face is near enough to the master's, and never on a guess."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from PIL import Image

from models.errors import IdentityDrift
from models.portrait.faces import HOW_TO_GET, Embedding, FaceEncoder

THRESHOLD = 0.5
"""Cosine similarity that counts as the same person. ArcFace-like encoders put strangers near 0 and verify at 0.3-0.4;
0.5 asks for more, because a host must not only be verified but recognised. Calibrate it on your own variants."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate saw. `similarity` is None when there was no face, or nobody measured."""

    accepted: bool
    similarity: float | None
    encoder: str | None
    threshold: float | None


class Gate(Protocol):
    """Says whether a picture shows the person of the master it was made for."""

    def judge(self, variant: Image.Image) -> Verdict:
        """The verdict on one variant."""


class IdentityGate:
    """Compares every variant with one master portrait.

    Raises:
        IdentityDrift: the master itself shows no face.
    """

    def __init__(self, encoder: FaceEncoder, master: Image.Image, threshold: float = THRESHOLD) -> None:
        embedding = encoder.embed(master)
        if embedding is None:
            raise IdentityDrift("master portrait: shows no face that can be found; paint it again with another --seed")
        self._encoder = encoder
        self._master = embedding
        self._threshold = threshold

    def judge(self, variant: Image.Image) -> Verdict:
        """The verdict on one variant; without a face it is refused."""
        embedding = self._encoder.embed(variant)
        similarity = None if embedding is None else cosine(self._master, embedding)
        accepted = similarity is not None and similarity >= self._threshold
        return Verdict(accepted, similarity, self._encoder.name, self._threshold)


class OpenGate:
    """Takes every variant and measures nothing: only for an operator who said so and looks at the pictures."""

    def judge(self, variant: Image.Image) -> Verdict:
        """Accepted, without a score."""
        return Verdict(True, None, None, None)


def make_gate(encoder: FaceEncoder | None, master: Image.Image, *, threshold: float, allow_unchecked: bool) -> Gate:
    """The gate for one master.

    Raises:
        IdentityDrift: there is no encoder and unchecked variants were not allowed, or the master shows no face.
    """
    require_gate(encoder, allow_unchecked=allow_unchecked)
    return OpenGate() if encoder is None else IdentityGate(encoder, master, threshold)


def require_gate(encoder: FaceEncoder | None, *, allow_unchecked: bool) -> None:
    """Check that a gate can be made, before minutes are spent on painting.

    Raises:
        IdentityDrift: there is no encoder and unchecked variants were not allowed.
    """
    if encoder is None and not allow_unchecked:
        raise IdentityDrift(
            "face encoder: none given, so nobody can say whether a variant is the same person; "
            f"{HOW_TO_GET}, or --allow-unchecked to look for yourself"
        )


def cosine(one: Embedding, other: Embedding) -> float:
    """Cosine similarity, -1..1."""
    return float(np.dot(one, other) / (np.linalg.norm(one) * np.linalg.norm(other)))
