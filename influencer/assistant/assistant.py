"""The Tako-style assistant: a viewer's question in, a grounded reply out. Without a model, in milliseconds.

A reply is a wording written by us with facts of the brief in its slots. No character a viewer typed gets into it,
except a name that passed `names.speakable_name`: that is why no message, however it is phrased, can make the host
say something false (OWASP LLM01, prompt injection).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import get_args

from influencer.assistant.language import detect
from influencer.assistant.lexicon import load_lexicon
from influencer.assistant.matching import asked
from influencer.assistant.names import highlight, speakable_name
from influencer.assistant.replies import Refusal, load_replies, with_facts
from influencer.assistant.retrieval import Finding, Retriever, named_product
from influencer.assistant.triage import Triage, triage
from influencer.assistant.values import LANGUAGES, Answer, Intent, Language, Question, Reason
from influencer.brief import Brief, MarketId
from influencer.errors import NotFound
from influencer.market import Market
from influencer.script.facts import FactSheet
from influencer.script.slots import bind, slots_in
from influencer.script.values import Line
from streaming.chat_policy import clean_text

_MAX_TEXT = 300
_LOCAL_TERMS = frozenset({"shipping", "returns"})
"""Facts that differ from country to country: the American terms are not true in a Korean show."""
_MARKETS: dict[str, MarketId] = {market.split("-")[0]: market for market in get_args(MarketId)}
_SPACE: dict[Language, str] = {language: "" if language in {"ja", "zh"} else " " for language in LANGUAGES}
_SILENT: dict[Intent, Reason] = {
    "injection": "injection", "abuse": "abuse", "greeting": "greeting", "small_talk": "small-talk",
}  # fmt: skip


class Assistant:
    """Answers for one show: its products, in one market. Not thread-safe; construction reads files."""

    def __init__(
        self,
        briefs: Sequence[Brief],
        market: Market,
        *,
        clock_now: Callable[[], datetime],
        stock: Callable[[str], int | None],
        seed: int = 0,
    ) -> None:
        """Prepare.

        Args:
            briefs: the products of the show, at least one.
            market: where it sells and what language it is in.
            clock_now: the time (aware); decides which offers are active.
            stock: units left of a product id, None for the brief's own number.
            seed: which wording to begin with.

        Raises:
            NotFound: there is no product, or one is not sold in this market.
        """
        if not briefs:
            raise NotFound("a show needs at least one product")
        self._briefs = {brief.id: brief for brief in briefs}
        self._market = market
        self._now = clock_now
        self._stock = stock
        self._home: Language = _language_of(market)
        self._retrievers = {brief.id: Retriever(brief, self._home) for brief in briefs}
        self._seed = seed
        self._used: Counter[tuple[Language, str]] = Counter()
        for brief in briefs:
            self._sheet(brief, self._home)
        for language in LANGUAGES:
            load_lexicon(language)
            load_replies(language)

    def answer(self, question: Question) -> Answer:
        """Decide about one message. Never raises, whatever the message is."""
        text = clean_text(question.text)[:_MAX_TEXT]
        language = detect(text, self._home)
        brief = self._brief(text, question.product_id)
        sorted_ = triage(text, language)
        base = Answer("silent", sorted_.intent, language, "", None, (), None, brief.id)
        if reason := _SILENT.get(sorted_.intent):
            return replace(base, reason="link" if sorted_.link else reason)
        if sorted_.intent == "order_help":
            return self._refusal(base, "order_help", "order-help", brief)
        if sorted_.intent == "ai_host":
            return self._about_host(base)
        return self._from_brief(base, brief, replace(question, text=text), sorted_)

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
        compared = asked(question.text, base.language, sorted_.intent, sorted_.concepts)
        findings = self._retrievers[brief.id].find(compared, sorted_, home)
        if findings:
            return self._composed(base, brief, home, findings, question)
        if sorted_.intent == "medical":
            return self._refusal(base, "medical", "medical", brief)
        if not sorted_.asks:
            return replace(base, reason="not-a-question")
        return self._refusal(base, "not_in_brief", "not-in-brief", brief)

    def _composed(
        self, base: Answer, brief: Brief, home: FactSheet, findings: tuple[Finding, ...], question: Question
    ) -> Answer:
        local = home if base.language == self._home else self._sheet(brief, base.language)
        spoken = self._spoken(findings, home, question.author)
        return replace(
            base,
            kind="answer",
            intent=findings[0].intent,
            text=" ".join(self._written(finding, base.language, local, home) for finding in findings),
            spoken=spoken,
            fact_ids=spoken.fact_ids,
            highlight=highlight(question.text, base.language),
        )

    def _written(self, finding: Finding, language: Language, local: FactSheet, home: FactSheet) -> str:
        """A finding in the asker's language; the shop's own words stay in theirs when there are no others."""
        frame, sheet = finding.frame, local
        if language != self._home and finding.quotes and not _translated(finding.fact_ids, local, home):
            frame, sheet = "foreign", home
        wording = self._wording(language, frame, load_replies(language).frames[frame])
        return bind(with_facts(wording, finding.fact_ids), sheet, self._market)

    def _spoken(self, findings: tuple[Finding, ...], home: FactSheet, author: str) -> Line:
        """The answer for the air, in the show's language, slots unbound: the price is read when it is spoken."""
        frames = load_replies(self._home).frames
        sentences = [self._lead(findings[0], home, speakable_name(author, self._home))]
        variants: list[str] = []
        fact_ids: list[str] = []
        for finding in findings:
            wording = self._wording(self._home, f"spoken:{finding.frame}", frames[finding.frame])
            sentences.append(with_facts(wording, finding.fact_ids))
            fact_ids += [*finding.fact_ids, *(home.slot_facts[slot] for slot in slots_in(sentences[-1]))]
            variants.append(f"{finding.frame}-{frames[finding.frame].index(wording) + 1}")
        return Line(
            text=_SPACE[self._home].join(sentences),
            segment="questions",
            product_id=home.product_id,
            market=home.market,
            fact_ids=tuple(dict.fromkeys(fact_ids)),
            source="answer",
            variant=f"answer.{self._home}.{'+'.join(variants)}",
        )

    def _lead(self, finding: Finding, home: FactSheet, name: str | None) -> str:
        """How a spoken answer begins: who asks (if it may be said) and about what."""
        replies = load_replies(self._home)
        question = finding.fact_ids[0].replace("faq.", "question.", 1) if finding.frame == "faq" else ""
        if question in home.slots:
            group = replies.lead_question_named if name else replies.lead_question
        else:
            group = replies.lead_named if name else replies.lead
        lead = self._wording(self._home, f"lead:{len(question) > 0}:{name is None}", group)
        topic = "feature" if finding.intent not in replies.topics else finding.intent
        lead = lead.replace("{topic}", replies.topics[topic])
        return lead.replace("{question}", f"{{{question}}}").replace("{author}", name or "")

    def _refusal(self, base: Answer, kind: Refusal, reason: Reason, brief: Brief) -> Answer:
        wording = self._wording(base.language, kind, load_replies(base.language).refusals[kind])
        text = bind(wording, self._sheet(brief, base.language), self._market)
        return replace(base, kind="refusal", text=text, reason=reason)

    def _about_host(self, base: Answer) -> Answer:
        text = self._wording(base.language, "ai_host", load_replies(base.language).frames["ai_host"])
        product_id = base.product_id or ""
        spoken = Line("{disclosure}", "questions", product_id, self._market.id, (), "answer", "answer.disclosure")
        return replace(base, kind="answer", text=text, spoken=spoken)

    def _wording(self, language: Language, group: str, choices: list[str]) -> str:
        """The next wording of a group: never the same twice in a row where there are two."""
        turn = self._used[language, group]
        self._used[language, group] += 1
        return choices[(self._seed + turn) % len(choices)]


def _language_of(market: Market) -> Language:
    return next(language for language in LANGUAGES if language == market.language)


def _translated(fact_ids: Sequence[str], local: FactSheet, home: FactSheet) -> bool:
    """Whether the facts exist in the asker's language and are as true here as there."""
    return all(
        fact_id not in _LOCAL_TERMS and local.facts[fact_id].text != home.facts[fact_id].text for fact_id in fact_ids
    )
