"""Cuts: where they fall, what goes on air, and what is said later."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from influencer.script.claims import ApprovedLine
from influencer.script.values import Line, Position
from influencer.show.coming import Item
from influencer.show.interruptions import FADE, POLICIES, boundary_after, faded, heard
from influencer.show.painter import Stage
from influencer.show.performer import Performer
from influencer.show.tickets import SayTask, ScriptTask, Ticket
from influencer.show.utterance import (
    SentenceStarted,
    Utterance,
    UtteranceCut,
    UtteranceFinished,
    UtteranceResumed,
    UtteranceStarted,
)
from models.avatar.performance import Mood, Performance
from models.base import Speech
from models.fakes import ToneSpeechModel
from streaming.media import FPS, SAMPLES_PER_FRAME
from streaming.timeline import Slot, Timeline
from tests.unit.test_performer import Bare, Host

pytestmark = pytest.mark.unit
TEXT = "We have a wonderful little bottle here. It is made of glass."


def sentences(text: str) -> list[Speech]:
    return list(ToneSpeechModel().speak(text, language="en-US", voice="v"))


def utterance(number: int, text: str, *, cut: str | None = None) -> Utterance:
    line = ApprovedLine.__new__(ApprovedLine)
    task = (
        SayTask(Line(text, "questions", "p", "en-US", (), "operator", "o"), None, cut)
        if cut
        else ScriptTask(Item(number, Position()))
    )  # type: ignore[arg-type]
    said = Utterance(Ticket(number, task), line, text, Mood.NEUTRAL, "", lambda: True)
    for sentence in sentences(text):
        said.sentences.add(sentence)
    said.sentences.finish()
    return said


class OnAir:
    """A live performer; `take` is the station."""

    def __init__(self) -> None:
        self.timeline, self.lost = Timeline(15), []
        self.performer = Performer(
            host=Host(9), performance=Performance(0, FPS), compositor=Bare(), timeline=self.timeline,
            stage=Stage("AI", "en-US", lambda product: None), on_lost=self.lost.append,
            observe=lambda stage, seconds: None,
        )  # fmt: skip
        self.thread = threading.Thread(target=self.performer.run)
        self.cues: list[object] = []

    def start(self) -> None:
        self.thread.start()

    def take(self, count: int) -> list[Slot]:
        slots = []
        for _ in range(count):
            slot = self.timeline.take(5)
            assert slot is not None
            self.cues += slot.cues
            slots.append(slot)
        return slots

    def until(self, kind: type) -> list[Slot]:
        slots = self.take(1)
        while not any(isinstance(cue, kind) for cue in slots[-1].cues):
            slots += self.take(1)
        return slots

    def full(self) -> None:
        """Wait until the timeline is: then the performer is as far ahead as it gets."""
        for _ in range(500):
            if self.timeline.depth == self.timeline.capacity:
                return
            time.sleep(0.01)
        raise AssertionError("the timeline does not fill")


@pytest.fixture
def air() -> Iterator[OnAir]:
    show = OnAir()
    yield show
    show.performer.close()
    if show.thread.ident:
        show.thread.join(10)


def loud(slots: list[Slot]) -> list[bool]:
    return [bool(np.abs(slot.pcm).max() > 500) for slot in slots]


def test_boundaries_are_now_a_word_a_pause_or_the_end() -> None:
    speech = sentences("Hello dear friends.")[0]
    first, second, third = speech.words
    assert boundary_after(speech, 5, "now") == 5
    assert boundary_after(speech, 5, "word") == first
    assert boundary_after(speech, first, "word") == first
    assert boundary_after(speech, first + 1, "word") == second
    assert boundary_after(speech, second + 1, "word") == speech.samples  # the last word's end is the sentence's
    assert boundary_after(speech, 5, "sentence") == speech.samples
    assert boundary_after(speech, 5, "phrase") == speech.samples
    assert third < speech.samples


def test_without_word_timings_a_word_cut_falls_between_mouth_shapes() -> None:
    speech = replace(sentences("Hello dear friends.")[0], words=())
    assert boundary_after(speech, 5, "word") == speech.visemes[0].end


def test_a_cut_fades_without_a_step_and_is_silent_after() -> None:
    pcm = np.full(10_000, 20_000, np.int16)
    cut = faded(pcm, 4_000)
    assert (cut[:4_000] == 20_000).all() and (cut[4_000 + FADE :] == 0).all()
    assert np.abs(np.diff(cut.astype(int))).max() < 20_000 / FADE + 2
    assert (pcm == 20_000).all()  # the speech itself is kept, it is said again


def test_what_was_heard_is_told_by_words_and_never_less() -> None:
    speech = sentences("Hello dear friends.")[0]
    assert heard(speech, 0) == ""
    assert heard(speech, speech.words[0]) == "Hello"
    assert heard(speech, speech.words[0] + 1) == "Hello dear"
    assert heard(speech, speech.samples) == "Hello dear friends."
    number = replace(speech, text="It is $24.00.", words=(*speech.words, speech.samples))
    assert "It is $24.00.".startswith(heard(number, number.words[0])) and heard(number, number.words[0])
    spaceless = replace(speech, text="今日は九十九元です。")
    part = heard(spaceless, speech.samples // 3)
    assert part and spaceless.text.startswith(part) and part != spaceless.text


def test_every_kind_has_a_policy_and_a_false_line_is_not_finished() -> None:
    assert POLICIES["emergency"].boundary == "now"
    assert POLICIES["facts"].boundary == "word" and POLICIES["facts"].resume == "rewrite"
    assert POLICIES["answer"].boundary == "sentence" and POLICIES["filler"].boundary == "line"


def test_an_emergency_is_silent_with_the_very_next_slot_and_the_sentence_is_said_again(air: OnAir) -> None:
    line = utterance(0, TEXT)
    air.performer.submit(line)
    air.start()
    air.until(UtteranceStarted)
    air.take(10)
    air.full()
    air.performer.waiting.hold(held=True)
    assert air.performer.interrupt("emergency") is None
    assert air.performer.interrupt("emergency") is None  # an impatient operator
    slots = air.take(30)
    assert loud(slots[1:]) == [False] * 29
    assert (slots[0].pcm[FADE:] == 0).all() and np.abs(slots[0].pcm[:FADE]).max() > 0
    (cut,) = [cue for slot in slots for cue in slot.cues]
    assert isinstance(cut, UtteranceCut) and slots[0].cues == (cut,)
    assert cut.sentence and TEXT.startswith(cut.sentence)
    air.performer.waiting.hold(held=False)
    slots = air.until(UtteranceFinished)
    told = [cue for slot in slots for cue in slot.cues]
    assert [type(cue) for cue in told] == [UtteranceResumed, SentenceStarted, SentenceStarted, UtteranceFinished]
    assert isinstance(told[0], UtteranceResumed) and told[0].text == TEXT
    at = next(index for index, slot in enumerate(slots) if slot.cues)
    again = np.concatenate([slot.pcm for slot in slots[at:]])
    whole = sentences(TEXT)[0].pcm
    assert (again[: len(whole)] == whole).all()  # from its beginning, with nothing left of the fade


def test_the_words_before_a_word_boundary_are_heard_whole(air: OnAir) -> None:
    air.performer.submit(utterance(0, TEXT))
    air.start()
    air.until(UtteranceStarted)
    air.take(11)
    air.full()
    air.performer.submit(utterance(1, "Stop here.", cut="word"))
    slots = air.until(UtteranceStarted)
    speech = sentences(TEXT)[0]
    end = boundary_after(speech, 12 * SAMPLES_PER_FRAME, "word")
    heard_pcm = np.concatenate([slot.pcm for slot in slots])[: speech.samples - 12 * SAMPLES_PER_FRAME]
    position = end - 12 * SAMPLES_PER_FRAME
    assert (heard_pcm[:position] == speech.pcm[12 * SAMPLES_PER_FRAME : end]).all()
    assert (heard_pcm[position + FADE : (len(slots) - 1) * SAMPLES_PER_FRAME] == 0).all()
    cut = next(cue for cue in air.cues if isinstance(cue, UtteranceCut))
    assert cut.sentence == heard(speech, end)
    air.until(UtteranceFinished)
    told = [cue for slot in air.until(UtteranceFinished) for cue in slot.cues]
    assert isinstance(told[0], UtteranceResumed) and told[0].utterance.ticket.number == 0


def test_a_cut_beyond_what_is_rendered_is_carried_on_to_its_word(air: OnAir) -> None:
    long_word = "Antidisestablishmentarianisticallyincomprehensibilities are here."
    air.performer.submit(utterance(0, long_word))
    air.start()
    air.until(UtteranceStarted)
    air.full()
    air.performer.waiting.hold(held=True)
    air.performer.interrupt("say-now", "word")
    air.performer.interrupt("emergency")
    slots = air.until(UtteranceCut)
    end = sentences(long_word)[0].words[0]
    assert len(slots) == (end + FADE - 1) // SAMPLES_PER_FRAME
    cut = slots[-1].cues[-1]
    assert isinstance(cut, UtteranceCut) and cut.sentence == long_word.split()[0]
    assert not any(loud(air.take(20)))
    assert sum(isinstance(cue, UtteranceCut) for cue in air.cues) == 1
    air.performer.waiting.hold(held=False)
    air.until(UtteranceFinished)
    assert sum(isinstance(cue, SentenceStarted) for cue in air.cues) == 2  # once cut, once again, not thrice


def test_a_cut_between_lines_loses_nothing(air: OnAir) -> None:
    air.performer.submit(utterance(0, "One."))
    air.performer.submit(utterance(1, "Two is the second of all."))
    air.start()
    air.until(UtteranceFinished)
    air.full()
    air.performer.waiting.hold(held=True)
    air.performer.interrupt("emergency")
    assert not any(loud(air.take(20)))
    air.performer.waiting.hold(held=False)
    told = [type(cue) for slot in air.until(UtteranceFinished) for cue in slot.cues]
    assert told == [UtteranceStarted, SentenceStarted, UtteranceFinished]
    assert not any(isinstance(cue, UtteranceCut) for cue in air.cues)


def test_a_line_that_was_all_rendered_comes_back_when_its_end_is_cut(air: OnAir) -> None:
    air.performer.submit(utterance(0, "Good morning."))
    air.performer.submit(utterance(1, "And more."))
    air.start()
    air.until(UtteranceStarted)
    air.take(4)
    air.full()
    air.performer.waiting.hold(held=True)
    air.performer.interrupt("emergency")
    air.take(10)
    air.performer.waiting.hold(held=False)
    told = [(type(c), c.utterance.ticket.number) for slot in air.until(UtteranceFinished) for c in slot.cues]  # type: ignore[attr-defined]
    assert told == [(UtteranceResumed, 0), (SentenceStarted, 0), (UtteranceFinished, 0)]
    assert air.until(UtteranceFinished) and air.cues[-1].utterance.ticket.number == 1  # type: ignore[attr-defined]


def test_a_false_line_is_given_up_and_a_true_one_goes_on(air: OnAir) -> None:
    line = utterance(0, TEXT)
    air.performer.submit(line)
    air.start()
    air.until(UtteranceStarted)
    air.take(10)
    assert air.performer.interrupt("facts", when=lambda said: not said.still_true()) is None
    air.take(3)
    assert not any(isinstance(cue, UtteranceCut) for cue in air.cues)
    line.still_true = lambda: False
    assert air.performer.interrupt("facts", when=lambda said: not said.still_true()) is line
    air.until(UtteranceCut)
    assert not any(loud(air.take(60)))
    assert air.performer.waiting.counts() == (0, 0)
