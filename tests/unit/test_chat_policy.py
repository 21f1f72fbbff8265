"""What a viewer may send, and how often."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.chat_policy import (
    ChatMessage,
    ChatPolicy,
    ChatRejected,
    RateLimiter,
    clean_text,
    validate_message,
)
from streaming.clock import ManualClock

pytestmark = pytest.mark.unit


def _frame(**document: object) -> str:
    return json.dumps(document)


def test_a_message_is_taken_and_cleaned():
    raw = _frame(text="  how\u200b much\u202e is\nit? ", author="Mi\u0000na\u2066", reply_to=7)
    assert validate_message(raw) == ChatMessage("Mina", "how much is it?", 7)


def test_the_nameless_are_guests():
    assert validate_message(_frame(text="hi")) == ChatMessage("guest", "hi")
    assert validate_message(_frame(text="hi", author="\u200b\u3164")) == ChatMessage("guest", "hi")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "not-json"),
        ("{", "not-json"),
        ("[" * 4000, "not-json"),
        (b"\xff\xfe\x00", "not-json"),
        ("[]", "bad-shape"),
        ('"hi"', "bad-shape"),
        ("{}", "bad-shape"),
        (_frame(text=1), "bad-shape"),
        (_frame(text=None), "bad-shape"),
        (_frame(text="a", author=5), "bad-shape"),
        (_frame(text="a", reply_to="1"), "bad-shape"),
        (_frame(text="a", reply_to=True), "bad-shape"),
        (_frame(text="a", reply_to=-1), "bad-shape"),
        (_frame(text="a", role="host"), "bad-shape"),
        (_frame(text=" \u200b\n "), "empty"),
        (_frame(text="a" * 301), "text-too-long"),
        (_frame(text="a", author="b" * 25), "name-too-long"),
        (_frame(text="가" * 2000), "frame-too-long"),
        (b" " * 4097, "frame-too-long"),
    ],
)
def test_a_wrong_frame_is_refused_with_its_reason(raw, reason):
    assert validate_message(raw) == ChatRejected(reason)


def test_towers_of_marks_are_cut_and_hindi_is_kept():
    assert len(clean_text("Z" + "\u0301\u0310" * 30)) <= 6
    assert clean_text("क़ीमत कितनी है?") == "क़ीमत कितनी है?"


@given(st.text())
def test_clean_text_is_one_visible_line_for_any_input(text):
    cleaned = clean_text(text)
    assert cleaned == clean_text(cleaned)
    assert "\n" not in cleaned
    cleaned.encode("utf-8")


@given(st.one_of(st.text(), st.binary()))
def test_validation_never_raises(raw):
    assert isinstance(validate_message(raw), ChatMessage | ChatRejected)


def test_a_flood_is_slowed_to_the_clients_rate():
    clock = ManualClock()
    limiter = RateLimiter(ChatPolicy(client_rate=1, client_burst=3), clock)
    assert [limiter.admit("a") for _ in range(3)] == [None] * 3
    assert limiter.admit("a") == ChatRejected("too-fast", 1.0)
    assert limiter.admit("b") is None
    clock.advance(1_000_000_000)
    assert limiter.admit("a") is None
    assert limiter.admit("a") is not None


def test_many_clients_together_meet_the_rooms_limit():
    limiter = RateLimiter(ChatPolicy(room_rate=2, room_burst=5), ManualClock())
    answers = [limiter.admit(str(n)) for n in range(6)]
    assert answers[:5] == [None] * 5
    assert answers[5] == ChatRejected("room-busy", 0.5)
