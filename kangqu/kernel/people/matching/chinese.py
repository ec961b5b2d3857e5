"""Chinese names: one writing for each character, its sound, characters that look alike, and who has no name yet."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from kangqu.kernel.people.names import compound_surnames, surname_readings

DATA: Final = Path(__file__).parent / "data"
_HAN: Final = (
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2FA1F), (0x30000, 0x323AF),
)  # fmt: skip


def is_han(character: str) -> bool:
    """Whether a character is a Han character, in the basic plane or beyond it."""
    point = ord(character)
    return point == 0x3007 or any(first <= point <= last for first, last in _HAN)


def has_han(text: str) -> bool:
    return any(map(is_han, text))


@cache
def tables() -> Mapping[str, Any]:
    """The package's tables of characters and surnames (``data/names.toml``)."""
    with (DATA / "names.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def _simplifier() -> Any:
    from opencc import OpenCC  # imported when the first Han character is met: Latin lists never pay for it

    return OpenCC("t2s")


@lru_cache(maxsize=65536)
def fold_character(character: str) -> str:
    """The simplified, plain writing of one character (𠮷 → 吉, 張 → 张).

    One character at a time: phrase rules (乾隆 keeps 乾) would make the folding of a character depend on its
    neighbours, and two writings of one name could then fold apart.
    """
    plain = _variants().get(character, character)
    if is_han(plain):
        plain = _simplifier().convert(plain)
    return _variants().get(plain, plain)


@cache
def _variants() -> Mapping[str, str]:
    return {odd: pair[0] for pair in tables()["variants"]["groups"] for odd in pair[1:]}


def fold(text: str) -> str:
    """Text with width, case, accents and character variants folded; blanks and signs kept."""
    if text.isascii():
        return text.lower()
    wide = unicodedata.normalize("NFKC", text).casefold()
    if not has_han(wide):
        return "".join(c for c in unicodedata.normalize("NFKD", wide) if not unicodedata.combining(c))
    return "".join(fold_character(c) if ord(c) > 0x2E7F else c for c in wide)


@lru_cache(maxsize=65536)
def _read_character(character: str) -> tuple[str, str]:
    from pypinyin import Style, pinyin

    toned = pinyin(character, style=Style.TONE3, heteronym=False, errors="ignore", neutral_tone_with_five=True)
    if not toned:
        return character, character
    return toned[0][0].rstrip("12345"), toned[0][0]


def read(text: str, *, surname: bool = False) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The pinyin of each character, without and with tone numbers (``v`` for ü).

    A surname takes its reading as a surname first: 单 shan, 仇 qiu, 查 zha, 解 xie, 曾 zeng, 翟 zhai, 区 ou.
    A character no table can read stands for itself, so that it agrees with nothing but itself.
    """
    if surname and (known := surname_readings().get(text)) is not None:
        toned = tuple(known.split())
        return tuple(syllable.rstrip("12345") for syllable in toned), toned
    pairs = [_read_character(character) for character in text]
    return tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)


@cache
def _likeness() -> Mapping[str, frozenset[str]]:
    likes: dict[str, set[str]] = {}
    for group in tables()["look_alikes"]["groups"]:
        for character in group:
            likes.setdefault(character, set()).update(group)
    return {character: frozenset(group) for character, group in likes.items()}


def look_alike(left: str, right: str) -> bool:
    """Whether two folded characters are easily taken for each other by eye (形近字: 己已巳, 未末, 晴睛)."""
    return right in _likeness().get(left, ())


@lru_cache(maxsize=8192)
def fuzzy_sound(syllable: str) -> str:
    """A syllable as it merges in many accents: zh/z, ch/c, sh/s, -ng/-n, n-/l-."""
    for full, short in (("zh", "z"), ("ch", "c"), ("sh", "s")):
        if syllable.startswith(full):
            syllable = short + syllable[2:]
    if syllable.startswith("n"):
        syllable = "l" + syllable[1:]
    for full, short in (("ang", "an"), ("eng", "en"), ("ing", "in")):
        if syllable.endswith(full):
            syllable = syllable[: -len(full)] + short
    return syllable


def split_name(full: str) -> tuple[str, str]:
    """(surname, given) of a folded full Han name.

    Compound surnames (欧阳, 司马, …) come first, so 欧阳修 is 欧阳 + 修; a name of four characters or more without one,
    or with a dot (买买提·阿不都), has no surname to split off and is compared whole.
    """
    if len(full) >= 3 and full[:2] in compound_surnames():
        return full[:2], full[2:]
    if 2 <= len(full) <= 3 or (len(full) == 4 and full[0] in common_surnames() and full[1] in common_surnames()):
        return (full[:2], full[2:]) if len(full) == 4 else (full[:1], full[1:])
    return "", full


@cache
def common_surnames() -> frozenset[str]:
    return frozenset(tables()["surname_shares"])


@dataclass(frozen=True, slots=True)
class Unnamed:
    """What a stand-in for a name says: the mother's (or father's) name, the sex, the place among siblings."""

    parent: str
    sex: str
    birth_order: str


_CHILD: Final = re.compile(
    r"(?P<parent>.{2,4}?)(?:之|的)(?P<order>[大小长长次三四五双]|双胞胎)?(?P<child>子|女|婴|婴儿|男婴|女婴|儿子|女儿|男|宝宝|宝)"
    r"(?P<mark>[大小甲乙丙一二三1-9a-d])?"
)
_NONE: Final = re.compile(
    r"(?:新生儿|婴儿|男婴|女婴|未取名|未命名|暂无姓名|暂未取名|无名氏?|待定)(?P<mark>[大小甲乙丙一二三1-9a-d])?"
)
_ORDERS: Final = {"大": "1", "长": "1", "甲": "1", "一": "1", "a": "1", "小": "2", "次": "2", "乙": "2", "二": "2",
                  "b": "2", "丙": "3", "三": "3", "c": "3", "四": "4", "d": "4", "五": "5"}  # fmt: skip


def read_unnamed(folded: str) -> Unnamed | None:
    """What a newborn's stand-in name says (王芳之女, 李娜之长子, 新生儿, 王芳之女B), or None for a real name."""
    match = _CHILD.fullmatch(folded) or _NONE.fullmatch(folded)
    if match is None:
        return None
    groups = match.groupdict()
    child = groups.get("child") or folded
    sex = "F" if "女" in child else "M" if child[:1] in {"子", "男", "儿"} else ""
    order = groups.get("mark") or groups.get("order") or ""
    return Unnamed(parent=groups.get("parent") or "", sex=sex, birth_order=_ORDERS.get(order, order))


def surname_share(surname: str) -> float | None:
    """The share of people of a folded Han surname, if the table has it."""
    return tables()["surname_shares"].get(surname)
