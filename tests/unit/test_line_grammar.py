"""The grammar of a model line: as a check, a regular expression and GBNF, which agree."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest

from influencer.script.grammar import FORMS, forms_of
from influencer.script.line_grammar import LineGrammar, line_grammar

pytestmark = pytest.mark.unit

LANGUAGES = ("en", "ko", "ja", "zh", "es", "pt", "fr", "it", "hi", "id")
LINES = {
    "en": "Meet {name}, it's {summary}.",
    "ko": "{name|은는} 지금 {price|이에요예요}.",
    "ja": "{name}は、今{price}です。",
    "zh": "{name}，现在{price}！",
    "es": "¿Lo conoces? Es {name}.",
    "pt": "Olha só: {name} por {price}.",
    "fr": "C'est {name}, à {price}.",
    "it": "Ecco {name}, è {summary}.",
    "hi": "यह है {name}, दाम {price}।",
    "id": "Ini {name}, harganya {price}.",
}


def grammar(language: str) -> LineGrammar:
    return line_grammar(language, ("name", "summary", "price", "key_point"), forms_of(language), wholes=("key_point",))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_native_line_with_slots_is_in_the_grammar(language: str) -> None:
    assert grammar(language).violations(LINES[language]) == []
    assert grammar(language).violations("{key_point} {key_point}") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_digit_of_any_script_and_no_currency_sign_is_in_it(language: str) -> None:
    pattern = re.compile(grammar(language).grammar.regex)
    signs = [chr(code) for code in range(sys.maxunicode) if unicodedata.category(chr(code)) in {"Nd", "Nl", "No", "Sc"}]
    assert len(signs) > 1_800
    assert [sign for sign in signs if pattern.fullmatch(f"{{name}} {sign}.")] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_forms_are_known_and_of_that_language_only(language: str) -> None:
    assert set(forms_of(language)) <= FORMS
    assert grammar(language).violations("{name|은는}.") == [] if language == "ko" else True
    if language != "ko":
        assert grammar(language).violations("{name|은는}.")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("It is $24.", '"$" may not be written'),
        ("{magic} is here.", "{magic} is no slot here"),
        ("{name|을를}.", "{name|을를} is no slot here"),
        ("{name is here.", "{name is here. is no slot here"),
        ("Hello there.", "with a slot among them"),
        ("{name}", "whole sentences"),
        ("{name}. {name}. {name}.", "one or two"),
        ("", "whole sentences"),
    ],
)
def test_what_is_wrong_is_said(text: str, says: str) -> None:
    assert any(says in reason for reason in grammar("en").violations(text))


def test_a_line_without_slots_has_no_grammar() -> None:
    with pytest.raises(ValueError, match="slots"):
        line_grammar("en", ())


def test_of_whole_sentences_alone_one_at_least_is_said() -> None:
    grammar = line_grammar("en", ("question", "faq"), forms_of("en"), wholes=("question", "faq"))

    assert grammar.slots == ()
    assert grammar.violations("{question} {faq}") == grammar.violations("Some of you ask. {faq}") == []
    assert grammar.violations("You may use it every day.")
    assert grammar.violations("It works, as {faq} says.")
    assert "slot ::=" not in grammar.grammar.gbnf
