"""Who may be imitated: what reads as a request for somebody's face, and what a consent record allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from influencer.likeness.consent import PURPOSES, ConsentRecord, StoredConsent, Use, refusal
from influencer.likeness.people import fold, imitations, mask, name_findings, same_person
from influencer.likeness.portraits import persona_seed
from influencer.loading import personas

pytestmark = pytest.mark.unit

NOW = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
SIGNED: dict[str, Any] = {
    "person": "Ayla Testperson",
    "purposes": ("portrait", "live-show"),
    "markets": ("en-US", "ko-KR"),
    "personas": ("ayla",),
    "signed_on": "2026-01-10",
    "valid_until": "2026-06-30",
    "price": "4000.00",
    "currency": "USD",
    "no_copy": True,
    "no_training": True,
    "evidence_name": "agreement.pdf",
    "evidence_sha256": "a" * 64,
}
CONSENT = StoredConsent("C-1", ConsentRecord.model_validate(SIGNED), NOW, None, None)
USE = Use("portrait", "ayla", "en-US", NOW)

# --- free text ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "holding a ceramic mug, sleeves rolled up",
        "85mm lens, shallow depth of field, 3 plants behind her",
        "Christmas lights behind the host",
        "Korean ceramics on a shelf, a LED lamp",
        "a rose and an olive branch, brown paper, a swift brush stroke",
    ],
)
def test_descriptions_of_a_picture_pass(text: str) -> None:
    assert imitations(text) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("looks like the girl from that film", "looks like"),
        ("LOOKS   LIKE her", "looks like"),
        ("in the likeness of a senator", "in the likeness of"),
        ("a look-alike", "look alike"),
        ("se parece a una actriz", "se parece a"),
        ("ressemble à une chanteuse", "ressemble a"),
        ("mirip pacar saya", "mirip"),
        ("like a famous singer", "famous"),
        ("my ex, smiling", "my ex"),
        ("Lena Quimby", "Lena Quimby"),
        ("smiling as Lena van der Quimby does", "Lena"),
        ("LENA QUIMBY", "LENA QUIMBY"),
        ("taylor swift", "taylor"),
        ("beyoncé", "beyonce"),
        ("t4ylor", "t4ylor"),
        ("t a y l o r", "t a y l o r"),
        ("t.a.y.l.o.r", "t.a.y.l.o.r"),
        ("@lenaquimby", "@l"),
        ("Ｌｅｎａ Quimby", "Lena Quimby"),
        ("김태희", "김태희"),
        ("Ӏena in Cyrillic", "Ӏ"),
    ],
)
def test_requests_for_somebodys_face_are_found(text: str, words: str) -> None:
    assert words in [finding.words for finding in imitations(text)]


def test_a_likeness_of_somebody_who_agreed_may_be_asked_for_and_of_nobody_else() -> None:
    assert imitations("looks like Ayla Testperson, in summer", ["Ayla Testperson"]) == []
    assert imitations("looks like ayla  testperson", ["Ayla Testperson"]) == []
    assert imitations("looks like her sister, not Ayla Testperson", ["Ayla Testperson"])
    assert imitations("looks like Ayla Testperson and Lena Quimby", ["Ayla Testperson"])
    assert imitations("looks like Ayla Testpersonova", ["Ayla Testperson"])


def test_the_mark_of_a_consented_name_cannot_be_written_by_hand() -> None:
    assert imitations("looks like § now")


def test_names_are_replaced_whatever_their_case_accents_and_spaces() -> None:
    assert mask("LUCÍA and ayla   testperson", ["Lucia", "Ayla Testperson"], "the host") == "the host and the host"
    assert mask("Mayan cloth", ["Maya"], "the host") == "Mayan cloth"
    assert mask("the Host", ["host"], "the host") == "the the host"
    assert same_person("  JOSÉ  Pérez", "jose perez")
    assert not same_person("Jose Perez", "Jose Peres")


@pytest.mark.parametrize("text", ["İstanbul", "straße ﬁn", "ﷺ", "é́́", "Ǆ"])
def test_folding_keeps_positions(text: str) -> None:
    import unicodedata

    assert len(fold(text)) == len(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize("name", ["Ayla Testperson", "김태희", "新垣結衣", "范冰冰", "テイラー・スウィフト"])
def test_a_persona_may_not_carry_a_full_name(name: str) -> None:
    assert name_findings(name)


def test_every_house_persona_has_a_name_of_its_own() -> None:
    names = [name for persona in personas().values() for name in persona.name.values()]
    assert [name for name in names if name_findings(name)] == []


def test_each_persona_has_its_own_seed_and_another_face_another_one() -> None:
    seeds = {persona_seed(persona) for persona in personas().values()}
    assert len(seeds) == len(personas())
    maya = personas()["maya"]
    assert persona_seed(maya) == persona_seed(maya) < 2**31
    other = maya.model_copy(update={"attributes": {**maya.attributes, "likeness": 2}})
    assert persona_seed(other) != persona_seed(maya)


# --- consent records ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", ["portrait", "live-show"])
@pytest.mark.parametrize("market", ["en-US", "ko-KR", None])
def test_what_was_agreed_is_allowed(purpose: Any, market: Any) -> None:
    assert refusal(CONSENT, Use(purpose, "ayla", market, NOW)) is None


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (replace(USE, purpose="advert"), "consent C-1 purposes: got advert; allowed: portrait, live-show"),
        (replace(USE, market="ja-JP"), "consent C-1 markets: got ja-JP; allowed: en-US, ko-KR"),
        (replace(USE, persona="maya"), "consent C-1 no_copy, personas: got maya; allowed: ayla"),
        (replace(USE, purpose="training"), "consent C-1 no_training: got training; allowed: portrait, live-show"),
        (replace(USE, purpose="copy"), "consent C-1 no_copy: got copy; allowed: portrait, live-show"),
        (
            replace(USE, at=datetime(2026, 7, 1, tzinfo=UTC)),
            "consent C-1 valid_until: got use on 2026-07-01; allowed: until 2026-06-30; sign a new one",
        ),
        (
            replace(USE, at=datetime(2026, 1, 9, 23, tzinfo=UTC)),
            "consent C-1 signed_on: got use on 2026-01-09; allowed: 2026-01-10 or later",
        ),
    ],
)
def test_anything_else_is_refused_and_the_clause_is_named(use: Use, message: str) -> None:
    assert str(refusal(CONSENT, use)) == message


def test_the_first_and_the_last_day_count() -> None:
    for day in (datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 6, 30, 23, 59, tzinfo=UTC)):
        assert refusal(CONSENT, replace(USE, at=day)) is None


def test_a_revoked_record_allows_nothing() -> None:
    revoked = replace(CONSENT, revoked_at=NOW, revoked_because="left the agency")
    assert "revoked on 2026-05-01 (left the agency)" in str(refusal(revoked, USE))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"valid_until": "2025-01-01"}, "valid_until: before signed_on"),
        ({"purposes": ("portrait", "training")}, "holds training, which no_training forbids"),
        ({"purposes": ("copy",)}, "holds copy, which no_copy forbids"),
        ({"purposes": ()}, "purposes"),
        ({"price": "-1"}, "price"),
        ({"evidence_sha256": "abc"}, "evidence_sha256"),
        ({"no_training": None}, "no_training"),
        ({"personas": ()}, "personas"),
    ],
)
def test_a_record_that_contradicts_itself_or_lacks_a_term_is_not_taken(changed: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ConsentRecord.model_validate({**SIGNED, **changed})


def test_training_and_copying_can_be_agreed_to_only_in_so_many_words() -> None:
    record = ConsentRecord.model_validate(
        {**SIGNED, "no_copy": False, "no_training": False, "purposes": PURPOSES, "valid_until": date(2026, 6, 30)}
    )
    consent = replace(CONSENT, record=record)
    assert all(refusal(consent, replace(USE, purpose=purpose)) is None for purpose in PURPOSES)
