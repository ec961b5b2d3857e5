"""Names of people: one way of writing them down, and their pinyin.

A name is kept as its holder writes it: rare characters beyond the basic plane, the middle dot of Uyghur and Kazakh
names, Latin letters. Only what carries no meaning is made equal: blanks, widths, look-alike dots, Unicode composition.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from kangqu.kernel.basis.refusals import Refused, refusal

NAME_EMPTY = refusal("name_empty", "KQ-1411", zh="请填写姓名。", en="Please enter a name.")
NAME_LONG = refusal(
    "name_long", "KQ-1412", zh="姓名太长，最多 {limit} 个字。", en="The name is too long: at most {limit} characters."
)
NAME_CHARS = refusal(
    "name_chars",
    "KQ-1413",
    zh="姓名里有不能用的字符（{point}）。请核对原件，或检查文件编码。",
    en="The name holds a character that cannot stand in a name ({point}). Check the paper, or the file's encoding.",
)

LONGEST_NAME: Final = 50  # WS 364: 姓名 A..50
MIDDLE_DOT: Final = "·"

_PLAIN: Final = re.compile(r"[\u4e00-\u9fff]{1,4}")
_HAN: Final = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HAN_TEXT: Final = re.compile(f"[{_HAN}]")
_LATIN: Final = re.compile("[A-Za-z]")
_BLANKS: Final = re.compile(r"\s+")
_AROUND_DOT: Final = re.compile(r"\s*·\s*")
_FULL_STOP_BETWEEN_HAN: Final = re.compile(f"(?<=[{_HAN}])\\.(?=[{_HAN}])")
_UNSEEN: Final = re.compile("[\u200b-\u200d\u2060\ufeff\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_SIGNS: Final = frozenset("·-'’.,()/ ")
# Full-width forms to their half-width, and the dots people type for the middle dot.
_SAME: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(map(ord, "•‧・∙⋅˙●ㆍ･"), "·")
# Characters that GB 18030-2000 kept in the private area and GB 18030-2022 places properly.
_ONCE_PRIVATE: Final = {
    0xE816: 0x20087, 0xE817: 0x20089, 0xE818: 0x200CC, 0xE81E: 0x9FB4, 0xE826: 0x9FB5, 0xE82B: 0x9FB6, 0xE82C: 0x9FB7,
    0xE831: 0x215D7, 0xE832: 0x9FB8, 0xE83B: 0x2298F, 0xE843: 0x9FB9, 0xE854: 0x9FBA, 0xE855: 0x241FE, 0xE864: 0x9FBB,
}  # fmt: skip
_TRANSLATION: Final = _SAME | _ONCE_PRIVATE


def normalise_name(text: str) -> str:
    """The name as it is stored, or a refusal (``name_empty``, ``name_long``, ``name_chars``).

    NFC; full-width letters made half-width; blanks trimmed, and removed where the name has Han characters; the many
    dots typed for the middle dot made one (GB 18030 A1A4, U+00B7); invisible joiners and variation selectors dropped.
    What is not a letter, a mark, a digit or one of ``· - ' . , ( ) /`` is refused: a question mark or a replacement
    character is a name lost to a wrong encoding.
    """
    if _PLAIN.fullmatch(text):
        return text
    if len(text) > 4 * LONGEST_NAME:  # before any work is spent on it
        raise Refused(NAME_LONG, field="name", limit=LONGEST_NAME)
    name = unicodedata.normalize("NFC", _UNSEEN.sub("", text.translate(_TRANSLATION)))
    name = _BLANKS.sub(" ", name).strip(" ")
    name = _AROUND_DOT.sub(MIDDLE_DOT, name).strip(MIDDLE_DOT)
    if _HAN_TEXT.search(name):
        name = _FULL_STOP_BETWEEN_HAN.sub(MIDDLE_DOT, name)
        if not _LATIN.search(name):
            name = name.replace(" ", "")
    if not any(character.isalnum() or _is_han(character) for character in name):
        if odd := [character for character in name if not _may_stand(character)]:
            raise Refused(NAME_CHARS, field="name", point=f"U+{ord(odd[0]):04X}")
        raise Refused(NAME_EMPTY, field="name")
    if len(name) > LONGEST_NAME:
        raise Refused(NAME_LONG, field="name", limit=LONGEST_NAME)
    for character in name:
        if not _may_stand(character):
            raise Refused(NAME_CHARS, field="name", point=f"U+{ord(character):04X}")
    return name


def _may_stand(character: str) -> bool:
    if character in _SIGNS or character.isalnum():
        return True
    # Han characters younger than this Python's Unicode table have no category there yet.
    return 0x20000 <= ord(character) <= 0x3FFFD or unicodedata.category(character)[0] == "M"


class Spelling(NamedTuple):
    """A name in letters, for search and sorting: 单田芳 → shantianfang, stf."""

    pinyin: str
    initials: str


@cache
def _tables() -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath("surnames.toml").read_text(encoding="utf-8"))


@cache
def surname_readings() -> Mapping[str, str]:
    """Surnames (one or two characters) read otherwise than their characters: 单 → ``shan4``, 万俟 → ``mo4 qi2``."""
    return dict(_tables()["readings"])


@cache
def compound_surnames() -> frozenset[str]:
    """Surnames of two characters: 欧阳, 司马 …"""
    return frozenset(_tables()["compound"]["surnames"])


def spell(name: str) -> Spelling:
    """Pinyin without tones or blanks (ü is v) and initials of a normalised name.

    A Han name's surname takes its reading as a surname; a name with a middle dot has no surname to read. Latin letters
    lose their accents and case, and each word gives an initial. A character no table reads stands for itself, so that
    it can still be found. Fast: every character is looked up once in a process and remembered.
    """
    syllables = _syllables(name)
    return Spelling("".join(syllables), "".join([syllable[0] for syllable in syllables]))


def name_pinyin(name: str) -> str:
    return "".join(_syllables(name))


def given_pinyin(given: str) -> str:
    """Pinyin of a given name alone, whose characters are read as everyday: 单 → dan."""
    return "".join(_read(given))


def name_initials(name: str) -> str:
    return "".join([syllable[0] for syllable in _syllables(name)])


def _syllables(name: str) -> list[str]:
    if name[:1] in _SURNAME_BEGINS and MIDDLE_DOT not in name:
        surnames = _surnames()
        surname = surnames.get(name[:2]) or surnames.get(name[:1])
        if surname is not None:
            return [*surname.syllables, *_read(name[surname.length :])]
    return _read(name)


def _read(text: str) -> list[str]:
    if _PLAIN.fullmatch(text):
        return [_SYLLABLES[character] for character in text]
    return _mixed_syllables(text)


def _is_han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff" or _HAN_TEXT.match(character) is not None


def _mixed_syllables(name: str) -> list[str]:
    """Han characters one by one, runs of other letters word by word; signs fall away."""
    found: list[str] = []
    word = ""
    for character in name:
        if _is_han(character):
            found += [word] * bool(word) + [_SYLLABLES[character]]
            word = ""
        elif character in _SIGNS and character != "'" and character != "’":
            found += [word] * bool(word)
            word = ""
        else:
            word += _plain_letters(character)
    return found + [word] * bool(word)


def _plain_letters(character: str) -> str:
    if character in "'’":
        return ""
    folded = unicodedata.normalize("NFKD", character).casefold()
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


class _Surname(NamedTuple):
    length: int
    syllables: tuple[str, ...]


@cache
def _surnames() -> Mapping[str, _Surname]:
    return {
        characters: _Surname(len(characters), tuple(map(_toneless, reading.split())))
        for characters, reading in surname_readings().items()
    }


class _Syllables(dict[str, str]):
    """Everyday reading of a character, without tone; the character itself when no table reads it."""

    def __missing__(self, character: str) -> str:
        from pypinyin import lazy_pinyin

        own = _tables()["characters"].get(character)
        read = _toneless(own) if own is not None else "".join(lazy_pinyin(character)) or character
        if _is_han(character):
            self[character] = read
        return read


def _toneless(syllable: str) -> str:
    return syllable.rstrip("12345")


_SYLLABLES: Final = _Syllables()
_SURNAME_BEGINS: Final = frozenset(surname[0] for surname in surname_readings())
