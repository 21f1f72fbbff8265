"""The Tako-style assistant: a viewer's question in, a grounded reply out. Without a model, in milliseconds.

A reply is a wording written by us with facts of the brief in its slots. No character a viewer typed gets into it,
except a name that passed `names.speakable_name`: that is why no message, however it is phrased, can make the host
say something false (OWASP LLM01, prompt injection).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import get_args

from influencer.assistant.composer import Composer
from influencer.assistant.language import detect
from influencer.assistant.lexicon import load_lexicon
from influencer.assistant.matching import asked
from influencer.assistant.meaning import Encoder, Meanings
from influencer.assistant.names import highlight
from influencer.assistant.queue import QueuedAnswer
from influencer.assistant.replies import Refusal, load_replies
from influencer.assistant.retrieval import Finding, Retriever, named_product
from influencer.assistant.triage import Triage, triage
from influencer.assistant.values import (
    HAND_OFFS,
    LANGUAGES,
    WEIGHING,
    Answer,
    Intent,
    Language,
    Question,
    Readiness,
    Reason,
)
from influencer.brief import Brief, MarketId
from influencer.errors import NotFound
from influencer.market import Market
from influencer.script.facts import FactSheet
from influencer.script.values import Line
from streaming.chat_policy import clean_text

_MAX_TEXT = 300
_MARKETS: dict[str, MarketId] = {market.split("-")[0]: market for market in get_args(MarketId)}
_SILENT: dict[Intent, Reason] = {
    "injection": "injection", "abuse": "abuse", "greeting": "greeting", "small_talk": "small-talk",
}  # fmt: skip
_REASONS: dict[Refusal, Reason] = {
    "order_help": "order-help", "complaint": "complaint", "legal": "legal", "anger": "anger", "medical": "medical",
    "not_in_brief": "not-in-brief",
}  # fmt: skip


class Assistant:
    """Answers for one show: its products, in one market. Not thread-safe."""

    def __init__(
        self,
        briefs: Sequence[Brief],
        market: Market,
        *,
        clock_now: Callable[[], datetime],
        stock: Callable[[str], int | None],
        seed: int = 0,
        encoder: Encoder | None = None,
    ) -> None:
        """Prepare: half a second for the first of a process (files are read), a fifth for each further market.

        A running event loop should leave it to a worker thread.

        Args:
            briefs: the products of the show, at least one.
            market: where it sells and what language it is in.
            clock_now: the time (aware); decides which offers are active.
            stock: units left of a product id, None for the brief's own number.
            seed: which wording to begin with.
            encoder: finds facts by meaning where words find none; without it only words are compared.

        Raises:
            NotFound: there is no product, or one is not sold in this market.
        """
        if not briefs:
            raise NotFound("a show needs at least one product")
        for language in LANGUAGES:
            load_lexicon(language)
            load_replies(language)
        self._briefs = {brief.id: brief for brief in briefs}
        self._market = market
        self._now = clock_now
        self._stock = stock
        self._home = next(language for language in LANGUAGES if language == market.language)
        self._retrievers = {brief.id: Retriever(brief, self._home) for brief in briefs}
        self._composer = Composer(market, self._home, seed)
        for brief in briefs:  # reads the guard's lexicon now and not at the first question
            self._composer.can_say(self._composer.disclosure(brief.id), self._sheet(brief, self._home))
        self._meanings = {
            brief.id: Meanings(brief, self._sheet(brief, self._home), self._home, encoder)
            for brief in briefs
            if encoder is not None
        }

    def answer(self, question: Question) -> Answer:
        """Decide about one message. Never raises, whatever the message is."""
        text = clean_text(question.text)[:_MAX_TEXT]
        language = detect(text, self._home)
        brief = self._brief(text, question.product_id)
        sorted_ = triage(text, language)
        base = Answer("silent", sorted_.intent, language, "", None, (), None, brief.id)
        if reason := _SILENT.get(sorted_.intent):
            return replace(base, reason="link" if sorted_.link else reason)
        if sorted_.intent in HAND_OFFS and sorted_.intent != "medical":
            return self._refusal(base, sorted_.intent, brief)
        if sorted_.intent == "ai_host":
            spoken = self._composer.disclosure(brief.id)
            return replace(base, kind="answer", text=self._composer.about_host(language), spoken=spoken)
        return self._from_brief(base, brief, replace(question, text=text), sorted_)

    def aloud(self, queued: QueuedAnswer, *, hurried: bool = False) -> Line | None:
        """What is said when an answer's turn has come: to several askers, how many they are; to one, when hurried,
        the facts alone.
        """
        answer = queued.answer
        if hurried and queued.askers < 2:
            return answer.short or answer.spoken
        if queued.askers < 2 or answer.together is None or answer.product_id not in self._briefs:
            return answer.spoken
        line = self._composer.for_askers(answer.together, queued.askers)
        home = self._sheet(self._briefs[answer.product_id], self._home)
        return line if self._composer.can_say(line, home) else answer.spoken

    def _brief(self, text: str, on_air: str | None) -> Brief:
        named = named_product(text, tuple(self._briefs.values())) if len(self._briefs) > 1 else None
        return self._briefs.get(named or on_air or "") or next(iter(self._briefs.values()))

    def _sheet(self, brief: Brief, language: Language) -> FactSheet:
        return FactSheet.build(
            brief, self._market, now=self._now(), stock=self._stock(brief.id),
            text_market=None if language == self._home else _MARKETS[language],
        )  # fmt: skip

    def _from_brief(self, base: Answer, brief: Brief, question: Question, sorted_: Triage) -> Answer:
        home = self._sheet(brief, self._home)
        compared = asked(question.text, base.language, sorted_)
        findings = self._retrievers[brief.id].find(compared, sorted_, home)
        if findings:
            return self._composed(base, brief, home, findings, question, sorted_)
        if sorted_.intent == "medical":
            return self._refusal(base, "medical", brief)
        if not sorted_.asks:
            return replace(base, reason="not-a-question")
        if brief.id in self._meanings and (meant := self._meanings[brief.id].find(question.text)):
            return self._composed(base, brief, home, (meant,), question, sorted_)
        return self._refusal(base, "not_in_brief", brief)

    def _composed(
        self, base: Answer, brief: Brief, home: FactSheet, findings: tuple[Finding, ...], question: Question,
        sorted_: Triage,
    ) -> Answer:  # fmt: skip
        local = home if base.language == self._home else self._sheet(brief, base.language)
        text, fact_ids = self._composer.written(findings, base.language, local, home)
        spoken = self._composer.spoken(findings, home, question.author)
        return replace(
            base,
            kind="answer",
            intent=findings[0].intent,
            text=text,
            spoken=spoken.line,
            together=spoken.together,
            short=spoken.short,
            readiness=_readiness(findings, sorted_),
            fact_ids=fact_ids,
            highlight=highlight(question.text, base.language),
        )

    def _refusal(self, base: Answer, kind: Refusal, brief: Brief) -> Answer:
        text = self._composer.refusal(kind, base.language, self._sheet(brief, base.language))
        hand_off = kind if kind != "not_in_brief" else None
        return replace(base, kind="refusal", text=text, reason=_REASONS[kind], hand_off=hand_off)


def handed_on(language: Language) -> str:
    """That a person has the question now, in the asker's language: said when it is so."""
    return load_replies(language).handed_on


def _readiness(findings: Sequence[Finding], sorted_: Triage) -> Readiness:
    if sorted_.buying:
        return "buying"
    return "weighing" if findings[0].intent in WEIGHING else "looking"
