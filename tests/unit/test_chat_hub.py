"""The room: order, replay, batching, slow viewers, closing."""

import json

import pytest

from streaming.chat_hub import ChatEvent, ChatHub, chat_event

pytestmark = pytest.mark.unit

AT = "2026-01-01T00:00:00+00:00"


def _say(hub: ChatHub, text: str) -> int:
    return hub.publish(chat_event("Mina", text, role="viewer", at=AT)).seq


def _texts(batch: str) -> list[str]:
    return [event["payload"]["text"] for event in json.loads(batch)]


def _seqs(batch: str) -> list[int]:
    return [event["seq"] for event in json.loads(batch)]


async def test_everybody_gets_the_same_batch_object_once():
    hub = ChatHub()
    with hub.subscribe() as one, hub.subscribe() as two:
        _say(hub, "a")
        _say(hub, "b")
        hub.flush()
        # Both are newcomers to an empty room, so the first batch is their replay; the next one is shared.
        assert _texts(await anext(one)) == _texts(await anext(two)) == ["a", "b"]
        _say(hub, "c")
        hub.flush()
        first, second = await anext(one), await anext(two)
        assert first is second
        assert json.loads(first) == [
            {
                "seq": 3,
                "kind": "chat",
                "payload": {"author": "Mina", "text": "c", "role": "viewer", "reply_to": None, "at": AT},
            }
        ]


async def test_a_batch_leaves_by_itself():
    hub = ChatHub(batch_ms=1)
    with hub.subscribe() as viewer:
        _say(hub, "a")
        assert _texts(await anext(viewer)) == ["a"]
    await hub.aclose()


async def test_a_newcomer_is_sent_the_last_talk_and_the_latest_state_only():
    hub = ChatHub(history=2)
    for n in range(4):
        _say(hub, str(n))
        hub.publish(ChatEvent("viewers", {"count": n}))
    hub.flush()
    with hub.subscribe() as viewer:
        events = json.loads(await anext(viewer))
    assert [(event["kind"], event["seq"]) for event in events] == [("chat", 5), ("chat", 7), ("viewers", 8)]


async def test_a_returning_viewer_is_sent_only_what_it_missed():
    hub = ChatHub()
    seen = _say(hub, "old")
    _say(hub, "new")
    hub.flush()
    with hub.subscribe(after=seen) as viewer:
        assert _texts(await anext(viewer)) == ["new"]


async def test_a_page_that_outlived_a_restart_is_sent_everything():
    hub = ChatHub()
    _say(hub, "after the restart")
    hub.flush()
    with hub.subscribe(after=999) as viewer:
        assert _texts(await anext(viewer)) == ["after the restart"]


async def test_nothing_is_lost_or_doubled_when_joining_in_the_middle_of_a_batch():
    hub = ChatHub()
    _say(hub, "a")
    with hub.subscribe() as viewer:
        _say(hub, "b")
        hub.flush()
        _say(hub, "c")
        hub.flush()
        got = _seqs(await anext(viewer))
        _say(hub, "d")
        hub.flush()
        got += _seqs(await anext(viewer))
    assert got == [1, 2, 3, 4]


async def test_a_slow_viewer_loses_the_oldest_and_never_the_newest():
    hub = ChatHub(history=3, capacity=2)
    with hub.subscribe() as slow, hub.subscribe() as quick:
        quick_seqs: list[int] = []
        _say(hub, "first")
        hub.flush()
        await anext(slow)
        quick_seqs += _seqs(await anext(quick))
        for n in range(10):
            _say(hub, str(n))
            hub.publish(ChatEvent("card", {"price": n}))
            hub.flush()
            quick_seqs += _seqs(await anext(quick))
        caught_up = json.loads(await anext(slow))
        assert [event["payload"].get("text", "card") for event in caught_up] == ["7", "8", "9", "card"]
        assert caught_up[-1]["payload"] == {"price": 9}
        _say(hub, "live again")
        hub.flush()
        assert _texts(await anext(slow)) == ["live again"]
    assert quick_seqs == list(range(1, 22))


async def test_closing_sends_what_is_left_and_ends_every_viewer():
    hub = ChatHub()
    viewer = hub.subscribe()
    _say(hub, "bye")
    await hub.aclose()
    assert [_texts(batch) async for batch in viewer] == [["bye"]]
    assert hub.viewers == 0
    assert [batch async for batch in hub.subscribe(after=1)] == []


async def test_viewers_are_counted():
    hub = ChatHub()
    with hub.subscribe():
        with hub.subscribe():
            assert hub.viewers == 2
        assert hub.viewers == 1
    assert hub.viewers == 0


async def test_a_payload_that_is_no_json_harms_nobody():
    hub = ChatHub()
    with hub.subscribe() as viewer:
        with pytest.raises(TypeError):
            hub.publish(ChatEvent("state", {"bad": object()}))
        with pytest.raises(ValueError, match="float"):
            hub.publish(ChatEvent("state", {"bad": float("nan")}))
        _say(hub, "half \ud83d of a pair")
        hub.flush()
        batch = await anext(viewer)
    batch.encode("utf-8")
    assert _seqs(batch) == [1]


async def test_numbers_go_on_after_a_restart():
    hub = ChatHub(first_seq=41)
    assert hub.last_seq == 40
    assert _say(hub, "a") == 41
