"""A list, declared once: screen table, filters, keyset pages, CSV and Excel files, and the sheet for the printer.

A page declares a :class:`Listing` and answers with :meth:`Listing.respond`. Filters are a plain GET form, so that every
view of a list is an address; pages are found by key, so that the ten-thousandth costs what the first does.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Generic, Literal, TypeVar
from urllib.parse import urlencode

import xlsxwriter
from django.core import signing
from django.db.models import Q, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.basis.refusals import Refused, refusal
from kangqu.web.choices import keep_choice
from kangqu.web.formats import grouped, show_date, show_datetime, show_time
from kangqu.web.forms import Form

Row = TypeVar("Row")
Kind = Literal["text", "digits", "number", "date", "datetime", "time"]
Rows = QuerySet[Any, Any] | Sequence[Any]

PER_PAGE: Final = 50
COUNT_TO: Final = 10_000
EXPORT_ROWS: Final = 20_000
PAGE_MARK = refusal(
    "page_mark", "KQ-1901", zh="这一页的地址不完整，请从列表第一页重新翻。", en="This page address is broken: start from the first page of the list.",
    status=400,
)  # fmt: skip
TOO_MANY_ROWS = refusal(
    "too_many_rows", "KQ-1902", zh="一次最多导出 {limit} 条，请先筛选。", en="At most {limit} rows in one file: filter first.",
    status=422,
)  # fmt: skip
NO_EXPORT = refusal(
    "no_export", "KQ-1903", zh="您的岗位不能导出这份清单。", en="Your post may not export this list.", status=403
)
_FORMULA: Final = re.compile(r"^[=@\t\r]|^[+-](?![\d\s.()-]*$)")
_NOT_A_FILTER: Final = ("after", "before", "format", "purpose", "choose", "column")


@dataclass(frozen=True, kw_only=True)
class Column(Generic[Row]):
    """One column. ``title`` is lazy and translated; ``get`` answers the plain value that is shown, sorted and exported.

    ``kind`` says how it is shown and written (``digits`` are long numbers that must stay text in Excel); ``sort`` is a
    model field that is never null; ``href`` opens the row; ``status`` is ok, warn, bad or info; ``lang`` is the
    language of the values where it is not the reader's; ``allowed`` hides the column, on the screen and in every file,
    from those who may not see it.
    """

    key: str
    title: Any
    get: Callable[[Row], Any]
    kind: Kind = "text"
    width: int = 0
    sort: str = ""
    href: Callable[[Row], str] | None = None
    status: Callable[[Row], str] | None = None
    lang: str = ""
    screen: bool = True
    export: bool = True
    allowed: Callable[[HttpRequest], bool] | None = None

    @property
    def classes(self) -> str:
        kind = {"number": "n", "date": "nw"}.get(self.kind, "")
        return " ".join(part for part in (kind, f"w{self.width}" if self.width else "") if part)

    def text(self, row: Row) -> str:
        """What the screen shows."""
        shown = self.get(row)
        if shown is None:
            return ""
        if self.kind == "number":
            return grouped(shown)
        if isinstance(shown, datetime):
            return {"date": show_date, "time": show_time}.get(self.kind, show_datetime)(shown)
        return show_date(shown) if isinstance(shown, date) else str(shown)


@dataclass(frozen=True, slots=True)
class Cell:
    column: Column[Any]
    text: str
    href: str
    status: str


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    text: str
    href: str


@dataclass(frozen=True, kw_only=True)
class Listing(Generic[Row]):
    """A list of rows.

    ``rows(request, filters)`` answers the query, or a short sequence, already narrowed to what the viewer may see.
    ``order`` is the first order (``-at``), ``tie`` the unique field that settles equal values. ``personal`` lists ask a
    purpose before a file is made; ``on_export(request, kind, purpose, filters)`` leaves the trace and may refuse.
    ``export_allowed`` closes the files to those who may only look.
    """

    name: str
    title: Any
    columns: tuple[Column[Row], ...]
    rows: Callable[[HttpRequest, Mapping[str, Any]], Rows]
    order: str
    tie: str = "id"
    form: type[Form] | None = None
    empty: Any = ""
    per_page: int = PER_PAGE
    cards: bool = True
    personal: bool = True
    export_allowed: Callable[[HttpRequest], bool] | None = None
    on_export: Callable[[HttpRequest, str, str, Mapping[str, Any]], None] | None = None

    def page(self, request: HttpRequest) -> Page[Row]:
        return Page(self, request)

    def respond(
        self,
        request: HttpRequest,
        template: str,
        context: Mapping[str, Any] | None = None,
        *,
        at: datetime,
        by: str = "",
    ) -> HttpResponseBase:
        """The page, or the file or sheet that ``?format=`` asks for. ``at`` and ``by`` mark what leaves the house."""
        page = self.page(request)
        if "choose" in request.GET:
            return self._remember_columns(page)
        wanted = request.GET.get("format", "")
        if wanted in ("csv", "xlsx", "print"):
            return self._hand_out(page, wanted, at=at, by=by)
        return render(request, template, {**(context or {}), "page": page})

    def _remember_columns(self, page: Page[Row]) -> HttpResponseBase:
        """Keep in this browser which columns are wanted; none, or all, is the list as declared."""
        asked = page.request.GET.getlist("column")
        wanted = [column.key for column, _on in page.choosable if column.key in asked]
        response = redirect(page.href())
        value = "" if len(wanted) in (0, len(page.choosable)) else ".".join(wanted)
        keep_choice(page.request, response, self.cookie, value)
        return response

    @property
    def cookie(self) -> str:
        return f"kq-columns-{self.name}"

    def _hand_out(self, page: Page[Row], wanted: str, *, at: datetime, by: str) -> HttpResponseBase:
        request = page.request
        if self.export_allowed is not None and not self.export_allowed(request):
            raise Refused(NO_EXPORT)
        purpose = request.GET.get("purpose", "").replace("\x00", "").strip()[:200]
        if self.personal and not purpose:
            return render(request, "export.html", {"page": page, "wanted": wanted})
        if wanted == "xlsx" and page.count > COUNT_TO and page.exact_count() > EXPORT_ROWS:
            raise Refused(TOO_MANY_ROWS, limit=EXPORT_ROWS)
        if self.on_export is not None:
            self.on_export(request, wanted, purpose, page.filters)
        mark = _("{by} 于 {at} 导出").format(by=by, at=show_datetime(at)) + (f" · {purpose}" if purpose else "")
        if wanted == "print":
            return render(request, "list_print.html", {"page": page, "mark": mark})
        name = f"{self.name}-{at.astimezone(CITY):%Y%m%d-%H%M}"
        return _csv(page, name) if wanted == "csv" else _xlsx(page, name, mark)


class Page(Generic[Row]):
    """One page of a list as asked for by a request; reads its rows once, when they are first needed."""

    def __init__(self, listing: Listing[Row], request: HttpRequest) -> None:
        self.listing = listing
        self.request = request
        self.path = request.path
        self.form = listing.form(request.GET, prefix=None) if listing.form else None
        if self.form:
            for declared in self.form.fields.values():
                declared.required = False
            self.form.full_clean()

    @cached_property
    def filters(self) -> Mapping[str, Any]:
        """The filters that are well-formed; the others show their error beside the field."""
        return {} if self.form is None else self.form.cleaned_data

    @cached_property
    def columns(self) -> list[Column[Row]]:
        """What the screen shows: the first column, which opens the row, and those the viewer chose to see."""
        first, *_rest = on_screen = [column for column in self._seen() if column.screen]
        chosen = [column for column, on in self.choosable if on]
        return [first, *chosen] if chosen else on_screen

    @cached_property
    def choosable(self) -> list[tuple[Column[Row], bool]]:
        """The columns that can be hidden, and whether each is shown now."""
        kept = self.request.COOKIES.get(self.listing.cookie, "")
        wanted = set(kept.split("."))
        return [(column, not kept or column.key in wanted) for column in self._seen() if column.screen][1:]

    def _seen(self) -> Iterator[Column[Row]]:
        return (column for column in self.listing.columns if column.allowed is None or column.allowed(self.request))

    @property
    def sortable(self) -> bool:
        return any(column.sort for column in self.columns)

    @cached_property
    def sort(self) -> str:
        """The order asked for, if a visible column offers it; empty for the list's own."""
        asked = self.request.GET.get("sort", "")
        return asked if asked.removeprefix("-") in {column.sort for column in self.columns if column.sort} else ""

    @cached_property
    def order(self) -> str:
        return self.sort or self.listing.order

    def sort_of(self, column: Column[Row]) -> str:
        """``aria-sort`` of a column's head."""
        if not column.sort or self.order.removeprefix("-") != column.sort:
            return ""
        return "descending" if self.order.startswith("-") else "ascending"

    def next_sort(self, column: Column[Row]) -> str:
        return f"-{column.sort}" if self.order == column.sort else column.sort

    @cached_property
    def _source(self) -> Rows:
        return self.listing.rows(self.request, self.filters)

    @cached_property
    def _found(self) -> tuple[list[Row], bool, bool]:
        """The rows, whether there are some before them, whether there are some after."""
        source = self._source
        if not isinstance(source, QuerySet):
            return self._in_memory(source), False, False
        back = "before" in self.request.GET
        mark = self.request.GET.get("before" if back else "after", "")
        down = self.order.startswith("-") != back
        query = ordered(source, self.order.removeprefix("-"), self.listing.tie, down=down)
        if mark:
            query = query.filter(
                _beyond(self.order.removeprefix("-"), self.listing.tie, self._read_mark(mark), down=down)
            )
        rows = list(query[: self.listing.per_page + 1])
        more = len(rows) > self.listing.per_page
        rows = rows[: self.listing.per_page]
        return (rows[::-1], more, True) if back else (rows, bool(mark), more)

    def _in_memory(self, source: Sequence[Row]) -> list[Row]:
        field = self.order.removeprefix("-")
        column = next((one for one in self.listing.columns if one.sort and one.sort == field), None)
        if column is None:
            return list(source)
        return sorted(source, key=column.get, reverse=self.order.startswith("-"))

    @cached_property
    def items(self) -> list[Row]:
        """The rows themselves."""
        return self._found[0]

    @cached_property
    def rows(self) -> list[list[Cell]]:
        """The rows as cells of the visible columns."""
        return [[_cell(column, row) for column in self.columns] for row in self.items]

    def _mark(self, row: Row) -> str:
        field = self.order.removeprefix("-")
        return signing.dumps(
            [self.order, _plain(_reach(row, field)), _reach(row, self.listing.tie)], salt=self.listing.name
        )

    def _read_mark(self, mark: str) -> tuple[Any, Any]:
        try:
            order, at, tie = signing.loads(mark, salt=self.listing.name)
        except (signing.BadSignature, ValueError) as broken:
            raise Refused(PAGE_MARK) from broken
        if order != self.order:
            raise Refused(PAGE_MARK)
        return at, tie

    @property
    def previous_href(self) -> str:
        return self.href(before=self._mark(self.items[0])) if self.items and self._found[1] else ""

    @property
    def next_href(self) -> str:
        return self.href(after=self._mark(self.items[-1])) if self.items and self._found[2] else ""

    def href(self, *, drop: str = "", **extra: str) -> str:
        """This view of the list with something changed."""
        query = self.request.GET.copy()
        for name in (*_NOT_A_FILTER, drop):
            query.pop(name, None)
        kept = [(name, one) for name, values in query.lists() for one in values if one]
        tail = urlencode([*kept, *extra.items()])
        return f"{self.path}?{tail}" if tail else self.path

    @property
    def clear_href(self) -> str:
        return self.path

    @cached_property
    def count(self) -> int:
        """How many rows there are, counted no further than :data:`COUNT_TO` + 1."""
        source = self._source
        return source.order_by()[: COUNT_TO + 1].count() if isinstance(source, QuerySet) else len(source)

    def exact_count(self) -> int:
        source = self._source
        return source.order_by().count() if isinstance(source, QuerySet) else len(source)

    @property
    def count_text(self) -> str:
        if self.count > COUNT_TO:
            return _("共 1 万多条")
        return ngettext("共 %(num)s 条", "共 %(num)s 条", self.count) % {"num": grouped(self.count)}

    @cached_property
    def chips(self) -> list[Chip]:
        """The filters in use, each with the address of the list without it."""
        if self.form is None:
            return []
        return [
            Chip(str(bound.label), _spoken(bound.field, self.filters[bound.name]), self.href(drop=bound.html_name))
            for bound in self.form
            if self.filters.get(bound.name) not in (None, "", [], False)
        ]

    @property
    def exports(self) -> list[tuple[str, str, str]]:
        """(kind, label, address) of the files and the sheet the viewer may have."""
        if self.listing.export_allowed is not None and not self.listing.export_allowed(self.request):
            return []
        kinds = (("xlsx", "Excel"), ("csv", "CSV"), ("print", _("打印")))
        return [(kind, label, self.href(format=kind)) for kind, label in kinds]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The filters and order as pairs, to carry through another form."""
        query: QueryDict = self.request.GET
        return [(name, one) for name, values in query.lists() if name not in _NOT_A_FILTER for one in values if one]

    @property
    def exported(self) -> list[Column[Row]]:
        return [column for column in self._seen() if column.export]

    def every_row(self) -> Iterable[Row]:
        """All rows of the filtered list in its order, read in batches."""
        source = self._source
        if not isinstance(source, QuerySet):
            return self._in_memory(source)
        down = self.order.startswith("-")
        return ordered(source, self.order.removeprefix("-"), self.listing.tie, down=down).iterator(chunk_size=2000)

    @property
    def paper_rows(self) -> Iterator[list[Cell]]:
        return ([_cell(column, row) for column in self.columns] for row in self.every_row())


def ordered(query: QuerySet[Any, Any], field: str, tie: str, *, down: bool) -> QuerySet[Any, Any]:
    """The query ordered by ``field`` and, among equals, by ``tie``, both the same way."""
    sign = "-" if down else ""
    names = [field] if field == tie else [field, tie]
    return query.order_by(*(f"{sign}{name}" for name in names))


def _beyond(field: str, tie: str, mark: tuple[Any, Any], *, down: bool) -> Q:
    way = "lt" if down else "gt"
    at, last = mark
    if field == tie:
        return Q(**{f"{tie}__{way}": last})
    return Q(**{f"{field}__{way}e": at}) & (Q(**{f"{field}__{way}": at}) | Q(**{f"{tie}__{way}": last}))


def _reach(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = row[name] if isinstance(row, Mapping) else getattr(row, name)
    return row


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _cell(column: Column[Row], row: Row) -> Cell:
    return Cell(
        column,
        column.text(row),
        column.href(row) if column.href else "",
        column.status(row) if column.status else "",
    )


def _spoken(field: Any, value: Any) -> str:
    """A filter's value in words: the label of a choice, the day of a date."""
    labels = {str(key): str(label) for key, label in getattr(field, "choices", ()) or ()}
    values = value if isinstance(value, list | tuple) else [value]
    return "、".join(labels.get(str(one), show_date(one) if isinstance(one, date) else str(one)) for one in values)


def _csv(page: Page[Row], name: str) -> HttpResponseBase:
    """UTF-8 with a byte order mark, so that Excel reads it as Chinese; streamed, so that its length does not matter."""
    columns = page.exported

    def lines() -> Iterator[bytes]:
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        writer.writerow([str(column.title) for column in columns])
        yield b"\xef\xbb\xbf" + buffer.getvalue().encode()
        for row in page.every_row():
            buffer.seek(0)
            buffer.truncate()
            writer.writerow([harmless(_written(column, row)) for column in columns])
            yield buffer.getvalue().encode("utf-8", "replace")

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def harmless(value: Any) -> Any:
    """A cell that a spreadsheet would run as a formula gets an apostrophe before it; signed numbers and phones do not."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.search(value) else value


def _written(column: Column[Row], row: Row) -> Any:
    shown = column.get(row)
    if column.kind == "number" and isinstance(shown, int | float):
        return shown
    return column.text(row).replace("\x00", "")


def _xlsx(page: Page[Row], name: str, mark: str) -> HttpResponseBase:
    """A workbook in constant memory: numbers as numbers, everything else as text, a second sheet with who, when and why."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - FileResponse closes it
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
    sheet = book.add_worksheet(str(page.listing.title)[:31].translate(_SHEET_NAME) or "1")
    sheet.freeze_panes(1, 1)
    for place, column in enumerate(page.exported):
        sheet.set_column(place, place, (8, 10, 16, 24, 36)[column.width], text if column.kind != "number" else None)
        sheet.write_string(0, place, str(column.title), bold)
    for line, row in enumerate(page.every_row(), start=1):
        for place, column in enumerate(page.exported):
            cell = _written(column, row)
            if isinstance(cell, int | float) and abs(cell) < 10**15:
                sheet.write_number(line, place, cell)
            else:
                sheet.write_string(line, place, str(cell)[:32767], text)
    about = book.add_worksheet(_("说明"))
    about.write_string(0, 0, mark)
    for line, chip in enumerate(page.chips, start=1):
        about.write_string(line, 0, f"{chip.label}: {chip.text}")
    book.close()
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx")


_SHEET_NAME: Final = str.maketrans(dict.fromkeys("[]:*?/\\'"))

__all__ = ["Cell", "Chip", "Column", "Listing", "Page", "harmless", "ordered"]
