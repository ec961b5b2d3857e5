"""From a row as written to a subject that can be compared. Pure: same row in, same subject out."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from kangqu.kernel.people.matching import chinese
from kangqu.kernel.people.matching.papers import paper_birth, paper_sex, read_paper
from kangqu.kernel.people.matching.rows import NOTHING, Paper, Part, Row, Subject
from kangqu.kernel.people.names import compound_surnames

LONGEST: Final = 500
"""Characters of a value that are looked at; a longer value is cut, so that no cell can stall the comparison."""

_VOID: Final = frozenset({
    "", "-", "--", ".", "/", "?", "??", "0", "n/a", "nil", "none", "null", "unknown", "missing",
    "无", "不详", "未知", "未提供", "暂无", "空", "没有", "不明",
})  # fmt: skip
_SEXES: Final = {"1": "M", "m": "M", "male": "M", "男": "M", "男性": "M", "man": "M", "boy": "M",
                 "2": "F", "f": "F", "female": "F", "女": "F", "女性": "F", "woman": "F", "girl": "F"}  # fmt: skip
_LETTERS: Final = re.compile(r"[^\w]|_")
_DOTS: Final = re.compile(r"[·•‧∙・．.‐-]")
_DIGITS: Final = re.compile(r"\d+")
_PHONE_SPLIT: Final = re.compile(r"[/;,；，、|]|或")
_WORD: Final = re.compile(r"[^\w]+")
_CHINESE_DIGITS: Final = str.maketrans("〇零一二三四五六七八九", "00123456789")


def prepare(row: Row) -> Subject:
    """Make a row comparable: fold its writing, read its sounds, and put aside what says nothing.

    A birth date or sex that the row lacks is taken from a resident number that checks, and marked as taken from
    there, so that two rows agreeing on the number do not count the date in it a second time.
    """
    surname, given, unnamed = _name(row)
    birth, sex = read_date(row.birth_date), _SEXES.get(clean(row.sex), "")
    identifier, paper = read_identifier(row.identifier)
    checked = paper in {Paper.CHECKED, Paper.OLD}
    if unnamed and checked and birth and paper_birth(identifier) != birth:
        identifier, paper, checked = "", Paper.NONE, False  # a newborn entered under a parent's number
    lone_birth, lone_sex = checked and not birth, checked and not sex and not (unnamed and unnamed.sex)
    address = read_address(row.address)
    mother = clean(row.mother_name) or (unnamed.parent if unnamed else "")
    return Subject(
        given=given,
        surname=surname,
        sex=paper_sex(identifier) if lone_sex else sex or (unnamed.sex if unnamed else ""),
        birth=paper_birth(identifier) if lone_birth else birth,
        birth_from_paper=lone_birth,
        sex_from_paper=lone_sex,
        address=address,
        house_numbers=tuple(sorted(_DIGITS.findall(address))),
        phones=read_phones(row.phone),
        identifier=identifier,
        paper=paper,
        mother=_LETTERS.sub("", mother),
        mother_sound=_spoken(_LETTERS.sub("", mother)),
        newborn=unnamed is not None,
        birth_order=unnamed.birth_order if unnamed else "",
    )


def clean(text: str) -> str:
    """Folded text without outer blanks; a word that means "nothing known" (无, n/a, unknown) becomes empty."""
    folded = " ".join(chinese.fold(text[:LONGEST]).split())
    return "" if folded in _VOID else folded


def _name(row: Row) -> tuple[Part, Part, chinese.Unnamed | None]:
    surname, given, full = clean(row.surname), clean(row.given_name), clean(row.name)
    for text in (given, full, surname + given):
        if (unnamed := chinese.read_unnamed(text.replace(" ", ""))) is not None:
            return NOTHING, NOTHING, unnamed
    if full and not (surname and given):
        surname, given = split_full(full)
    elif not surname and len(given) >= 2 and chinese.has_han(given):
        surname, given = split_full(given)
    elif not given and len(surname) >= 2 and chinese.has_han(surname) and surname not in compound_surnames():
        surname, given = split_full(surname)
    return read_part(surname, surname=True), read_part(given), None


def split_full(full: str) -> tuple[str, str]:
    """(surname, given) of a folded full name: Han by its surname, Latin by its comma or its last word."""
    if chinese.has_han(full):
        return ("", full) if _DOTS.search(full) else chinese.split_name(_LETTERS.sub("", full))
    before, comma, after = full.partition(",")
    if comma:
        return before.strip(), after.strip()
    words = full.split()
    return (words[-1], " ".join(words[:-1])) if len(words) > 1 else ("", full)


@lru_cache(maxsize=65536)
def read_part(text: str, *, surname: bool = False) -> Part:
    """One part of a name, folded to letters and characters alone."""
    letters = _LETTERS.sub("", text)
    if not letters:
        return NOTHING
    if not chinese.has_han(letters):
        return Part(text=letters, sound=(letters,), tone=(letters,))
    sound, tone = chinese.read(letters, surname=surname)
    return Part(text=letters, han=True, sound=sound, tone=tone)


@lru_cache(maxsize=65536)
def _spoken(name: str) -> str:
    if not chinese.has_han(name):
        return name
    surname, given = chinese.split_name(name)
    return "".join(chinese.read(surname, surname=True)[0] + chinese.read(given)[0])


@lru_cache(maxsize=65536)
def read_date(text: str) -> str:
    """A date as eight digits YYYYMMDD; unknown parts are zeros; what is no date keeps its digits.

    Read are 19900131, 1990-01-31, 1990/1/31, 1990年1月31日, 1990-01-31T00:00:00, 31/01/1990 and 01/31/1990 (day
    first where both are possible; a swap of day and month is a level of its own when dates are compared).
    """
    parts = _DIGITS.findall(clean(text).split("t")[0])
    if not parts:
        return ""
    if len(parts) == 1 or len(parts[0]) >= 6:
        digits = parts[0][:14]
        return digits[:8] if len(digits) >= 8 else digits.ljust(8, "0") if len(digits) in {4, 6} else digits
    if len(parts) >= 3 and len(parts[2]) == 4 and len(parts[0]) <= 2:
        day, month, year = parts[:3]
        if int(month) > 12 >= int(day):
            day, month = month, day
        return year + month.zfill(2)[:2] + day.zfill(2)[:2]
    year, month, day = (*parts[:3], "0", "0")[:3]
    return (year[:4] + month.zfill(2)[:2] + day.zfill(2)[:2]) if len(year) == 4 else "".join(parts)[:8]


@lru_cache(maxsize=65536)
def read_identifier(text: str) -> tuple[str, Paper]:
    """A document number in capitals without blanks and signs; one made of a single repeated digit says nothing."""
    number = _LETTERS.sub("", clean(text)).upper()
    if len(number) < 4 or (len(set(number)) == 1 and number.isdigit()):
        return "", Paper.NONE
    return read_paper(number)


@lru_cache(maxsize=65536)
def read_phones(text: str) -> tuple[str, ...]:
    """The telephone numbers in a value, digits only, without the country code of mainland China."""
    found = []
    for piece in _PHONE_SPLIT.split(clean(text)):
        digits = "".join(_DIGITS.findall(piece))
        for prefix in ("0086", "86"):
            if digits.startswith(prefix + "1") and len(digits) == len(prefix) + 11:
                digits = digits[len(prefix) :]
        if len(digits) >= 5 and len(set(digits)) > 1:
            found.append(digits)
    return tuple(sorted(set(found)))


_HOUSE: Final = re.compile(r"号楼|号院|单元|楼|栋|幢|座|室|号|#|组|户|排|层")


@lru_cache(maxsize=65536)
def read_address(text: str) -> str:
    """An address in folded words; in Chinese addresses 3号楼2单元301室, 3-2-301 and 三号楼… come out the same."""
    folded = clean(text)
    if chinese.has_han(folded):
        folded = _HOUSE.sub(lambda m: " ", _number_words(folded))
    return " ".join(_WORD.sub(" ", folded).split())


_COUNTED: Final = re.compile(r"[〇零一二三四五六七八九]+(?=号|单元|栋|幢|座|楼|室|组|排|层)")


def _number_words(text: str) -> str:
    return _COUNTED.sub(lambda m: m.group().translate(_CHINESE_DIGITS), text)
