"""How herb names are read: full pinyin and initials, with the field's readings before everyday ones."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import product
from typing import Final

from pypinyin import lazy_pinyin

from kangqu.systems.tcm_pharmacy.herbs.table import toml_of

_HAN: Final = re.compile(r"[^\u3400-\u9fff\U00020000-\U0003ffff]")
_READINGS: Final = toml_of("readings.toml")
_MOST: Final = 16


@cache
def readings(name: str) -> frozenset[tuple[str, ...]]:
    """Every way ``name`` is read, syllable by syllable without tones; what is not Chinese is left out."""
    plain = _HAN.sub("", name)
    spoken = lazy_pinyin(plain)
    if len(spoken) != len(plain):  # a sign without a reading is passed on together with its neighbours
        spoken = [lazy_pinyin(symbol)[0] for symbol in plain]
    ways = [[syllable] for syllable in spoken]
    for place, symbol in enumerate(plain):
        ways[place] = _READINGS["characters"].get(symbol, ways[place])
    for word, spellings in _READINGS["words"].items():
        start = plain.find(word)
        for offset in range(len(word) if start >= 0 else 0):
            ways[start + offset] = sorted({spelling.split()[offset] for spelling in spellings})
    return frozenset(list(product(*ways))[:_MOST])


def spellings(name: str) -> frozenset[str]:
    """The full pinyin of ``name``, without blanks."""
    return frozenset("".join(way) for way in readings(name))


def initials(name: str) -> frozenset[str]:
    """The first letters of ``name``'s syllables."""
    return frozenset("".join(syllable[0] for syllable in way) for way in readings(name))


def as_letters(text: str) -> str:
    """``text`` as pinyin is compared: lower case, no tones, no blanks or marks; empty if it is not in letters."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text)).lower()
    for toned in "üǖǘǚǜ":
        folded = folded.replace(toned, "v")
    bare = "".join(each for each in unicodedata.normalize("NFD", folded) if each.isalnum())
    return bare if bare.isascii() and bare.isalpha() else ""
