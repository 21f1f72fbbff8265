"""Which answers are spoken: each once, to many viewers, while they are fresh."""

import pytest

from influencer.assistant.queue import AnswerQueue, answers_in_a_row, is_hurried
from influencer.assistant.values import Answer, Readiness
from influencer.script.values import Line

pytestmark = pytest.mark.unit

SECOND = 1_000_000_000


def _answer(*facts: str, product: str = "serum", readiness: Readiness = "looking") -> Answer:
    told = facts or ("price",)
    line = Line("It is {price}.", "questions", product, "en-US", told, "answer", "answer.en.price-1")
    return Answer("answer", "price", "en", "It is $24.", line, told, None, product, readiness=readiness)


def test_the_same_question_is_spoken_once_for_all_who_asked():
    queue = AnswerQueue()
    assert queue.offer(_answer(), "ann", 0) == "queued"
    assert queue.offer(_answer(), "bob", 1) == "merged"
    assert queue.offer(_answer(), "bob", 2) == "merged"
    spoken = queue.next(3)
    assert spoken is not None
    assert (spoken.author, spoken.askers) == ("ann", 2)
    assert queue.next(4) is None


def test_an_answer_just_given_is_not_repeated_until_later():
    queue = AnswerQueue(repeat_s=30)
    queue.offer(_answer(), "ann", 0)
    queue.next(0)
    assert queue.offer(_answer(), "bob", 29 * SECOND) == "repeated"
    assert queue.offer(_answer(), "bob", 30 * SECOND) == "queued"


def test_the_same_fact_of_another_product_is_another_answer():
    queue = AnswerQueue()
    queue.offer(_answer(), "ann", 0)
    assert queue.offer(_answer(product="mug"), "bob", 0) == "queued"


def test_a_stale_question_is_not_answered_on_air():
    queue = AnswerQueue(fresh_s=60)
    queue.offer(_answer(), "ann", 0)
    assert queue.next(61 * SECOND) is None
    assert len(queue) == 0


def test_what_has_nothing_to_speak_is_not_queued():
    refusal = Answer("refusal", "unknown", "en", "I don't know.", None, (), "not-in-brief", "serum")
    assert AnswerQueue().offer(refusal, "ann", 0) == "unspoken"


def test_a_talkative_viewer_waits_for_those_not_yet_heard():
    queue = AnswerQueue()
    queue.offer(_answer("price"), "ann", 0)
    queue.next(0)
    queue.offer(_answer("shipping"), "ann", 1)
    queue.offer(_answer("returns"), "bob", 2)
    order = [item.author for item in (queue.next(3), queue.next(4)) if item]
    assert order == ["bob", "ann"]


def test_one_viewer_cannot_fill_the_line():
    queue = AnswerQueue(backlog=3, per_viewer=2)
    assert [queue.offer(_answer(f"spec.{n}"), "ann", n) for n in range(3)] == ["queued", "queued", "crowded"]
    assert queue.offer(_answer("price"), "bob", 4) == "queued"
    assert queue.offer(_answer("returns"), "eve", 5) == "queued"
    assert len(queue) == 3
    authors = {item.author for item in iter(lambda: queue.next(6), None)}
    assert authors == {"ann", "bob", "eve"}


def test_a_full_line_of_single_questions_takes_no_more():
    queue = AnswerQueue(backlog=2)
    queue.offer(_answer("price"), "ann", 0)
    queue.offer(_answer("returns"), "bob", 0)
    assert queue.offer(_answer("shipping"), "eve", 1) == "crowded"


def test_viewers_are_told_apart_by_id_and_each_counts_once():
    queue = AnswerQueue()
    for viewer, seq in (("1", 7), ("2", 8), ("1", 9)):
        queue.offer(_answer(), "guest", 0, viewer=viewer, seq=seq)
    spoken = queue.next(1)
    assert spoken is not None
    assert (spoken.askers, spoken.viewer, spoken.seqs) == (2, "1", (7, 8))


def test_whose_turn_is_next_is_known_before_it_is_taken():
    queue = AnswerQueue()
    assert queue.first(0) is None
    queue.offer(_answer("price"), "ann", 0)
    queue.offer(_answer("returns"), "bob", 1)
    queue.offer(_answer("returns"), "eve", 2)
    waiting = queue.first(3)
    assert waiting is not None and waiting.author == "bob" and len(queue) == 2
    assert queue.next(3) == waiting


def test_wordings_of_the_same_facts_are_one_question_and_the_fuller_answer_stands_for_the_shorter():
    queue = AnswerQueue()
    queue.offer(_answer("price", "list_price"), "ann", 0)
    assert queue.offer(_answer("name", "price", "list_price"), "bob", 1) == "merged"
    assert queue.offer(_answer("price"), "eve", 2) == "merged"
    assert queue.offer(_answer("price", "list_price", "shipping"), "joe", 3) == "merged"
    spoken = queue.next(4)
    assert spoken is not None and spoken.askers == 4 and "shipping" in spoken.answer.fact_ids
    assert queue.offer(_answer("shipping"), "kim", 5) == "repeated"
    assert queue.offer(_answer("shipping", "returns"), "kim", 6) == "queued"


def test_buyers_come_before_who_looks_around_and_a_crowd_before_one_buyer():
    queue = AnswerQueue()
    queue.offer(_answer("origin"), "ann", 0)
    queue.offer(_answer("price", readiness="weighing"), "bob", 1)
    queue.offer(_answer("how_to_buy", readiness="buying"), "eve", 2)
    for viewer in "wxyz":
        queue.offer(_answer("scent"), viewer, 3)
    order = [item.answer.fact_ids[0] for item in iter(lambda: queue.next(4), None)]
    assert order == ["scent", "how_to_buy", "price", "origin"]


def test_what_was_said_lately_comes_after_what_was_not():
    queue = AnswerQueue(repeat_s=10, stale_s=100)
    queue.offer(_answer("price"), "ann", 0)
    queue.next(0)
    for viewer in "wxyz":
        queue.offer(_answer("price"), viewer, 20 * SECOND)
    queue.offer(_answer("origin"), "bob", 21 * SECOND)
    first = queue.next(22 * SECOND)
    assert first is not None and first.answer.fact_ids == ("origin",)


def test_facts_that_changed_may_be_said_again_at_once():
    queue = AnswerQueue()
    queue.offer(_answer("stock"), "ann", 0)
    queue.next(0)
    assert queue.offer(_answer("stock"), "bob", SECOND) == "repeated"
    queue.forget_spoken()
    assert queue.offer(_answer("stock"), "bob", SECOND) == "queued"


def test_who_asks_with_others_who_were_not_heard_does_not_hold_them_back():
    queue = AnswerQueue()
    queue.offer(_answer("price"), "ann", 0)
    queue.next(0)
    queue.offer(_answer("origin"), "ann", 1)
    queue.offer(_answer("returns"), "bob", 2)
    queue.offer(_answer("origin"), "eve", 3)
    first = queue.next(4)
    assert first is not None and (first.answer.fact_ids, first.askers) == (("origin",), 2)


def test_a_crowd_is_answered_in_rounds_and_in_short():
    assert [answers_in_a_row(waiting) for waiting in (0, 1, 2, 3, 4, 8)] == [1, 1, 2, 2, 3, 3]
    assert [is_hurried(waiting) for waiting in (1, 2, 3, 8)] == [False, False, True, True]


def test_a_change_of_show_empties_the_line():
    queue = AnswerQueue()
    queue.offer(_answer(), "ann", 0)
    queue.clear()
    assert queue.next(1) is None
