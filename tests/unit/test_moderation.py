"""What viewers write: bad words in disguise, personal data, links and waves; and what must not be hit."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencer.assistant.values import LANGUAGES
from influencer.moderation.gate import Gate
from influencer.moderation.moderator import Moderator
from influencer.moderation.personal import is_barcode, is_card, is_cpf
from influencer.moderation.wordlist import load_words
from streaming.chat_policy import ChatMessage

pytestmark = pytest.mark.unit

S = 10**9


@pytest.mark.parametrize(
    ("language", "text", "action"),
    [
        ("en", "what the fuck", "mask"),
        ("en", "f u c k this", "mask"),
        ("en", "fuuuuck", "mask"),
        ("en", "sh1t!", "mask"),
        ("en", "fu\u200bck", "mask"),
        ("en", "fuсk", "mask"),
        ("en", "send nudes", "hold"),
        ("en", "you faggot", "drop"),
        ("ko", "시1발 뭐야", "mask"),
        ("ko", "ㅅㅂ", "mask"),
        ("ko", "시 발", "mask"),
        ("ja", "死ね", "mask"),
        ("zh", "你他妈的", "mask"),
        ("es", "qué mierda", "mask"),
        ("pt", "que merda", "mask"),
        ("fr", "oh m3rde", "mask"),
        ("it", "che cazzo", "mask"),
        ("hi", "तू चूतिया है", "mask"),
        ("id", "dasar bangsat", "mask"),
        ("en", "buy at cheap-serum.shop now", "hold"),
        ("en", "see https://x.example", "hold"),
        ("en", "f*ck", "mask"),
        ("en", "f**k you", "mask"),
        ("en", "sh.it", "mask"),
        ("en", "I f u c k", "mask"),
        ("en", "ꜰᴜᴄᴋ", "mask"),
        ("en", "🇫🇺🇨🇰", "mask"),
        ("en", "fuccckkk", "mask"),
        ("en", "a$$ho1e", "mask"),
        ("en", "get cheap-serum dot com", "hold"),
        ("en", "follow my channel", "hold"),
        ("hi", "चू ति या", "mask"),
        ("it", "figlio di puttana", "mask"),
        ("ja", "セ ッ ク ス", "hold"),
        ("ja", "しね", "mask"),
    ],
)
def test_bad_messages_are_found(language: str, text: str, action: str) -> None:
    assert Moderator(language).read(text).action == action


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "I live in Scunthorpe"),
        ("en", "shiitake mushrooms, a class of assets"),
        ("en", "I bought 2 for $1,299.00 in 2026!!!"),
        ("en", "order 48213377"),
        ("en", "my order 4821337790"),
        ("en", "order K7QM-2VXA-9TCE"),
        ("en", "barcode 4006381333931"),
        ("en", "4006381333931"),
        ("en", "5 * 6 * 7 is 210, *really*"),
        ("en", "look at the dot, it is small"),
        ("en", "enter RIPPLE at checkout. It's just a code."),
        ("ja", "おいしいしね"),
        ("hi", "ऑर्डर 9876543210"),
        ("ko", "가격이 29,900원 맞아요?"),
        ("ko", "시발점이 어디예요?"),
        ("ko", "다시 발송해주세요"),
        ("ko", "다시 발라도 되나요"),
        ("ja", "これはいくらですか"),
        ("zh", "这个体操服多少钱"),
        ("es", "la computadora tiene buena reputación"),
        ("pt", "meu computador custa R$ 1.299,00"),
        ("fr", "con, c'est abordable ?"),
        ("it", "il prezzo è 1.299,00 €?"),
        ("hi", "चम्मच की कीमत ₹1,299 है?"),
        ("id", "harganya Rp 1.299.000 ya?"),
    ],
)
def test_innocent_messages_are_shown_as_they_are(language: str, text: str) -> None:
    verdict = Moderator(language).read(text)
    assert (verdict.action, verdict.text) == ("show", text)


@pytest.mark.parametrize(
    "secret",
    [
        "a.b@mail.com", "010-1234-5678", "+44 7700 900123", "(212) 555-0187", "090-1234-5678", "13812345678",
        "0912-345-678", "98765 43210", "(11) 91234-5678", "55 1234 5678", "06 12 34 56 78", "347 123 4567",
        "612 345 678", "+62 812 3456 7890", "4111 1111 1111 1111", "４１１１１１１１１１１１１１１１", "900101-1234567",
        "529.982.247-25", "52998224725",
    ],
)  # fmt: skip
def test_personal_data_is_masked(secret: str) -> None:
    verdict = Moderator("en").read(f"mine is {secret} ok")
    assert (verdict.action, verdict.text) == ("mask", "mine is ••• ok")


@pytest.mark.parametrize(
    ("language", "secret"),
    [
        ("en", "mina at gmail dot com"),
        ("en", "jane_doe[at]yahoo[dot]com"),
        ("es", "ana arroba hotmail punto com"),
        ("hi", "rahul एट gmail डॉट com"),
        ("ko", "mina 골뱅이 naver 닷 com"),
        ("hi", "9876543210"),
        ("it", "3471234567"),
        ("zh", "11010519491231002X"),
    ],
)
def test_personal_data_is_masked_as_each_language_writes_it(language: str, secret: str) -> None:
    assert Moderator(language).read(f"ok {secret} ok").text == "ok ••• ok"


def test_ten_digits_are_a_phone_number_when_a_word_says_so() -> None:
    room = Moderator("en")
    assert room.read("call me 2125550187").text == "call me •••"
    assert room.read("2125550187").action == "show"


def test_what_a_person_reads_of_a_held_message_keeps_its_words_but_no_personal_data() -> None:
    verdict = Moderator("en").read("send nudes to 010-1234-5678")
    assert (verdict.action, verdict.text, verdict.review) == ("hold", "send ••• to •••", "send nudes to •••")


def test_the_moderator_follows_the_language() -> None:
    room = Moderator("en")
    assert room.read("qué mierda").action == "show"
    room.speak("es")
    assert room.read("qué mierda").action == "mask"


def test_check_digits() -> None:
    assert is_barcode("4006381333931") and not is_barcode("4006381333932")
    assert is_card("4111111111111111") and not is_card("4111111111111112")
    assert is_cpf("52998224725") and not is_cpf("52998224726")


def test_a_wave_is_dropped_and_forgotten_and_short_questions_are_not_one() -> None:
    room = Moderator("en")
    text = "look at me, I have got free prizes"
    wave = [room.judge(f"user{i}", f"{text} {i}", i * S).action for i in range(7)]
    assert wave == ["show"] * 5 + ["drop"] * 2
    assert room.judge("late", text, 100 * S).action == "show"
    assert all(room.judge(f"u{i}", "how much is it?", 101 * S).action == "show" for i in range(20))


def test_a_question_that_many_ask_at_once_is_not_a_wave_but_advertising_in_it_is() -> None:
    gate = Gate("en")
    asked = "can i use this on very sensitive skin?"
    assert all(gate.judge(ChatMessage("mina", asked), f"viewer {i}", i).shown for i in range(40))
    assert all(
        gate.judge(ChatMessage("guest", "does it work for people with glasses?"), None, i).shown for i in range(5)
    )
    told = [
        gate.judge(ChatMessage("guest", "look over here, I have got free prizes"), f"viewer {i}", i).shown
        for i in range(10)
    ]
    assert told[0] and not told[-1]
    assert gate.counts["drop"] == 5


def test_one_sender_repeating_is_dropped() -> None:
    room = Moderator("en")
    said = [room.judge("mina", "please read my message, host", i * S).action for i in range(3)]
    assert said == ["show", "show", "drop"]


def test_senders_are_told_apart_by_what_they_are_and_not_by_the_name_they_give() -> None:
    gate = Gate("en")
    text = "please read my message, host"
    one = [gate.judge(ChatMessage(name, text), "cookie", S).shown for name in ("mina", "theo", "sora")]
    assert one == [True, True, False]
    assert gate.judge(ChatMessage("mina", text), "other cookie", S).shown


def test_the_gate_follows_the_market() -> None:
    gate = Gate("en")
    assert gate.judge(ChatMessage("mina", "ㅅㅂ"), "a", 0).message.text == "ㅅㅂ"
    gate.speak("ko")
    assert gate.judge(ChatMessage("mina", "ㅅㅂ"), "a", 0).message.text == "•••"


def test_the_gate_masks_text_and_name_and_counts() -> None:
    gate = Gate("en")
    judged = gate.judge(ChatMessage("shit", "call 010-1234-5678", 3), "a", 0)
    assert (judged.shown, judged.message) == (True, ChatMessage("guest", "call •••", 3))
    assert not gate.judge(ChatMessage("mina", "send nudes"), "a", 0).shown
    assert gate.counts == {"mask": 1, "hold": 1}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_words_of_each_kind(language: str) -> None:
    words = load_words(language)
    assert set(words.words.values()) | set(words.phrases.values()) == {"profanity", "sexual", "hate", "promotion"}
    assert words.at and words.dot and words.orders and words.phones


@given(st.text(max_size=80), st.sampled_from(LANGUAGES), st.text(max_size=20))
def test_nothing_raises_and_masked_text_holds_no_address_or_card(text: str, language: str, end: str) -> None:
    shown = Moderator(language).judge("x", f"{text} a.b@mail.com {end} 4111 1111 1111 1111 ", 0).text
    assert not re.search(r"[\w.]+@mail\.com", shown)
    assert "4111 1111 1111 1111" not in shown
