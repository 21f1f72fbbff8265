"""One master portrait, and variants of it that pass the identity gate."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PIL import Image

from models.errors import IdentityDrift
from models.portrait.arguments import PortraitRequest
from models.portrait.identity import Gate, Verdict
from models.portrait.painter import Painter

TRIES = 4
_SEED_STEP = 7919
"""Seeds of later tries lie far from other personas' seeds."""


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """An accepted variant: the picture, the seed that made it, and what the gate said of every try."""

    image: Image.Image
    seed: int
    verdicts: tuple[Verdict, ...]


def seed_of_try(seed: int, number: int) -> int:
    """The seed of try 0, 1, 2 …: the first is the given one."""
    return (seed + number * _SEED_STEP) % 2**31


def paint_variant(painter: Painter, request: PortraitRequest, gate: Gate, tries: int = TRIES) -> Variant:
    """Paint `request` from its reference until the gate takes one.

    Raises:
        IdentityDrift: no try was the same person; the message gives every similarity.
        ModelError: what `Painter.paint` raises.
    """
    verdicts: list[Verdict] = []
    for number in range(tries):
        seed = seed_of_try(request.seed, number)
        image = painter.paint(replace(request, seed=seed))
        verdicts.append(gate.judge(image))
        if verdicts[-1].accepted:
            return Variant(image, seed, tuple(verdicts))
    scores = ", ".join("no face" if v.similarity is None else f"{v.similarity:.2f}" for v in verdicts)
    raise IdentityDrift(
        f"no variant shows the master's person: similarity {scores} in {tries} tries, at least "
        f"{verdicts[-1].threshold} is needed; try another --seed, more --tries, or a smaller change of style"
    )
