"""From the cells of one row to the values of one resident, or to what is wrong with it. Pure."""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from kangqu.kernel.basis.refusals import Refused, all_refusals
from kangqu.kernel.people.documents import RESIDENT_ID, check_digit, fold, mask_number, read_document
from kangqu.kernel.people.importing import refusals
from kangqu.kernel.people.importing.columns import NAMES, TITLES, Header
from kangqu.kernel.people.importing.formats import NOT_A_CELL
from kangqu.kernel.people.models import IdentifierKind
from kangqu.kernel.people.names import normalise_name
from kangqu.kernel.people.phones import mask_phone, read_phone

LONGEST_ADDRESS: Final = 200

Error = tuple[str, int, dict[str, Any]]
"""A refusal's code, the place of our column in ``COLUMNS`` (-1: the whole row), and the facts of its sentence."""

Regions = Callable[[str], str | None]
"""A written region code → the code in the region table, or None where there is none."""


@dataclass(slots=True)
class Values:
    """One resident as a list describes them, in normal form. Dates are ISO text, so that the row packs into JSON."""

    name: str
    sex: str
    birth_date: str
    kind: str
    number: str
    phone: str
    address: str
    region: str
    registered_address: str
    registered_region: str
    ethnicity: str
    nationality: str
    former_name: str
    mother_name: str

    def packed(self) -> str:
        return json.dumps(_texts(self), ensure_ascii=False, separators=(",", ":"))

    @property
    def born(self) -> date | None:
        return date.fromisoformat(self.birth_date) if self.birth_date else None


def _texts(values: Values) -> tuple[str, ...]:
    # dataclasses.astuple copies deeply, at ten times the cost.
    return tuple([getattr(values, name) for name in Values.__slots__])


def unpack(text: str) -> Values:
    return Values(*json.loads(text))


class RowReader:
    """Reads the rows of one file: its header's places, the day of the city, and the region table."""

    def __init__(self, header: Header, *, today: date, regions: Regions) -> None:
        self._places, self._width, self._today = header.places, len(header.titles), today
        self._regions = lru_cache(maxsize=1 << 14)(regions)

    def read(self, cells: Sequence[str]) -> Values | list[Error]:
        """The values of a row, or everything that is wrong with it."""
        errors: list[Error] = []
        if len(cells) > self._width and any(cells[self._width :]):
            errors.append((refusals.ROW_WIDE.code, -1, {}))
        text = [cells[place] if 0 <= place < len(cells) else "" for place in self._places]
        text = [each.strip() if each and (each[0].isspace() or each[-1].isspace()) else each for each in text]
        found = {name: self._value(name, place, text, errors) for place, name in enumerate(NAMES) if name in _READERS}
        kind, number, birth_date, sex = self._document(text, found, errors)
        region, registered = self._region(_REGION, text, errors), self._region(_REGISTERED_REGION, text, errors)
        if not errors and not (number or birth_date):
            errors.append((refusals.TOO_LITTLE.code, _BIRTH, {}))
        if errors:
            return errors
        return Values(
            found["name"], sex, birth_date, kind, number, found["phone"], found["address"], region,
            found["registered_address"], registered, found["ethnicity"], found["nationality"], found["former_name"],
            found["mother_name"],
        )  # fmt: skip

    def _value(self, name: str, place: int, text: list[str], errors: list[Error]) -> str:
        written = text[place]
        if not written and name not in _NEEDED:
            return _EMPTY.get(name, "")
        try:
            if written == NOT_A_CELL:
                raise Refused(refusals.VALUE_SHAPE)
            return _READERS[name](written)
        except Refused as refused:
            errors.append((refused.why.code, place, dict(refused.facts)))
            return ""

    def _document(self, text: list[str], found: Mapping[str, str], errors: list[Error]) -> tuple[str, str, str, str]:
        """(kind, number, birth date, sex): what the document says and what is written beside it, made one."""
        written, sex, birth_date = text[_NUMBER], found["sex"], ""
        try:
            birth_date = _read_day(text[_BIRTH], self._today)
        except Refused as refused:
            errors.append((refused.why.code, _BIRTH, dict(refused.facts)))
        if not written:
            return "", "", birth_date, sex or "0"
        try:
            kind = _read_kind(text[_KIND], written)
            _refuse_excel_number(written)
            document = read_document(kind, written, on=self._today, sex=sex)
        except Refused as refused:
            place = {"kind": _KIND, "sex": _SEX}.get(refused.field or "", _NUMBER)
            errors.append((refused.why.code, place, {key: str(value) for key, value in refused.facts.items()}))
            return "", "", birth_date, sex
        if document.birth_date is not None:
            born = document.birth_date.isoformat()
            if birth_date and birth_date != born:
                errors.append((refusals.BIRTH_MISMATCH.code, _BIRTH, {}))
            birth_date = born
        return document.kind, document.number, birth_date, document.sex or sex or "0"

    def _region(self, place: int, text: list[str], errors: list[Error]) -> str:
        written = text[place]
        if not written:
            return ""
        code = self._regions(fold(written)) if len(written) <= 20 else None
        if code is None:
            errors.append((refusals.REGION_WRONG.code, place, {}))
        return code or ""


_KIND, _NUMBER, _BIRTH, _PHONE, _SEX, _REGION, _REGISTERED_REGION = map(
    NAMES.index, ("identifier_kind", "identifier", "birth_date", "phone", "sex", "region", "registered_region")
)
_NEEDED: Final = frozenset({"name"})
_EMPTY: Final = {"nationality": "CHN"}
_SEXES: Final = {
    "男": "1", "男性": "1", "1": "1", "m": "1", "male": "1", "女": "2", "女性": "2", "2": "2", "f": "2", "female": "2",
    "未知": "", "0": "", "unknown": "", "未说明": "", "9": "",
}  # fmt: skip
_KINDS: Final = {
    **{kind.value: kind.value for kind in IdentifierKind},
    **{str(kind.label): kind.value for kind in IdentifierKind},
    "身份证": "01", "二代身份证": "01", "公民身份证": "01", "resident id": "01", "id card": "01", "passport": "03",
    "港澳居民来往内地通行证": "06", "台湾居民来往大陆通行证": "07", "出生证": "11", "出生证明": "11",
}  # fmt: skip
_EXPONENT: Final = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,3}")
_DAY: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]0{1,2}:00(?::00(?:\.0+)?)?)?")
_CODE: Final = re.compile("[A-Z]{3}")


@lru_cache(maxsize=1 << 15)
def _read_day(written: str, today: date) -> str:
    """A day as ISO text: 1990-01-31, 1990/1/31, 1990.1.31, 19900131, 1990年1月31日."""
    if not written:
        return ""
    folded = unicodedata.normalize("NFKC", written[:40]).strip()
    if len(folded) == 8 and folded.isdigit():
        folded = f"{folded[:4]}-{folded[4:6]}-{folded[6:]}"
    found = _DAY.fullmatch(folded)
    try:
        day = date(*map(int, found.groups())) if found else None
    except ValueError:
        day = None
    if day is None or not date(1850, 1, 1) <= day <= today:
        raise Refused(refusals.DATE_WRONG)
    return day.isoformat()


def _read_kind(written: str, number: str) -> str:
    if written:
        kind = _KINDS.get(unicodedata.normalize("NFKC", written[:40]).strip().casefold())
        # A code whose zero a spreadsheet took away.
        return kind or _KINDS.get(written.zfill(2)) or written[:2]
    if len(fold(number[:40])) in (15, 18) or _EXPONENT.fullmatch(number):
        return RESIDENT_ID
    raise Refused(refusals.KIND_MISSING, field="kind")


def _refuse_excel_number(written: str) -> None:
    """A number that went through a spreadsheet's fifteen digits: in exponent form, or with zeros where digits were."""
    if _EXPONENT.fullmatch(written):
        raise Refused(refusals.EXCEL_NUMBER)
    cut = len(written) == 18 and written.endswith("000") and written.isascii() and written.isdigit()
    if cut and (written.endswith("0000") or check_digit(written[:17]) != written[17]):
        raise Refused(refusals.EXCEL_NUMBER)


def _read_sex(written: str) -> str:
    sex = _SEXES.get(written.casefold())
    if sex is None:
        raise Refused(refusals.SEX_WRONG)
    return sex


def _read_text(written: str) -> str:
    if len(written) > LONGEST_ADDRESS:
        raise Refused(refusals.TEXT_LONG, limit=LONGEST_ADDRESS)
    if not written.isprintable():
        written = " ".join(written.split())
        if "\ufffd" in written or any(unicodedata.category(character) == "Cc" for character in written):
            raise Refused(refusals.TEXT_CHARS)
    return written


@cache
def ethnicities() -> Mapping[str, str]:
    """GB/T 3304: number → name."""
    return tomllib.loads(files(__package__).joinpath("ethnicities.toml").read_text(encoding="utf-8"))["ethnicities"]


@cache
def _ethnicity_names() -> Mapping[str, str]:
    return {name: code for code, title in ethnicities().items() for name in (title, title.removesuffix("族"))}


def _read_ethnicity(written: str) -> str:
    code = written.zfill(2)
    code = code if code in ethnicities() else _ethnicity_names().get(written, "")
    if not code:
        raise Refused(refusals.ETHNICITY_WRONG)
    return code


def _read_nationality(written: str) -> str:
    folded = written.upper()
    if folded in ("中国", "中华人民共和国", "CN", "CHINA", "156"):
        return "CHN"
    if not _CODE.fullmatch(folded):
        raise Refused(refusals.NATIONALITY_WRONG)
    return folded


_READERS: Final[Mapping[str, Callable[[str], str]]] = {
    "name": normalise_name,
    "sex": _read_sex,
    "phone": read_phone,
    "address": _read_text,
    "registered_address": _read_text,
    "ethnicity": _read_ethnicity,
    "nationality": _read_nationality,
    "former_name": normalise_name,
    "mother_name": normalise_name,
}


def error_sentence(error: Sequence[Any], language: str) -> tuple[str, str, str]:
    """(code, the column's title, the sentence) of one error of a row."""
    code, place, facts = error
    why = all_refusals()[code]
    return code, TITLES[place] if place >= 0 else "", why.sentence(language, facts)


def shown_cells(cells: Sequence[str]) -> list[str]:
    """Cells in our columns as a page may show them: numbers and phones masked."""
    shown = list(cells)
    shown[_NUMBER] = mask_number(shown[_NUMBER][:40])
    shown[_PHONE] = mask_phone(shown[_PHONE][:40])
    return shown
