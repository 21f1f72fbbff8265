"""Key points whose evidence is valid in some markets only."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from influencer.brief import Brief
from influencer.errors import InvalidInput
from influencer.loading import briefs, load_brief, load_market
from influencer.script.claims import ClaimGuard
from influencer.script.facts import FactSheet
from tests.unit.script_helpers import NOW, line

pytestmark = pytest.mark.unit

TEXT = "The bottle is made of 70% recycled glass."


def scoped(markets: list[str]) -> Brief:
    brief = load_brief("dew-serum")
    points = [p.model_copy(update={"markets": markets}) if p.id == "recycled-glass" else p for p in brief.key_points]
    return brief.model_copy(update={"key_points": points})


def reasons(brief: Brief, market: str, text: str) -> tuple[str, ...]:
    sheet = FactSheet.build(brief, load_market(market), now=NOW)
    return ClaimGuard(load_market(market), [sheet]).explain(line(text, market)).reasons


def test_a_claim_is_said_where_its_evidence_is_valid() -> None:
    assert reasons(scoped(["en-US"]), "en-US", TEXT) == ()


def test_elsewhere_it_is_no_fact_and_is_refused() -> None:
    brief = scoped(["ko-KR"])

    assert "key_point.recycled-glass" not in FactSheet.build(brief, load_market("en-US"), now=NOW).facts
    assert reasons(brief, "en-US", TEXT)


def _written(tmp_path: Any, **changes: Any) -> Any:
    raw = yaml.safe_load(briefs()["dew-serum"].read_text("utf-8"))
    raw.pop("images", None)
    raw["key_points"][0] |= changes
    file = tmp_path / "brief.yaml"
    file.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    return file


def test_a_scoped_point_needs_no_text_elsewhere(tmp_path: Any) -> None:
    brief = load_brief(_written(tmp_path, markets=["en-US"], text={"en-US": "It was tested in a lab."}))

    assert brief.key_points[0].markets == ["en-US"]


@pytest.mark.parametrize("markets", [[], ["xx-XX"]])
def test_a_bad_scope_names_the_field(tmp_path: Any, markets: list[str]) -> None:
    with pytest.raises(InvalidInput, match=r"key_points\[0\].*markets"):
        load_brief(_written(tmp_path, markets=markets))
