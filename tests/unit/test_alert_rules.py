"""Rules of alerts: what a file may say, and when a number opens and resolves one."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from influencer.alerts.rules import AlertRules, Decider, Reading, Rule, RuleId
from influencer.errors import InvalidInput
from influencer.loading import load_alert_rules

pytestmark = pytest.mark.unit
LATE = Rule(severity="critical", title="Late", above=10, clears=2, hold_s=3, calm_s=5)
KEY = ("speech-late", "demo")


def reading(number: float) -> list[Reading]:
    return [Reading("speech-late", "demo", number, f"{number:g} s")]


def test_the_houses_own_rules_are_complete() -> None:
    assert set(load_alert_rules().rules) == set(get_args(RuleId))


def test_every_mistake_in_a_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "alerts.yaml"
    file.write_text(
        "rules:\n"
        "  show-dark: {severity: awful, title: Dark, above: 95, clears: 50}\n"
        "  show-drift: {severity: info, title: Drift, above: 1, clears: 2}\n"
        "  disk-full: {severity: info, title: Disk, above: 1, below: 2, clears: 0}\n"
        "  no-such-rule: {severity: info, title: X, above: 1, clears: 0}\n"
    )
    with pytest.raises(InvalidInput) as wrong:
        load_alert_rules(file)
    said = str(wrong.value)
    for part in ("show-dark.severity", "show-drift.clears", "disk-full.above", "no-such-rule"):
        assert part in said, said


def test_it_opens_after_the_hold_time_and_not_before() -> None:
    decider = Decider({"speech-late": LATE})
    assert decider.decide(reading(11), set(), 0.0) == ([], [])
    assert decider.decide(reading(11), set(), 2.9) == ([], [])
    assert decider.decide(reading(9), set(), 2.95) == ([], []), "it came back: the time begins anew"
    assert decider.decide(reading(11), set(), 3.0) == ([], [])
    opened, resolved = decider.decide(reading(12), set(), 6.0)
    assert ([one.number for one in opened], resolved) == ([12], [])
    assert decider.decide(reading(13), {KEY}, 7.0) == ([], []), "open once"


def test_between_the_thresholds_nothing_changes_and_calm_must_last() -> None:
    decider = Decider({"speech-late": LATE})
    assert decider.decide(reading(5), {KEY}, 0.0) == ([], []), "below 10 and above 2: still open"
    assert decider.decide(reading(1), {KEY}, 10.0) == ([], [])
    assert decider.decide(reading(5), {KEY}, 14.0) == ([], []), "not calm any more"
    assert decider.decide(reading(1), {KEY}, 16.0) == ([], [])
    assert decider.decide(reading(1), {KEY}, 21.0) == ([], [KEY])


def test_what_is_gone_or_has_no_rule_any_more_is_resolved() -> None:
    assert Decider({"speech-late": LATE}).decide([], {KEY}, 0.0) == ([], [KEY])
    assert Decider({}).decide(reading(99), {KEY}, 0.0) == ([], [KEY])


def test_a_rule_may_look_down() -> None:
    disk = Rule(severity="critical", title="Disk", below=10, clears=12)
    assert (disk.is_past(10), disk.is_past(11), disk.is_clear(11), disk.is_clear(12)) == (True, False, False, True)


def test_without_rules_nobody_is_alerted() -> None:
    assert Decider(AlertRules().rules).decide(reading(99), set(), 0.0) == ([], [])
