"""Lists made to hurt, from the file to the answer on the desk: told with a code, never an exception, nothing half done."""

from __future__ import annotations

import io
import json
import threading

import pytest
import xlsxwriter
from django.db import connection

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.importing import actions, reads
from kangqu.kernel.people.importing.models import ImportRow, ImportState, ResidentImport
from kangqu.kernel.people.importing.running import run
from kangqu.kernel.people.models import Person
from kangqu.kernel.trace.actor import the_house
from tests.conftest import NINE
from tests.importing.lists import HEADER, as_csv, as_ndjson, number_of, resident, residents

pytestmark = pytest.mark.django_db
BY = the_house("operator")


def bring(content: bytes) -> ResidentImport:
    job = actions.start_import(file_name="名单", blocks=[content], by=BY, at=NINE, preview=False)
    return run(job.pk, by=BY, clock=lambda: NINE)


def codes_of(job: ResidentImport) -> dict[int, list[str]]:
    rows = ImportRow.objects.filter(import_id=job.pk, outcome="error").order_by("line")
    for shown in reads.first_rows(job, "en", count=50, wrong=True):
        assert all("{" not in sentence for _, _, sentence in shown.errors)
    return {row.line: [code for code, _, _ in row.errors] for row in rows}


def workbook(fill) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["姓名", "性别", "出生日期", "证件号码", "户号", "与户主关系"])
    fill(book, sheet)
    book.close()
    return out.getvalue()


def test_what_spreadsheets_do_to_numbers_is_told():
    def fill(book, sheet) -> None:
        sheet.write_row(1, 0, ["甲", "", ""])
        sheet.write_number(1, 3, 370302190001010001)  # a number: fifteen digits are left of it
        sheet.write_row(2, 0, ["乙", "男", 32874])  # a date without a date's format
        sheet.write_row(3, 0, ["丙", "男", "1990-01-01", "", 1.23e17, "户主"])
        sheet.write_row(4, 0, ["丁", "男", "1990-01-01", "", 7, "户主"])
        sheet.write_string(5, 0, "戊")
        sheet.write_string(5, 3, "1.23E+17")
        sheet.write_row(6, 0, ["己", 1, "1990-01-01"])

    job = bring(workbook(fill))
    assert codes_of(job) == {2: ["KQ-1521"], 3: ["KQ-1522"], 4: ["KQ-1536"], 6: ["KQ-1521"]}
    assert job.counts == {"error": 4, "new": 2}
    assert set(Person.objects.values_list("name", "sex")) == {("丁", "1"), ("己", "1")}


def test_formulas_give_what_they_show_and_merged_cells_their_first():
    def fill(book, sheet) -> None:
        sheet.write_formula(1, 0, '="王"&"伟"', None, "王伟")
        sheet.write_row(1, 1, ["男", "1990-01-01"])
        sheet.write_formula(2, 0, "=1/0", None, "#DIV/0!")
        sheet.write_row(2, 1, ["男", "1990-01-01"])
        sheet.merge_range(3, 0, 5, 0, "合并", book.add_format())
        sheet.write_column(3, 1, ["男"] * 3)
        sheet.write_column(3, 2, ["1990-01-02", "1990-01-03", "1990-01-04"])

    job = bring(workbook(fill))
    assert codes_of(job) == {3: ["KQ-1411"], 5: ["KQ-1411"], 6: ["KQ-1411"]}
    assert set(Person.objects.values_list("name", flat=True)) == {"王伟", "合并"}


def test_lone_surrogates_and_nul_in_ndjson():
    rows = [
        {"姓名": "王\ud842", "出生日期": "1990-01-01"},
        {"姓名": "王\0", "出生日期": "1990-01-01"},
        {"姓名": "𠮷田", "出生日期": "1990-01-01"},
        {"姓名": ["王"], "出生日期": {"a": 1}},
        {"姓名": True, "出生日期": "1990-01-01"},
        {"姓名": "甲", "出生日期": 10**400},
        {"姓名": "乙", "出生日期": "1990-01-01", "手机号": 13800000000},
    ]
    job = bring("\n".join(json.dumps(row) for row in rows).encode())
    assert codes_of(job) == {
        2: ["KQ-1413"], 3: ["KQ-1413"], 5: ["KQ-1532", "KQ-1522"], 6: ["KQ-1532"], 7: ["KQ-1522"],
    }  # fmt: skip
    assert job.counts == {"error": 5, "new": 2}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "mixed"])
def test_four_byte_characters_and_every_line_end(encoding, end):
    rows = [resident(1, name="𠮷田一"), resident(2, name="䶮㛃𬭎"), resident(3)]
    ends = ["\n", "\r\n", "\r", "\n"] if end == "mixed" else [end] * 4
    lines = [",".join(row) for row in (HEADER, *rows)]
    job = bring("".join(line + stop for line, stop in zip(lines, ends, strict=True)).encode(encoding))
    assert job.counts == {"new": 3} and Person.objects.filter(name="䶮㛃𬭎").exists()


def test_columns_in_any_order_and_in_english():
    order = [4, 0, 9, 2, 5, 1, 7, 3, 8, 6]
    english = ("Name", "Sex", "Birth Date", "Identifier Type", "ID Number", "Mobile", "Home Address", "Region", "Ethnicity",
               "Citizenship")  # fmt: skip
    rows = [[row[place] for place in order] for row in residents(3)]
    assert bring(as_csv(rows, header=[HEADER[place] for place in order])).counts == {"new": 3}
    assert bring(as_csv(rows, header=[english[place] for place in order])).counts == {"same": 3}


def test_ten_megabytes_in_a_cell_are_told_and_write_nobody():
    rows = [resident(1), resident(2, address="长" * 10_000_000)]
    for content in (as_csv(rows), as_ndjson(rows)):
        job = bring(content)
        assert (job.state, job.failure) == (ImportState.FAILED, "KQ-1504") and not Person.objects.exists()
        assert "{" not in reads.failure(job, "zh") + reads.failure(job, "en")


@pytest.mark.parametrize("header", ["姓名,证件号码,手机号", "甲,乙", "姓名,name", "户号,与户主关系"])
def test_a_header_alone_imports_nobody(header):
    job = bring((header + "\r\n").encode())
    assert job.state == ImportState.FAILED and job.failure in ("KQ-1501", "KQ-1506", "KQ-1507")


@pytest.mark.django_db(transaction=True)
def test_one_file_started_twice_at_once_is_one_import():
    barrier, refused = threading.Barrier(2), list[str]()

    def start() -> None:
        try:
            barrier.wait()
            actions.start_import(file_name="x", blocks=[as_csv(residents(50))], by=BY, at=NINE, preview=False)
        except Refused as why:
            refused.append(why.why.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["KQ-1508"] and ResidentImport.objects.count() == 1
    job = run(ResidentImport.objects.get().pk, by=BY, clock=lambda: NINE)
    assert job.counts == {"new": 50} and Person.objects.count() == 50


def test_a_number_with_a_cut_tail_is_a_spreadsheets_doing():
    assert codes_of(bring(as_csv([resident(1, number=number_of(1)[:15] + "000", birth_date="", sex="")]))) == {
        2: ["KQ-1521"]
    }
