"""The columns of a list of residents: what each is called, in Chinese and English, and which header means which."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.importing.refusals import COLUMN_TWICE, NO_COLUMNS


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``title`` is its header in the template and in exports, ``also`` other headers that mean it."""

    name: str
    title: str
    english: str
    also: tuple[str, ...] = ()
    hint: str = ""
    digits: bool = False
    """Whether it holds long digits, which a spreadsheet must keep as text."""


COLUMNS: Final = (
    Column("name", "姓名", "name", ("名字", "居民姓名", "患者姓名", "full name"), "必填。生僻字照证件写。"),
    Column("sex", "性别", "sex", ("gender",), "男、女；有身份证号可不填。"),
    Column(
        "birth_date",
        "出生日期",
        "birth_date",
        ("出生年月日", "生日", "birthday", "birthdate", "date of birth", "dob"),
        "1990-01-31；有身份证号可不填。",
    ),
    Column(
        "identifier_kind",
        "证件类型",
        "identifier_type",
        ("证件种类", "证件类别", "id type", "idtype", "document type"),
        "不填时按居民身份证。",
    ),
    Column(
        "identifier",
        "证件号码",
        "identifier",
        ("证件号", "身份证号", "身份证号码", "公民身份号码", "身份证", "id number", "idno", "id no", "document number"),
        "身份证号 18 位，按文本填写。",
        digits=True,
    ),
    Column(
        "phone",
        "手机号",
        "phone",
        ("手机号码", "联系电话", "电话", "本人电话", "手机", "mobile", "telephone", "phone number"),
        "11 位手机号，或带区号的固定电话。",
        digits=True,
    ),
    Column("address", "现住址", "address", ("住址", "居住地址", "家庭住址", "地址", "home address"), "村居以下写到门牌。"),
    Column(
        "region",
        "区划代码",
        "region",
        ("现住地区划", "行政区划代码", "现住址区划代码", "region code", "division"),
        "6、9 或 12 位。",
        digits=True,
    ),
    Column("registered_address", "户籍地址", "registered_address", ("户口所在地", "户籍地")),
    Column("registered_region", "户籍区划代码", "registered_region", (), "6、9 或 12 位。", digits=True),
    Column("ethnicity", "民族", "ethnicity", ("ethnic group",), "汉族、回族……或 GB/T 3304 代码。"),
    Column("nationality", "国籍", "nationality", ("国家", "citizenship"), "三位字母代码；不填为 CHN。"),
    Column("former_name", "曾用名", "former_name", ("former name",)),
    Column("mother_name", "母亲姓名", "mother_name", ("mother", "mother name"), "新生儿没有证件时用来核对。"),
    Column(
        "household_number",
        "户号",
        "household_number",
        ("户编号", "家庭编号", "household number", "household no", "family number"),
        "同一户的人填同一个号，按文本填写。",
        digits=True,
    ),
    Column(
        "household_relation",
        "与户主关系",
        "relation_to_head",
        ("与户主的关系", "户主关系", "家庭关系", "relation", "relationship to head"),
        "户主、配偶、长子、儿媳……或 GB/T 4761 两位代码；填了户号就要填。",
    ),
    Column("household_code", "户编码", "household_code", (), "H 开头，导出时带出；有它就不看户号。"),
    Column("guardian_name", "监护人姓名", "guardian_name", ("监护人", "guardian"), "未成年人和被监护人填写。"),
    Column(
        "guardian_kind", "监护人证件类型", "guardian_identifier_type", ("监护人证件种类",), "不填时按居民身份证。"
    ),
    Column(
        "guardian_number",
        "监护人证件号码",
        "guardian_identifier",
        ("监护人证件号", "监护人身份证号", "监护人身份证号码", "监护人身份证", "guardian id", "guardian id number"),
        "监护人要已经登记，或者就在这份名单里。",
        digits=True,
    ),
    Column(
        "guardian_relation", "与监护人关系", "guardian_relation", ("监护人关系", "监护关系"), "父亲、母亲、祖父……"
    ),
    Column(
        "guardian_phone", "监护人电话", "guardian_phone", ("监护人手机号", "监护人联系电话", "监护人手机"), "", digits=True
    ),
)  # fmt: skip
NAMES: Final = tuple(column.name for column in COLUMNS)
_HOUSEHOLD_NUMBER, _HOUSEHOLD_RELATION, _HOUSEHOLD_CODE = map(
    NAMES.index, ("household_number", "household_relation", "household_code")
)
TITLES: Final = tuple(column.title for column in COLUMNS)
# Columns that a file made by us adds to a list, for people to read: they come back without meaning.
ERROR_TITLES: Final = ("行号", "错误代码", "错误列", "错误说明")
PUBLIC_CODE_TITLE: Final = "居民公开码"
MARK_TITLE: Final = "导出标记"


def _folded(header: str) -> str:
    text = unicodedata.normalize("NFKC", header).casefold()
    return "".join(character for character in text if character.isalnum())


_BY_HEADER: Final = {
    _folded(header): place
    for place, column in enumerate(COLUMNS)
    for header in (column.name, column.title, column.english, *column.also)
}
_PASSED_OVER: Final = frozenset(map(_folded, (*ERROR_TITLES, PUBLIC_CODE_TITLE, MARK_TITLE)))


@dataclass(frozen=True, slots=True)
class Header:
    """How a file's columns map on ours: ``places[i]`` is where our column i stands in the file, or -1."""

    titles: tuple[str, ...]
    places: tuple[int, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """The file's columns that mean nothing to us, by their titles."""
        known = set(self.places)
        return tuple(
            title
            for place, title in enumerate(self.titles)
            if title.strip() and place not in known and _folded(title) not in _PASSED_OVER
        )

    @property
    def recognised(self) -> dict[str, str]:
        """Our column's title → the file's."""
        return {
            column.title: self.titles[place] for column, place in zip(COLUMNS, self.places, strict=True) if place >= 0
        }


def read_header(titles: Sequence[str]) -> Header:
    """Recognise a header row. Refused: without a name column, or when two columns mean the same."""
    places = [-1] * len(COLUMNS)
    for place, title in enumerate(titles):
        meant = _BY_HEADER.get(_folded(title))
        if meant is None:
            continue
        if places[meant] >= 0:
            raise Refused(COLUMN_TWICE, first=titles[places[meant]][:40], second=title[:40])
        places[meant] = place
    if places[0] < 0:
        raise Refused(NO_COLUMNS)
    if places[_HOUSEHOLD_NUMBER] < 0 and places[_HOUSEHOLD_CODE] < 0:
        # A relation to the head says nothing without the household: it is told as a column that was not imported.
        places[_HOUSEHOLD_RELATION] = -1
    return Header(tuple(titles), tuple(places))
