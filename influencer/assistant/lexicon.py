"""What people write, per language: the data of lexicons/<language>.yaml, compiled.

Phrases are stored as people write them and folded like the messages are. In languages that put spaces between
words a phrase matches whole words, and a trailing `*` any ending ("ingredient*"); Korean, Japanese and Chinese
phrases match anywhere, spaces ignored, and `얼마!나` stands for 얼마 without 나 after it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from influencer.assistant.folding import fold, unmask
from influencer.assistant.values import LANGUAGES, TOPICS, Language, Topic
from influencer.strings import load_strings

Talk = Literal[
    "greeting", "small_talk", "order_help", "complaint", "legal", "anger", "medical", "buying", "choosing", "abuse",
    "injection", "ai_host",
]  # fmt: skip
TALKS: tuple[Talk, ...] = get_args(Talk)

Concept = Literal[
    "volume", "weight", "dimensions", "height", "width", "length", "thickness", "clothing_size", "color", "material",
    "battery", "charging", "power", "capacity", "warranty", "scent", "waterproof", "shelf_life", "storage", "washing",
    "calories", "sugar", "caffeine", "vegan", "age", "compatibility", "noise", "included", "flavor", "count",
    "wireless", "allergens", "pregnancy", "sensitive", "makeup", "lasting", "children", "skin_type", "texture",
    "heating", "grip", "cushioning", "spare_part", "variation", "packaging",
]  # fmt: skip
"""Properties people ask for. They link a question to a specification, key point or FAQ in another language."""
CONCEPTS: tuple[Concept, ...] = get_args(Concept)
_NOT_SPECIFIED = frozenset({
    "scent", "pregnancy", "sensitive", "makeup", "lasting", "children", "skin_type", "texture", "heating", "grip",
    "cushioning", "spare_part", "variation", "packaging",
})  # fmt: skip
"""Concepts that make no question about specifications: other topics own them."""

_MAY_NAME_A_PROPERTY: frozenset[Topic] = frozenset({"spec", "price", "what_is_it", "suitability"})
"""Topics that give way to a property named beside them: "how much does it weigh"."""
_WEAK = 0.4
_STOPS = re.compile(r"[?？!！。;；\n,，、&+]|\.(?:\s|$)")
_QUESTION_MARKS = re.compile(r"[?？؟]")


class _Data(BaseModel):
    """One file, as written."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Phrases(_Data):
    """`strong` phrases decide; `weak` ones ("how much") only when no other topic has a strong one."""

    strong: list[str] = Field(min_length=1)
    weak: list[str] = []


class LexiconData(_Data):
    """The whole of lexicons/<language>.yaml."""

    language: Language
    spaced: bool
    endings: list[str] = []
    """What may hang on a phrase's last word (Indonesian "harga", "harganya")."""
    function_words: list[str] = Field(min_length=10)
    """Words that tell the language and carry no topic."""
    question: list[str] = Field(min_length=3)
    """What makes a question without a question mark."""
    joiners: list[str] = Field(min_length=1)
    """Words between two questions in one message ("and")."""
    topics: dict[Topic, Phrases]
    talk: dict[Talk, list[str]]
    concepts: dict[Concept, list[str]]
    speakable_name: str
    """What a folded name must look like to be spoken here; empty where names cannot be told from sentences."""
    not_a_name: list[str]
    """Words that could pass for a name and must not be spoken as one."""
    off_picture: list[str] = []
    """Orders, claims and appeals to authority: a message with one is answered, but not drawn beside the host."""


class _Matcher:
    """One alternation for many phrases."""

    def __init__(self, phrases: list[str], data: LexiconData) -> None:
        self._spaced = spaced = data.spaced
        ending = f"(?:{'|'.join(data.endings)})?" if data.endings else ""
        forms = {self._form(phrase) for phrase in phrases} - {""}
        body = "|".join(sorted(forms, key=len, reverse=True))
        self._pattern = re.compile(rf"(?<= )(?:{body}){ending}(?= )" if spaced else body) if forms else None

    def _form(self, phrase: str) -> str:
        wanted, _, unwanted = phrase.partition("!")
        words = fold(wanted.replace("*", "")).strip()
        if not words:
            return ""
        if not self._spaced:
            return re.escape(words.replace(" ", "")) + (f"(?!{re.escape(unwanted)})" if unwanted else "")
        return re.escape(words).replace(r"\ ", " ") + ("[^ ]*" if phrase.endswith("*") else "")

    def longest(self, folded: str) -> int:
        """Length of the longest phrase found, 0 when none is."""
        if self._pattern is None:
            return 0
        subject = folded if self._spaced else folded.replace(" ", "")
        return max((len(found.group()) for found in self._pattern.finditer(subject)), default=0)

    def without(self, folded: str) -> str:
        """The folded text without the phrases."""
        if self._pattern is None:
            return folded
        return self._pattern.sub("", folded if self._spaced else folded.replace(" ", ""))


@dataclass(frozen=True)
class Lexicon:
    """One language, ready to match folded text."""

    data: LexiconData
    _strong: dict[Topic, _Matcher]
    _weak: dict[Topic, _Matcher]
    _talk: dict[Talk, _Matcher]
    _concepts: dict[Concept, _Matcher]
    _question: _Matcher
    _known: _Matcher
    _blocked: _Matcher
    _off_picture: _Matcher
    _function_words: frozenset[str]
    _joiner: re.Pattern[str]

    def topics(self, folded: str) -> dict[Topic, float]:
        """A score for each topic that is mentioned, the length of its longest phrase; hints only without any."""
        found = {topic: matcher.longest(folded) for topic, matcher in self._strong.items()}
        scores: dict[Topic, float] = {topic: length + 1.0 for topic, length in found.items() if length}
        settled = scores.keys() - _MAY_NAME_A_PROPERTY
        if not scores:
            hints = {topic: matcher.longest(folded) for topic, matcher in self._weak.items()}
            scores = {topic: length * _WEAK for topic, length in hints.items() if length}
        specified = (self._concepts[concept].longest(folded) for concept in CONCEPTS if concept not in _NOT_SPECIFIED)
        if not settled and (length := max(specified)):
            scores["spec"] = max(scores.get("spec", 0.0), length + 1.0)
        return scores

    def decided(self, folded: str) -> frozenset[Topic]:
        """The topics that are mentioned by a strong phrase."""
        return frozenset(topic for topic, matcher in self._strong.items() if matcher.longest(folded))

    def talk(self, folded: str) -> frozenset[Talk]:
        """What kinds of talk that is no product question are in it."""
        return frozenset(kind for kind, matcher in self._talk.items() if matcher.longest(folded))

    def wanted(self, folded: str) -> str:
        """What somebody looks for: the content of the text without the words that ask to choose."""
        return self.content(self._talk["choosing"].without(folded))

    def commands(self, text: str) -> bool:
        """Whether raw text tries to command the assistant, also in disguise."""
        matcher = self._talk["injection"]
        return bool(matcher.longest(fold(text)) or matcher.longest(unmask(text)))

    def is_abuse(self, folded: str) -> bool:
        """Whether it holds an insult or a slur of this language."""
        return bool(self._talk["abuse"].longest(folded))

    def concepts(self, folded: str) -> frozenset[Concept]:
        """The properties that are mentioned."""
        return frozenset(concept for concept, matcher in self._concepts.items() if matcher.longest(folded))

    def is_question(self, text: str, folded: str) -> bool:
        """Whether the message asks something: a question mark or a question word."""
        return bool(_QUESTION_MARKS.search(text)) or bool(self._question.longest(folded))

    def is_brief(self, folded: str) -> bool:
        """Whether it is so short that naming a topic can only be asking for it ("price", "성분")."""
        return len(folded.split()) <= 4 if self.data.spaced else len(folded.replace(" ", "")) <= 8

    def content(self, folded: str) -> str:
        """The folded text without function words (spaced languages only): what it is about."""
        if not self.data.spaced:
            return folded
        words = [word for word in folded.split() if word not in self._function_words]
        return f" {' '.join(words)} " if words else folded

    def familiarity(self, folded: str) -> float:
        """How much of the text's words this language knows as function words or phrases, 0 to about 2."""
        words = folded.split()
        known = sum(word in self._function_words for word in words)
        return (known + self._known.longest(folded) / 4) / max(1, len(words))

    def clauses(self, text: str) -> list[str]:
        """The message cut at sentence ends, commas and joiners, each piece folded."""
        # Joiners are looked for before folding: Italian "e" (and) must not be found in "è" (is).
        pieces = (piece for part in _STOPS.split(text.casefold()) for piece in self._joiner.split(part))
        return [folded for folded in map(fold, pieces) if folded.strip()]

    def blocks_name(self, folded: str) -> bool:
        """Whether a name holds a word that must not be spoken as one: topics, insults, commands, claims."""
        insults = self._talk["abuse"].longest(folded) or self._talk["injection"].longest(folded)
        return bool(
            self._blocked.longest(folded) or insults or any(score > 1 for score in self.topics(folded).values())
        )

    def keeps_off_picture(self, folded: str) -> bool:
        """Whether a message holds words that must not stand on the picture, in large letters beside the host."""
        return bool(self._off_picture.longest(folded))


def _all_phrases(data: LexiconData) -> list[str]:
    topics = [phrase for phrases in data.topics.values() for phrase in (*phrases.strong, *phrases.weak)]
    lists = (*data.talk.values(), *data.concepts.values(), data.question)
    return topics + [phrase for phrases in lists for phrase in phrases]


def _compile(data: LexiconData) -> Lexicon:
    def matcher(phrases: list[str]) -> _Matcher:
        return _Matcher(phrases, data)

    joiners = "|".join(re.escape(word) for word in data.joiners)
    return Lexicon(
        data=data,
        _strong={topic: matcher(data.topics[topic].strong) for topic in TOPICS},
        _weak={topic: matcher(data.topics[topic].weak) for topic in TOPICS},
        _talk={kind: matcher(data.talk[kind]) for kind in TALKS},
        _concepts={concept: matcher(data.concepts.get(concept, [])) for concept in CONCEPTS},
        _question=matcher(data.question),
        _known=matcher(_all_phrases(data)),
        _blocked=matcher(data.not_a_name),
        _off_picture=matcher(data.off_picture),
        _function_words=frozenset(fold(word).strip() for word in data.function_words),
        _joiner=re.compile(rf"\s(?:{joiners})\s" if data.spaced else joiners),
    )


@lru_cache(maxsize=len(LANGUAGES))
def load_lexicon(language: Language) -> Lexicon:
    """Read a language once for the life of the process. Blocks on the first call (about 10 ms)."""
    text = files("influencer.assistant").joinpath(f"lexicons/{language}.yaml").read_text("utf-8")
    return _compile(LexiconData.model_validate(load_strings(text)))
