"""The moderation against messages whose faults are known, and against thousands of sentences that have none."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from influencer.assistant.values import LANGUAGES, Language
from influencer.errors import InvalidInput
from influencer.evaluate.moderation import Judged, as_data, as_markdown, judge_all, read_rows
from influencer.moderation.moderator import Moderator
from influencer.paths import configs_dir

pytestmark = pytest.mark.unit

SET = Path(__file__).parents[1] / "eval" / "moderation.yaml"
REPLIES = Path(__file__).parents[2] / "influencer" / "assistant" / "replies"


@pytest.fixture(scope="module")
def judged() -> list[Judged]:
    return judge_all(read_rows(SET))


def test_the_set_is_wide_and_half_of_it_is_held_out(judged: list[Judged]) -> None:
    rows = [one.row for one in judged]
    assert len(rows) >= 200
    assert {row.language for row in rows} == set(LANGUAGES)
    assert sum(row.part == "held_out" for row in rows) * 2 == len(rows)
    assert sum(not row.kinds for row in rows) >= 80


def test_what_is_wrong_is_found_and_what_is_not_is_let_alone(judged: list[Judged]) -> None:
    parts = as_data(judged)["parts"]
    assert parts["tuned"]["clean"]["hit"] == 0
    assert parts["held_out"]["clean"]["hit"] <= 2
    for part, least in (("tuned", 0.95), ("held_out", 0.9)):
        for score in parts[part]["kinds"]:
            assert score["recall"] >= least, (part, score)
            assert score["precision"] >= 0.9, (part, score)


def test_the_report_counts(judged: list[Judged]) -> None:
    data = as_data(judged)
    right = sum(each["right"] for part in data["parts"].values() for each in part["languages"].values())
    assert right + len(data["wrong"]) == len(judged)
    assert as_markdown(judged).count("| profanity |") == 2


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("tuned: {en: [{text: x, is: rude}]}", "tuned.en[0]"),
        ("tuned: {en: [{text: x}]}", "tuned.en[0]"),
        ("tuned: {xx: []}", "tuned"),
        ("other: {}", "file"),
    ],
)
def test_a_mistake_in_the_set_is_named(tmp_path: Path, text: str, place: str) -> None:
    (tmp_path / "set.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as error:
        read_rows(tmp_path / "set.yaml")
    assert error.value.mistakes[0].field == place


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_of_ours_is_hit(language: Language) -> None:
    room = Moderator(language)
    said = yaml.safe_load((REPLIES / f"{language}.yaml").read_text(encoding="utf-8"))
    hit = [text for text in _texts(said) if room.read(text).reasons]
    assert not hit


def test_no_question_of_the_answer_sets_is_hit() -> None:
    rooms = {language: Moderator(language) for language in LANGUAGES}
    questions = _texts(yaml.safe_load((SET.parent / "questions.yaml").read_text(encoding="utf-8")))
    assert not [
        text for text in questions for room in (rooms["en"], rooms["ko"], rooms["es"]) if room.read(text).reasons
    ]


def test_no_product_page_of_the_demo_is_hit() -> None:
    room = Moderator("en")
    for path in (configs_dir() / "briefs").glob("*.yaml"):
        texts = [t for t in _texts(yaml.safe_load(path.read_text(encoding="utf-8"))) if not t.startswith("http")]
        hit = [text for text in texts if {"profanity", "sexual", "hate", "personal"} & set(room.read(text).reasons)]
        assert not hit, path.name


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
