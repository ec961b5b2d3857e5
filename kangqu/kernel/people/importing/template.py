"""Workbooks: the template of a list, and rows as a sheet whose long digits stay text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO, Any, Final

import xlsxwriter

from kangqu.kernel.people.importing.columns import COLUMNS
from kangqu.kernel.people.importing.rows import ethnicities
from kangqu.kernel.people.models import IdentifierKind

_ROWS: Final = 20_000
_CHOICES: Final = {
    "sex": ["男", "女"],
    "identifier_kind": [str(kind.label) for kind in IdentifierKind],
    "nationality": ["CHN"],
    "household_relation": ["户主", "配偶", "子", "女", "儿媳", "女婿", "孙子女", "父母", "祖父母", "兄弟姐妹", "其他"],
    "guardian_kind": [str(kind.label) for kind in IdentifierKind],
}
_NOTES: Final = (
    "第一行是列名，不要改动；列的次序可以变，不用的列可以删去。",
    "每位居民一行。姓名必填；证件号码和出生日期至少填一个。",
    "同一户的人填同一个户号，户主那一行的关系写“户主”；同一户的行可以不挨着。",
    "证件号码、手机号、区划代码已设为文本；从别处粘贴时请选“只保留文本”，否则身份证号末几位会丢失。",
    "The first row holds the column names; the order may change and unused columns may go.",
    "People of one household carry the same household number; the head's relation is 户主.",
    "One resident a row. The name is needed, and a document number or a birth date.",
)


def _workbook(out: IO[bytes]) -> Any:
    # Constant memory: a row is written out when the next begins. Text stays text: no formulas, no links, no numbers.
    return xlsxwriter.Workbook(
        out,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )


def write_sheet(out: IO[bytes], rows: Iterable[Sequence[str]]) -> None:
    """``rows``, header first, as a workbook of text."""
    book = _workbook(out)
    sheet, text = book.add_worksheet("名单"), book.add_format({"num_format": "@"})
    bold = book.add_format({"num_format": "@", "bold": True})
    for line, cells in enumerate(rows):
        for place, cell in enumerate(cells):
            sheet.write_string(line, place, cell[:32_767], text if line else bold)
    sheet.freeze_panes(1, 0)
    book.close()


def write_template(out: IO[bytes]) -> None:
    """The template: a sheet with text columns and drop-downs, and one that explains every column."""
    book = _workbook(out)
    text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "num_format": "@"})
    sheet, explained = book.add_worksheet("居民"), book.add_worksheet("说明")
    choices = book.add_worksheet("选项")
    for place, column in enumerate(COLUMNS):
        sheet.set_column(place, place, 24 if column.digits else 14, text)
        if column.name in _CHOICES:
            _drop_down(sheet, place, _CHOICES[column.name])
    for place, column in enumerate(COLUMNS):
        sheet.write_string(0, place, column.title, bold)
    sheet.freeze_panes(1, 0)
    explained.set_column(0, 2, 24)
    lines = [("列", "English", "怎样填写"), *((each.title, each.english, each.hint) for each in COLUMNS)]
    for line, cells in enumerate([*lines, *((note, "", "") for note in _NOTES)]):
        for place, cell in enumerate(cells):
            explained.write_string(line, place, cell, bold if line == 0 else text)
    for line, name in enumerate(ethnicities().values()):
        choices.write_string(line, 0, name)
    nation = next(place for place, column in enumerate(COLUMNS) if column.name == "ethnicity")
    sheet.data_validation(
        1, nation, _ROWS, nation, {"validate": "list", "source": f"=选项!$A$1:$A${len(ethnicities())}"}
    )
    book.close()


def _drop_down(sheet: Any, place: int, choices: Sequence[str]) -> None:
    # Choices are offered, not forced: a code or another kind of paper is judged when the list comes in.
    settings = {"validate": "list", "source": choices, "error_type": "information"}
    sheet.data_validation(1, place, _ROWS, place, settings)
