"""Which of the wordings of a line are to be chosen among: those that tell of something. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from influencer.script.templates import Template
from influencer.script.values import SegmentKind


@dataclass(frozen=True, slots=True)
class Telling:
    """A choice among wordings, by the slots they hold; `tag` is kept with the line's variant, so that what was on air
    is known from the ledger. The tag is `experiment=arm`, and `experiment=arm~` in the holdout."""

    tag: str
    tells: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()

    def fits(self, template: Template) -> bool:
        """Whether a wording is among them."""
        return (not self.tells or bool(self.tells & template.needs)) and not (self.lacks & template.needs)


class Chooser(Protocol):
    """The experiments' say: which wordings a line is chosen among, and which products have a turn."""

    def choose(self, kind: SegmentKind, product_id: str) -> Telling | None:
        """A choice; None leaves all."""
        ...

    def airs(self, product_id: str, lap: int) -> bool:
        """Whether a product has a turn in this lap of the run-of-show: how airtime is shifted among products."""
        ...


def narrowed(templates: Iterable[Template], telling: Telling | None) -> tuple[list[Template], Telling | None]:
    """The wordings that fit, and the choice; all of them and None when none fits (it has no slot that can be said)."""
    known = list(templates)
    fitting = [template for template in known if telling is None or telling.fits(template)]
    return (fitting, telling) if fitting else (known, None)


def tags_in(variant: str) -> list[tuple[str, str, bool]]:
    """Experiment, arm and whether in the holdout, of a line's variant."""
    found = []
    for part in variant.split(":"):
        experiment, equals, arm = part.partition("=")
        if equals and experiment and arm:
            found.append((experiment, arm.removesuffix("~"), arm.endswith("~")))
    return found
