"""Who writes a line: a language model that is checked, or the template lines that always work."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog

from influencer.errors import ClaimRejected
from influencer.market import Market
from influencer.script.claims import ApprovedLine, ClaimGuard
from influencer.script.facts import FactSheet
from influencer.script.rotation import in_turn
from influencer.script.rundown import playable_now, said_before, segment_at
from influencer.script.slots import market_slots, slots_in
from influencer.script.templates import Template, load_templates
from influencer.script.templates.loader import IN_TURN
from influencer.script.values import Line, Position, Rundown, SegmentKind

log = structlog.get_logger(__name__)

_TOPICS = {"how_to_use", "shipping", "returns", "list_price", "coupon_price", "audience", "question", "spec_label"}
"""Slots that make two wordings sound alike: not used in neighbouring lines where there is a choice."""
_NEIGHBOURS = 3


@dataclass(frozen=True, slots=True)
class LineRequest:
    """What the show needs a line for."""

    kind: SegmentKind
    sheet: FactSheet
    market: Market
    nth: int = 0
    """How many lines of this kind about this product were said before."""
    recent: tuple[str, ...] = ()
    """Variants said lately, oldest first."""
    seed: int = 0


class Writer(Protocol):
    """Writes one line that may go on air."""

    async def write(self, request: LineRequest, guard: ClaimGuard) -> ApprovedLine:
        """An approved line for the request.

        Raises:
            ClaimRejected: not one wording passed the guard; nothing can be said here.
        """
        ...


class TemplateWriter:
    """Native sentences from templates/<language>.yaml. Pure: the same request gives the same line."""

    async def write(self, request: LineRequest, guard: ClaimGuard) -> ApprovedLine:
        """See `Writer`."""
        return self.line(request, guard)

    def line(self, request: LineRequest, guard: ClaimGuard) -> ApprovedLine:
        """The best fitting wording that the guard approves.

        Raises:
            ClaimRejected: no wording fits or passes.
        """
        refusals: list[str] = []
        for line in self.candidates(request):
            try:
                return guard.approve(line)
            except ClaimRejected as refusal:
                log.warning("template refused", variant=line.variant, market=line.market, reasons=refusal.reasons)
                refusals += refusal.reasons
        raise ClaimRejected(request.kind, refusals or [f"no {request.kind} wording has all its slots"])

    def candidates(self, request: LineRequest) -> Iterator[Line]:
        """Every wording that can be said now, best choice first."""
        templates = {t.id: t for t in load_templates(request.market.language)[request.kind] if _usable(t, request)}
        ordered = in_turn(sorted(templates), request.nth, _key(request))
        said = {variant.split(":")[0]: variant for variant in request.recent}
        last = request.recent[-1].split(":")[0] if request.recent else None
        lately = _topics_of(request)

        def rank(id_: str) -> tuple[bool, bool, bool]:
            return id_ == last, id_ in said, bool(templates[id_].needs & _TOPICS & lately)

        for id_ in sorted(ordered, key=rank):  # stable: equal ranks keep the order of the round
            yield _line(templates[id_], request)


def _usable(template: Template, request: LineRequest) -> bool:
    return all(_available(slot, request) for slot in template.needs)


def _available(slot: str, request: LineRequest) -> bool:
    return bool(_options(slot, request)) if slot in IN_TURN else slot in {**request.sheet.slots, "disclosure": ""}


def _options(slot: str, request: LineRequest) -> list[str]:
    """The names of the many a slot such as {key_point} stands for, in the order of the brief."""
    names = {**request.sheet.slots, **market_slots(request.market)}
    return [name for name in names if name.startswith(IN_TURN[slot])]


def _topics_of(request: LineRequest) -> frozenset[str]:
    known = {t.id: t for kind in load_templates(request.market.language).values() for t in kind}
    said = [known.get(variant.split(":")[0]) for variant in request.recent[-_NEIGHBOURS:]]
    return frozenset(slot for template in said if template for slot in template.needs)


def _line(template: Template, request: LineRequest) -> Line:
    text, items = template.text, dict[str, str]()
    for slot in slots_in(template.text):
        if slot in IN_TURN:
            name = _choice(slot, request)
            text = text.replace(f"{{{slot}", f"{{{name}")
            items[IN_TURN[slot]] = name.split(".", 1)[1]
    item = next(iter(value for prefix, value in items.items() if prefix not in {"greeting.", "farewell."}), None)
    return Line(
        text=text,
        segment=request.kind,
        product_id=request.sheet.product_id,
        market=request.market.id,
        fact_ids=(),
        source="template",
        variant=f"{template.id}:{item}" if item else template.id,
    )


def _choice(slot: str, request: LineRequest) -> str:
    family = {"faq": "question", "spec_value": "spec_label"}.get(slot, slot)  # a pair is about the same item
    options = _options(family, request)
    if slot == "key_point":  # the advertiser's own order
        return options[request.nth % len(options)]
    names = in_turn([name.split(".", 1)[1] for name in options], request.nth, f"{_key(request)}/{family}")
    said = {variant.partition(":")[2] for variant in request.recent}
    return IN_TURN[slot] + next((name for name in names if name not in said), names[0])


def _key(request: LineRequest) -> str:
    return f"{request.seed}/{request.market.id}/{request.sheet.product_id}/{request.kind}"


class ScriptWriter:
    """The lines of one show in one market: a position and fresh facts in, an approved line out."""

    def __init__(self, market: Market, rundown: Rundown, writer: Writer | None = None, *, seed: int = 0) -> None:
        self._market = market
        self._rundown = rundown
        self._templates = TemplateWriter()
        self._writer = writer or self._templates
        self._seed = seed

    async def write(
        self, position: Position, sheets: Mapping[str, FactSheet], recent: tuple[str, ...] = ()
    ) -> ApprovedLine | None:
        """The line of a position; None when there is nothing true to say there (sold out, offer over)."""
        request = self._request(position, sheets, recent)
        if request is None:
            return None
        guard = ClaimGuard(self._market, list(sheets.values()))
        return await _or_none(self._writer.write(request, guard))

    def _request(
        self, position: Position, sheets: Mapping[str, FactSheet], recent: tuple[str, ...]
    ) -> LineRequest | None:
        segment = segment_at(self._rundown, position)
        sheet = sheets.get(segment.product_id)
        if sheet is None or not playable_now(sheets)(segment):
            return None
        nth = said_before(self._rundown, position)
        return LineRequest(segment.kind, sheet, self._market, nth, recent, self._seed)


async def _or_none(writing: Awaitable[ApprovedLine]) -> ApprovedLine | None:
    try:
        return await writing
    except ClaimRejected as refusal:
        log.warning("nothing can be said", kind=refusal.text, reasons=refusal.reasons)
        return None
