"""Answers in a language model's words: optional, checked by the claim guard, and never in the way.

The model is given the finished answer to say differently, and nothing a viewer wrote: what it never reads cannot
instruct it. What it writes must pass the guard and still state the same facts; otherwise the frame is spoken.
"""

from __future__ import annotations

import hashlib
from contextlib import aclosing, suppress
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files

import structlog

from influencer.assistant.values import Answer
from influencer.market import Market
from influencer.script.claims import ClaimGuard
from influencer.script.facts import FactSheet
from influencer.script.model_writer import tidied
from influencer.script.slots import bind
from influencer.script.values import Line
from models.base import ChatTurn, GenerationOptions, LanguageModel
from models.errors import GenerationTimeout, ModelError

log = structlog.get_logger(__name__)

PROMPT = "answer-v1"
_MAX_CHARACTERS = 320


class ModelAnswerer:
    """Rewords what the assistant is about to say on air. The text reply is not touched: it is already in the chat.

    Args:
        language: the model.
        timeout_s: for the whole rewording; the answer is waiting to be spoken.
    """

    def __init__(self, language: LanguageModel, *, timeout_s: float = 4.0) -> None:
        self._language = language
        self._timeout_s = timeout_s

    async def reworded(self, answer: Answer, sheet: FactSheet, market: Market, guard: ClaimGuard) -> Answer:
        """The answer with another spoken line, or as it was when the model fails or changes what is said.

        Raises:
            SlotUnavailable: what the answer states is not true any more; it must not be spoken at all.
        """
        if answer.spoken is None:
            return answer
        said = bind(answer.spoken.text, sheet, market)
        try:
            written = await self._generate(said, sheet, market)
        except ModelError as error:
            log.warning("rewording failed", error=str(error))
            return answer
        line = replace(answer.spoken, text=written, fact_ids=(), variant=_variant(written))
        if not written or not _states_the_same(line, answer.spoken, guard):
            log.info("rewording refused", text=written)
            return answer
        return replace(answer, spoken=replace(line, fact_ids=answer.fact_ids))

    async def _generate(self, said: str, sheet: FactSheet, market: Market) -> str:
        rules = _template(PROMPT).format(language_name=market.language_name, tone=sheet.brief.tone)
        turns = [ChatTurn("system", rules), ChatTurn("user", f"<answer>\n{said}\n</answer>")]
        options = GenerationOptions(max_tokens=120, temperature=0.6, timeout_s=self._timeout_s)
        written = ""
        async with aclosing(self._language.stream(turns, options)) as pieces:  # type: ignore[type-var]
            with suppress(GenerationTimeout):  # what was yielded so far stands
                async for piece in pieces:
                    written += piece
                    if len(written) > _MAX_CHARACTERS:
                        break
        return tidied(written)


def _states_the_same(line: Line, original: Line, guard: ClaimGuard) -> bool:
    """Whether the guard finds every fact of the original in the new line, and nothing unsupported."""
    found = guard.explain(line)
    return found.approved and set(original.fact_ids) <= set(found.fact_ids)


def _variant(text: str) -> str:
    return f"{PROMPT}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


@lru_cache(maxsize=4)
def _template(name: str) -> str:
    return files("influencer.assistant").joinpath(f"prompts/{name}.txt").read_text("utf-8")
