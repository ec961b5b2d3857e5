"""Loading the table of divisions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.places import refusals as no
from kangqu.kernel.places.divisions import HistoricCode, RegionRow, parent_code
from kangqu.kernel.places.models import Region, RegionCodeHistory, RegionLevel, lock_tree
from kangqu.kernel.places.words import words
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor

_LEVEL: Final = {
    2: RegionLevel.PROVINCE,
    4: RegionLevel.CITY,
    6: RegionLevel.COUNTY,
    9: RegionLevel.TOWNSHIP,
    12: RegionLevel.VILLAGE,
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a loading changed, in rows."""

    added: int
    changed: int
    unchanged: int


def load_regions(
    rows: Iterable[RegionRow], *, by: Actor, at: datetime, historic: Iterable[HistoricCode] = ()
) -> Loaded:
    """Bring the table of divisions to ``rows``: all of them, or none and a refusal that names the first bad row.

    A row whose parent is neither stored nor among ``rows`` is refused. Loading the same rows again changes nothing;
    a division that is not in ``rows`` stays, because old records name it.
    """
    asked = _checked(list(rows))
    with transaction.atomic():
        lock_tree()
        stored = {region.code: region for region in Region.objects.filter(code__in=asked)}
        parents = set(
            Region.objects.filter(code__in={parent_code(code) for code in asked}).values_list("code", flat=True)
        )
        for number, row in enumerate(asked.values(), start=1):
            for above in (parent_code(row.code), row.reports_under):
                if above and above not in asked and above not in parents and not _stored(above):
                    raise Refused(no.REGION_ORPHAN, row=number, code=row.code, parent=above)
        wanted = [_region(row) for row in sorted(asked.values(), key=lambda row: len(row.code))]
        fresh = [region for region in wanted if region.code not in stored]
        # Zones name another county, which may come later in the list: they are told apart in a second pass.
        Region.objects.bulk_create([_region(asked[region.code], reporting=False) for region in fresh], batch_size=2_000)
        changed = [region for region in wanted if region.code in stored and _differs(region, stored[region.code])]
        reporting = [region for region in fresh if region.reports_under_id]
        fields = ["name", "level", "parent", "generated", "mark", "reports_under"]
        Region.objects.bulk_update(changed + reporting, fields, batch_size=500)
        _load_history(historic)
        loaded = Loaded(len(fresh), len(changed), len(wanted) - len(fresh) - len(changed))
        if loaded.added or loaded.changed:
            facts = {"added": loaded.added, "changed": loaded.changed}
            record(by.did("places.load_regions", at=at, object_type="region", facts=facts))
    return loaded


def _checked(rows: list[RegionRow]) -> dict[str, RegionRow]:
    asked: dict[str, RegionRow] = {}
    for number, row in enumerate(rows, start=1):
        if len(row.code) not in _LEVEL or not (row.code.isascii() and row.code.isdigit()):
            raise Refused(no.REGION_BAD, row=number, code=row.code, detail="2/4/6/9/12")
        if asked.setdefault(row.code, row) != row:
            raise Refused(no.REGION_BAD, row=number, code=row.code, detail="重复 / twice")
        words(row.name, "名称", 60, field="name")
    return asked


def _stored(code: str) -> bool:
    return Region.objects.filter(code=code).exists()


def _region(row: RegionRow, *, reporting: bool = True) -> Region:
    return Region(
        code=row.code,
        name=words(row.name, "名称", 60, field="name"),
        level=_LEVEL[len(row.code)],
        parent_id=parent_code(row.code) or None,
        generated=row.generated,
        mark=row.mark.value,
        reports_under_id=(row.reports_under or None) if reporting else None,
    )


def _differs(new: Region, old: Region) -> bool:
    return any(
        getattr(new, name) != getattr(old, name)
        for name in ("name", "level", "parent_id", "generated", "mark", "reports_under_id")
    )


def _load_history(codes: Iterable[HistoricCode]) -> None:
    known = set(RegionCodeHistory.objects.values_list("code", "from_year"))
    RegionCodeHistory.objects.bulk_create(
        RegionCodeHistory(
            code=each.code, name=each.name, from_year=each.from_year, to_year=each.to_year, successor=each.successor
        )
        for each in codes
        if (each.code, each.from_year) not in known
    )
