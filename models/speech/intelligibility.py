"""Can it be understood? Speaks live-commerce sentences, has Whisper write them down, and counts the errors.

`python -m models.speech.intelligibility [language …]` prints the table of docs/speech.md. Both sides are spelled out
before they are compared, so "29.99" and "twenty-nine dollars and ninety-nine cents" are the same. Languages written
without spaces, and those whose spacing is loose, are counted in characters; Japanese by its reading, because Whisper
is free to write a word in kanji or kana; Hindi by its consonants, because Whisper-base writes it in Urdu's letters.
Whisper-base makes errors of its own: the rate is an upper bound.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from models.base import SpeechModel
from models.speech.normalize import spell_out
from streaming.media import SAMPLE_RATE, Pcm

_WHISPER_RATE = 16_000
_PROMPTS = {"zh": "以下是普通话的句子，用简体中文。"}
"""Whisper would else choose traditional characters."""
_CONSONANTS = {
    letter: sound
    for sound, letters in {
        "k": "कखخکق", "g": "गघगغگ", "c": "चछچ", "j": "जझجذزضظ", "t": "टठतथتٹط", "d": "डढदधدڈ", "n": "नणंँङञنں",
        "p": "पफپف",
        "b": "बभب", "m": "मم", "r": "रڑر", "l": "लل", "s": "शषसثسصش",
    }.items()
    for letter in letters
}  # fmt: skip
"""Hindi and Urdu are one spoken language; Whisper-base writes it in Urdu's letters, which leave vowels out."""
_BY_CHARACTER = frozenset(("ja", "ko", "zh", "hi"))

VOICES: dict[str, tuple[str, str]] = {
    "en-US": ("af_heart", "am_michael"),
    "es-MX": ("ef_dora", "em_alex"),
    "fr-FR": ("ff_siwis", "em_alex"),
    "hi-IN": ("hf_beta", "hm_omega"),
    "id-ID": ("pf_dora", "em_alex"),
    "it-IT": ("if_sara", "im_nicola"),
    "ja-JP": ("jf_alpha", "jm_kumo"),
    "ko-KR": ("jf_alpha", "jm_kumo"),
    "pt-BR": ("pf_dora", "pm_alex"),
    "zh-CN": ("zf_xiaoxiao", "zm_yunxi"),
}
"""(female, male) voice of each market."""
SPEEDS = {"id-ID": 0.9}
"""Where a voice is clearer when it takes its time: Kokoro has no Indonesian voice."""

SENTENCES: dict[str, tuple[str, ...]] = {
    "en-US": (
        "Welcome back, everyone! Today we are looking at a moisturizer that keeps your skin soft all day long.",
        "The regular price is $39.99, but right now you can get it for only $29.99.",
        "Each bottle holds 50 ml and lasts about 3 months. Ask me anything in the chat!",
    ),
    "es-MX": (
        "¡Hola a todos! Hoy les presento una crema hidratante que deja la piel suave todo el día.",
        "El precio normal es de $599.00, pero hoy se la llevan por solo $449.00.",
        "Cada frasco trae 50 ml y dura unos 3 meses. ¡Pregunten lo que quieran en el chat!",
    ),
    "fr-FR": (
        "Bonjour à tous ! Aujourd'hui, je vous présente une crème hydratante qui garde la peau douce toute la journée.",
        "Le prix normal est de 39,90 €, mais ce soir vous pouvez l'avoir pour seulement 29,90 €.",
        "Chaque flacon contient 50 ml et dure environ 3 mois. Posez-moi vos questions dans le chat !",
    ),
    "hi-IN": (
        "नमस्ते दोस्तों! आज हम एक ऐसी क्रीम देखेंगे जो आपकी त्वचा को पूरे दिन मुलायम रखती है।",
        "इसकी कीमत ₹1,299 है, लेकिन आज आपको यह सिर्फ़ ₹999 में मिलेगी।",
        "हर बोतल में 50 ml है और यह 3 महीने चलती है। चैट में अपना सवाल पूछिए!",
    ),
    "id-ID": (
        "Selamat datang semuanya! Hari ini kita akan melihat pelembap yang menjaga kulit tetap lembut sepanjang hari.",
        "Harga normalnya Rp199.000, tapi hari ini kamu bisa membelinya hanya Rp149.000.",
        "Setiap botol berisi 50 ml dan cukup untuk 3 bulan. Silakan tanya apa saja di kolom komentar!",
    ),
    "it-IT": (
        "Ciao a tutti! Oggi vi presento una crema idratante che mantiene la pelle morbida tutto il giorno.",
        "Il prezzo normale è di 39,90 €, ma stasera la potete avere a soli 29,90 €.",
        "Ogni flacone contiene 50 ml e dura circa 3 mesi. Fatemi tutte le domande che volete nella chat!",
    ),
    "ja-JP": (
        "皆さん、こんにちは！今日は、一日中お肌をしっとり保つ保湿クリームをご紹介します。",
        "通常価格は￥3,980ですが、今なら￥2,980でお求めいただけます。",
        "一本50mlで、約3か月使えます。質問があれば、コメントで聞いてください。",
    ),
    "ko-KR": (
        "여러분, 안녕하세요! 오늘은 하루 종일 피부를 촉촉하게 지켜 주는 보습 크림을 소개해 드릴게요.",
        "정상 가격은 39,000원인데, 지금은 29,000원에 만나 보실 수 있습니다.",
        "한 병에 50ml이고, 약 3개월 동안 쓸 수 있어요. 궁금한 점은 채팅으로 물어봐 주세요!",
    ),
    "pt-BR": (
        "Olá, pessoal! Hoje eu vou mostrar um creme hidratante que deixa a pele macia o dia inteiro.",
        "O preço normal é R$ 129,90, mas agora você leva por apenas R$ 99,90.",
        "Cada frasco tem 50 ml e dura cerca de 3 meses. Podem perguntar o que quiserem no chat!",
    ),
    "zh-CN": (
        "大家好！今天给大家介绍一款保湿面霜，让你的皮肤一整天都柔软光滑。",
        "平时的价格是199元，现在下单只要149元。",
        "一瓶50ml，可以用3个月左右。有什么问题，请在评论里问我。",
    ),
}
"""Three sentences a host would say in each market, one with two prices, one with measures."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was said, what was heard, and the share of words or characters that differ."""

    language: str
    voice: str
    said: str
    heard: str
    errors: int
    length: int


class Recogniser:
    """Whisper-base (Radford et al., arXiv:2212.04356) through faster-whisper, int8 on the CPU.

    Args:
        weights: the directory of the artifact "whisper-base".
    """

    def __init__(self, weights: Path, threads: int = 2) -> None:
        from faster_whisper import WhisperModel

        self._model: Any = WhisperModel(str(weights), device="cpu", compute_type="int8", cpu_threads=threads)

    def transcribe(self, pcm: Pcm, language: str) -> str:
        """The text heard in 48 kHz PCM."""
        wave = soxr.resample(pcm.astype(np.float32) / 32768, SAMPLE_RATE, _WHISPER_RATE)
        prompt = _PROMPTS.get(language.split("-")[0])
        segments, _ = self._model.transcribe(
            wave, language=language.split("-")[0], beam_size=5, temperature=0.0, initial_prompt=prompt,
            condition_on_previous_text=False,
        )  # fmt: skip
        return "".join(segment.text for segment in segments).strip()


def units(text: str, language: str) -> list[str]:
    """What errors are counted in: spelled-out words, or characters, without case and punctuation."""
    primary = language.split("-")[0]
    spelled = unicodedata.normalize("NFC", spell_out(text, language)).lower()
    if primary == "hi":
        spelled = spelled.replace("ड\u093c", "र").replace("ढ\u093c", "र")
        return [_CONSONANTS[char] for char in spelled if char in _CONSONANTS]
    if primary == "ja":
        spelled = _reading(spelled)
    kept = re.sub(r"\W+", " ", spelled.replace("'", " "))
    return list(kept.replace(" ", "")) if primary in _BY_CHARACTER else kept.split()


def _reading(text: str) -> str:
    import pyopenjtalk

    nodes = pyopenjtalk.run_frontend(text, use_sudachi_kanji_yomi=False)
    return "".join(node["pron"].replace("’", "") for node in nodes if node["pos"] != "記号")


def edits(said: Sequence[str], heard: Sequence[str]) -> int:
    """Levenshtein distance: the fewest substitutions, insertions and deletions."""
    row = list(range(len(heard) + 1))
    for i, left in enumerate(said, 1):
        previous, row[0] = row[0], i
        for j, right in enumerate(heard, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (left != right))
    return row[-1]


def measure(
    model: SpeechModel, recogniser: Recogniser, language: str, voice: str, sentences: Iterable[str]
) -> Iterator[Result]:
    """Speak each sentence and count what Whisper mishears."""
    for text in sentences:
        spoken = list(model.speak(text, language=language, voice=voice, speed=SPEEDS.get(language, 1.0)))
        heard = recogniser.transcribe(np.concatenate([speech.pcm for speech in spoken]), language)
        said_units, heard_units = units(text, language), units(heard, language)
        yield Result(language, voice, text, heard, edits(said_units, heard_units), len(said_units))


def rate(results: Iterable[Result]) -> float:
    """Errors over everything that was said."""
    results = list(results)
    return sum(result.errors for result in results) / max(1, sum(result.length for result in results))


def row(results: Sequence[Result]) -> str:
    """One line of the Markdown table."""
    first = results[0]
    kind = "CER" if first.language.split("-")[0] in _BY_CHARACTER else "WER"
    return f"| {first.language} | {first.voice} | {kind} | {rate(results):.1%} |"


def main(languages: Sequence[str]) -> int:
    """Print the table for the languages named, all when none is."""
    from models.speech.kokoro import KokoroModel
    from models.weights import WeightStore

    store = WeightStore()
    model, recogniser = KokoroModel(store.path), Recogniser(store.path("whisper-base"))
    sys.stdout.write("| market | voice | measure | errors |\n| --- | --- | --- | --- |\n")
    for language in languages or sorted(SENTENCES):
        for voice in VOICES[language]:
            results = list(measure(model, recogniser, language, voice, SENTENCES[language]))
            sys.stdout.write(f"{row(results)}\n")
            sys.stdout.flush()
    model.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
