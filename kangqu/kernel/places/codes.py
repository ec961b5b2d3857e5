"""Codes of institutions: read, checked and made. Pure: no database, no clock.

Sources: GB 32100-2015 (unified social credit code), GB 11714-1997 (organisation code), WS 218-2002 (classification and
codes of health institutions) and the rules printed with the 22-character institution code and the 12-digit licence
register number. How sure each table is stands in its ``mark`` column under ``data/``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from stdnum.cn import uscc as stdnum_uscc

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.places.divisions import table
from kangqu.kernel.places.refusals import INSTITUTION_CODE_BAD, LICENCE_NUMBER_BAD, USCC_BAD
from kangqu.kernel.rules.source import Mark

_SYMBOLS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: no I O S V Z
_ALPHANUMERIC: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class Named:
    """A line of a published code table, with how sure it is."""

    code: str
    name: str
    mark: Mark


@lru_cache(maxsize=8)
def code_table(name: str) -> dict[str, Named]:
    """``categories`` (WS 218), ``economic_types`` (WS 218 appendix) or ``registrars`` (GB 32100 positions 1–2)."""
    return {row["code"]: Named(row["code"], row["name"], Mark(row["mark"])) for row in table(f"{name}.csv")}


def _compact(text: str) -> str:
    return "".join(text.split()).replace("-", "").upper()


# Organisation code, GB 11714 -------------------------------------------------------------------------------------


def organisation_check(body: str) -> str:
    """The check character of an eight-character organisation code body: 11 − (Σ mod 11), 10 → X, 11 → 0."""
    total = sum(
        _ALPHANUMERIC.index(symbol) * weight for symbol, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True)
    )
    rest = 11 - total % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


def is_organisation_code(text: str) -> bool:
    """Nine characters whose last checks the first eight."""
    code = _compact(text)
    return (
        len(code) == 9 and all(symbol in _ALPHANUMERIC for symbol in code) and organisation_check(code[:8]) == code[8]
    )


# Unified social credit code, GB 32100 ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Uscc:
    """A unified social credit code, taken apart. ``organisation_agrees``: the embedded code passes GB 11714 as well."""

    code: str
    registrar: str
    region: str
    organisation: str
    organisation_agrees: bool


def read_uscc(text: str) -> Uscc:
    """The code in ``text`` (blanks, hyphens and case do not matter), or ``Refused(USCC_BAD)`` saying what is wrong.

    Letters may stand in positions 1 and 2 (``A1`` the army, ``N1`` collectives, ``Y1`` others); python-stdnum wants
    digits in the first eight and so refuses those, which is why only its check digit is used here. An unknown pair of
    letters or digits there is let through: the table of registrars grows.
    """
    code = _compact(text)
    if len(code) != 18:
        raise Refused(USCC_BAD, field="uscc", detail="应为 18 位 / 18 characters are needed")
    if any(symbol not in _SYMBOLS for symbol in code):
        raise Refused(
            USCC_BAD, field="uscc", detail="含有不用的字符（I O S V Z 等）/ a symbol that is not used (I O S V Z …)"
        )
    if not code[2:8].isdigit():
        raise Refused(USCC_BAD, field="uscc", detail="第 3–8 位应为区划代码 / positions 3–8 are a division's digits")
    if stdnum_uscc.calc_check_digit(code) != code[-1]:
        raise Refused(USCC_BAD, field="uscc", detail="校验码不符 / the check character does not agree")
    return Uscc(code, code[:2], code[2:8], code[8:17], is_organisation_code(code[8:17]))


def make_uscc(registrar: str, region: str, organisation: str) -> str:
    """The code of an organisation (nine characters) registered in ``region`` by ``registrar`` (positions 1–2)."""
    body = f"{registrar}{region}{organisation}"
    return read_uscc(body + stdnum_uscc.calc_check_digit(body)).code


# 22-character institution code -----------------------------------------------------------------------------------


MANAGEMENT: Final = {"1": "非营利性", "2": "营利性", "9": "其他"}


@dataclass(frozen=True, slots=True)
class InstitutionCode:
    """A 22-character institution code, taken apart: 9 organisation + 6 region + 2 economic + 4 category + 1 management."""

    code: str
    organisation: str
    region: str
    economic: str
    category: str
    management: str


def read_institution_code(text: str) -> InstitutionCode:
    """The code in ``text``, or ``Refused(INSTITUTION_CODE_BAD)`` saying what is wrong."""
    code = _compact(text)
    parts = InstitutionCode(code, code[:9], code[9:15], code[15:17], code[17:21], code[21:])
    detail = ""
    if len(code) != 22:
        detail = "应为 22 位 / 22 characters are needed"
    elif not is_organisation_code(parts.organisation):
        detail = "前 9 位组织机构代码校验不符 / the organisation code in the first nine does not check"
    elif not (parts.region.isascii() and parts.region.isdigit()):
        detail = "第 10–15 位应为区划代码 / positions 10–15 are a division's digits"
    elif parts.economic not in code_table("economic_types"):
        detail = "经济类型代码不在表内 / the economic type is not in the table"
    elif parts.category not in code_table("categories"):
        detail = "机构类别代码不在 WS 218 表内 / the category is not in WS 218"
    elif parts.management not in MANAGEMENT:
        detail = "分类管理代码应为 1、2 或 9 / the management class is 1, 2 or 9"
    if detail:
        raise Refused(INSTITUTION_CODE_BAD, field="institution_code", detail=detail)
    return parts


def make_institution_code(organisation: str, region: str, economic: str, category: str, management: str) -> str:
    """The 22 characters put together, checked as they are when read."""
    return read_institution_code(f"{organisation}{region}{economic}{category}{management}").code


# 12-digit licence register number --------------------------------------------------------------------------------


LICENCE_KINDS: Final = {"1": "诊所、医务室", "2": "卫生所（站）", "3": "村卫生室"}
LICENCE_OWNERS: Final = {
    "1": "卫生部门全民",
    "2": "其他部门全民",
    "3": "集体",
    "4": "工业集体",
    "5": "个体",
    "6": "联营",
    "7": "全民集体合作",
    "8": "中外合资",
    "9": "其他",
}


@dataclass(frozen=True, slots=True)
class LicenceNumber:
    """A 12-digit licence register number of a clinic, taken apart: 6 region + 4 unit + kind + owner."""

    number: str
    region: str
    unit: int
    kind: str
    owner: str


def read_licence_number(text: str) -> LicenceNumber:
    """The number in ``text``, or ``Refused(LICENCE_NUMBER_BAD)`` saying what is wrong."""
    number = _compact(text)
    detail = ""
    if len(number) != 12 or not (number.isascii() and number.isdigit()):
        detail = "应为 12 位数字 / 12 digits are needed"
    elif number[6:10] == "0000":
        detail = "单位序号从 0001 起 / units are numbered from 0001"
    elif number[10] not in LICENCE_KINDS:
        detail = "第 11 位应为 1–3 / position 11 is 1 to 3"
    elif number[11] not in LICENCE_OWNERS:
        detail = "第 12 位应为 1–9 / position 12 is 1 to 9"
    if detail:
        raise Refused(LICENCE_NUMBER_BAD, field="number", detail=detail)
    return LicenceNumber(number, number[:6], int(number[6:10]), number[10], number[11])


# Village codes and health-record numbers -------------------------------------------------------------------------


def record_segment(village: str) -> str | None:
    """The third segment (three digits) of health-record numbers opened in a village of the statistics codes.

    Statistics codes number residents' committees 001–199 and village committees 200–399 (mark M); the record number
    has 001–099 for the former, 101–199 for the latter and 901–999 for other organisations (mark V). The mapping is this
    platform's (mark D): ``n`` → ``n`` below 100, ``200 + k`` → ``101 + k``, ``400 + k`` → ``901 + k``. None where the
    segment has no room.
    """
    number = int(village[9:12])
    for first, last, segment in ((1, 99, 1), (200, 298, 101), (400, 498, 901)):
        if first <= number <= last:
            return f"{number - first + segment:03d}"
    return None
