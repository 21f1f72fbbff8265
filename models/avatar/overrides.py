"""Changes to a host as people type them (`hair=bob`, `outfit.color=navy`), resolved to attributes by one rule.

A name is an attribute's own (`hair.style`) or one word of it (`hair`, `style`). Of the attributes that a word may mean,
those that can hold the value count: exactly one must be left, or one whose whole name is the word.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from models.avatar.attributes import HostAttributes, allowed_values, attribute_keys
from models.errors import BadIdentity


def parse_overrides(changes: Sequence[str]) -> dict[str, str | float]:
    """Attributes from `name=value` texts; the last of an attribute holds.

    Raises:
        BadIdentity: names every change that is wrong, what was given and what is allowed.
    """
    found: dict[str, str | float] = {}
    mistakes = []
    for change in changes:
        name, equals, value = change.partition("=")
        try:
            if not equals or not name.strip() or not value.strip():
                raise BadIdentity(f"got {change[:60]!r}; allowed: name=value, e.g. hair=bob or outfit.color=navy")
            found[resolve(name.strip(), value.strip())] = value.strip()
        except BadIdentity as mistake:
            mistakes.append(str(mistake))
    if mistakes:
        raise BadIdentity("\n".join(mistakes))
    return found


def resolve(name: str, value: str) -> str:
    """The attribute that `name` means with `value`: `resolve("hair", "bob")` is "hair.style".

    `_` and `-` count as the dot, "colour" as "color".

    Raises:
        BadIdentity: no attribute has that name, none of them can hold the value, or more than one can.
    """
    word = name.lower().replace("_", ".").replace("-", ".").replace("colour", "color")
    meant = _spelled(word) or _spelled(word.replace(".", "_"))
    if not meant:
        raise BadIdentity(f"unknown attribute {name[:40]!r}; allowed: {', '.join(sorted(attribute_keys()))}")
    fitting = [key for key in meant if _takes(key, value)]
    if word in fitting or len(fitting) == 1:
        return word if word in fitting else fitting[0]
    if fitting:
        choices = " or ".join(f"{key}={value}" for key in fitting)
        raise BadIdentity(f"{name}: got {value[:40]!r}, which may be one of several attributes; allowed: {choices}")
    allowed = "; ".join(f"{key}={allowed_values(key)}" if len(meant) > 1 else allowed_values(key) for key in meant)
    raise BadIdentity(f"{name if len(meant) > 1 else meant[0]}: got {value[:40]!r}; allowed: {allowed}")


def _spelled(word: str) -> list[str]:
    """The attributes that `word` may name: itself, a part of the host (hair.*), or a property (*.style)."""
    keys = attribute_keys()
    if word in keys and not any(key.startswith(f"{word}.") for key in keys):
        return [word]
    return [key for key in keys if key == word or key.startswith(f"{word}.") or key.endswith(f".{word}")]


def _takes(key: str, value: str) -> bool:
    try:
        HostAttributes.model_validate({key: value})
    except ValidationError:
        return False
    return True
