"""What a host says for what an advertiser writes, in each language."""

from __future__ import annotations

import pytest

from models.errors import UnsupportedLanguage
from models.speech.normalize import spell_out
from models.speech.normalize.numbers import Number, parse_number

pytestmark = pytest.mark.unit

CASES: dict[str, list[tuple[str, str]]] = {
    "en-US": [
        ("$29.99", "twenty-nine dollars and ninety-nine cents"),
        ("$1,299.00", "one thousand two hundred ninety-nine dollars"),
        ("$1", "one dollar"),
        ("$0.99", "ninety-nine cents"),
        ("$1.5 million", "one point five million dollars"),
        ("₹1,29,999", "one hundred twenty-nine thousand nine hundred ninety-nine rupees"),
        ("29,000원", "twenty-nine thousand won"),
        ("1.299,00 €", "one thousand two hundred ninety-nine euros"),
        ("R$ 99,90", "ninety-nine reais and ninety centavos"),
        ("15% off", "fifteen percent off"),
        ("code GLOW15.", "code jee ell oh double-you fifteen."),
        ("SPF 50+", "ess pee eff fifty plus"),
        ("SPF50", "ess pee eff fifty"),
        ("50ml and 1.5 L", "fifty milliliters and one point five liters"),
        ("1 fl oz", "one fluid ounce"),
        ("10-15 min", "ten to fifteen minutes"),
        ("4.8/5 stars", "four point eight out of five stars"),
        ("10 x 20 cm", "ten by twenty centimeters"),
        ("until 8 PM", "until eight P M"),
        ("8:05 p.m.", "eight oh five P M"),
        ("at 20:30", "at eight thirty P M"),
        ("2026-11-30", "November thirtieth, twenty twenty-six"),
        ("11/30/2026", "November thirtieth, twenty twenty-six"),
        ("by 11/30", "by November thirtieth"),
        ("Nov 3", "November third"),
        ("our 22nd show", "our twenty-second show"),
        ("x2", "times two"),
        ("007", "zero zero seven"),
        ("Glow & Go 😀™", "Glow and Go"),
    ],
    "es-MX": [
        ("$1,299.00", "mil doscientos noventa y nueve pesos"),
        ("$21", "veintiún pesos"),
        ("$449.50", "cuatrocientos cuarenta y nueve pesos con cincuenta centavos"),
        ("US$20", "veinte dólares"),
        ("£101", "ciento una libras"),
        ("$2 millones", "dos millones de pesos"),
        ("2,500 piezas", "dos mil quinientas piezas"),
        ("31 minutos", "treinta y un minutos"),
        ("1 hora", "una hora"),
        ("15%", "quince por ciento"),
        ("50 ml", "cincuenta mililitros"),
        ("GLOW15", "ge ele o doble-u quince"),
        ("el 30/11", "el treinta de noviembre"),
        ("30/11/2026", "treinta de noviembre de dos mil veintiséis"),
        ("20:30", "ocho y media de la noche"),
        ("1er lugar", "primer lugar"),
    ],
    "fr-FR": [
        ("29,90 €", "vingt-neuf euros quatre-vingt-dix"),
        ("1 299,00 €", "mille deux cent quatre-vingt-dix-neuf euros"),
        ("1\u202f299 €", "mille deux cent quatre-vingt-dix-neuf euros"),
        ("1 000 000 €", "un million d'euros"),
        ("71, 80, 81, 91", "soixante et onze, quatre-vingts, quatre-vingt-un, quatre-vingt-onze"),
        ("21 %", "vingt et un pour cent"),
        ("20h30", "vingt heures trente"),
        ("200 €", "deux cents euros"),
        ("200 000 €", "deux cent mille euros"),
        ("1,5 L", "un virgule cinq litre"),
        ("la 1re et le 2e", "la première et le deuxième"),
        ("le 9e", "le neuvième"),
        ("le 4e", "le quatrième"),
        ("1 heure", "une heure"),
    ],
    "it-IT": [
        ("29,90 €", "ventinove euro e novanta centesimi"),
        ("1.299,00 €", "milleduecentonovantanove euro"),
        ("2.000.000 €", "due milioni di euro"),
        ("23, 28 e 101", "ventitré, ventotto e centouno"),
        ("108 €", "centotto euro"),
        ("1 kg", "un chilo"),
        ("1 ora", "un'ora"),
        ("15%", "quindici per cento"),
        ("alle 20:30", "alle venti e trenta"),
        ("il 3° posto", "il terzo posto"),
    ],
    "pt-BR": [
        ("R$ 99,90", "noventa e nove reais e noventa centavos"),
        ("R$ 1.299,00", "mil duzentos e noventa e nove reais"),
        ("R$ 1.100", "mil e cem reais"),
        ("R$ 1,00", "um real"),
        ("R$ 2 milhões", "dois milhões de reais"),
        ("12x de R$ 10,00", "doze vezes de dez reais"),
        ("21 peças", "vinte e uma peças"),
        ("20h30", "vinte horas e trinta"),
        ("15%", "quinze por cento"),
        ("1º lugar", "primeiro lugar"),
    ],
    "id-ID": [
        ("Rp149.000", "seratus empat puluh sembilan ribu rupiah"),
        ("Rp 1.250.500", "satu juta dua ratus lima puluh ribu lima ratus rupiah"),
        ("Rp 1,5 juta", "satu koma lima juta rupiah"),
        ("11 buah", "sebelas buah"),
        ("149rb", "seratus empat puluh sembilan ribu"),
        ("pukul 20.30", "pukul dua puluh lewat tiga puluh"),
        ("ke-3", "ketiga"),
        ("50 gr", "lima puluh gram"),
    ],
    "hi-IN": [
        ("₹1,29,999", "एक लाख उनतीस हज़ार नौ सौ निन्यानवे रुपये"),
        ("₹999", "नौ सौ निन्यानवे रुपये"),
        ("₹499.50", "चार सौ निन्यानवे रुपये पचास पैसे"),
        ("₹1.5 लाख", "एक दशमलव पाँच लाख रुपये"),
        ("१५%", "पंद्रह प्रतिशत"),
        ("रात 8:30 बजे", "रात साढ़े आठ बजे"),
        ("50 ml", "पचास मिलीलीटर"),
        ("12500000", "एक करोड़ पच्चीस लाख"),
        ("GLOW15", "जी एल ओ डब्ल्यू पंद्रह"),
    ],
    "ja-JP": [
        ("￥2,980", "二千九百八十円"),
        ("12,800円", "一万二千八百円"),
        ("15%オフ", "十五パーセントオフ"),
        ("50ml", "五十ミリリットル"),
        ("3本", "三本"),
        ("4.8点", "四点八点"),
        ("20:30", "二十時三十分"),
        ("2026-11-30", "二千二十六年十一月三十日"),
        ("10～15分", "十から十五分"),
        ("５０％", "五十パーセント"),
        ("GLOW15", "ジー、エル、オー、ダブリュー、十五"),
        ("1.5万円", "一点五万円"),
    ],
    "ko-KR": [
        ("29,000원입니다", "이만 구천 원입니다"),
        ("₩1,250,000", "백이십오만 원"),
        ("2만 9천원", "이만 구천원"),
        ("100만 원", "백만 원"),
        ("3개와 12병", "세 개와 열두 병"),
        ("20명", "스무 명"),
        ("3개월", "삼개월"),
        ("2시간 10분", "두 시간 십분"),
        ("저녁 8시 30분까지", "저녁 여덟 시 삼십 분까지"),
        ("1+1", "원 플러스 원"),
        ("15% 할인", "십오 퍼센트 할인"),
        ("4.8점", "사쩜팔점"),
        ("11/30까지", "십일월 삼십일까지"),
        ("6월 10일", "유월 십일"),
        ("10월 5일", "시월 오일"),
        ("2026-11-30", "이천이십육년 십일월 삼십일"),
        ("SPF 50+", "에스 피 에프 오십 플러스"),
        ("GLOW15", "지 엘 오 더블유 십오"),
    ],
    "zh-CN": [
        ("￥2,980", "两千九百八十元"),
        ("¥99.90", "九十九点九元"),
        ("3,299元", "三千两百九十九元"),
        ("8.5折", "八五折"),
        ("2瓶12个22个", "两瓶十二个二十二个"),
        ("15%", "百分之十五"),
        ("10005", "一万零五"),
        ("110", "一百一十"),
        ("200", "两百"),
        ("2026年11月2日", "二零二六年十一月二日"),
        ("20:30", "二十点半"),
        ("1.29万元", "一点二九万元"),
        ("GLOW15", "G L O W 十五"),
    ],
}


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [(language, *case) for language, cases in CASES.items() for case in cases],
)
def test_spells_out_what_is_written(language: str, written: str, said: str) -> None:
    assert spell_out(written, language) == said


@pytest.mark.parametrize("language", sorted(CASES))
def test_no_digit_or_sign_is_left(language: str) -> None:
    text = "$29.99 ₹1,29,999 Rp 149.000 R$ 99,90 ￥2,980 29,000원 1.299,00 € £1.50 GLOW15 15% 30 ml x2 20:30 4.8/5"
    said = spell_out(text, language)
    assert not any(char.isdigit() and char.isascii() for char in said)
    assert not set("$€£¥₹₩%") & set(said)


def test_words_without_numbers_are_left_alone() -> None:
    assert spell_out("Hello, it's soft!", "en-US") == "Hello, it's soft!"


def test_an_unknown_language_names_the_known_ones() -> None:
    with pytest.raises(UnsupportedLanguage, match="xx.*en.*zh"):
        spell_out("1", "xx")


@pytest.mark.parametrize(
    ("written", "mark", "money", "number"),
    [
        ("1.299", ".", True, Number(1299)),
        ("1.299", ".", False, Number(1, "299")),
        ("1.299", ",", False, Number(1299)),
        ("0.500", ",", False, Number(0, "500")),
        ("1,29,999.50", ".", True, Number(129_999, "50")),
        ("1.250.500", ",", True, Number(1_250_500)),
        ("12,5", ".", False, Number(12, "5")),
    ],
)
def test_reads_every_number_style(written: str, mark: str, money: bool, number: Number) -> None:
    assert parse_number(written, mark, money=money) == number
