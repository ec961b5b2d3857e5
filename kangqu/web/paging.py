"""Paging by key: a page continues after the last row of the one before, however long the list grows meanwhile."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

from kangqu.kernel.basis.refusals import BAD_INPUT, Refused

Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some rows, and the word that asks for those after them (None: there are no more)."""

    items: list[Item]
    after: str | None


def page_of(rows: QuerySet[Row], *, order: Sequence[str], limit: int, after: str | None = None) -> Page[Row]:
    """``limit`` rows in ``order`` (column names, ``-`` descending, the last unique) after the word ``after``."""
    ordered = rows.order_by(*order)
    if after:
        ordered = ordered.filter(_beyond(order, read_after(after, len(order))))
    found = list(ordered[: limit + 1])
    more = len(found) > limit
    return Page(
        found[:limit], after_word(*[getattr(found[limit - 1], _column(name)) for name in order]) if more else None
    )


def after_word(*values: Any) -> str:
    """The values a page ended with as one word for a URL."""
    told = [{"at": value.isoformat()} if isinstance(value, (datetime, date)) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(told, ensure_ascii=False).encode()).decode().rstrip("=")


def read_after(word: str, count: int) -> list[Any]:
    """The values of an ``after`` word; ``Refused(BAD_INPUT)`` when it is not one of ours."""
    try:
        told = json.loads(base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True))
        if not isinstance(told, list) or len(told) != count:
            raise ValueError
        return [_read(value) for value in told]
    except (ValueError, KeyError, TypeError, binascii.Error, RecursionError):
        raise Refused(BAD_INPUT, field="after", detail="after") from None


def _read(value: Any) -> Any:
    if isinstance(value, dict):
        instant = datetime.fromisoformat(value["at"])
        if instant.tzinfo is None and "T" in value["at"]:
            raise ValueError
        return instant if "T" in value["at"] else instant.date()
    if isinstance(value, bool) or (isinstance(value, int) and abs(value) >= 2**63):
        raise ValueError
    if isinstance(value, str) and ("\x00" in value or not value.isprintable()):
        raise ValueError
    if not isinstance(value, (int, str)):
        raise ValueError
    return value


def _beyond(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows after ``values``: later in the first column, or equal there and later in the next, and so on."""
    beyond, equal = Q(), Q()
    for name, value in zip(order, values, strict=True):
        column, way = _column(name), "lt" if name.startswith("-") else "gt"
        beyond |= equal & Q(**{f"{column}__{way}": value})
        equal &= Q(**{column: value})
    first, way = _column(order[0]), "lte" if order[0].startswith("-") else "gte"
    return Q(**{f"{first}__{way}": values[0]}) & beyond


def _column(name: str) -> str:
    return name.removeprefix("-")
