"""From a filled sheet to an order: the rows of herbs read, what is wrong with each said beside it."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.http import QueryDict
from django.utils.translation import gettext as _
from pydantic import ValidationError

from kangqu.kernel.access.models import SpecialRight
from kangqu.kernel.access.practice import Licence
from kangqu.kernel.basis.refusals import BAD_INPUT, Refused
from kangqu.systems.tcm_pharmacy.desk import words
from kangqu.systems.tcm_pharmacy.models import Prescription
from kangqu.systems.tcm_pharmacy.prescribing.forms import FACTS, SAID
from kangqu.systems.tcm_pharmacy.prescriptions.order import MOST_HERBS, OrderIn

BLANK: Final = 12
_LONGEST: Final = 60
_OF_ORDER: Final = (
    "doses", "doses_per_day", "times_per_day", "packs_per_dose", "ml_per_pack", "taking", "route", "form", "decoct",
    "once", "category", "kind", "record", "extension_days", "supply_reason", "instructions", "priority", "department",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the sheet as it was typed; ``error`` says what is wrong with it."""

    name: str = ""
    grams: str = ""
    handling: str = ""
    note: str = ""
    error: str = ""

    @property
    def empty(self) -> bool:
        return not (self.name or self.grams)


def rows_in(given: QueryDict) -> list[Row]:
    """The rows that hold something, at most one more than an order may have."""
    names, weights, handlings, notes = (given.getlist(name) for name in ("herb", "grams", "handling", "note"))
    rows = []
    for place, name in enumerate(names[: MOST_HERBS * 2]):
        grams, handling, note = (column[place] if place < len(column) else "" for column in (weights, handlings, notes))
        row = _row(*(unicodedata.normalize("NFC", text).strip() for text in (name, grams, handling, note)))
        if not row.empty:
            rows.append(row)
    return rows[: MOST_HERBS + 1]


def _row(name: str, grams: str, handling: str, note: str) -> Row:
    error = ""
    if not name:
        error = _("请填写药名")
    elif len(name) > _LONGEST or "\x00" in name + note or len(note) > _LONGEST:
        error = _("药名太长，或有不能用的字符")
    elif weight_of(grams) is None:
        error = _("请填写克数，大于 0，不超过 1000")
    elif handling and handling not in words.HANDLING:
        error = _("没有这种煎法")
    return Row(name[:200], grams[:20], handling[:20], note[:200], error)


def weight_of(text: str) -> float | None:
    """Grams as typed, full-width digits read too; None where they are none."""
    plain = unicodedata.normalize("NFKC", text).lower().removesuffix("克").removesuffix("g").strip()
    if not plain.isascii() or not all(symbol in "0123456789." for symbol in plain):
        return None
    try:
        grams = round(float(plain), 3)
    except ValueError:
        return None
    return grams if math.isfinite(grams) and 0 < grams <= 1000 else None


def filled(rows: Sequence[Row]) -> list[Row]:
    """The rows with empty ones behind them, as the sheet shows them."""
    more = min(max(BLANK - len(rows), 3), max(MOST_HERBS - len(rows), 0))
    return [*rows, *(Row() for _each in range(more))]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is prescribed for and by whom, under which number."""

    resident: str
    name: str
    number: str
    version: int
    prescriber: str
    issued_on: date
    licence: Licence | None = None


def order_of(asked: Asked, values: Mapping[str, Any], rows: Sequence[Row], resigned: Sequence[str]) -> OrderIn:
    """The order that a sheet in order means; rows with an error are left out. ``Refused`` where it is none."""
    diagnoses = [
        {"name": values[f"{what}"], "code": values[f"{what}_code"] or ""}
        for what in ("disease", "syndrome")
        if values[what]
    ]
    given = {name: values[name] for name in _OF_ORDER if values[name] not in (None, "")} | {
        "number": asked.number,
        "version": asked.version,
        "issued_on": asked.issued_on,
        "patient": {"resident": asked.resident, "name": asked.name}
        | {name: SAID.get(values.get(name) or "") for name in FACTS},
        "prescriber": _prescriber(asked),
        "diagnoses": diagnoses,
        "herbs": [_herb(row) for row in rows if not row.error],
        "resigned": [key[:60] for key in resigned[:40]],
        "delivery": {
            "how": values["how"],
            **{name: values[name] or "" for name in ("receiver", "phone", "address", "ward")},
        },
    }
    try:
        return OrderIn.model_validate(given)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Refused(BAD_INPUT, detail=f"{where}: {first['msg']}"[:200]) from None


def _prescriber(asked: Asked) -> dict[str, Any]:
    """The prescriber with the licence and rights registered on her account."""
    rights = asked.licence.rights if asked.licence is not None else frozenset()
    return {
        "name": asked.prescriber,
        "licence": asked.licence.number if asked.licence is not None else "-",
        "narcotic_right": SpecialRight.NARCOTIC in rights,
        "toxic_right": SpecialRight.TOXIC in rights,
    }


def _herb(row: Row) -> dict[str, Any]:
    handling = [row.handling] if row.handling else []
    return {"name": row.name, "grams": weight_of(row.grams), "handling": handling, "note": row.note}


def canonical(order: OrderIn) -> bytes:
    """The bytes an account signs: the order as JSON, its keys sorted, without blanks."""
    given = order.model_dump(mode="json")
    return json.dumps(given, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def initial_of(order: OrderIn) -> dict[str, Any]:
    """What a correction begins with: the sheet as it was."""
    initial: dict[str, Any] = {name: getattr(order, name) for name in _OF_ORDER}
    initial["doses_per_day"] = words.grams(order.doses_per_day)
    told = {None: "", False: "no", True: "yes"}
    initial |= {name: told[getattr(order.patient, name)] for name in FACTS}
    for what, each in zip(("disease", "syndrome"), order.diagnoses, strict=False):
        initial |= {what: each.name, f"{what}_code": each.code}
    delivery = order.delivery
    initial |= {name: getattr(delivery, name) for name in ("how", "receiver", "phone", "address", "ward")}
    return initial


def rows_of(kept: Prescription) -> list[Row]:
    return [
        Row(each["written"], words.grams(each["grams"]), (each["handling"] or [""])[0], each["note"])
        for each in kept.herbs
    ]
