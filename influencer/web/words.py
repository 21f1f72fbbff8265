"""The pages' own words, in each market's language. Data in translations/<market>.yaml."""

from __future__ import annotations

from pathlib import Path

import yaml
from babel import negotiate_locale

from influencer.brief import MARKET_IDS

_FOLDER = Path(__file__).parent / "translations"
_DEFAULT = "en-US"


class Words:
    """All translations; the ten files have the same keys (a test holds it)."""

    def __init__(self, by_market: dict[str, dict[str, str]]) -> None:
        self._by_market = by_market

    @classmethod
    def load(cls) -> Words:
        """Read the files. Blocks: part of building the application, not of a request."""
        read = {market: yaml.safe_load((_FOLDER / f"{market}.yaml").read_text("utf-8")) for market in MARKET_IDS}
        return cls(read)

    def of(self, market: str) -> dict[str, str]:
        """The words of a market, English for one without."""
        return self._by_market.get(market, self._by_market[_DEFAULT])

    def chosen(self, language: str | None, otherwise: str) -> str:
        """The market whose language the viewer has chosen (the cookie of that name), else another."""
        return language if language in self._by_market else otherwise

    def best(self, accept_language: str) -> str:
        """The market whose language the browser likes best (RFC 9110 section 12.5.4), English when none fits."""
        wanted = [tag.replace("-", "_") for tag in _ranked(accept_language)]
        by_language = {market.split("-")[0]: market for market in self._by_market}
        known = [market.replace("-", "_") for market in self._by_market] + list(by_language)
        found = negotiate_locale(wanted, known)
        if found is None:
            return _DEFAULT
        return by_language.get(found, str(found).replace("_", "-"))


def _ranked(header: str) -> list[str]:
    tags: list[tuple[float, str]] = []
    for part in header.split(",")[:20]:
        tag, _, quality = part.strip().partition(";q=")
        try:
            tags.append((float(quality or 1), tag))
        except ValueError:
            continue
    return [tag for weight, tag in sorted(tags, key=lambda item: -item[0]) if weight > 0 and tag]
