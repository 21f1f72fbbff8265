"""The small grammar around slots: a table of what is written before and after them."""

from __future__ import annotations

import pytest

from influencer.script.facts import FactSheet
from influencer.script.formats import Style
from influencer.script.grammar import FORMS, forms_of, inflected
from influencer.script.korean import final_sound
from influencer.script.prompting import with_particles
from tests.unit.script_helpers import sheet

pytestmark = pytest.mark.unit

KOREAN = [
    ("듀 세럼", "을를", "듀 세럼을"),
    ("휴대용 스피커", "을를", "휴대용 스피커를"),
    ("RIPPLE", "을를", "RIPPLE을"),
    ("Ripple", "이에요예요", "Ripple이에요"),
    ("USB", "을를", "USB를"),
    ("LED", "은는", "LED는"),
    ("AI", "을를", "AI를"),
    ("SPF", "은는", "SPF는"),
    ("HTML", "을를", "HTML을"),
    ("Dew Cream", "을를", "Dew Cream을"),
    ("Soundcore", "이가", "Soundcore가"),
    ("Time", "을를", "Time을"),
    ("Line", "은는", "Line은"),
    ("Note", "을를", "Note를"),
    ("Grip", "을를", "Grip을"),
    ("Soap", "을를", "Soap를"),
    ("Mask", "을를", "Mask를"),
    ("Book", "을를", "Book을"),
    ("Pack", "과와", "Pack과"),
    ("Music", "이가", "Music이"),
    ("Robot", "은는", "Robot은"),
    ("Set", "을를", "Set를"),
    ("Mug", "을를", "Mug를"),
    ("Bag", "을를", "Bag을"),
    ("Gift", "을를", "Gift를"),
    ("Glow", "이고고", "Glow고"),
    ("Style", "으로로", "Style로"),
    ("Spring", "으로로", "Spring으로"),
    ("DEW10", "을를", "DEW10을"),
    ("DEW10", "으로로", "DEW10으로"),
    ("CODE1", "으로로", "CODE1로"),
    ("RIPPLE-5", "을를", "RIPPLE-5를"),
    ("Ripple 2", "이에요예요", "Ripple 2예요"),
    ("30ml", "을를", "30ml를"),
    ("500 g", "을를", "500 g을"),
    ("10%", "을를", "10%를"),
    ("12 W", "이에요예요", "12 W예요"),
    ("29,000원", "으로로", "29,000원으로"),
    ("머그(대)", "을를", "머그(대)를"),
    ("", "을를", "를"),
]
OTHERS = [
    ("oat bowl", "a", "an oat bowl"),
    ("hand cream", "a", "a hand cream"),
    ("Ombre", "de", "d'Ombre"),
    ("Éclat", "de", "d'Éclat"),
    ("huile douce", "de", "d'huile douce"),
    ("œuf", "de", "d'œuf"),
    ("housse de lin", "de", "de housse de lin"),
    ("haut", "que", "que haut"),
    ("onze tasses", "de", "de onze tasses"),
    ("yaourt", "de", "de yaourt"),
    ("Sérum Rosée", "de", "de Sérum Rosée"),
    ("Ombre", "que", "qu'Ombre"),
    ("Tasse", "que", "que Tasse"),
    ("Ebe", "ed", "ed Ebe"),
    ("Orvalo", "ed", "e Orvalo"),
    ("Alba", "ad", "ad Alba"),
    ("Oro", "ad", "a Oro"),
    ("Iris", "y", "e Iris"),
    ("hielo", "y", "y hielo"),
    ("Rocío", "y", "y Rocío"),
    ("Oasis", "o", "u Oasis"),
    ("hojas", "o", "u hojas"),
    ("agua", "o", "o agua"),
]
STOCK = {
    "en-US": ("1 unit", "2 units"),
    "es-MX": ("1 pieza", "2 piezas"),
    "pt-BR": ("1 unidade", "2 unidades"),
    "fr-FR": ("1 article", "2 articles"),
    "it-IT": ("1 pezzo", "2 pezzi"),
    "hi-IN": ("1 पीस", "2 पीस"),
    "id-ID": ("1 unit", "2 unit"),
    "ko-KR": ("1개", "2개"),
    "ja-JP": ("1点", "2点"),
    "zh-CN": ("1件", "2件"),
}


@pytest.mark.parametrize(("text", "form", "wanted"), KOREAN)
def test_korean_particles_follow_the_sound_that_is_read(text: str, form: str, wanted: str) -> None:
    assert inflected(text, form) == wanted


@pytest.mark.parametrize(("text", "form", "wanted"), OTHERS)
def test_small_words_fit_what_follows(text: str, form: str, wanted: str) -> None:
    assert inflected(text, form) == wanted


@pytest.mark.parametrize("market", sorted(STOCK))
def test_a_count_agrees_with_its_noun(market: str) -> None:
    def units(stock: int) -> str:
        facts: FactSheet = sheet(market, stock=stock)
        return facts.slots["stock_units"]

    assert (units(1), units(2)) == STOCK[market]


@pytest.mark.parametrize(
    ("locale", "one", "many"),
    [
        ("es_MX", "1 disponible", "3 disponibles"),
        ("pt_BR", "1 em estoque", "3 em estoque"),
        ("fr_FR", "1 en stock", "3 en stock"),
        ("it_IT", "1 disponibile", "3 disponibili"),
        ("hi_IN", "स्टॉक में 1", "स्टॉक में 3"),
    ],
)
def test_what_is_in_stock_agrees_as_well(locale: str, one: str, many: str) -> None:
    market = locale.replace("_", "-")
    assert sheet(market, stock=1).facts["stock"].text == one
    assert sheet(market, stock=3).facts["stock"].text == many
    assert Style(locale).number(3) == "3"


@pytest.mark.parametrize(
    ("locale", "wanted"),
    [
        ("en_US", "2.5 hours"), ("ko_KR", "2.5시간"), ("ja_JP", "2.5時間"), ("zh_CN", "2.5小时"),
        ("es_MX", "2.5 horas"), ("pt_BR", "2,5 horas"), ("fr_FR", "2,5 heures"), ("it_IT", "2,5 ore"),
        ("hi_IN", "2.5 घंटे"), ("id_ID", "2,5 jam"),
    ],
)  # fmt: skip
def test_a_time_is_spelled_out_as_it_is_said(locale: str, wanted: str) -> None:
    assert Style(locale).measure("2.5", "h") == wanted
    assert Style(locale).measure("30", "W").endswith("W")


def test_an_unknown_form_is_none_and_every_language_names_known_ones() -> None:
    assert inflected("x", "zz") is None
    for language in ("en", "fr", "it", "es", "pt", "id", "ko", "ja", "zh", "hi"):
        assert set(forms_of(language)) <= FORMS


def test_nothing_to_read_ends_open() -> None:
    assert final_sound("") == final_sound("!?") == (False, False)


def test_a_models_own_particle_becomes_the_slots_form() -> None:
    assert with_particles("{coupon}를 쓰세요. {name}이라는 {price}예요.", "ko") == (
        "{coupon|을를} 쓰세요. {name}이라는 {price|이에요예요}."
    )
    assert with_particles("{name}是", "zh") == "{name}是"
