"""The answer of the command line: `influencer answer BRIEF --market M "question" --json`."""

from __future__ import annotations

from datetime import datetime

from influencer.assistant.assistant import Assistant
from influencer.assistant.values import Question
from influencer.brief import Brief
from influencer.market import Market
from influencer.script.facts import FactSheet
from influencer.script.slots import bind
from models.language.e5 import ready_encoder


def answer_json(brief: Brief, market: Market, question: str, *, now: datetime, author: str = "") -> dict[str, object]:
    """Answer one question about one brief: what the chat shows, what the host says, and the facts behind it.

    Raises:
        NotFound: the product is not sold in this market.
    """
    assistant = Assistant((brief,), market, clock_now=lambda: now, stock=lambda _: None, encoder=ready_encoder())
    answer = assistant.answer(Question(author, question))
    sheet = FactSheet.build(brief, market, now=now)
    facts = [
        {"id": id_, "text": sheet.facts[id_].text, "evidence": sheet.facts[id_].evidence} for id_ in answer.fact_ids
    ]
    return {
        "question": question,
        "kind": answer.kind,
        "intent": answer.intent,
        "language": answer.language,
        "market": market.id,
        "product": answer.product_id,
        "text": answer.text,
        "spoken": bind(answer.spoken.text, sheet, market) if answer.spoken else None,
        "facts": facts,
        "fact_ids": list(answer.fact_ids),
        "reason": answer.reason,
    }
