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

from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import Refused, all_refusals
from kangqu.kernel.people.documents import RESIDENT_ID, check_digit, fold, mask_number, read_document
from kangqu.kernel.people.families import HOUSEHOLD_LETTER
from kangqu.kernel.people.importing import refusals
from kangqu.kernel.people.importing.columns import NAMES, TITLES, Header
from kangqu.kernel.people.importing.formats import NOT_A_CELL
from kangqu.kernel.people.models import IdentifierKind, Relation
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
    household_number: str = ""
    household_relation: str = ""
    household_code: str = ""
    guardian_name: str = ""
    guardian_kind: str = ""
    guardian_number: str = ""
    guardian_relation: str = ""
    guardian_phone: str = ""

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
        told = [(name, place) for place, name in enumerate(NAMES) if name in _READERS]
        self._asked = [(name, place) for name, place in told if self._places[place] >= 0]
        self._empty = {name: _EMPTY.get(name, "") for name, _ in told}
        self._has_household = any(self._places[place] >= 0 for place in (_HOUSEHOLD, _HOUSEHOLD_CODE))
        self._has_guardian = any(self._places[place] >= 0 for place in _GUARDIAN)

    def read(self, cells: Sequence[str]) -> Values | list[Error]:
        """The values of a row, or everything that is wrong with it."""
        errors: list[Error] = []
        if len(cells) > self._width and any(cells[self._width :]):
            errors.append((refusals.ROW_WIDE.code, -1, {}))
        text = [cells[place] if 0 <= place < len(cells) else "" for place in self._places]
        text = [each.strip() if each and (each[0].isspace() or each[-1].isspace()) else each for each in text]
        found = self._empty | {name: self._value(name, place, text, errors) for name, place in self._asked}
        kind, number, birth_date, sex = self._document(text, found, errors)
        region, registered = self._region(_REGION, text, errors), self._region(_REGISTERED_REGION, text, errors)
        if not errors and not (number or birth_date):
            errors.append((refusals.TOO_LITTLE.code, _BIRTH, {}))
        guardian = self._guardian(text, found, errors) if self._has_guardian else ("", "")
        if self._has_household:
            _check_household(found, errors)
        if errors:
            return errors
        values = Values(
            found["name"], sex, birth_date, kind, number, found["phone"], found["address"], region,
            found["registered_address"], registered, found["ethnicity"], found["nationality"], found["former_name"],
            found["mother_name"], found["household_number"], found["household_relation"], found["household_code"],
            found["guardian_name"], *guardian, found["guardian_relation"], found["guardian_phone"],
        )  # fmt: skip
        if not values.mother_name and values.guardian_relation in _MOTHERS:
            values.mother_name = values.guardian_name
        return values

    def _guardian(self, text: list[str], found: Mapping[str, str], errors: list[Error]) -> tuple[str, str]:
        """(kind, number) of the guardian's document."""
        written, name = text[_GUARDIAN_NUMBER], found["guardian_name"]
        if not written:
            if not name and any(text[place] for place in _GUARDIAN):
                errors.append((refusals.GUARDIAN_THIN.code, _GUARDIAN[0], {}))
            return "", ""
        try:
            kind = _read_kind(text[_GUARDIAN_KIND], written)
            _refuse_excel_number(written)
            document = read_document(kind, written, on=self._today)
        except Refused as refused:
            place = _GUARDIAN_KIND if refused.field == "kind" else _GUARDIAN_NUMBER
            errors.append((refused.why.code, place, {key: str(value) for key, value in refused.facts.items()}))
            return "", ""
        return document.kind, document.number

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
_HOUSEHOLD, _RELATION, _HOUSEHOLD_CODE, _GUARDIAN_KIND, _GUARDIAN_NUMBER, _GUARDIAN_PHONE = map(
    NAMES.index,
    (
        "household_number", "household_relation", "household_code", "guardian_kind", "guardian_number", "guardian_phone",
    ),
)  # fmt: skip
_GUARDIAN: Final = tuple(place for place, name in enumerate(NAMES) if name.startswith("guardian_"))
_MOTHERS: Final = frozenset({"母亲", "母", "妈妈", "mother"})
_LONGEST_RELATION: Final = 10
_LONGEST_HOUSEHOLD: Final = 30
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


def _check_household(found: Mapping[str, str], errors: list[Error]) -> None:
    told = found["household_number"] or found["household_code"]
    if told and not found["household_relation"] and not any(place == _RELATION for _, place, _ in errors):
        errors.append((refusals.RELATION_MISSING.code, _RELATION, {}))
    elif found["household_relation"] and not told and not errors:
        errors.append((refusals.HOUSEHOLD_MISSING.code, _HOUSEHOLD, {}))


def _read_household_number(written: str) -> str:
    folded = unicodedata.normalize("NFKC", written[: _LONGEST_HOUSEHOLD + 1]).replace(" ", "").upper()
    plain = folded.replace("-", "").replace("_", "").replace("/", "")
    if len(written) > _LONGEST_HOUSEHOLD or not plain.isalnum() or _EXPONENT.fullmatch(written):
        raise Refused(refusals.HOUSEHOLD_NUMBER_WRONG, limit=_LONGEST_HOUSEHOLD)
    return folded


def _read_household_code(written: str) -> str:
    code = read_code(written, HOUSEHOLD_LETTER) if len(written) <= 40 else None
    if code is None:
        raise Refused(refusals.HOUSEHOLD_UNKNOWN)
    return code


@cache
def _relations() -> Mapping[str, str]:
    """Every word and two-digit code of GB/T 4761 → the relation as it is kept."""
    listed = tomllib.loads(files(__package__).joinpath("relations.toml").read_text(encoding="utf-8"))["relations"]
    kept = {code: code[0] if code[0] != "9" else Relation.OTHER.value for code in listed}
    return {word: kept[code] for code, words in listed.items() for word in (code, *words)}


def _read_relation(written: str) -> str:
    relation = _relations().get(unicodedata.normalize("NFKC", written[:40]).casefold())
    if relation is None:
        raise Refused(refusals.RELATION_WRONG)
    return relation


def _read_guardian_relation(written: str) -> str:
    if len(written) > _LONGEST_RELATION:
        raise Refused(refusals.TEXT_LONG, limit=_LONGEST_RELATION)
    return _read_text(written)


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
    "household_number": _read_household_number,
    "household_relation": _read_relation,
    "household_code": _read_household_code,
    "guardian_name": normalise_name,
    "guardian_relation": _read_guardian_relation,
    "guardian_phone": read_phone,
}


def error_sentence(error: Sequence[Any], language: str) -> tuple[str, str, str]:
    """(code, the column's title, the sentence) of one error of a row."""
    code, place, facts = error
    why = all_refusals()[code]
    return code, TITLES[place] if place >= 0 else "", why.sentence(language, facts)


def shown_cells(cells: Sequence[str]) -> list[str]:
    """Cells in our columns as a page may show them: numbers and phones masked."""
    shown = list(cells)
    for place in (_NUMBER, _GUARDIAN_NUMBER):
        shown[place] = mask_number(shown[place][:40])
    for place in (_PHONE, _GUARDIAN_PHONE):
        shown[place] = mask_phone(shown[place][:40])
    return shown
