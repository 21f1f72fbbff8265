"""Check: claim words (superlatives, health, "free", ingredients …) are supported by a fact that speaks of the same."""

from __future__ import annotations

from collections.abc import Iterator
from os.path import commonprefix

from influencer.script.guard.context import denied, same_subject, sentence_around, stems
from influencer.script.guard.grounds import Ground, Grounds
from influencer.script.guard.lexicon import Phrases, Strength
from influencer.script.guard.view import Finding, LineView

_WHY: dict[Strength, str] = {
    "strong": "no key point proves it",
    "plain": "no fact speaks of it",
    "topic": "no fact speaks of it in this connection",
    "word": "no fact says it",
    "wording": "no fact says it in these words",
}


def check_words(view: LineView, grounds: Grounds) -> Iterator[Finding]:
    """One finding for each claim word that is not trusted."""
    for name, (strength, phrases) in grounds.lexicon.claims.items():
        for span in phrases.spans(view.unchecked):
            yield _judged(span, name, strength, phrases, view, grounds)
    for name, phrases in grounds.lexicon.ingredients.items():
        for span in phrases.spans(view.unchecked):
            yield _judged(span, name, "plain", phrases, view, grounds)


def _judged(
    span: tuple[int, int], name: str, strength: Strength, phrases: Phrases, view: LineView, grounds: Grounds
) -> Finding:
    supporting = [ground for ground in grounds.facts if _supports(ground, span, strength, phrases, view, grounds)]
    if supporting:
        return Finding(*span, fact_ids=tuple(dict.fromkeys(ground.fact.id for ground in supporting)))
    return Finding(*span, reason=f'"{view.words(*span)}" ({name.replace("_", " ")}): {_WHY[strength]}')


def _supports(
    ground: Ground, span: tuple[int, int], strength: Strength, phrases: Phrases, view: LineView, grounds: Grounds
) -> bool:
    if strength == "strong" and not ground.proven:
        return False
    if ground.fact.kind == "category":
        return False
    is_denied = denied(view.text, *span, grounds.lexicon)
    same = [
        found
        for found in phrases.spans(ground.text)
        if denied(ground.text, *found, grounds.lexicon) == is_denied
        and (strength in {"plain", "topic"} or _same_word(ground.text[slice(*found)], view.text[slice(*span)]))
    ]
    if not same:
        return False
    if strength in {"plain", "word"}:
        return True
    sentence = sentence_around(view.text, *span)
    own = stems(view.text[slice(*span)], grounds.language)  # that both say the word itself proves nothing
    return same_subject(sentence, ground.text, grounds.language, besides=grounds.name_stems | own)


_INFLECTION = 4
"""Letters at the end of a word that may differ: hydrating, hydrated."""


def _same_word(one: str, other: str) -> bool:
    if one == other:
        return True
    common = len(commonprefix([one, other]))
    return one.isascii() and common >= max(_INFLECTION, max(len(one), len(other)) - _INFLECTION)
