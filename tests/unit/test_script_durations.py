"""Remaining times and units left: plural-correct in every language, and never overstated."""

from __future__ import annotations

from datetime import timedelta

import pytest

from influencer.loading import load_market
from influencer.script.slots import SlotUnavailable, bind
from tests.unit.script_helpers import brief, sheet

pytestmark = pytest.mark.unit


def left(market: str, **before: int) -> str:
    offer = brief().offer
    assert offer is not None
    return bind("{ends_in}", sheet(market, now=offer.ends - timedelta(**before)), load_market(market))


@pytest.mark.parametrize(
    ("market", "hours", "days"),
    [
        ("en-US", "1 hour and 20 minutes", "2 days and 1 hour"),
        ("ko-KR", "1시간 20분", "2일 1시간"),
        ("ja-JP", "1時間20分", "2日1時間"),
        ("zh-CN", "1小时20分钟", "2天1小时"),
        ("es-MX", "1 hora y 20 minutos", "2 días y 1 hora"),
        ("pt-BR", "1 hora e 20 minutos", "2 dias e 1 hora"),
        ("fr-FR", "1 heure et 20 minutes", "2 jours et 1 heure"),
        ("it-IT", "1 ora e 20 minuti", "2 giorni e 1 ora"),
        ("hi-IN", "1 घंटा 20 मिनट", "2 दिन 1 घंटा"),
        ("id-ID", "1 jam 20 menit", "2 hari 1 jam"),
    ],
)
def test_how_long_an_offer_runs_is_said_as_natives_do(market: str, hours: str, days: str) -> None:
    assert left(market, hours=1, minutes=24) == hours
    assert left(market, days=2, hours=1, minutes=59) == days


@pytest.mark.parametrize(
    ("before", "spoken"),
    [
        ({"days": 12, "hours": 23}, "12 days"),
        ({"days": 7}, "7 days"),
        ({"days": 1}, "1 day"),
        ({"hours": 5, "minutes": 3}, "5 hours"),
        ({"minutes": 59}, "55 minutes"),
        ({"minutes": 9, "seconds": 59}, "9 minutes"),
        ({"seconds": 60}, "1 minute"),
    ],
)
def test_it_is_rounded_down_in_steps_that_stay_true_until_it_is_on_air(before: dict[str, int], spoken: str) -> None:
    assert left("en-US", **before) == spoken


@pytest.mark.parametrize("before", [{"seconds": 59}, {"seconds": 0}, {"days": -1}])
def test_there_is_no_remaining_time_when_the_offer_is_as_good_as_over(before: dict[str, int]) -> None:
    with pytest.raises(SlotUnavailable, match="ends_in"):
        left("en-US", **before)


@pytest.mark.parametrize(
    ("market", "one", "many"),
    [
        ("en-US", "1 unit", "1,480 units"),
        ("ko-KR", "1개", "1,480개"),
        ("ja-JP", "1点", "1,480点"),
        ("zh-CN", "1件", "1,480件"),
        ("es-MX", "1 pieza", "1,480 piezas"),
        ("pt-BR", "1 unidade", "1.480 unidades"),
        ("fr-FR", "1 article", "1\xa0480 articles"),
        ("it-IT", "1 pezzo", "1.480 pezzi"),
        ("hi-IN", "1 पीस", "1,480 पीस"),
        ("id-ID", "1 unit", "1.480 unit"),
    ],
)
def test_units_left_agree_with_their_number(market: str, one: str, many: str) -> None:
    said = [bind("{stock_units}", sheet(market, stock=stock), load_market(market)) for stock in (1, 1480)]
    assert said == [one, many]


def test_stock_as_a_fact_agrees_too() -> None:
    assert [sheet("es-MX", stock=n).facts["stock"].text for n in (1, 2)] == ["1 disponible", "2 disponibles"]
    assert [sheet("it-IT", stock=n).facts["stock"].text for n in (1, 2)] == ["1 disponibile", "2 disponibili"]
