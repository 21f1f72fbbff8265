"""Links in a viewer's message: addresses, shortened ones, and those spelled "shop dot com". Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from influencer.moderation.wordlist import load_words
from influencer.script.guard.folding import fold

_DOMAINS = "com|net|org|io|ru|cn|kr|jp|br|mx|ly|gg|xyz|info|shop|top|me|store|online|site|app|club|vip|cc|co|biz|link"
_OF_LANGUAGE = {"fr": "fr|eu", "it": "it|eu", "es": "mx|com\\.mx", "pt": "pt", "hi": "in", "id": "id"}
"""Domains that are words elsewhere: "in", "it" and "id"."""


def has_link(text: str, languages: Sequence[str] = ("en",)) -> bool:
    """Whether an address is written in `text`, as people of these `languages` write it. Never raises."""
    folded = fold(text).text
    return any(pattern.search(folded) for pattern in map(_links, languages))


@lru_cache
def _links(language: str) -> re.Pattern[str]:
    words = load_words(language)
    domains = "|".join(part for part in (_DOMAINS, _OF_LANGUAGE.get(language, "")) if part)
    dots = "|".join(re.escape(word) for word in sorted({"dot", *words.dot}, key=len, reverse=True))
    gap = " " if words.whole_words else " ?"
    return re.compile(
        r"h(?:tt|xx)ps?:|www\."
        rf"|\b[a-z0-9-]+\.(?:{domains})\b(?!\w)"
        r"|(?<![\w.])[a-z0-9-]{2,}\.[a-z]{2,}/\w"  # a shortened address with its path
        rf"|(?<![a-z0-9])[a-z0-9-]{{3,}}{gap}(?:{dots}|\[\.\]|\(\.\)){gap}(?:{domains})(?![a-z0-9])"
    )
