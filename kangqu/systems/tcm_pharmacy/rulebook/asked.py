"""Which day is asked for, and what is looked for in a table."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

from django import forms as django
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import Refused
from kangqu.systems.tcm_pharmacy.herbs.names import tidy
from kangqu.systems.tcm_pharmacy.herbs.resolving import LONGEST
from kangqu.systems.tcm_pharmacy.rulebook.entry import Entry
from kangqu.systems.tcm_pharmacy.rulebook.reading import find
from kangqu.systems.tcm_pharmacy.rulebook.refusals import RULES_DAY
from kangqu.web import forms

EARLIEST: Final = date(1900, 1, 1)
LATEST: Final = date(2199, 12, 31)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class TableForm(forms.Form):
    q = django.CharField(label=_("药名、拼音或编号"), required=False, max_length=LONGEST)
    on = forms.DateField(label=_("哪一天的规则"), required=False, earliest=EARLIEST, latest=LATEST)


def day_asked(text: str, at: datetime) -> date:
    """The day written as ``2026-01-01``; the city's day of ``at`` where nothing is. Anything else is refused."""
    if not text:
        return city_day(at)
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or not EARLIEST <= day <= LATEST:
        raise Refused(RULES_DAY)
    return day


def matching(entries: Iterable[Entry], typed: str) -> tuple[Entry, ...]:
    """The rows about the herbs that ``typed`` may mean, or in whose id or sentence it stands."""
    wanted = tidy(typed[:LONGEST])
    herbs = [herb for herb, _matched in find(typed).herbs]
    return tuple(
        each
        for each in entries
        if each.speaks_of(herbs) or wanted.lower() in tidy(each.id).lower() or wanted in each.zh
    )
