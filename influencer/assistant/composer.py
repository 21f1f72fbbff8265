"""Putting facts into words: the chat reply in the asker's language, the spoken line in the show's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from influencer.assistant.names import speakable_name
from influencer.assistant.replies import Refusal, load_replies, with_facts
from influencer.assistant.retrieval import Finding
from influencer.assistant.values import Language
from influencer.market import Market
from influencer.script.claims import ClaimGuard
from influencer.script.facts import FactSheet
from influencer.script.slots import askers_slot, bind, slots_in
from influencer.script.values import Line

_LOCAL_TERMS = frozenset({"shipping", "returns"})
"""Facts that differ from country to country: the American terms are not true in a Korean show."""
_UNSPACED: frozenset[Language] = frozenset({"ja", "zh"})


@dataclass(frozen=True, slots=True)
class _Said:
    """One finding in its wording, {fact} already replaced by the slots of its facts."""

    text: str
    variant: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """An answer for the air, in its three forms; all None when no form may be said."""

    line: Line | None = None
    together: Line | None = None
    short: Line | None = None


class Composer:
    """Words for one show. It only remembers whose turn which wording is."""

    def __init__(self, market: Market, home: Language, seed: int) -> None:
        self._market = market
        self._home = home
        self._seed = seed
        self._used: Counter[tuple[Language, str]] = Counter()

    def written(
        self, findings: Sequence[Finding], language: Language, local: FactSheet, home: FactSheet
    ) -> tuple[str, tuple[str, ...]]:
        """The chat reply and the ids of the facts it states.

        `local` is the fact sheet in the asker's language, `home` the one in the show's.
        """
        sentences: list[str] = []
        slots: list[str] = []
        for finding in findings:
            frame, sheet = finding.frame, local
            if language != self._home and finding.quotes and not _translated(finding.fact_ids, local, home):
                frame, sheet = "foreign", home  # the shop's own words, when there are no others that are as true
            wording = with_facts(self._turn(language, frame, load_replies(language).frames[frame]), finding.fact_ids)
            sentences.append(bind(wording, sheet, self._market))
            slots.append(wording)
        return self._joined(language, sentences), _stated(findings, slots, home)

    def spoken(self, findings: Sequence[Finding], home: FactSheet, author: str) -> Spoken:
        """The line for the air, the same for several askers with {askers} still open, and the same in short.

        Slots are unbound: the price is read when it is spoken.

        Words the guard would refuse beside this brief's facts give way to the facts alone, so that what was answered
        in the chat can be said as well; None when not even those may be said.
        """
        said = [self._said(finding) for finding in findings]
        bodies = [each.text for each in said]
        lead = self._lead(findings[0], home, speakable_name(author, self._home))
        bare = [f"{{{id_}}}" for finding in findings for id_ in finding.fact_ids if id_ in home.slots]
        line = Line(
            text="",
            segment="questions",
            product_id=home.product_id,
            market=home.market,
            fact_ids=_stated(findings, bodies, home),
            source="answer",
            variant=f"answer.{self._home}." + "+".join(each.variant for each in said),
        )
        for sentences in ([lead, *bodies], bodies, bare):
            candidate = replace(line, text=self._joined(self._home, sentences))
            if self.can_say(candidate, home):
                body = sentences[1:] if sentences[0] == lead else sentences
                shared = self._joined(self._home, [self._lead_many(findings[0], home), *body])
                return Spoken(candidate, replace(line, text=shared), self._short(candidate, findings[0], body, home))
        return Spoken()

    def compared(
        self, products: Sequence[tuple[Sequence[Finding], FactSheet]], author: str
    ) -> tuple[Spoken, tuple[Line, ...]]:
        """Two products side by side for the air: a line about each, which rests on its own facts alone.

        Nothing when one of them may not be said: half a comparison would be unfair.
        """
        lead, lead_many = "", ""
        if products[0][0]:
            choosing = replace(products[0][0][0], intent="choosing", frame="choose")
            lead = self._lead(choosing, products[0][1], speakable_name(author, self._home))
            lead_many = self._lead_many(choosing, products[0][1])
        lines = list[Line]()
        for begins, (findings, home) in zip(load_replies(self._home).side_by_side, products, strict=True):
            line = self._beside(begins, findings, home)
            if line is None:
                return Spoken(), ()
            lines.append(line)
        first, *then = lines
        home = products[0][1]
        asked, together = (
            replace(first, text=self._joined(self._home, [one, first.text])) for one in (lead, lead_many)
        )
        return Spoken(asked if self.can_say(asked, home) else first, together, first), tuple(then)

    def _beside(self, begins: str, findings: Sequence[Finding], home: FactSheet) -> Line | None:
        """What is said of one of two products; None when there is nothing that may be said."""
        said = [self._said(finding) for finding in findings]
        bodies = [each.text for each in said]
        line = Line(
            text=self._joined(self._home, [begins, *bodies]),
            segment="questions",
            product_id=home.product_id,
            market=home.market,
            fact_ids=_stated(findings, bodies, home),
            source="answer",
            variant=f"answer.{self._home}.beside+" + "+".join(each.variant for each in said),
        )
        return line if findings and self.can_say(line, home) else None

    def _short(self, line: Line, finding: Finding, body: Sequence[str], home: FactSheet) -> Line | None:
        """The facts alone, behind the question where they answer one."""
        question = _question_of(finding)
        opening = [f"{{{question}}}"] if question in home.slots else []
        short = replace(line, text=self._joined(self._home, [*opening, *body]))
        return short if short.text != line.text and self.can_say(short, home) else None

    def for_askers(self, together: Line, askers: int) -> Line:
        """The line for two askers or more: it says how many they are."""
        return replace(together, text=together.text.replace("{askers}", askers_slot(askers)))

    def can_say(self, line: Line, home: FactSheet) -> bool:
        """Whether the guard lets a line on air beside this brief's facts."""
        return ClaimGuard(self._market, (home,)).explain(line).approved

    def refusal(self, kind: Refusal, language: Language, local: FactSheet) -> str:
        """Why there is no answer, and who can give one."""
        return bind(self._turn(language, kind, load_replies(language).refusals[kind]), local, self._market)

    def about_host(self, language: Language) -> str:
        """That the host is made by a machine."""
        return self._turn(language, "ai_host", load_replies(language).frames["ai_host"])

    def disclosure(self, product_id: str) -> Line:
        """The same for the air: the market's own disclosure."""
        return Line("{disclosure}", "questions", product_id, self._market.id, (), "answer", "answer.disclosure")

    def _said(self, finding: Finding) -> _Said:
        choices = load_replies(self._home).frames[finding.frame]
        wording = self._turn(self._home, f"spoken:{finding.frame}", choices)
        return _Said(with_facts(wording, finding.fact_ids), f"{finding.frame}-{choices.index(wording) + 1}")

    def _lead(self, finding: Finding, home: FactSheet, name: str | None) -> str:
        """How a spoken answer begins: who asks (if it may be said) and about what."""
        replies = load_replies(self._home)
        question = _question_of(finding)
        if question in home.slots:
            group = replies.lead_question_named if name else replies.lead_question
        else:
            group = replies.lead_named if name else replies.lead
        lead = self._turn(self._home, f"lead:{bool(question)}:{bool(name)}", group)
        return self._about(lead, finding).replace("{author}", name or "")

    def _lead_many(self, finding: Finding, home: FactSheet) -> str:
        """How the answer to several askers begins."""
        replies = load_replies(self._home)
        asked = _question_of(finding) in home.slots
        return self._about(replies.lead_many_question if asked else replies.lead_many, finding)

    def _about(self, lead: str, finding: Finding) -> str:
        replies = load_replies(self._home)
        named = (words for topic, words in replies.topics.items() if topic == finding.intent)
        lead = lead.replace("{topic}", next(named, replies.topics["feature"]))
        return lead.replace("{question}", f"{{{_question_of(finding)}}}")

    def _turn(self, language: Language, group: str, choices: list[str]) -> str:
        """The next wording of a group: never the same twice in a row where there are two."""
        turn = self._used[language, group]
        self._used[language, group] += 1
        return choices[(self._seed + turn) % len(choices)]

    @staticmethod
    def _joined(language: Language, sentences: list[str]) -> str:
        return ("" if language in _UNSPACED else " ").join(sentences)


def _question_of(finding: Finding) -> str:
    """The slot of the FAQ's question that a finding answers, "" for other findings."""
    return finding.fact_ids[0].replace("faq.", "question.", 1) if finding.frame == "faq" else ""


def _stated(findings: Sequence[Finding], texts: Sequence[str], sheet: FactSheet) -> tuple[str, ...]:
    """Ids of the facts that wordings state, in order: those found, and those of the wordings' own slots."""
    ids: list[str] = []
    for finding, text in zip(findings, texts, strict=True):
        ids += [*finding.fact_ids, *(sheet.slot_facts[slot] for slot in slots_in(text))]
    return tuple(dict.fromkeys(ids))


def _translated(fact_ids: Sequence[str], local: FactSheet, home: FactSheet) -> bool:
    """Whether the facts exist in the asker's language and are as true here as there."""
    return all(
        fact_id not in _LOCAL_TERMS and local.facts[fact_id].text != home.facts[fact_id].text for fact_id in fact_ids
    )
