"""Lists made for the tests: residents that do not exist, with numbers that check."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from kangqu.kernel.people.documents import check_digit

HEADER = ("姓名", "性别", "出生日期", "证件类型", "证件号码", "手机号", "现住址", "区划代码", "民族", "国籍")
Row = Sequence[str]


def number_of(place: int) -> str:
    """The resident number of made-up resident ``place`` (up to a million)."""
    born = date(1930, 1, 1) + timedelta(days=place * 37 % 30_000)
    body = f"370302{born:%Y%m%d}{place % 899 + 101:03}"
    return body + check_digit(body)


def resident(place: int, **other: str) -> list[str]:
    """A row of ``HEADER``; ``other`` gives cells by the English names below."""
    number = number_of(place)
    cells = {
        "name": "王李张刘陈杨赵黄周吴"[place % 10] + chr(0x5000 + place * 7 % 9000),
        "sex": "男" if int(number[16]) % 2 else "女",
        "birth_date": f"{number[6:10]}-{number[10:12]}-{number[12:14]}",
        "kind": "居民身份证",
        "number": number,
        "phone": f"139{place:08}",
        "address": f"般阳路{place}号",
        "region": "",
        "ethnicity": "汉族",
        "nationality": "CHN",
    }
    assert other.keys() <= cells.keys()
    return list((cells | other).values())


def residents(count: int, first: int = 0) -> list[list[str]]:
    return [resident(place) for place in range(first, first + count)]


def as_csv(rows: Iterable[Row], *, header: Row = HEADER, encoding: str = "utf-8") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode(encoding)


def as_ndjson(rows: Iterable[Row], *, header: Row = HEADER) -> bytes:
    lines = [json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False) for row in rows]
    return "\n".join(lines).encode()


def as_xlsx(rows: Iterable[Row], *, header: Row = HEADER) -> bytes:
    from kangqu.kernel.people.importing.template import write_sheet

    out = io.BytesIO()
    write_sheet(out, [header, *rows])
    return out.getvalue()
