"""Lines from a language model: short, checked by the claim guard, and replaced by a template line when it fails."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import aclosing, suppress
from difflib import SequenceMatcher
from itertools import islice
from random import Random

import structlog

from influencer.errors import ClaimRejected
from influencer.script.alternation import wording
from influencer.script.claims import ApprovedLine, ClaimGuard
from influencer.script.grammar import forms_of
from influencer.script.line_grammar import LineGrammar, line_grammar
from influencer.script.prompting import (
    KINDS,
    NEEDED,
    PROMPT,
    capitalised,
    correction,
    goal,
    line_turns,
    request_slots,
    with_full_names,
    with_particles,
)
from influencer.script.rotation import in_turn
from influencer.script.slots import slots_in
from influencer.script.templates import load_templates
from influencer.script.values import Line
from influencer.script.writers import LineRequest, TemplateWriter
from models.base import ChatTurn, GenerationOptions, Grammar, LanguageModel
from models.errors import GenerationTimeout, ModelError

log = structlog.get_logger(__name__)

_ATTEMPTS = 2
_MAX_CHARACTERS = 320
_SENTENCES = 2
_EXAMPLES = 2
_NEARLY = 0.82
_ECHO = 4
"""Words in a row from the task that give away a model that talks about it."""
_CHATTER = re.compile(r"^(?:(?:sure|okay|certainly|of course)[,!.]\s+)?(?:here(?:'s| is)\b[^:.!?]{0,40}:\s*)?", re.I)
"""How assistants begin: "Sure, here's a simpler version:"."""
_SENTENCE_END = re.compile(r"[.!?।](?=\s|$)|[。！？]|\}$")
_STOPS = (".", "!", "?", "।", "。", "！", "？")


class ModelWriter:
    """Writes with a language model; every failure becomes a template line, never silence.

    Args:
        language: the model.
        fallback: writes what the model does not.
        share: the part of the lines the model may try, 0 to 1.
        timeout_s: for one attempt.
    """

    def __init__(
        self, language: LanguageModel, *, fallback: TemplateWriter | None = None, share: float = 1.0,
        timeout_s: float = 12.0,
    ) -> None:  # fmt: skip
        self._language = language
        self._fallback = fallback or TemplateWriter()
        self._share = share
        self._timeout_s = timeout_s
        self.tried = self.fell_back = 0
        """Lines the model was asked for, and those of them that a template had to be said instead."""

    async def write(self, request: LineRequest, guard: ClaimGuard) -> ApprovedLine:
        """A model line that passed the guard, or a template line.

        Raises:
            ClaimRejected: not even a template can be said.
        """
        if request.kind not in KINDS or request.telling is not None or not self._chosen(request):
            return self._fallback.line(request, guard)
        self.tried += 1
        try:
            approved = await self._attempts(request, guard)
        except ModelError as error:
            log.warning("model line failed", kind=request.kind, error=str(error))
            approved = None
        if approved is None:
            self.fell_back += 1
            return self._fallback.line(request, guard)
        return approved

    def _chosen(self, request: LineRequest) -> bool:
        key = f"{request.seed}/{request.market.id}/{request.sheet.product_id}/{request.kind}/{request.nth}/model"
        return Random(key).random() < self._share

    async def _attempts(self, request: LineRequest, guard: ClaimGuard) -> ApprovedLine | None:
        slots = request_slots(request)
        if not slots:
            return None
        language = request.market.language
        wholes = [name for name, full in slots.items() if request.sheet.slots[full].rstrip().endswith(_STOPS)]
        grammar = line_grammar(language, tuple(slots), forms_of(language), wholes=wholes)
        examples = _examples(request, slots, grammar)
        asked = turns = line_turns(request, examples)
        for attempt in range(_ATTEMPTS):
            text = await self._generate(turns, _seed(request, attempt), grammar.grammar)
            try:
                return _first_sayable(text, examples, request, grammar, guard)
            except ClaimRejected as refusal:
                log.info("model line refused", text=text, reasons=refusal.reasons)
                turns = [*asked, ChatTurn("assistant", text), correction(refusal.reasons)]
        return None

    async def _generate(self, turns: list[ChatTurn], seed: int, grammar: Grammar) -> str:
        """Stream until two sentences stand; closing the stream cancels the rest."""
        options = GenerationOptions(
            max_tokens=120, temperature=0.7, seed=seed, timeout_s=self._timeout_s, grammar=grammar
        )
        written = ""
        async with aclosing(self._language.stream(turns, options)) as pieces:  # type: ignore[type-var]
            with suppress(GenerationTimeout):  # what was yielded so far stands
                async for piece in pieces:
                    written += piece
                    if len(_SENTENCE_END.findall(written)) > _SENTENCES or len(written) > _MAX_CHARACTERS:
                        break
        return tidied(written)


def _first_sayable(
    text: str, examples: list[str], request: LineRequest, grammar: LineGrammar, guard: ClaimGuard
) -> ApprovedLine:
    """The whole text, or one of its sentences where the other is refused: what is true of it is not lost.

    Raises:
        ClaimRejected: neither passes; with what is wrong with the whole.
    """
    refusal: ClaimRejected | None = None
    for part in (text, *_sentences_of(text)):
        try:
            if violations := grammar.violations(part):
                raise ClaimRejected(part, violations)
            if part in examples:
                raise ClaimRejected(part, ["said before"])
            fitted = capitalised(with_particles(part, request.market.language), request)
            full = with_full_names(fitted, request_slots(request))
            return _approved(_line(full, request), request, guard)
        except ClaimRejected as error:
            refusal = refusal or error
    raise refusal or ClaimRejected(text, ["nothing is said"])


def _sentences_of(text: str) -> list[str]:
    """The sentences of a text that has several."""
    ends = [found.end() for found in _SENTENCE_END.finditer(text)]
    parts = [text[start:end].strip() for start, end in zip([0, *ends], ends, strict=False)]
    return parts if len(parts) > 1 else []


def _approved(line: Line, request: LineRequest, guard: ClaimGuard) -> ApprovedLine:
    """The line, if it is new, says something, and is true."""
    if line.variant in request.recent:
        raise ClaimRejected(line.text, ["said before"])
    needed = NEEDED.get(request.kind)
    if needed is not None and request_slots(request)[needed] not in slots_in(line.text):
        raise ClaimRejected(line.text, [f"it lacks {{{needed}}}"])
    if (wrong := _misspelt(request.sheet.slots["name"], line.text)) is not None:
        raise ClaimRejected(line.text, [f'"{wrong}": the product is called {request.sheet.slots["name"]}'])
    if _shares_words(line.text, goal(request), _ECHO):
        raise ClaimRejected(line.text, ["it repeats the task instead of speaking to the viewers"])
    approved = guard.approve(line)
    if not approved.fact_ids:
        raise ClaimRejected(line.text, ["it tells no fact"])
    return approved


def _misspelt(name: str, text: str) -> str | None:
    """Words that are nearly the product's name: small models garble names of other languages."""
    wanted = unicodedata.normalize("NFD", name.casefold())  # Hangul syllables in their letters: 듀 is nearly 드
    words, count = text.split(), len(name.split())
    for start in range(len(words) - count + 1):
        said = " ".join(words[start : start + count])
        plain = unicodedata.normalize("NFD", said.casefold())
        likeness = SequenceMatcher(None, wanted, plain[: len(wanted)]).ratio()
        if not plain.startswith(wanted) and likeness >= _NEARLY:
            return said
    return None


def _shares_words(text: str, other: str, count: int) -> bool:
    words = re.findall(r"\w+", other.lower())
    runs = (" ".join(words[i : i + count]) for i in range(len(words) - count + 1))
    said = " ".join(re.findall(r"\w+", text.lower()))
    return any(run in said for run in runs)


def tidied(written: str) -> str:
    """What may be spoken of a model's output: at most two whole sentences, no mark-up, emoji, quotes or labels.

    Empty when there is not one whole sentence.
    """
    text = _unwrapped(re.sub(r"(?s)^.*?</think>", "", written))
    text = re.sub(r"^\s*(?:[-*#>]+|\d+[.)])\s*", "", text.strip().split("\n\n")[0])
    text = "".join(char for char in text if not _unspeakable(char))
    text = re.sub(r"^\s*[A-Za-z]{2,12}\s*[:：]\s+", "", text)
    text = _CHATTER.sub("", " ".join(text.split()))
    ends = [found.end() for found in _SENTENCE_END.finditer(text)]
    return text[: ends[min(_SENTENCES, len(ends)) - 1]].strip() if ends else ""


def _unwrapped(text: str) -> str:
    """The line in a JSON answer, as servers give it that know schemas and no plain grammar; other text as it is."""
    try:
        answer = json.loads(text)
    except ValueError:
        return text
    if not isinstance(answer, dict):
        return text
    line = answer.get("line")
    return line if isinstance(line, str) else ""


def _unspeakable(char: str) -> bool:
    if char in '*#`~<>[]"“”„«»「」『』':
        return True
    return unicodedata.category(char) in {"So", "Sk", "Cf", "Cs", "Co", "Cn"} and char not in "\u200c\u200d°"


def _examples(request: LineRequest, slots: Mapping[str, str], grammar: LineGrammar) -> list[str]:
    """Template lines with these slots, within the grammar: a small model learns language and style from them."""
    cores = {template.id: template.text for template in load_templates(request.market.language)[request.kind]}
    key = f"{request.seed}/{request.market.id}/{request.sheet.product_id}/{request.kind}/example"
    texts = (wording(cores[id_], request.nth, _within(slots)) for id_ in in_turn(sorted(cores), request.nth, key))
    return list(islice((text for text in texts if text is not None and not grammar.violations(text)), _EXAMPLES))


def _within(slots: Mapping[str, str]) -> Callable[[str], bool]:
    return lambda text: slots.keys() >= set(slots_in(text))


def _line(text: str, request: LineRequest) -> Line:
    return Line(
        text=text,
        segment=request.kind,
        product_id=request.sheet.product_id,
        market=request.market.id,
        fact_ids=(),
        source="model",
        variant=f"{PROMPT}-{hashlib.sha256(text.encode()).hexdigest()[:12]}",
    )


def _seed(request: LineRequest, attempt: int) -> int:
    key = f"{request.seed}/{request.market.id}/{request.sheet.product_id}/{request.kind}/{request.nth}/{attempt}"
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") >> 1
