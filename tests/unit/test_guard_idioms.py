"""Everyday phrases that hold a claim's letters and claim nothing: the guard lets them through."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from influencer.loading import load_brief, load_market
from influencer.script.claims import ClaimGuard
from influencer.script.facts import FactSheet
from influencer.script.values import Line

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("market_id", "text"),
    [
        ("en-US", "Thanks for joining us live today, everyone."),
        ("ko-KR", "오늘도 함께해 주셔서 감사합니다."),
        ("ja-JP", "これは面白い質問ですね。"),
        ("zh-CN", "优惠券的有效期请看商品卡片。"),
        ("es-MX", "A lo mejor ya lo conoces."),
        ("es-MX", "Estamos en vivo, te cuento de qué se trata."),
        ("pt-BR", "Aproveita para beber uma água e ficar com a gente."),
        ("fr-FR", "Touchez le bouton sous la vidéo."),
        ("it-IT", "Chiedete pure in chat."),
        ("hi-IN", "बाद में सोचने से अच्छा है, अभी पूछ लीजिए।"),
        ("id-ID", "Ini poin yang penting untuk diketahui."),
        ("id-ID", "Terima kasih, Kak, sudah mampir."),
    ],
)
def test_an_idiom_is_no_claim(market_id: str, text: str) -> None:
    market = load_market(market_id)
    sheet = FactSheet.build(load_brief("dew-serum"), market, now=datetime(2026, 11, 22, tzinfo=UTC))
    line = Line(text, "questions", sheet.product_id, market.id, (), "operator", "test")
    assert ClaimGuard(market, (sheet,)).approve(line).text == text
