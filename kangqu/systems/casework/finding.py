"""One box for every code: what was scanned or typed, and where it leads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.urls import reverse

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.cases.doors import reached
from kangqu.kernel.cases.opening import LETTER
from kangqu.kernel.cases.programme import Step
from kangqu.kernel.cases.reads import case_numbered
from kangqu.kernel.cases.snapshot import snapshot
from kangqu.systems.casework.posts import codes_for, visible
from kangqu.systems.casework.searching import Row, rows_of
from kangqu.systems.casework.worklists import trace_list

_NAME: Final = re.compile(r"[a-z0-9_]{1,30}")


@dataclass(frozen=True, slots=True)
class Found:
    """Where to go, if it is one place; otherwise the cases that bear what was asked. ``case`` and ``step`` are a step's code."""

    href: str = ""
    case: str = ""
    step: str = ""
    rows: Sequence[Row] = ()


def find(viewer: Viewer, text: str, *, at: datetime) -> Found:
    """What ``text`` means: ``K…`` a case, ``K….STEP`` a step of it, ``R…`` a resident's cases, else an outside number."""
    text = text.strip()[:80]
    code, _dot, step = text.partition(".")
    case = read_code(code, LETTER)
    if case is not None:
        known = reached(viewer, [case], viewer.roles).get(case)
        found = snapshot(known[0]) if known is not None else None
        if found is None or not visible(viewer, [found]):
            raise Refused(NOT_FOUND)
        name = step.lower().replace("-", "_")
        where = reverse("case-step", args=[case, name]) if _NAME.fullmatch(name) else reverse("case", args=[case])
        return Found(where, case, name)
    resident = read_code(text, "R")
    if resident is not None:
        return Found(f"{reverse('cases')}?person={resident}")
    bearing = case_numbered(text, codes_for(viewer.roles))
    seen = visible(viewer, bearing)
    rows = [row for row in bearing if row.pk in seen]
    trace_list(viewer, at=at, found=len(rows))
    if len(rows) == 1:
        return Found(reverse("case", args=[rows[0].code]))
    return Found(rows=rows_of(viewer, rows, at=at))


def step_code(case_code: str, step: Step) -> str:
    """What is printed on a case's sheet for a step: ``K….TAKE-BACK``."""
    return f"{case_code}.{step.code.upper().replace('_', '-')}"
