"""Errors a user can cause or see.

InfluencerError          exit code 1, HTTP 500 unless said below
├── InvalidInput         exit code 2, HTTP 422: names the field, what was given and what is allowed
├── NotFound             exit code 2, HTTP 404
├── Forbidden            exit code 1, HTTP 403
│   └── LikenessRefused  a real person would be imitated without a consent record that allows it
├── Conflict             exit code 1, HTTP 409: the show is not in a state that allows it
├── Busy                 exit code 1, HTTP 503: retry helps
└── ClaimRejected        a line says something no fact supports; caught by the writer, never shown raw
"""

from __future__ import annotations

from dataclasses import dataclass


class InfluencerError(Exception):
    """Anything the engine reports to a person. `retryable` says whether trying again can help."""

    retryable = False
    exit_code = 1
    http_status = 500


@dataclass(frozen=True, slots=True)
class Mistake:
    """One wrong field: where, what was given (shortened), what is allowed."""

    field: str
    given: str
    allowed: str

    def __str__(self) -> str:
        """One line for a terminal or a form."""
        return f"{self.field}: got {self.given}; allowed: {self.allowed}"


class InvalidInput(InfluencerError):
    """Input from outside is wrong. Carries every mistake found, not only the first."""

    exit_code = 2
    http_status = 422

    def __init__(self, source: str, mistakes: list[Mistake]) -> None:
        self.source = source
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(f"{source}: {mistake}" for mistake in mistakes))


class NotFound(InfluencerError):
    """A thing asked for by name does not exist; the message lists what does."""

    exit_code = 2
    http_status = 404


class Forbidden(InfluencerError):
    """The caller's role does not allow it."""

    http_status = 403


class LikenessRefused(Forbidden):
    """A real person would be imitated without a consent record that allows it. Carries every reason found."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(f"likeness: {mistake}" for mistake in mistakes))


class Conflict(InfluencerError):
    """The show is not in a state that allows it."""

    http_status = 409


class Busy(InfluencerError):
    """Too much is going on; the same call may succeed later."""

    retryable = True
    http_status = 503


class ClaimRejected(InfluencerError):
    """A line makes a claim that no fact supports. `reasons` says which words and why."""

    def __init__(self, text: str, reasons: list[str]) -> None:
        self.text = text
        self.reasons = tuple(reasons)
        super().__init__("; ".join(reasons))
