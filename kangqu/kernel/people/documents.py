"""Numbers on papers: read, checked, made equal, sealed, masked. Pure but for the keys of the city.

The resident identity number follows GB 11643-1999 (region 6, birth date 8, sequence 3, check 1 by ISO 7064 MOD 11-2).
Its 15-digit form of before 1999 and its 18-digit form are one number and share one blind index.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from operator import mul
from typing import Final, NamedTuple

from stdnum import numdb

from kangqu.kernel.basis.refusals import Refused, refusal
from kangqu.kernel.basis.sealing import blind, seal, unseal

ID_LEN = refusal(
    "id_len",
    "KQ-1401",
    zh="身份证号应为 18 位（或旧的 15 位）。",
    en="A resident identity number has 18 digits (or the older 15).",
)
ID_CHAR = refusal(
    "id_char",
    "KQ-1402",
    zh="身份证号只能是数字，最后一位可以是 X。",
    en="A resident identity number holds digits only; the last may be X.",
)
ID_DATE = refusal(
    "id_date",
    "KQ-1403",
    zh="身份证号里的出生日期不存在，或在将来。",
    en="The birth date inside the identity number does not exist, or lies in the future.",
)
ID_CHECK = refusal(
    "id_check",
    "KQ-1404",
    zh="身份证号有误（校验位不符），请核对每一位。",
    en="The identity number is not right (its check digit differs): compare every digit.",
)
ID_SEX_MISMATCH = refusal(
    "id_sex_mismatch",
    "KQ-1405",
    zh="性别与身份证号不符，请核对。",
    en="The sex differs from the one in the identity number.",
)
ID_CENTURY = refusal(
    "id_century",
    "KQ-1406",
    zh="这个 15 位号码属于百岁以上老人，请按 18 位身份证号登记。",
    en="This 15-digit number belongs to somebody born before 1900: enter the 18-digit number.",
)
DOCUMENT_FORMAT = refusal(
    "document_format",
    "KQ-1407",
    zh="{title}号码的格式不对，请核对。",
    en="This is not the form of a number of such a paper ({title}).",
)
DOCUMENT_KIND = refusal("document_kind", "KQ-1408", zh="没有这种证件类型。", en="There is no such kind of paper.")

IDENTIFIER_FIELD: Final = "people.identifier"
RESIDENT_ID: Final = "01"
_LONGEST_TEXT: Final = 80
_OLDEST_WITHOUT_WARNING_YEARS: Final = 120
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"
_NEW_FORM: Final = re.compile("[1-9][0-9]{16}[0-9X]")
_OLD_FORM: Final = re.compile("[1-9][0-9]{14}")
# 15-digit sequences kept for people over a hundred when the numbers were given out. GB 11643-1989; mark M.
_CENTENARIANS: Final = frozenset({"996", "997", "998", "999"})
_DROPPED: Final = re.compile(r"[\s\u200b-\u200f\ufeff\-\u2010-\u2015\u2212]+")


class Oddity(StrEnum):
    """What is odd about a number that is valid all the same."""

    REGION = "ID_REGION_WARN"
    AGE = "ID_AGE_WARN"


@dataclass(frozen=True, slots=True)
class Document:
    """A number that passed. ``number`` is its canonical text; birth date and sex ("1" or "2") where it holds them."""

    kind: str
    number: str
    birth_date: date | None = None
    sex: str | None = None
    region_code: str | None = None
    warnings: tuple[Oddity, ...] = ()

    @property
    def shown(self) -> str:
        return mask_number(self.number)


def fold(text: str) -> str:
    """Width, case, blanks and dashes made equal."""
    if text.isascii() and text.isalnum():
        return text.upper()
    return _DROPPED.sub("", unicodedata.normalize("NFKC", text)).upper()


def check_digit(body: str) -> str:
    """The eighteenth character for seventeen digits (GB 11643-1999)."""
    # The weights sum to 100, so the 48 that stands for "0" in each byte adds 4800, which is 4 modulo 11.
    return _CHECKS[(sum(map(mul, _WEIGHTS, body.encode("ascii"))) - 4800) % 11]


def to_eighteen(fifteen: str) -> str:
    """The 18-digit form of a 15-digit number: ``19`` put in after the region, check digit added."""
    body = f"{fifteen[:6]}19{fifteen[6:]}"
    return body + check_digit(body)


def read_resident_id(text: str, *, on: date, sex: str = "") -> Document:
    """A resident identity number, checked in the order of the standard's parts, or the first refusal met.

    ``on`` is the city's day: nobody is born after it. ``sex`` is what was declared ("1", "2", or anything else for
    not declared). A region the historic table does not know, or that was abolished, is a warning, never a refusal;
    so is an age of more than 120 years, which the standard's own example of 1880 has.
    """
    if len(text) > _LONGEST_TEXT:
        raise Refused(ID_LEN, field="number")
    number = fold(text)
    if len(number) not in (15, 18):
        raise Refused(ID_LEN, field="number")
    if not (_NEW_FORM if len(number) == 18 else _OLD_FORM).fullmatch(number):
        raise Refused(ID_CHAR, field="number")
    if len(number) == 15:
        if number[12:] in _CENTENARIANS:
            raise Refused(ID_CENTURY, field="number")
        number = to_eighteen(number)
    return _read_eighteen(RESIDENT_ID, number, on, sex)


def _read_eighteen(kind: str, number: str, on: date, sex: str) -> Document:
    birth_date = _birth_date(number[6:14], on)
    if check_digit(number[:17]) != number[17]:
        raise Refused(ID_CHECK, field="number")
    own_sex = "1" if number[16] in "13579" else "2"
    if sex in ("1", "2") and sex != own_sex:
        raise Refused(ID_SEX_MISMATCH, field="sex")
    region = number[:6]
    standing = region_standing(region) if kind == RESIDENT_ID else None
    warnings: tuple[Oddity, ...] = (Oddity.REGION,) if standing is not None and not standing.in_force else ()
    if on.year - birth_date.year > _OLDEST_WITHOUT_WARNING_YEARS:
        warnings += (Oddity.AGE,)
    return Document(kind, number, birth_date, own_sex, region, warnings)


def _birth_date(digits: str, on: date) -> date:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise Refused(ID_DATE, field="number") from None
    if born > on or born.year < 1800:
        raise Refused(ID_DATE, field="number")
    return born


class RegionStanding(NamedTuple):
    """What GB/T 2260 and its earlier editions say of a county code."""

    name: str
    from_year: int | None
    to_year: int | None

    @property
    def in_force(self) -> bool:
        return bool(self.name) and self.to_year is None


_YEARS: Final = re.compile(r"\[(\d{4})?-(\d{4})?\](.*)")


@lru_cache(maxsize=8192)
def region_standing(code: str) -> RegionStanding:
    """A six-digit county code in the historic table of python-stdnum; the name is empty for an unknown code."""
    county = ""
    for _, facts in numdb.get("cn/loc").info(code):
        county = facts.get("county", county)
    latest = county.split(",")[-1].strip()
    if found := _YEARS.fullmatch(latest):
        first, last, name = found.groups()
        return RegionStanding(name, int(first) if first else None, int(last) if last else None)
    return RegionStanding(latest, None, None)


@dataclass(frozen=True, slots=True)
class Format:
    """The form of one kind of number, as data with its mark."""

    kind: str
    title: str
    pattern: re.Pattern[str]
    check: str
    document: str
    mark: str


@cache
def formats() -> Mapping[str, tuple[Format, ...]]:
    """The forms of papers other than the resident identity card, by kind (``documents.toml``)."""
    rows = tomllib.loads(files(__package__).joinpath("documents.toml").read_text(encoding="utf-8"))["format"]
    found: dict[str, tuple[Format, ...]] = {}
    for row in rows:
        pattern = re.compile(row["pattern"])
        form = Format(row["kind"], row["title"], pattern, row.get("check", ""), row["document"], row["mark"])
        found[form.kind] = (*found.get(form.kind, ()), form)
    return found


def read_document(kind: str, text: str, *, on: date, sex: str = "") -> Document:
    """Any paper's number, checked against its form, or a refusal. Numbers by GB 11643 also give birth date and sex."""
    if kind == RESIDENT_ID:
        return read_resident_id(text, on=on, sex=sex)
    forms = formats().get(kind)
    if forms is None:
        raise Refused(DOCUMENT_KIND, field="kind")
    folded = fold(text) if len(text) <= _LONGEST_TEXT else ""
    for form in forms:
        if (found := form.pattern.fullmatch(folded)) and _printable(folded):
            if form.check == "gb11643":
                return _read_eighteen(kind, folded, on, sex)
            return Document(kind, found.groupdict().get("number") or folded)
    raise Refused(DOCUMENT_FORMAT, field="number", title=forms[0].title)


def _printable(text: str) -> bool:
    return all(unicodedata.category(character)[0] in "LNPS" for character in text)


def normalise(kind: str, text: str) -> str:
    """The canonical text of a number, for look-up. Nothing is refused: what is not a number finds nobody."""
    folded = fold(text[:_LONGEST_TEXT])
    if len(folded) == 15 and kind in (RESIDENT_ID, "05") and _OLD_FORM.fullmatch(folded):
        return folded if folded[12:] in _CENTENARIANS else to_eighteen(folded)
    for form in formats().get(kind, ()):
        if found := form.pattern.fullmatch(folded):
            return found.groupdict().get("number") or folded
    return folded


def blind_of(kind: str, number: str) -> bytes:
    """The blind index of a number in any writing: 16 bytes. The kind only decides what is made equal."""
    return blind_of_canonical(normalise(kind, number))


def blind_of_canonical(number: str) -> bytes:
    """The blind index of a number already canonical (``Document.number``)."""
    # A number with a lone surrogate is nobody's; it must not become an encoding error.
    return blind(number.encode("utf-8", "replace").decode(), IDENTIFIER_FIELD)


def seal_number(number: str) -> bytes:
    """A canonical number, encrypted for ``Identifier.sealed``."""
    return seal(number, IDENTIFIER_FIELD)


def open_number(sealed: bytes | memoryview) -> str:
    return unseal(sealed, IDENTIFIER_FIELD)


def mask_number(number: str) -> str:
    """A number as it may be shown: the first and last four of a long one, less of a short one."""
    length = len(number)
    shown = 4 if length >= 12 else 2 if length >= 7 else 1 if length >= 3 else 0
    return number[:shown] + "*" * (length - 2 * shown) + number[length - shown :]
