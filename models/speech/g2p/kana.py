"""Katakana to the symbols Kokoro v1.0 was trained with (misaki 0.7, hexgrad/misaki, Apache-2.0, `ja.py`)."""

from __future__ import annotations

_ROWS = (
    ("アイウエオ", "a i ɯ e o"),
    ("カキクケコ", "ka kʲi kɯ ke ko"),
    ("ガギグゲゴ", "ɡa ɡʲi ɡɯ ɡe ɡo"),
    ("サシスセソ", "sa ɕi sɨ se so"),
    ("ザジズゼゾ", "ʣa ʥi zɨ ʣe ʣo"),
    ("タチツテト", "ta ʨi ʦɨ te to"),
    ("ダヂヅデド", "da ʥi zɨ de do"),
    ("ナニヌネノ", "na ɲi nɯ ne no"),
    ("ハヒフヘホ", "ha çi ɸɯ he ho"),
    ("バビブベボ", "ba bʲi bɯ be bo"),
    ("パピプペポ", "pa pʲi pɯ pe po"),
    ("マミムメモ", "ma mʲi mɯ me mo"),
    ("ラリルレロ", "ɾa ɾʲi ɾɯ ɾe ɾo"),
    ("ヤユヨワヲ", "ja jɯ jo βa o"),
    ("ヴヵヶヰヱ", "vɯ ka ke i e"),
)
_PALATAL = {
    "キ": "kʲ", "ギ": "ɡʲ", "シ": "ɕ", "ジ": "ʥ", "チ": "ʨ", "ヂ": "ʥ", "ニ": "ɲ", "ヒ": "ç", "ビ": "bʲ", "ピ": "pʲ",
    "ミ": "mʲ", "リ": "ɾʲ", "テ": "tʲ", "デ": "dʲ", "フ": "ɸʲ", "ヴ": "bʲ",
}  # fmt: skip
_OTHERS = {
    "イェ": "je", "ウィ": "βi", "ウェ": "βe", "ウォ": "βo", "クァ": "kᵝa", "クィ": "kᵝi", "クェ": "kᵝe",
    "クォ": "kᵝo",
    "グァ": "ɡᵝa", "ツァ": "ʦa", "ツィ": "ʦʲi", "ツェ": "ʦe", "ツォ": "ʦo", "ティ": "tʲi", "ディ": "dʲi",
    "トゥ": "tɯ",
    "ドゥ": "dɯ", "ファ": "ɸa", "フィ": "ɸʲi", "フェ": "ɸe", "フォ": "ɸo", "ヴァ": "va", "ヴィ": "vʲi", "ヴェ": "ve",
    "ヴォ": "vo", "シェ": "ɕe", "ジェ": "ʥe", "チェ": "ʨe", "ニェ": "ɲe", "ヒェ": "çe", "スィ": "si", "ズィ": "zi",
}  # fmt: skip

_ALONE = {"ァ": "a", "ィ": "i", "ゥ": "ɯ", "ェ": "e", "ォ": "o", "ャ": "ja", "ュ": "jɯ", "ョ": "jo", "ヮ": "βa"}

MORAE: dict[str, str] = (
    {kana: ipa for row, sounds in _ROWS for kana, ipa in zip(row, sounds.split(), strict=True)}
    | {
        first + small: onset + vowel
        for first, onset in _PALATAL.items()
        for small, vowel in zip("ャュョ", "aɨo", strict=True)
    }
    | _OTHERS
    | _ALONE
)
"""One or two katakana -> symbols."""


def _nasal(following: str) -> str:
    """ン takes the place of what follows."""
    for starts, nasal in (
        (("m", "p", "b"), "m"),
        (("k", "ɡ"), "ŋ"),
        (("ɲ", "ʨ", "ʥ"), "ɲ"),
        (("n", "t", "d", "ɾ", "z"), "n"),
    ):
        if following.startswith(starts):
            return nasal
    return "ɴ"


def symbols(katakana: str) -> str:
    """Kokoro symbols of a reading; characters that are no kana are dropped."""
    morae: list[str] = []
    index = 0
    while index < len(katakana):
        length = 2 if katakana[index : index + 2] in MORAE else 1
        morae.append(katakana[index : index + length])
        index += length
    out: list[str] = []
    for position, mora in enumerate(morae):
        if mora == "ン":
            after = morae[position + 1] if position + 1 < len(morae) else ""
            out.append(_nasal(MORAE.get(after, "")))
        else:
            out.append({"ー": "ː", "ッ": "ʔ"}.get(mora) or MORAE.get(mora, ""))
    return "".join(out)
