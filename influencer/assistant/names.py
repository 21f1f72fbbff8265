"""Which viewer names may be spoken, and which questions may stand on the picture.

A name is free text from a stranger: "It is free now" is a name. So the host says only what looks like a plain first
name in the show's own script and holds no word that could be heard as a claim; everybody else is "somebody".
"""

from __future__ import annotations

import re
import unicodedata

from influencer.assistant.folding import fold
from influencer.assistant.language import scripts
from influencer.assistant.lexicon import load_lexicon
from influencer.assistant.triage import is_command, readable_in, triage
from influencer.assistant.values import LANGUAGES, Language
from streaming.chat_policy import clean_text

_MAX_HIGHLIGHT = 80
_LONGEST_WORD = 24
_NUMBER = re.compile(r"\d|[%$€£¥₩₹]")
_ODD = re.compile("[\u0250-\u02ff\u1d00-\u1dbf\ua720-\ua7ff]")
"""Phonetic letters and small capitals: Latin to Unicode, and a disguise in a chat."""
_MARKS = frozenset("?!.,:'’\"“”-~…¿¡？！。、，～ ")


def speakable_name(author: str, language: Language) -> str | None:
    """The name as the host of a show in `language` may say it; None when it is safer left out."""
    name = clean_text(author)
    folded = fold(name)
    pattern = load_lexicon(language).data.speakable_name
    if not pattern or not re.fullmatch(pattern, folded.strip()) or len(name) > 12:
        return None
    if is_command(name) or any(load_lexicon(each).blocks_name(folded) for each in LANGUAGES):
        return None
    return name[:1].upper() + name[1:]


def shown_name(author: str) -> str | None:
    """The name as it may be drawn on the picture, whatever its script; None when it is safer left out."""
    return next((name for language in LANGUAGES if (name := speakable_name(author, language))), None)


def highlight(text: str, language: Language) -> str | None:
    """The question as it may be drawn over the picture, or None.

    Amounts are kept off as well: "so it's 100 won, right?" in large letters beside the host reads like an offer. So are
    orders, claims and strange letters: a question that is answered is not yet one to show.
    """
    cleaned = clean_text(text)
    plain = all(char in _MARKS or unicodedata.category(char)[0] in "LMN" for char in cleaned)
    unbroken = max(map(len, cleaned.split()), default=0) if load_lexicon(language).data.spaced else 0
    if not plain or not 0 < len(cleaned) <= _MAX_HIGHLIGHT or unbroken > _LONGEST_WORD or _NUMBER.search(cleaned):
        return None
    folded = fold(cleaned)
    if _ODD.search(cleaned) or scripts(cleaned)["other"]:
        return None
    if any(load_lexicon(each).keeps_off_picture(folded) for each in readable_in(cleaned)):
        return None
    return None if triage(cleaned, language).intent in {"abuse", "injection"} else cleaned
