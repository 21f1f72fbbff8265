"""Pronunciation rules that need no helper process."""

from __future__ import annotations

import pytest

from models.errors import UnsupportedLanguage
from models.speech.espeak import EspeakProcess
from models.speech.g2p import phonemizer_for, supported_languages
from models.speech.g2p.chinese import ChinesePhonemizer
from models.speech.g2p.hangul import pronounce
from models.speech.g2p.japanese import JapanesePhonemizer
from models.speech.g2p.kana import symbols
from models.speech.g2p.korean import KoreanPhonemizer
from models.speech.g2p.punctuation import around_marks
from models.speech.vocabulary import TOKEN_IDS, token_ids

pytestmark = pytest.mark.unit

_ONSETS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_CODAS = ["", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"]


def respelled(text: str) -> str:
    said = ""
    for one in pronounce(text):
        code = (_ONSETS.index(one.onset) * 21 + _VOWELS.index(one.vowel)) * 28 + _CODAS.index(one.coda)
        said += (" " if one.begins_word and said else "") + chr(0xAC00 + code)
    return said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("좋은", "조은"), ("독립", "동닙"), ("합니다", "함니다"), ("있습니다", "읻씀니다"), ("신라", "실라"), ("칼날",
        "칼랄"),
        ("같이", "가치"), ("굳이", "구지"), ("닫히다", "다치다"), ("좋다", "조타"), ("많아요", "마나요"), ("싫어",
        "시러"),
        ("없어요", "업써요"), ("앉아", "안자"), ("밟는", "밤는"), ("국물", "궁물"), ("축하", "추카"), ("않고",
        "안코"),
        ("못하다", "모타다"), ("닭", "닥"), ("밖에", "바께"), ("학교", "학꾜"), ("음료", "음뇨"), ("협력", "혐녁"),
        ("십육", "심뉵"),
        ("끓는", "끌른"), ("쓸 수 있어요", "쓸 쑤 이써요"), ("드릴게요", "드릴께요"), ("여덟 시", "여덜 시"), ("의사",
        "의사"),
        ("좋네요", "존네요"), ("읽고", "일꼬"), ("강아지", "강아지"),
    ],
)  # fmt: skip
def test_hangul_is_said_by_the_standard_rules(written: str, said: str) -> None:
    assert respelled(written) == said


@pytest.mark.parametrize(
    ("katakana", "said"),
    [
        ("コンニチワ", "koɲɲiʨiβa"), ("キョウ", "kʲoɯ"), ("サンボン", "samboɴ"), ("ガッコー", "ɡaʔkoː"),
        ("ティッシュ", "tʲiʔɕɨ"),
        ("ファン", "ɸaɴ"), ("クリーム", "kɯɾʲiːmɯ"), ("サンカイ", "saŋkai"),
    ],
)  # fmt: skip
def test_kana_becomes_kokoro_symbols(katakana: str, said: str) -> None:
    assert symbols(katakana) == said


def test_japanese_reads_kanji_particles_and_counters() -> None:
    assert JapanesePhonemizer(EspeakProcess())("三本は、一万円です。") == "saɴ boɴ βa, iʨi maɴ eɴ desɨ."


def test_chinese_reads_tones_and_polyphones() -> None:
    assert ChinesePhonemizer(EspeakProcess())("银行，行吗？") == "i↗nxa↗ŋ, ɕi↗ŋ ma?"


def test_letters_in_asian_text_need_no_helper_process() -> None:
    assert KoreanPhonemizer(EspeakProcess(command=("/nonexistent",)))("G") == "ʤˈi"


def test_punctuation_stays_where_it_was() -> None:
    assert around_marks("「はい」、（いいえ）。", str.upper) == "“はい”, (いいえ)."
    assert around_marks("¡Hola! ¿Qué?", str.lower) == "hola! qué?"


def test_every_symbol_has_its_own_token() -> None:
    assert len(TOKEN_IDS) == 114
    assert len(set(TOKEN_IDS.values())) == 114
    assert token_ids("a b") == [0, 43, 16, 44, 0]


def test_ten_languages_can_be_spoken() -> None:
    assert supported_languages() == ("en", "es", "fr", "hi", "id", "it", "ja", "ko", "pt", "zh")
    with pytest.raises(UnsupportedLanguage, match="languages: en, es"):
        phonemizer_for("tlh", EspeakProcess())
