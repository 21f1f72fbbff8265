"""The rules of alerts, as people write them in configs/alerts.yaml; and when a number opens and resolves one. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, model_validator

from influencer.fields import ShortText, Value, refusal, wrong

Severity = Literal["info", "warning", "critical"]
RuleId = Literal[
    "show-dark",
    "show-repeats",
    "show-drift",
    "stage-restarted",
    "model-fallback",
    "speech-late",
    "held-message-waiting",
    "hand-off-waiting",
    "stock-out",
    "offer-ending",
    "likeness-ending",
    "likeness-lapsed",
    "payment-webhooks-failing",
    "webhook-disabled",
    "disk-full",
    "programme-missed",
]
_Seconds = Annotated[float, Field(ge=0, le=86_400)]
_Number = Annotated[float, Field(ge=-1_000_000, le=1_000_000)]


class Rule(Value):
    """One rule. Exactly one of `above` and `below` is given; `clears` lies on its quiet side."""

    severity: Severity
    title: Annotated[ShortText, Field(max_length=120)]
    above: _Number | None = None
    below: _Number | None = None
    clears: _Number
    hold_s: _Seconds = 0
    """How long the number must be past the threshold before the alert is opened."""
    calm_s: _Seconds = 0
    """How long it must be back past `clears` before it is resolved."""

    @model_validator(mode="after")
    def _consistent(self) -> Rule:
        if (self.above is None) == (self.below is None):
            given = "none" if self.above is None else "both"
            raise refusal([wrong("above", given=given, allowed="one of above and below")])
        if self.above is not None and self.clears >= self.above:
            raise refusal([wrong("clears", given=self.clears, allowed=f"less than above ({self.above:g})")])
        if self.below is not None and self.clears <= self.below:
            raise refusal([wrong("clears", given=self.clears, allowed=f"more than below ({self.below:g})")])
        return self

    def is_past(self, number: float) -> bool:
        """Whether a number is one to be alarmed about."""
        return number >= self.above if self.above is not None else self.below is not None and number <= self.below

    def is_clear(self, number: float) -> bool:
        """Whether a number is well again; between both an open alert stays open, and no other is opened."""
        return number <= self.clears if self.above is not None else number >= self.clears


class AlertRules(Value):
    """The rules by what they look at."""

    rules: dict[RuleId, Rule] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """A number of now. `subject` is what it was measured of, `detail` says it in words."""

    rule: RuleId
    subject: str
    number: float
    detail: str


Key = tuple[str, str]
"""(rule, subject): an alert is open at most once for each."""


@dataclass(slots=True)
class Decider:
    """Remembers since when numbers are past their thresholds. One for a process."""

    rules: Mapping[RuleId, Rule]
    _past: dict[Key, float] = field(default_factory=dict)
    _calm: dict[Key, float] = field(default_factory=dict)

    def decide(
        self, readings: Sequence[Reading], is_open: Collection[Key], now_s: float
    ) -> tuple[list[Reading], list[Key]]:
        """What is to be opened and what resolved; what is not read any more has gone, and is resolved.

        Args:
            readings: of now.
            is_open: alerts that are open.
            now_s: a monotonic clock, in seconds.
        """
        opened: list[Reading] = []
        calm = [key for key in is_open if key not in {(one.rule, one.subject) for one in readings}]
        seen: set[Key] = set()
        for reading in readings:
            rule = self.rules.get(reading.rule)
            key: Key = (reading.rule, reading.subject)
            if rule is None:
                if key in is_open:
                    calm.append(key)
                continue
            seen.add(key)
            if self._lasts(self._past, key, rule.is_past(reading.number), rule.hold_s, now_s) and key not in is_open:
                opened.append(reading)
            quiet = self._lasts(self._calm, key, rule.is_clear(reading.number), rule.calm_s, now_s)
            if quiet and key in is_open:
                calm.append(key)
        for since in (self._past, self._calm):
            for gone in since.keys() - seen:
                del since[gone]
        return opened, calm

    @staticmethod
    def _lasts(since: dict[Key, float], key: Key, holds: bool, seconds: float, now_s: float) -> bool:
        if not holds:
            since.pop(key, None)
            return False
        return now_s - since.setdefault(key, now_s) >= seconds
