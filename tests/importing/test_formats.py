"""Files of every kind, and files made to hurt: read, or refused by name; never anything else."""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.importing import formats, refusals
from kangqu.kernel.people.importing.columns import COLUMNS, TITLES, read_header
from kangqu.kernel.people.importing.formats import Sniffer, read_rows
from kangqu.kernel.people.importing.limits import Limits
from kangqu.kernel.people.importing.rows import RowReader, Values
from kangqu.kernel.people.importing.template import write_template
from tests.conftest import NINE
from tests.importing.lists import HEADER, as_csv, as_xlsx, resident

TODAY = NINE.date()


def read(content: bytes, limits: Limits = Limits()):  # noqa: B008
    sniffer = Sniffer()
    for start in range(0, len(content), 1000):
        sniffer.feed(content[start : start + 1000])
    kind, encoding = sniffer.conclude()
    blocks = (content[start : start + 777] for start in range(0, len(content), 777))
    return list(read_rows(kind, encoding, blocks, limits))


def refusal_of(content: bytes, limits: Limits = Limits()):  # noqa: B008
    with pytest.raises(Refused) as refused:
        read(content, limits)
    assert "{" not in refused.value.sentence("zh") + refused.value.sentence("en")
    return refused.value.why


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_by_trial(encoding):
    row = resident(1, name="𠮷䶮", address="一号楼\n二单元,三层")
    assert read(as_csv([row] * 500, encoding=encoding)) == [
        (1, list(HEADER)),
        *((line, row) for line in range(2, 502)),
    ]


def test_ndjson_and_its_growing_header():
    lines = b'{"name":"a","birth_date":19900101}\n\n{"name":"b","phone":null,"x":[1]}\n'
    assert read(lines) == [
        (1, ["name", "birth_date"]),
        (2, ["a", "19900101"]),
        (1, ["name", "birth_date", "phone", "x"]),
        (4, ["b", "", "", formats.NOT_A_CELL]),
    ]


def test_spreadsheets_as_people_make_them():
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["姓名", "出生日期", "证件号码", "手机号"])
    sheet.write_string(2, 0, "王𠮷")
    sheet.write_datetime(2, 1, NINE.replace(tzinfo=None, hour=0), book.add_format({"num_format": "yyyy-mm-dd"}))
    sheet.write_number(2, 2, 370302190001010001)
    sheet.write_number(2, 3, 13800000000)
    book.close()
    header, row = read(out.getvalue())
    assert header[1] == ["姓名", "出生日期", "证件号码", "手机号"]
    assert row == (3, ["王𠮷", "2026-11-23", "3.70302190001010E+17", "13800000000"])


def test_the_template_is_a_list_without_rows():
    out = io.BytesIO()
    write_template(out)
    assert read(out.getvalue()) == [(1, list(TITLES))]
    assert read_header(TITLES).places == tuple(range(len(COLUMNS)))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", refusals.FILE_EMPTY),
        (b"\xef\xbb\xbf  \r\n", refusals.FILE_EMPTY),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", refusals.FILE_KIND),
        ("姓名".encode("utf-16"), refusals.FILE_KIND),
        (b"\xef\xbb\xbf\xe5\xa7\x93\xe5\x90\x8d\n\xff\xfe", refusals.FILE_ENCODING),
        ("姓名\n王".encode() + b"\xff\xff\xff", refusals.FILE_ENCODING),
        ("姓名\n王\0伟\n".encode(), refusals.FILE_BROKEN),
        ("姓名\n" + "长" * 20_000, refusals.FILE_TOO_LARGE),
        ("姓名\n" + "长" * 10_000_000, refusals.FILE_TOO_LARGE),
        ("姓名" + ",x" * 1_000_000 + "\n", refusals.FILE_TOO_LARGE),
        ("姓名" + ",x" * 1_000, refusals.FILE_TOO_LARGE),
        ('{"name": 1' + "\n", refusals.FILE_BROKEN),
        ('{"name": "a"}\n[1]\n', refusals.FILE_BROKEN),
        ('{"a":' * 100_000, refusals.FILE_BROKEN),
        ("{" + ",".join(f'"k{n}":1' for n in range(300)) + "}", refusals.FILE_TOO_LARGE),
        ('{"name": "' + "x" * 20_000 + '"}', refusals.FILE_TOO_LARGE),
        (b"PK\x03\x04 not a workbook", refusals.FILE_BROKEN),
    ],
)
def test_hostile_files_are_refused(content, why):
    assert refusal_of(content if isinstance(content, bytes) else content.encode()) is why


def test_rows_beyond_the_limit_are_refused():
    assert refusal_of(as_csv([resident(1)] * 11), Limits(rows=10)) is refusals.FILE_TOO_LARGE


def test_a_huge_whole_number_is_only_a_text():
    assert read(b'{"name":"a","birth_date":' + b"9" * 9000 + b"}")[1][1][1] == "9" * 9000


def altered(change) -> bytes:
    """A workbook with its sheet changed."""
    source, out = zipfile.ZipFile(io.BytesIO(as_xlsx([resident(1)]))), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, change(content) if name == "xl/worksheets/sheet1.xml" else content)
    return out.getvalue()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda xml: xml + b" " * (600 << 20), marks=pytest.mark.slow),
        lambda xml: xml.replace(b'r="A2"', b'r="XFD1048576"'),
        lambda xml: xml[:200],
        lambda xml: b"",
    ],
    ids=["bomb", "far cell", "cut off", "empty"],
)
def test_hostile_workbooks_are_refused(change):
    assert refusal_of(altered(change)) in (refusals.FILE_TOO_LARGE, refusals.FILE_BROKEN)


def test_two_columns_of_one_meaning_and_none_at_all():
    for titles, why in ((["姓名", "name"], refusals.COLUMN_TWICE), (["甲", "乙"], refusals.NO_COLUMNS)):
        with pytest.raises(Refused) as refused:
            read_header(titles)
        assert refused.value.why is why


READER = RowReader(read_header(HEADER), today=TODAY, regions=lambda code: None)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(st.text(max_size=60), st.sampled_from([*resident(1), "1e99", "٣٧", "２０２０-０１-０１"])),
        max_size=14,
    )
)
def test_any_row_is_read_or_told_what_is_wrong(cells):
    found = READER.read(cells)
    if isinstance(found, Values):
        found.packed().encode()
        assert found.name and (found.number or found.born)
    else:
        assert found and all(code.startswith("KQ-") for code, _, _ in found)
        json.dumps(found)


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=400).filter(lambda content: not content.startswith(b"PK")),
        st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.text(max_size=200).map(lambda text: ("姓名,性别\n" + text).encode("utf-8", "replace")),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.dictionaries(st.text(), inner)
        ).map(lambda value: json.dumps({"name": value}).encode()),
    )
)
def test_any_file_is_read_or_refused(content):
    rows: list[formats.Row] = []
    with suppress(Refused):
        rows = read(content)
    assert all(isinstance(cell, str) for _, cells in rows for cell in cells)
