"""Which answers are spoken: each once, to many viewers, while they are fresh."""

import pytest

from influencer.assistant.queue import AnswerQueue
from influencer.assistant.values import Answer
from influencer.script.values import Line

pytestmark = pytest.mark.unit

SECOND = 1_000_000_000


def _answer(fact: str = "price", product: str = "serum") -> Answer:
    line = Line("It is {price}.", "questions", product, "en-US", (fact,), "answer", "answer.en.price-1")
    return Answer("answer", "price", "en", "It is $24.", line, (fact,), None, product)


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


def test_a_change_of_show_empties_the_line():
    queue = AnswerQueue()
    queue.offer(_answer(), "ann", 0)
    queue.clear()
    assert queue.next(1) is None
