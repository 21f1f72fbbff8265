"""Lines that nobody wrote beforehand: only the brief's words and everyday words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from influencer.errors import ClaimRejected
from influencer.script.guard.vocabulary import load_everyday
from influencer.script.values import Line
from tests.unit.script_helpers import guard, line

pytestmark = pytest.mark.unit

LANGUAGES = ("en", "ko", "ja", "zh", "es", "pt", "fr", "it", "hi", "id")
UNKNOWN = [
    ("en-US", "Astronauts take it along on every mission.", "astronauts"),
    ("en-US", "It leaves your cheeks bouncy.", "bouncy"),
    ("ko-KR", "우주 비행사도 챙겨 가는 세럼이에요.", "우주"),
    ("ja-JP", "宇宙飛行士も使っています。", "宇宙飛行士"),
    ("ja-JP", "モデルのような肌に。", "モデル"),
    ("zh-CN", "宇航员也在用它。", "宇航员"),
    ("es-MX", "Los astronautas la llevan al espacio.", "astronautas"),
    ("pt-BR", "Os astronautas levam sempre.", "astronautas"),
    ("fr-FR", "Les astronautes en raffolent.", "astronautes"),
    ("it-IT", "Gli astronauti lo usano sempre.", "astronauti"),
    ("hi-IN", "अंतरिक्ष यात्री भी इसे लगाते हैं।", "अंतरिक्ष"),
    ("id-ID", "Astronaut juga memakainya setiap hari.", "astronaut"),
]
HOSTS_TALK = [
    ("en-US", "Let me show you {name}, and tell me in the chat what you would like to know."),
    ("ko-KR", "지금 {name|을를} 보여 드릴게요. 궁금한 점은 채팅으로 물어보세요."),
    ("ja-JP", "{name}をご紹介します。気になることはコメントで聞いてくださいね。"),
    ("zh-CN", "今天给大家介绍{name}，想知道什么，直接在评论里告诉我。"),
    ("es-MX", "Hoy te muestro {name}. ¿Qué quieres saber?"),
    ("pt-BR", "Olha só {name}. O que você quer saber?"),
    ("fr-FR", "Je vous montre {name}. Que voulez-vous savoir ?"),
    ("it-IT", "Oggi vi mostro {name}. Che cosa volete sapere?"),
    ("hi-IN", "आइए {name} को देखते हैं। आप क्या जानना चाहते हैं?"),
    ("id-ID", "Yuk lihat {name}. Apa yang ingin kamu tahu?"),
]


@pytest.mark.parametrize(("market", "text", "word"), UNKNOWN)
def test_a_word_that_nobody_knows_refuses_the_line(market: str, text: str, word: str) -> None:
    with pytest.raises(ClaimRejected) as refusal:
        guard(market).approve(line(text, market))

    assert any(word in reason and "everyday word" in reason for reason in refusal.value.reasons)


@pytest.mark.parametrize(("market", "text"), HOSTS_TALK)
def test_a_host_may_talk(market: str, text: str) -> None:
    assert guard(market).explain(line(text, market)).reasons == ()


@pytest.mark.parametrize("source", ["template", "answer"])
def test_what_people_wrote_and_checked_beforehand_is_not_held_to_it(source: str) -> None:
    said: Line = replace(line("Astronauts take it along.", "en-US"), source=source)  # type: ignore[arg-type]

    assert guard("en-US").explain(said).approved


def test_a_word_of_the_brief_is_known_in_its_other_forms() -> None:
    assert guard("en-US").explain(line("The bottles of {name} are recycled glass.", "en-US")).reasons == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_knows_words_of_its_templates(language: str) -> None:
    assert len(load_everyday(language).pieces) > 300


def test_a_describing_word_of_the_templates_is_no_everyday_word() -> None:
    assert "hot" not in load_everyday("en").pieces
    assert not guard("en-US", "stone-mug").explain(line("Hot, hot, hot.", "en-US", "stone-mug")).approved
