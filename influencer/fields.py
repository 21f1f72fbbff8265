"""The field types that briefs, markets and personas share, and how a rule names the field it refuses.

Strict where a silent conversion would change a meaning: `true` is no number, a number is no date, and money is
exact decimal, never binary floating point.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any, Literal

from babel.numbers import list_currencies
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    ValidationError,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

MARKET_IDS = ("en-US", "ko-KR", "ja-JP", "zh-CN", "es-MX", "pt-BR", "fr-FR", "it-IT", "hi-IN", "id-ID")
"""The markets whose packs ship in configs/markets."""

MarketId = Literal["en-US", "ko-KR", "ja-JP", "zh-CN", "es-MX", "pt-BR", "fr-FR", "it-IT", "hi-IN", "id-ID"]

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
COUPON = r"^[A-Z0-9]{3,20}$"
SKU = r"^[A-Za-z0-9._-]{2,40}$"
VOICE = r"^[a-z]{2}_[a-z0-9]+$"
MOMENT = "a date and time with its UTC offset, such as 2026-01-01T00:00:00+09:00"
NUMBER = "a number such as 29.90, without currency sign or thousands separators"

_CURRENCIES = frozenset(list_currencies())
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,10})?")
_JOINERS = {"\u200c", "\u200d"}  # Hindi spelling and emoji need them


class Value(BaseModel):
    """Base of everything written by people: frozen, and unknown fields are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def wrong(*loc: str | int, given: Any, allowed: str) -> InitErrorDetails:
    """One refused field for `refusal`. `loc` is relative to the model or field that refuses; None is "nothing"."""
    kind = PydanticCustomError("wrong", "{allowed}", {"allowed": allowed})
    return InitErrorDetails(type=kind, loc=loc, input=given)


def refusal(details: Iterable[InitErrorDetails]) -> ValidationError:
    """The error a validator raises to refuse several fields at once, each under its own path."""
    return ValidationError.from_exception_data("refused", list(details))


def plain_text(text: str) -> str:
    """NFC text on one line, or ValueError for what could hide or break speech, captions and slots."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    hidden = [c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co"} and c not in _JOINERS]
    if hidden:
        raise ValueError(f"text without control characters (found U+{ord(hidden[0]):04X})")
    if "{" in text or "}" in text:
        raise ValueError("text without curly braces, which mark the slots of a script")
    return text


def exact_number(number: Any) -> Decimal:
    """`number` as the decimal that was written, or ValueError. Floats are taken by their shortest spelling."""
    if isinstance(number, Decimal):
        return number
    if isinstance(number, int | float) and not isinstance(number, bool):
        return Decimal(str(number))
    if isinstance(number, str) and _NUMBER.fullmatch(number.strip()):
        return Decimal(number.strip())
    raise ValueError(NUMBER)


def _written_moment(moment: Any) -> Any:
    if isinstance(moment, int | float | Decimal):
        raise ValueError(MOMENT)  # pydantic would read a number as seconds since 1970
    return moment


def _known_currency(code: str) -> str:
    if code not in _CURRENCIES:
        raise ValueError("a current ISO 4217 code such as USD, KRW, JPY")
    return code


Slug = Annotated[str, Field(pattern=SLUG, max_length=64)]
ShortText = Annotated[str, Field(min_length=1, max_length=400), AfterValidator(plain_text)]
LocalText = Annotated[dict[MarketId, ShortText], Field(min_length=1)]
"""The same text in each market's own language, written by the advertiser; the engine never translates a claim."""

Currency = Annotated[str, AfterValidator(_known_currency)]
Amount = Annotated[Decimal, BeforeValidator(exact_number), Field(gt=0, le=Decimal(10) ** 10)]
Whole = Annotated[int, Strict()]
Moment = Annotated[AwareDatetime, BeforeValidator(_written_moment)]
