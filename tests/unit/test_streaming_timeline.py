"""The queue between the renderer and the station."""

import threading
from collections.abc import Callable

import numpy as np
import pytest

from streaming.errors import StreamingError, TimelineCleared, TimelineClosed
from streaming.timeline import Slot, Timeline

pytestmark = pytest.mark.unit

BLANK = np.zeros((2, 2, 4), np.uint8)
SILENCE = np.zeros(1920, np.int16)


def slot(*cues: object) -> Slot:
    return Slot(BLANK, SILENCE, cues)


def run(work: Callable[[], None]) -> tuple[threading.Thread, list[StreamingError]]:
    errors: list[StreamingError] = []

    def guarded() -> None:
        try:
            work()
        except StreamingError as error:
            errors.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    return thread, errors


def test_slots_come_out_in_the_order_they_went_in() -> None:
    timeline = Timeline(8)
    for n in range(5):
        timeline.put(slot(n))
    assert timeline.depth == 5
    assert [taken.cues[0] for _ in range(5) if (taken := timeline.take())] == [0, 1, 2, 3, 4]
    assert timeline.take() is None


def test_audio_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"pcm: got shape \(960,\)"):
        Slot(BLANK, np.zeros(960, np.int16))


def test_a_full_timeline_holds_the_writer_until_there_is_room() -> None:
    timeline = Timeline(1)
    timeline.put(slot(0))
    thread, errors = run(lambda: timeline.put(slot(1)))
    assert timeline.depth == 1
    assert timeline.take() is not None
    thread.join(10)
    assert not errors
    assert timeline.depth == 1


def test_closing_wakes_a_waiting_writer_and_reader() -> None:
    full, empty = Timeline(1), Timeline(1)
    full.put(slot())
    writer, errors = run(lambda: full.put(slot()))
    reader, _ = run(lambda: empty.take(None))  # type: ignore[arg-type,return-value]
    full.close()
    empty.close()
    writer.join(10)
    reader.join(10)
    assert not writer.is_alive()
    assert not reader.is_alive()
    assert isinstance(errors[0], TimelineClosed)
    assert full.take() is None


def test_finishing_lets_what_waits_go_on_air() -> None:
    timeline = Timeline(4)
    timeline.put(slot("last"))
    timeline.finish()
    assert not timeline.drained
    with pytest.raises(TimelineClosed):
        timeline.put(slot())
    last = timeline.take(None)
    assert last is not None
    assert last.cues == ("last",)
    assert timeline.drained
    assert timeline.take(None) is None


def test_an_interruption_keeps_the_sentence_and_returns_what_it_dropped() -> None:
    timeline = Timeline(8)
    for cue in ("a", "end of 1", "b", "end of 2"):
        timeline.put(slot(cue))
    dropped = timeline.clear(lambda cue: str(cue).startswith("end"))
    assert [gone.cues for gone in dropped] == [("b",), ("end of 2",)]
    assert timeline.depth == 2
    assert [gone.cues for gone in timeline.clear()] == [("a",), ("end of 1",)]


def test_a_writer_caught_by_an_interruption_cannot_add_a_stale_slot() -> None:
    timeline = Timeline(1)
    epoch = timeline.epoch
    timeline.put(slot(), epoch=epoch)
    thread, errors = run(lambda: timeline.put(slot("stale"), epoch=epoch))
    timeline.clear()
    thread.join(10)
    assert isinstance(errors[0], TimelineCleared)
    assert timeline.depth == 0
    timeline.put(slot("fresh"), epoch=timeline.epoch)
    assert timeline.depth == 1


def test_a_timeline_holds_at_least_one_slot() -> None:
    with pytest.raises(ValueError, match="capacity: got 0"):
        Timeline(0)
