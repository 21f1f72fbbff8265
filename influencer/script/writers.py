"""Who writes a line: a language model that is checked, or the template lines that always work."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import structlog

from influencer.errors import ClaimRejected
from influencer.market import Market
from influencer.script.alternation import wording
from influencer.script.claims import ApprovedLine, ClaimGuard
from influencer.script.composition import Variant, fitted, frame, opening_mark
from influencer.script.facts import FactSheet
from influencer.script.novelty import folded
from influencer.script.pacing import seconds_of
from influencer.script.rotation import in_turn
from influencer.script.rule_packs import MANDATED
from influencer.script.rundown import playable_now, said_before, segment_at
from influencer.script.slots import bind, market_slots, slots_in
from influencer.script.telling import Chooser, Telling, narrowed
from influencer.script.tempers import voiced
from influencer.script.templates import Template, load_phrases, load_templates
from influencer.script.templates.loader import IN_TURN
from influencer.script.values import Line, Moment, Position, Rundown, SegmentKind, Temper

log = structlog.get_logger(__name__)

_TOPICS = {"how_to_use", "shipping", "returns", "list_price", "coupon_price", "audience", "question", "spec_label"}
"""Slots that make two wordings sound alike: not used in neighbouring lines where there is a choice."""
_NEIGHBOURS = 3
_TRIES = 8
"""Frames tried around each core when the first ones were said before."""
_FRESH = 120
"""Lines looked at for one that is new and begins unlike its neighbours."""
_SHIFT = 7
"""How many turns further the frame of another try is taken from."""
SAID = 8_192
"""Lines of a show kept word for word, so as not to say one again: more than two days of eight hours."""


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
    moment: frozenset[Moment] = frozenset()
    """What is true of this moment besides the product."""
    greet: bool = False
    """Begin with the hour of the day: it has changed since the last greeting."""
    said: AbstractSet[str] = frozenset()
    """Bound lines, `folded`, that were said before, and are not said again while there are others."""
    temper: Temper | None = None
    """How the host talks; None: as anybody."""
    telling: Telling | None = None
    """Which wordings to choose among, where there are such."""


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
        late: list[Line] = []
        for line in self.candidates(request):
            if len(late) < _FRESH and not _fresh(line, request):
                late.append(line)
                continue
            if (approved := _approved(line, guard, refusals)) is not None:
                return approved
        for line in late:
            if (approved := _approved(line, guard, refusals)) is not None:
                return approved
        raise ClaimRejected(request.kind, refusals or [f"no {request.kind} wording has all its slots"])

    def candidates(self, request: LineRequest) -> Iterator[Line]:
        """Every core that can be said now, best choice first, and then again in other frames."""
        if request.kind == "disclaimer":
            yield from _mandated(request)
            return
        usable = (t for t in load_templates(request.market.language)[request.kind] if _usable(t, request))
        chosen, telling = narrowed(usable, request.telling)
        templates, request = {t.id: t for t in chosen}, replace(request, telling=telling)
        ordered = in_turn(sorted(templates), request.nth, _key(request))
        said = {Variant.parse(variant).core for variant in request.recent}
        last = Variant.parse(request.recent[-1]).core if request.recent else None
        lately = _topics_of(request)

        def rank(id_: str) -> tuple[bool, bool, bool]:
            return id_ == last, bool(templates[id_].needs & _TOPICS & lately), id_ in said

        best = sorted(ordered, key=rank)  # stable: equal ranks keep the order of the round
        for shift in range(_TRIES):
            for id_ in best:
                line = _line(templates[id_], request, shift, len(templates))
                if line is not None:
                    yield line


def _approved(line: Line, guard: ClaimGuard, refusals: list[str]) -> ApprovedLine | None:
    try:
        return guard.approve(line)
    except ClaimRejected as refusal:
        log.warning("template refused", variant=line.variant, market=line.market, reasons=refusal.reasons)
        refusals += refusal.reasons
        return None


def _fresh(line: Line, request: LineRequest) -> bool:
    """Whether the line was not said, and begins unlike the lines just before."""
    mark = Variant.parse(line.variant).mark
    if any(Variant.parse(variant).mark == mark for variant in request.recent[-_NEIGHBOURS:]):
        return False
    return (
        not request.said
        or folded(bind(line.text, request.sheet, request.market), request.market.language) not in request.said
    )


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
    said = [known.get(Variant.parse(variant).core) for variant in request.recent[-_NEIGHBOURS:]]
    return frozenset(slot for template in said if template for slot in template.needs)


def _line(template: Template, request: LineRequest, shift: int, cores: int) -> Line | None:
    language, nth = request.market.language, request.nth + shift * _SHIFT
    usable = partial(_all_available, request=request)
    core = wording(template.text, nth // cores, usable)
    if core is None:
        return None
    items = dict[str, str]()
    for slot in slots_in(core):
        if slot in IN_TURN:
            name = _choice(slot, request)
            core = core.replace(f"{{{slot}", f"{{{name}")
            items[IN_TURN[slot]] = name.split(".", 1)[1]
    item = next((value for prefix, value in items.items() if prefix not in {"greeting.", "farewell."}), "")
    whole = frame(
        load_phrases(language, "leads")[request.kind], load_phrases(language, "tails")[request.kind], nth,
        _key(request), cores=cores, moment=request.moment, usable=usable, greet=request.greet,
    )  # fmt: skip
    whole = voiced(whole, language, request.temper, request.kind, nth, _key(request), request.recent)
    bound = partial(bind, sheet=request.sheet, market=request.market)
    chosen = fitted(whole, core, language, lambda text: seconds_of(bound(text), language), nth, bare=shift == 0)
    text = chosen.around(core, language)
    variant = Variant(template.id, item, chosen.lead_id, chosen.tail_id, opening_mark(bound(text), language))
    return Line(
        text=text,
        segment=request.kind,
        product_id=request.sheet.product_id,
        market=request.market.id,
        fact_ids=(),
        source="template",
        variant=str(variant) if request.telling is None else f"{variant}:{request.telling.tag}",
    )


def _mandated(request: LineRequest) -> Iterator[Line]:
    """The sentence of the law whose turn it is, alone and word by word."""
    names = [slot for slot in request.sheet.slots if slot.startswith(MANDATED)]
    if names:
        name = names[request.nth % len(names)]
        yield Line(
            text=f"{{{name}}}", segment="disclaimer", product_id=request.sheet.product_id, market=request.market.id,
            fact_ids=(), source="template", variant=str(Variant("disclaimer", name.removeprefix(MANDATED))),
        )  # fmt: skip


def _all_available(text: str, request: LineRequest) -> bool:
    return all(_available(slot, request) for slot in slots_in(text))


def _choice(slot: str, request: LineRequest) -> str:
    """The one of many a slot stands for: in turn, and the one not heard of for the longest time."""
    family = {"faq": "question", "spec_value": "spec_label"}.get(slot, slot)  # a pair is about the same item
    options = [name.split(".", 1)[1] for name in _options(family, request)]
    if slot == "key_point":  # the advertiser's own order
        start = request.nth % len(options)
        names = options[start:] + options[:start]
    else:
        names = in_turn(options, request.nth, f"{_key(request)}/{family}")
    heard = {Variant.parse(variant).item: age for age, variant in enumerate(request.recent)}
    return IN_TURN[slot] + min(names, key=lambda name: heard.get(name, -1))


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
        self.temper: Temper | None = None  # of the host: how coming lines are worded
        self._order = deque[str]()
        self._said = set[str]()

    async def write(
        self, position: Position, sheets: Mapping[str, FactSheet], recent: tuple[str, ...] = (),
        moment: frozenset[Moment] = frozenset(), chooser: Chooser | None = None, *, greet: bool = False,
    ) -> ApprovedLine | None:  # fmt: skip
        """The line of a position; None when there is nothing true to say there (sold out, offer over)."""
        request = self._request(position, sheets, recent, moment)
        if request is None:
            return None
        if chooser is not None:
            request = replace(request, telling=chooser.choose(request.kind, request.sheet.product_id))
        request = replace(request, greet=greet)
        guard = ClaimGuard(self._market, list(sheets.values()))
        line = await _or_none(self._writer.write(request, guard))
        if line is not None:
            self._remember(folded(bind(line.text, request.sheet, self._market), self._market.language))
        return line

    @property
    def said(self) -> AbstractSet[str]:
        """Bound lines, `folded`, that were said."""
        return self._said

    def remember(self, text: str) -> None:
        """A bound line was said, also one that is in no rundown."""
        self._remember(folded(text, self._market.language))

    def _remember(self, text: str) -> None:
        self._said.add(text)
        self._order.append(text)
        if len(self._order) > SAID:
            self._said.discard(self._order.popleft())

    def _request(
        self, position: Position, sheets: Mapping[str, FactSheet], recent: tuple[str, ...], moment: frozenset[Moment]
    ) -> LineRequest | None:
        segment = segment_at(self._rundown, position)
        sheet = sheets.get(segment.product_id)
        if sheet is None or not playable_now(sheets)(segment):
            return None
        nth = said_before(self._rundown, position)
        return LineRequest(
            segment.kind, sheet, self._market, nth, recent, self._seed, moment, said=self._said, temper=self.temper
        )


async def _or_none(writing: Awaitable[ApprovedLine]) -> ApprovedLine | None:
    try:
        return await writing
    except ClaimRejected as refusal:
        log.warning("nothing can be said", kind=refusal.text, reasons=refusal.reasons)
        return None
