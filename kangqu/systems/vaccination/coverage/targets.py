"""Target numbers given from outside, with their source and day."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import BAD_INPUT, KEY_REUSED, NOT_FOUND, Refused
from kangqu.kernel.places.models import Region
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.vaccination.coverage.models import CoverageTarget
from kangqu.systems.vaccination.coverage.rates import Band
from kangqu.systems.vaccination.coverage.refusals import SERIES_UNKNOWN, SOURCE_NEEDED, TARGET_AHEAD
from kangqu.systems.vaccination.coverage.series import family_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is given: so many ``persons`` of a band of a region, by ``source``, from ``day`` on."""

    region: str
    programme: str
    series: str
    band: Band
    persons: int
    day: date
    source: str
    key: str

    def columns(self) -> dict[str, object]:
        return {
            "region_id": self.region, "programme": self.programme, "series": self.series, "from_age": self.band.least,
            "to_age": self.band.most, "persons": self.persons, "day": self.day, "source": self.source.strip()[:200],
        }  # fmt: skip


def give_target(target: Target, *, within: str, institution_id: int, by: Actor, at: datetime) -> CoverageTarget:
    """Write down a target number for a region under ``within``. The same request twice is one number."""
    _may(target, within, at)
    with transaction.atomic():
        row, fresh = CoverageTarget.objects.get_or_create(
            institution_id=institution_id,
            key=target.key,
            defaults={**target.columns(), "by": by.account_id, "at": at},
        )
        if not fresh:
            if any(getattr(row, name) != value for name, value in target.columns().items()):
                raise Refused(KEY_REUSED)
            return row
        facts = {
            "region": target.region,
            "series": target.series,
            "persons": target.persons,
            "day": target.day.isoformat(),
        }
        record(
            by.did(
                "vaccination.target",
                at=at,
                object_type="coverage_target",
                object_id=row.pk,
                reason=row.source,
                facts=facts,
            )
        )
    return row


def _may(target: Target, within: str, at: datetime) -> None:
    if not target.source.strip():
        raise Refused(SOURCE_NEEDED, field="source")
    if target.day > city_day(at):
        raise Refused(TARGET_AHEAD, field="day", day=target.day.isoformat())
    if not 1 <= target.persons <= 2_000_000_000:
        raise Refused(BAD_INPUT, field="persons", detail="1–2 000 000 000")
    if family_of(target.programme, target.series) is None:
        raise Refused(SERIES_UNKNOWN, field="series", series=target.series)
    if not target.region.startswith(within) or not Region.objects.filter(pk=target.region).exists():
        raise Refused(NOT_FOUND, field="region")


def targets_of(
    regions: Collection[str], programme: str, series: str, band: Band, on: date
) -> Mapping[str, CoverageTarget]:
    """The number that holds on a day for each region, by its code: the latest day's, of one day the last one written."""
    rows = CoverageTarget.objects.filter(
        region_id__in=regions, programme=programme, series=series, from_age=band.least, to_age=band.most, day__lte=on
    )
    return {row.region_id: row for row in rows.order_by("day", "at", "id")}


def given_under(region: str, most: int = 200) -> list[CoverageTarget]:
    """What was given for a region and all under it, the latest first."""
    rows = CoverageTarget.objects.select_related("region", "institution").filter(region__code__startswith=region)
    return list(rows.order_by("-day", "-id")[:most])
