"""Rule packs: what a market's law forbids for a category is refused even when the brief claims it."""

from __future__ import annotations

import pytest

from influencer.loading import load_brief, load_market
from influencer.script.claims import ClaimGuard
from influencer.script.facts import FactSheet
from influencer.script.rule_packs import checked_packs, load_packs, rules_for
from tests.unit.script_helpers import NOW, line

pytestmark = pytest.mark.unit


def said_by_the_brief(market: str, text: str, name: str = "dew-serum") -> tuple[str, ...]:
    """Reasons against a key point's own words."""
    brief = load_brief(name)
    point = brief.key_points[0].model_copy(update={"text": {market: text}})
    brief = brief.model_copy(update={"key_points": [point], "forbidden_claims": []})
    pack = load_market(market).model_copy(update={"taboo_claims": []})
    return ClaimGuard(pack, [FactSheet.build(brief, pack, now=NOW)]).explain(line(text, market, name)).reasons


@pytest.mark.parametrize(
    ("market", "name", "text", "source"),
    [
        ("en-US", "dew-serum", "It heals eczema.", "Food, Drug, and Cosmetic Act"),
        ("ko-KR", "dew-serum", "아토피를 치료해요.", "화장품법 제13조"),
        ("ja-JP", "dew-serum", "皮膚科医推奨の美容液です。", "医薬品等適正広告基準"),
        ("zh-CN", "dew-serum", "可以治疗湿疹。", "化妆品监督管理条例"),
        ("fr-FR", "dew-serum", "Il guérit l'eczéma.", "1223/2009"),
        ("it-IT", "dew-serum", "Guarisce la dermatite.", "1223/2009"),
        ("es-MX", "dew-serum", "Tiene acción terapéutica.", "artículo 270"),
        ("pt-BR", "oat-granola", "Previne doenças.", "727/2022"),
        ("hi-IN", "oat-granola", "यह मधुमेह का इलाज है।", "2018"),
        ("id-ID", "oat-granola", "Menyembuhkan penyakit.", "BPOM"),
    ],
)
def test_what_the_law_forbids_is_refused_even_word_by_word(market: str, name: str, text: str, source: str) -> None:
    assert any(source in reason for reason in said_by_the_brief(market, text, name))


def test_a_denial_is_no_claim() -> None:
    assert said_by_the_brief("en-US", "It does not cure eczema.") == ()


def test_a_rule_is_only_for_its_category_and_market() -> None:
    assert not rules_for("en-US", "fashion")
    assert {rule.id for rule in rules_for("ja-JP", "beauty")} == {
        "cosmetic-as-medicine-jp", "cosmetic-recommended-by-doctors-jp",
    }  # fmt: skip


def test_every_rule_is_written_for_markets_of_one_language() -> None:
    for pack in load_packs():
        for rule in pack.rules:
            assert len({market.split("-")[0] for market in rule.markets}) == 1, rule.id


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"categories": ["cars"]}, "'beauty'"), ({"rules": []}, "rules"), ({"note": "x"}, "note")],
)
def test_a_malformed_pack_names_the_field(changes: dict[str, object], message: str) -> None:
    rule = {"id": "a", "markets": ["en-US"], "source": "Some Act, s. 1", "forbids": ["x"]}

    with pytest.raises(ValueError, match=message):
        checked_packs([{"pack": "p", "categories": ["beauty"], "rules": [rule], **changes}])


def test_an_id_used_twice_is_named() -> None:
    rule = {"id": "a-b", "markets": ["en-US"], "source": "Some Act, s. 1", "forbids": ["x"]}

    with pytest.raises(ValueError, match="a-b"):
        checked_packs([{"pack": "p", "categories": ["beauty"], "rules": [rule, rule]}])
