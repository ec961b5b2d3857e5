"""Lists: pages by key, order, filters, and the files that leave the house."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import RequestFactory
from django.utils.translation import gettext_lazy as lazy
from python_calamine import CalamineWorkbook

from kangqu.kernel.basis.refusals import Refused
from kangqu.web.forms import ChoiceField, Form
from kangqu.web.tables import NO_EXPORT, PAGE_MARK, Column, Listing, harmless

AT = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)  # half past midnight of the 23rd in the city


class ByApp(Form):
    app = ChoiceField(label=lazy("状态"), choices=[("", lazy("全部")), ("even", "偶"), ("odd", "单")])


def rows(request, filters):
    found = ContentType.objects.filter(model__startswith="zz")
    return found.filter(app_label=filters["app"]) if filters.get("app") else found


LIST = Listing[ContentType](
    name="things",
    title=lazy("清单"),
    order="app_label",
    form=ByApp,
    rows=rows,
    per_page=20,
    empty=lazy("这个条件下没有人。"),
    columns=(
        Column(
            key="model", title=lazy("编号"), get=lambda row: row.model, sort="model", href=lambda row: f"/t/{row.pk}"
        ),
        Column(key="app", title=lazy("状态"), get=lambda row: row.app_label, sort="app_label"),
        Column(key="id", title="ID", get=lambda row: row.pk, kind="number"),
        Column(
            key="secret", title="secret", get=lambda row: "S", allowed=lambda request: request.GET.get("boss") == "1"
        ),
    ),
    personal=False,
)


@pytest.fixture
def things(db) -> list[ContentType]:
    return ContentType.objects.bulk_create(
        [ContentType(app_label="even" if n % 2 == 0 else "odd", model=f"zz{n:03d}") for n in range(101)]
    )


def walk(query: str, *, back: bool = False) -> list[list[int]]:
    """The ids of every page, following the pager to its end."""
    seen, address = [], f"/things?{query}"
    while address:
        page = LIST.page(RequestFactory().get(address))
        seen.append([row.pk for row in page.items])
        address = page.previous_href if back else page.next_href
    return seen


@pytest.mark.parametrize("sort", ["", "model", "-model", "app_label", "-app_label"])
def test_every_row_once_in_order(things, sort: str) -> None:
    pages = walk(f"sort={sort}")
    flat = [pk for page in pages for pk in page]
    field = (sort or "app_label").removeprefix("-")
    by = {row.pk: (getattr(row, field), row.pk) for row in things}
    assert [len(page) for page in pages] == [20] * 5 + [1]
    assert flat == sorted(by, key=by.__getitem__, reverse=sort.startswith("-"))


def test_back_is_the_way_one_came(things) -> None:
    request = RequestFactory().get("/things?sort=-app_label")
    first = LIST.page(request)
    second = LIST.page(RequestFactory().get(first.next_href))
    assert second.previous_href and not first.previous_href
    again = LIST.page(RequestFactory().get(second.previous_href))
    assert [row.pk for row in again.items] == [row.pk for row in first.items]
    assert not again.previous_href
    assert again.next_href


def test_rows_added_meanwhile_move_nobody(things) -> None:
    first = LIST.page(RequestFactory().get("/things?sort=model"))
    seen = [row.pk for row in first.items]
    ContentType.objects.create(app_label="aaa", model="zz000a")
    second = LIST.page(RequestFactory().get(first.next_href))
    assert not set(seen) & {row.pk for row in second.items}


@pytest.mark.parametrize("mark", ["x", "a:b:c", "\x00", "9" * 4000])
def test_broken_page_marks_are_refused(things, mark: str) -> None:
    with pytest.raises(Refused) as refused:
        _ = LIST.page(RequestFactory().get("/things", {"after": mark})).items
    assert refused.value.why is PAGE_MARK


def test_a_mark_belongs_to_its_order(things) -> None:
    mark = LIST.page(RequestFactory().get("/things?sort=model"))._mark(things[0])
    with pytest.raises(Refused):
        _ = LIST.page(RequestFactory().get("/things", {"after": mark, "sort": "-model"})).items


def test_unknown_orders_fall_back(things) -> None:
    assert LIST.page(RequestFactory().get("/things?sort=id__password")).order == "app_label"


def test_filters_chips_and_addresses(things) -> None:
    page = LIST.page(RequestFactory().get("/things?app=odd&sort=model"))
    assert {row.app_label for row in page.items} == {"odd"}
    assert [(chip.label, chip.text, chip.href) for chip in page.chips] == [("状态", "单", "/things?sort=model")]
    assert page.count_text == "共 50 条"
    wrong = LIST.page(RequestFactory().get("/things?app=<script>"))
    assert wrong.form is not None and wrong.form.errors["app"]
    assert wrong.count == 101


def test_columns_hide_from_those_who_may_not(things) -> None:
    assert "secret" not in [column.key for column in LIST.page(RequestFactory().get("/things")).exported]
    assert "secret" in [column.key for column in LIST.page(RequestFactory().get("/things?boss=1")).exported]


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_csv_is_what_excel_reads(things) -> None:
    answer = LIST.respond(RequestFactory().get("/things?format=csv&app=even"), "", at=AT, by="王")
    raw = body(answer)
    assert raw.startswith(b"\xef\xbb\xbf")
    assert "things-20261123-0030.csv" in answer["Content-Disposition"]
    lines = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert lines[0] == ["编号", "状态", "ID"]
    assert len(lines) == 52 and {line[1] for line in lines[1:]} == {"even"}


def test_xlsx_keeps_text_and_numbers_and_says_who(things) -> None:
    answer = LIST.respond(RequestFactory().get("/things?format=xlsx"), "", at=AT, by="王")
    book = CalamineWorkbook.from_filelike(io.BytesIO(body(answer)))
    sheet = book.get_sheet_by_index(0).to_python()
    assert sheet[0] == ["编号", "状态", "ID"]
    assert len(sheet) == 102 and isinstance(sheet[1][2], float)
    assert "王 于 2026-11-23 00:30 导出" in str(book.get_sheet_by_index(1).to_python())


def test_print_shows_every_row(things) -> None:
    answer = LIST.respond(RequestFactory().get("/things?format=print"), "", at=AT, by="王")
    assert body(answer).decode().count("<tr>") == 102


def test_personal_lists_ask_why_and_tell(things) -> None:
    told: list[tuple[str, str]] = []
    kept = Listing[ContentType](
        name="kept", title=lazy("清单"), order="model", rows=rows, columns=LIST.columns,
        on_export=lambda request, kind, purpose, filters: told.append((kind, purpose)),
    )  # fmt: skip
    asked = kept.respond(RequestFactory().get("/c/kept?format=csv&sort=-model"), "", at=AT)
    assert "用途" in body(asked).decode() and 'name="sort" value="-model"' in body(asked).decode()
    assert told == []
    assert body(kept.respond(RequestFactory().get("/c/kept?format=csv&purpose=随访"), "", at=AT)).startswith(
        b"\xef\xbb\xbf"
    )
    assert told == [("csv", "随访")]


def test_those_who_may_only_look_get_no_file(things) -> None:
    closed = Listing[ContentType](
        name="closed",
        title=lazy("清单"),
        order="model",
        rows=rows,
        columns=LIST.columns,
        export_allowed=lambda request: False,
    )
    assert closed.page(RequestFactory().get("/closed")).exports == []
    with pytest.raises(Refused) as refused:
        closed.respond(RequestFactory().get("/closed?format=csv&purpose=x"), "", at=AT)
    assert refused.value.why is NO_EXPORT


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|'/c calc'", "'+cmd|'/c calc'"),
        ("-2+3", "'-2+3"),
        ("+86 138-0000", "+86 138-0000"),
        ("-5.2", "-5.2"),
        ("\t=1", "'\t=1"),
        ("王秀兰", "王秀兰"),
        (7, 7),
    ],
)
def test_cells_run_nothing(cell, written) -> None:
    assert harmless(cell) == written


def test_columns_are_chosen_and_kept_in_the_browser(things):
    made = LIST.respond(
        RequestFactory().get("/things?app=odd&after=x&choose=1&column=id&column=nonsense&column=a.b"), "", at=AT
    )
    assert made.status_code == 302 and made["Location"] == "/things?app=odd"
    assert made.cookies["kq-columns-things"].value == "id"
    request = RequestFactory().get("/things")
    request.COOKIES["kq-columns-things"] = "id"
    assert [column.key for column in LIST.page(request).columns] == ["model", "id"]
    assert [(column.key, on) for column, on in LIST.page(request).choosable] == [("app", False), ("id", True)]
    assert [column.key for column in LIST.page(request).exported] == ["model", "app", "id"]  # files stay whole


@pytest.mark.parametrize("kept", ["", "nonsense", "secret", "..", "\u4e00", "x" * 4000])
def test_a_broken_choice_shows_the_list_as_declared_and_nothing_more(things, kept):
    request = RequestFactory().get("/things")
    request.COOKIES["kq-columns-things"] = kept
    assert [column.key for column in LIST.page(request).columns] == ["model", "app", "id"]


def test_all_columns_is_no_choice(things):
    made = LIST.respond(RequestFactory().get("/things?choose=1&column=id&column=app"), "", at=AT)
    assert made.cookies["kq-columns-things"].value == ""
