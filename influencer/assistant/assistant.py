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

from influencer.assistant.catalogue import Shelf
from influencer.assistant.composer import Composer, Spoken
from influencer.assistant.language import detect
from influencer.assistant.lexicon import load_lexicon
from influencer.assistant.matching import Asked, asked
from influencer.assistant.meaning import Encoder, Meanings
from influencer.assistant.names import highlight
from influencer.assistant.queue import QueuedAnswer
from influencer.assistant.replies import Frame, Refusal, load_replies
from influencer.assistant.retrieval import Finding, Retriever
from influencer.assistant.threads import Threads
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
        others: Sequence[Brief] = (),
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
            others: what the shop sells in this market besides; answered about in the chat, not aloud.

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
        self._shelf = Shelf(briefs, others, self._home, encoder)
        self._threads = Threads()
        self._composer = Composer(market, self._home, seed)
        for brief in briefs:  # reads the guard's lexicon now and not at the first question
            self._composer.can_say(self._composer.disclosure(brief.id), self._sheet(brief, self._home))
        self._meanings = {
            brief.id: Meanings(brief, self._sheet(brief, self._home), self._home, encoder)
            for brief in briefs
            if encoder is not None
        }

    def remember(self, before: Assistant) -> None:
        """Go on with the viewers' threads of another assistant of the same products and market."""
        self._threads = before._threads

    def answer(self, question: Question) -> Answer:
        """Decide about one message. Never raises, whatever the message is."""
        text = clean_text(question.text)[:_MAX_TEXT]
        language = detect(text, self._home)
        sorted_ = triage(text, language)
        named = self._shelf.named(text) if len(self._shelf.all) > 1 else ()
        brief, sorted_ = self._meant(named, question, sorted_)
        base = Answer("silent", sorted_.intent, language, "", None, (), None, brief.id)
        if reason := _SILENT.get(sorted_.intent):
            return replace(base, reason="link" if sorted_.link else reason)
        if sorted_.intent in HAND_OFFS and sorted_.intent != "medical":
            return self._refusal(base, sorted_.intent, brief)
        if sorted_.intent == "ai_host":
            spoken = self._composer.disclosure(brief.id)
            return replace(base, kind="answer", text=self._composer.about_host(language), spoken=spoken)
        question = replace(question, text=text)
        if len(named) > 1 and sorted_.intent != "medical":
            return self._compared(base, [self._shelf.all[product] for product in named[:2]], question, sorted_)
        if sorted_.choosing and not named and (chosen := self._chosen(base, question, sorted_)):
            return chosen
        return self._from_brief(base, brief, question, sorted_)

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

    def _meant(self, named: tuple[str, ...], question: Question, sorted_: Triage) -> tuple[Brief, Triage]:
        """The product that is meant, and what is asked of it: named, or spoken of by this viewer just now, or on air.

        "And the tote?" asks of the tote what was asked before.
        """
        now = self._now()
        thread = self._threads.of(question.viewer, now)
        if len(named) == 1:
            product = named[0]
            if thread is not None and thread.topics and not sorted_.topics and sorted_.intent == "unknown":
                sorted_ = replace(sorted_, intent=thread.topics[0], topics=thread.topics, asks=True, sure=True)
            self._threads.named(question.viewer, product, sorted_.topics, now)
        elif thread is not None:
            product = thread.product_id
            self._threads.named(question.viewer, product, sorted_.topics or thread.topics, now)
        else:
            product = question.product_id if question.product_id in self._briefs else next(iter(self._briefs))
        if sorted_.intent == "buying" and product not in self._briefs:  # its card is not on this page
            sorted_ = replace(sorted_, intent="price", topics=("price",))
        return self._shelf.all[product], sorted_

    def _chosen(self, base: Answer, question: Question, sorted_: Triage) -> Answer | None:
        """The product that fits what somebody looks for, and why; None when none stands out."""
        choice = self._shelf.best_for(question.text, asked(question.text, base.language, sorted_))
        if choice is None:
            return None
        brief = self._shelf.all[choice.product_id]
        home = self._sheet(brief, self._home)
        if choice.fact_id not in home.facts or home.sold_out:
            return None
        frames: dict[str, Frame] = {"audience": "choose_for", "summary": "what_is_it"}
        finding = Finding("choosing", frames.get(choice.fact_id, "choose"), (choice.fact_id,))
        self._threads.named(question.viewer, brief.id, sorted_.topics, self._now())
        return self._composed(replace(base, product_id=brief.id), brief, home, (finding,), question, sorted_)

    def _compared(self, base: Answer, briefs: Sequence[Brief], question: Question, sorted_: Triage) -> Answer:
        """Two products side by side: what is asked of each, else what it is and what it costs.

        Aloud too where the page sells both; the host does not speak of what it does not sell.
        """
        texts, fact_ids, told = list[str](), list[str](), list[tuple[Sequence[Finding], FactSheet]]()
        for brief in briefs:
            home = self._sheet(brief, self._home)
            local = home if base.language == self._home else self._sheet(brief, base.language)
            findings: tuple[Finding, ...] = (
                Finding("what_is_it", "what_is_it", ("summary",)),
                Finding("price", "price"),
            )
            if sorted_.topics:
                findings = self._retriever(brief).find(asked(question.text, base.language, sorted_), sorted_, home)
            told.append((findings, home))
            if findings:
                text, stated = self._composer.written(findings, base.language, local, home)
                fact_ids += [f"{brief.id}/{fact_id}" for fact_id in stated]
            else:
                text = self._composer.refusal("not_in_brief", base.language, local)
            texts.append(f"{local.slots['name']}: {text}")
        if not fact_ids:
            return self._refusal(base, "not_in_brief", briefs[0])
        both = all(brief.id in self._briefs for brief in briefs)
        spoken, then = self._composer.compared(told, question.author) if both else (Spoken(), ())
        return replace(
            base, kind="answer", intent="choosing", text=" ".join(texts), fact_ids=tuple(fact_ids),
            product_id=briefs[0].id, spoken=spoken.line, together=spoken.together, short=spoken.short, then=then,
            highlight=highlight(question.text, base.language),
        )  # fmt: skip

    def _retriever(self, brief: Brief) -> Retriever:
        if brief.id not in self._retrievers:
            self._retrievers[brief.id] = Retriever(brief, self._home)
        return self._retrievers[brief.id]

    def _sheet(self, brief: Brief, language: Language) -> FactSheet:
        return FactSheet.build(
            brief, self._market, now=self._now(), stock=self._stock(brief.id),
            text_market=None if language == self._home else _MARKETS[language],
        )  # fmt: skip

    def _from_brief(self, base: Answer, brief: Brief, question: Question, sorted_: Triage) -> Answer:
        home = self._sheet(brief, self._home)
        compared = asked(question.text, base.language, sorted_)
        findings = by_words = self._retriever(brief).find(compared, sorted_, home)
        if sorted_.intent not in ("medical", "buying"):
            findings = self._weighed(brief, home, findings, compared, question.text, sorted_)
        if findings:
            answer = self._composed(base, brief, home, findings, question, sorted_)
            # A guess may be answered, but a message no word of which was understood never stands on the picture.
            return answer if findings == by_words else replace(answer, highlight=None)
        if sorted_.intent == "medical":
            return self._refusal(base, "medical", brief)
        if not sorted_.asks and not by_words:  # what words led somewhere gets a reply, if only that nobody knows
            return replace(base, reason="not-a-question")
        if (known := self._meanings.get(brief.id)) and not known.ids and (meant := known.find(question.text)):
            return self._composed(base, brief, home, (meant,), question, sorted_)
        return self._refusal(base, "not_in_brief", brief)

    def _weighed(
        self, brief: Brief, home: FactSheet, findings: tuple[Finding, ...], compared: Asked, text: str, sorted_: Triage
    ) -> tuple[Finding, ...]:
        """What words found, or what the ranker is surer of, or nothing; as it is where no ranker is."""
        meanings = self._meanings.get(brief.id)
        if meanings is None or not meanings.ids or not (sorted_.asks or findings):
            return findings  # chatter is not answered for a likely guess, so nothing is encoded for it
        retriever = self._retriever(brief)
        clues = retriever.clues(compared, sorted_, findings, meanings.ids, len(text.split()))
        ranked = meanings.ranked(text, clues)
        if ranked is None:
            return findings
        if any(ranked.fact_id in finding.states for finding in findings):
            return findings if ranked.sure or sorted_.sure else ()  # named outright, and the likeliest fact
        if not ranked.sure or ranked.fact_id not in home.facts:
            return ()
        finding = retriever.finding(ranked.fact_id, compared, home)
        return () if finding is None else (finding,)

    def _composed(
        self, base: Answer, brief: Brief, home: FactSheet, findings: tuple[Finding, ...], question: Question,
        sorted_: Triage,
    ) -> Answer:  # fmt: skip
        local = home if base.language == self._home else self._sheet(brief, base.language)
        text, fact_ids = self._composer.written(findings, base.language, local, home)
        spoken = self._composer.spoken(findings, home, question.author) if brief.id in self._briefs else Spoken()
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
