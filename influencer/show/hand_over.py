"""Handing a question to a person: into the stored list, and the viewer is told so, when it is so."""

from __future__ import annotations

from influencer.assistant.assistant import handed_on
from influencer.assistant.values import Answer
from influencer.show.answering import Asked
from influencer.store import Store
from influencer.store.handoffs import NewHandOff


async def hand_over(store: Store, show_id: str, answer: Answer, asked: Asked) -> str:
    """What the chat says: the answer's text, and that a person has the question now if it went into the list."""
    if answer.hand_off is None:
        return answer.text
    new = NewHandOff(
        show_id, asked.viewer, asked.author, asked.text, answer.language, answer.hand_off, answer.product_id, asked.seq
    )
    kept = await store.hand_offs.add(new)
    return answer.text if kept is None else f"{answer.text} {handed_on(answer.language)}"
