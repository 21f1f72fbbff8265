"""What a message wants: pure, and cautious. The order of the checks is the policy.

Commands and insults are dropped before anything else is read; what a person should answer (orders, complaints,
anger, law, health) goes to one; then the product questions; small talk and statements get no answer. An insult within
a complaint is anger, and goes to a person too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from influencer.assistant.folding import fold
from influencer.assistant.language import scripts
from influencer.assistant.lexicon import Concept, Lexicon, Talk, load_lexicon
from influencer.assistant.values import LANGUAGES, HandOff, Intent, Language, Topic

_ROLE = "|".join(
    (
        "system|assistant|user|developer|admin|instructions?",
        "시스템|관리자|システム|系统|系統|sistema|système|systeme|सिस्टम",
    )
)
_MARKUP = re.compile(
    rf"(?i)(?:^|[\s\[<({{#*`\"'])(?:{_ROLE})\s*[\]>)}}*`\"']*\s*[:：=]"
    r"|<\||\|>|\[/?inst\]|</?\s*[a-z]+[^<]*>|[{}]|#{2,}|```"
)
"""Prompt markup: role prefixes, chat-template tokens, tags, template braces."""
_LINK = re.compile(
    r"(?i)https?:|www\.|@\w+\.\w+"
    r"|\b[a-z0-9-]+\.(?:com|net|org|io|ru|cn|co|kr|jp|br|mx|fr|it|in|id|me|ly|gg|xyz|info|shop)\b(?!\w)"
)

_GENERIC: dict[Topic, float] = {"price": 0.3, "what_is_it": 0.4, "suitability": 0.8}
"""Topics whose words ("how much") also occur in questions about something else."""
_LEAST = 0.2
_PRIVATE: tuple[HandOff, ...] = ("legal", "anger", "complaint", "order_help")
"""What goes to a person whatever else is in the message; health does when the brief does not speak of it."""


@dataclass(frozen=True, slots=True)
class Triage:
    """What a message wants. `topics` are the product questions in it, at most two, in the order asked."""

    intent: Intent
    topics: tuple[Topic, ...]
    concepts: frozenset[Concept]
    asks: bool
    """It is a question, or a topic named in so few words that it can only be one ("price")."""
    sure: bool = False
    """The first topic is named outright, not only hinted at ("how much", "how long")."""
    link: bool = False
    buying: bool = False
    """The viewer wants to order."""
    choosing: bool = False
    """The viewer wants to know which of several products."""

    @property
    def subject(self) -> Topic | None:
        """What the message is about when that is sure."""
        return self.topics[0] if self.topics and self.sure else None


def triage(text: str, language: Language) -> Triage:
    """Sort a message written in `language`. Never raises."""
    if is_command(text):
        return Triage("injection", (), frozenset(), asks=False)
    folded = fold(text)
    lexicon = load_lexicon(language)
    link = bool(_LINK.search(text))
    if link or any(load_lexicon(each).is_abuse(folded) for each in readable_in(text)):
        angry = not link and lexicon.talk(folded) & {"order_help", "complaint", "legal"}
        return Triage("anger" if angry else "abuse", (), frozenset(), asks=False, link=link)
    return _sorted(text, folded, lexicon)


def is_command(text: str) -> bool:
    """Whether text (a message or a name) tries to instruct the assistant, in any language or disguise."""
    return bool(_MARKUP.search(text)) or any(load_lexicon(each).commands(text) for each in readable_in(text))


def readable_in(text: str) -> tuple[Language, ...]:
    """The languages whose script occurs in the text; all of the Latin ones when it has look-alike letters."""
    found = scripts(text)
    wanted = {"ko": "hangul", "ja": "kana", "zh": "han"}
    return tuple(
        language
        for language in LANGUAGES
        if found[wanted.get(language, "latin")]
        or (language == "ja" and found["han"])
        or (language == "hi" and found["devanagari"])
        or (language not in wanted and found["other"])
    )


def _sorted(text: str, folded: str, lexicon: Lexicon) -> Triage:
    talk = _talk(folded, lexicon)
    topics = _topics(text, folded, lexicon)
    concepts = lexicon.concepts(folded)
    sure = bool(topics) and (topics[0] in lexicon.decided(folded) or (topics[0] == "spec" and bool(concepts)))
    asks = lexicon.is_question(text, folded) or (bool(topics) and lexicon.is_brief(folded))

    def result(intent: Intent) -> Triage:
        return Triage(intent, topics, concepts, asks, sure, buying="buying" in talk, choosing="choosing" in talk)

    if private := next((kind for kind in _PRIVATE if kind in talk), None):
        return result(private)
    if "ai_host" in talk:
        return result("ai_host")
    if "medical" in talk:
        return result("medical")
    if "buying" in talk and not (asks and sure):
        return result("buying")
    if topics and asks and (sure or "small_talk" not in talk):
        return result(topics[0])
    if "small_talk" in talk:
        return result("small_talk")
    if "greeting" in talk and not asks:
        return result("greeting")
    if topics and not talk:
        return result(topics[0])
    return result("unknown")


def _talk(folded: str, lexicon: Lexicon) -> frozenset[Talk]:
    """ "Which one looks nice on me" is no small talk."""
    talk = lexicon.talk(folded)
    return talk - {"small_talk", "greeting"} if "choosing" in talk else talk


def _topics(text: str, folded: str, lexicon: Lexicon) -> tuple[Topic, ...]:
    whole = _ranked(lexicon.topics(folded))
    clauses = [_ranked(lexicon.topics(clause)) for clause in lexicon.clauses(text)]
    asked = list(dict.fromkeys(topics[0] for topics in clauses if topics))
    if len(asked) >= 2:
        return tuple(asked[:2])
    return whole[:1]


def _ranked(scores: dict[Topic, float]) -> tuple[Topic, ...]:
    weighted = {topic: score * _GENERIC.get(topic, 1.0) for topic, score in scores.items()}
    return tuple(sorted((topic for topic in weighted if weighted[topic] >= _LEAST), key=lambda topic: -weighted[topic]))
