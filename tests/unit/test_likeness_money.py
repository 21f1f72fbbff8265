"""What is owed for a likeness, and the tally it is counted from: pure, and true for any numbers."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from influencer.likeness.consent import ConsentRecord, StoredConsent, in_force
from influencer.likeness.meter import Likeness, Tally
from influencer.likeness.owed import money_for, months_of, next_month, owed
from influencer.likeness.portraits import png_bytes
from influencer.likeness.statement import Month, as_csv, minutes_text, record_state, state_of
from influencer.store.airtime import Airtime, Correction
from models.errors import TrainingRefused
from models.training.rights import require_training

pytestmark = pytest.mark.unit
MAY = date(2026, 5, 1)


def consent(id: str = "C-0000000001", **changes: Any) -> StoredConsent:
    revoked_at = changes.pop("revoked_at", None)
    replaced_on = changes.pop("replaced_on", None)
    values: dict[str, Any] = {
        "person": "Anna Real", "purposes": ("live-show",), "markets": ("en-US",), "personas": ("anna",),
        "signed_on": "2026-04-10", "valid_until": "2026-06-20", "price": "0", "currency": "USD", "no_copy": True,
        "no_training": True, "evidence_name": "agreement.pdf", "evidence_sha256": "0" * 64,
    }  # fmt: skip
    record = ConsentRecord.model_validate(values | changes)
    because = "why" if revoked_at else None
    newer = "C-000000000F" if replaced_on else None
    return StoredConsent(id, record, datetime(2026, 4, 10, tzinfo=UTC), revoked_at, because, newer, replaced_on)


def played(milliseconds: int, day: date = MAY, show: str = "s", run: str = "r") -> Airtime:
    return Airtime(run, show, "C-0000000001", "en-US", "anna", day, milliseconds)


def corrected(milliseconds: int = 0, amount: int = 0, month: date = MAY) -> Correction:
    made = datetime(2026, 6, 1, tzinfo=UTC)
    return Correction("C-0000000001", month, milliseconds, amount, "=cmd()", "ops", 1, made)


@pytest.mark.parametrize(
    ("milliseconds", "price", "money"),
    [(60_000, 250, 250), (59_999, 250, 250), (120, 250, 1), (119, 250, 0), (1, 10**12, 16_666_667), (0, 5, 0)],
)
def test_money_is_rounded_half_up_once(milliseconds: int, price: int, money: int) -> None:
    assert money_for(milliseconds, price) == money


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_money_is_never_a_half_unit_off(milliseconds: int, price: int) -> None:
    exact = Fraction(milliseconds * price, 60_000)
    assert -Fraction(1, 2) < money_for(milliseconds, price) - exact <= Fraction(1, 2)


def test_a_month_adds_time_minimum_term_price_and_corrections() -> None:
    record = consent(price_per_minute=250, minimum_fee=1000, price="40.50", valid_from="2026-05-03")
    airtime = [played(90_000), played(30_000, show="t"), played(60_000, date(2026, 6, 1)), played(7, run="q")]
    changes = [corrected(-60_000), corrected(amount=-5), corrected(amount=99, month=date(2026, 6, 1))]
    may = owed(record, MAY, airtime, changes)
    assert (may.milliseconds, may.for_time, may.top_up, may.for_term, may.corrected) == (60_007, 250, 750, 4050, -5)
    assert may.total == 250 + 750 + 4050 - 5
    assert [(one.show_id, one.milliseconds) for one in may.played] == [("s", 90_007), ("t", 30_000)]
    june = owed(record, date(2026, 6, 1), airtime, changes)
    assert (june.for_time, june.top_up, june.for_term, june.corrected) == (250, 750, 0, 99)
    july = owed(record, date(2026, 7, 1), airtime, changes)
    assert july.total == 0
    assert months_of([record], airtime, changes, date(2026, 6, 3)) == [date(2026, 6, 1), MAY]


def test_the_minimum_is_not_owed_for_months_in_which_nothing_was_in_force() -> None:
    revoked = consent(minimum_fee=1000, revoked_at=datetime(2026, 5, 2, tzinfo=UTC))
    assert [owed(revoked, month, [], []).top_up for month in (date(2026, 4, 1), MAY, date(2026, 6, 1))] == [
        1000, 1000, 0,
    ]  # fmt: skip
    replaced = consent(minimum_fee=1000, replaced_on=date(2026, 5, 1))
    assert owed(replaced, MAY, [], []).top_up == 0
    assert in_force(replaced, date(2026, 4, 30))


@pytest.mark.parametrize(
    ("day", "state", "one"),
    [
        ("2026-04-09", "not-yet", "not yet"),
        ("2026-04-10", "valid", "in force"),
        ("2026-06-05", "valid", "in force"),
        ("2026-06-06", "ends-soon", "in force"),
        ("2026-06-20", "ends-soon", "in force"),
        ("2026-06-21", "lapsed", "ended"),
    ],
)
def test_the_state_of_a_person_on_a_day(day: str, state: str, one: str) -> None:
    assert state_of([consent()], None, date.fromisoformat(day)) == state
    assert record_state(consent(), date.fromisoformat(day)) == one


def test_a_person_who_withdrew_is_withdrawn_until_something_new_is_signed() -> None:
    gone = consent(revoked_at=datetime(2026, 5, 2, tzinfo=UTC))
    assert state_of([gone], gone.revoked_at, date(2026, 5, 3)) == "withdrawn"
    assert state_of([gone, consent("C-0000000002")], gone.revoked_at, date(2026, 5, 3)) == "valid"


def test_a_statement_as_csv_adds_up_and_is_no_formula() -> None:
    month = Month(MAY, (owed(consent(price_per_minute=250), MAY, [played(60_000)], [corrected(amount=10)]),))
    sheet = as_csv("@Anna", month)
    lines = sheet.splitlines()
    assert lines[1] == "'@Anna,2026-05,C-0000000001,time,s,en-US,60000,1.000,USD,,"
    assert lines[2] == "'@Anna,2026-05,C-0000000001,correction,,,0,0.000,USD,0.10,'=cmd()"
    assert lines[-1].split(",")[9] == "2.60"
    assert minutes_text(-60_001) == "-1.000"
    assert month.totals == {"USD": 260}


readings = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 10**10), st.sampled_from(["anna", "bob", None])), max_size=40
)


@given(st.lists(readings, max_size=4))
def test_metered_time_never_exceeds_wall_time_and_adds_up_across_restarts(runs: list[Any]) -> None:
    wall_ns, kept = 0, dict[tuple[int, Likeness], int]()
    for number, run in enumerate(runs):
        tally, slots, now_ns, sent = Tally(), 0, 0, 0
        tally.read(0, 0, None)
        for more, later_ns, who in run:
            slots, now_ns, sent = slots + more, now_ns + later_ns, sent + more
            tally.read(slots, now_ns, None if who is None else Likeness(f"C-{who}", "en-US", who, MAY))
            kept |= {(number, likeness): ms for likeness, ms in tally.sums.items()}  # as the store keeps them
            kept |= {(number, likeness): ms for likeness, ms in tally.sums.items()}  # and once more
        wall_ns += now_ns
        assert sum(tally.sums.values()) <= sent * 40
    assert sum(kept.values()) * 1_000_000 <= wall_ns


def test_the_tally_credits_who_was_on_air_since_the_last_reading() -> None:
    tally, anna = Tally(), Likeness("C-1", "en-US", "anna", MAY)
    for second, on_air in enumerate([None, anna, anna, None, anna]):
        tally.read(25 * second, second * 10**9, on_air)
    tally.read(1000, 4 * 10**9 + 500_000_000, None)  # a burst is no more than the half second it came in
    assert tally.sums == {anna: 2500}


def test_training_refuses_people_who_did_not_agree_to_it(tmp_path: Path) -> None:
    today = date(2026, 5, 1)
    require_training(tmp_path, today)
    licence = {"consent": "C-1", "purposes": ["training"], "valid_until": "2026-05-01", "no_training": False}
    sidecar = tmp_path / "train" / "anna" / "likeness.json"
    sidecar.parent.mkdir(parents=True)
    sidecar.write_text(json.dumps({"likeness": licence}), "utf-8")
    require_training(tmp_path, today)
    for changed, clause in (
        ({"no_training": True}, "no_training"),
        ({"purposes": ["live-show"]}, "purposes without training"),
        ({"valid_until": "2026-04-30"}, "ended on 2026-04-30"),
        ({"valid_until": "soon"}, "ended on soon"),
    ):
        sidecar.write_text(json.dumps({"likeness": licence | changed}), "utf-8")
        with pytest.raises(TrainingRefused, match=clause):
            require_training(tmp_path, today)
    sidecar.unlink()
    picture = sidecar.with_name("portrait.png")
    picture.write_bytes(png_bytes(Image.new("RGB", (8, 8)), no_training=True))
    with pytest.raises(TrainingRefused, match=r"portrait\.png: marked as not for training"):
        require_training(tmp_path, today)
    picture.write_bytes(png_bytes(Image.new("RGB", (8, 8))))
    require_training(tmp_path, today + timedelta(days=1))


def test_the_month_after_december() -> None:
    assert next_month(date(2026, 12, 1)) == date(2027, 1, 1)
