"""A resident's doses, behind the door of her record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kangqu.kernel.access.doors import access_person
from kangqu.kernel.access.roles import Purpose, Right
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.people.models import Person
from kangqu.kernel.people.reads import person_ids_of
from kangqu.kernel.places.models import Institution
from kangqu.systems.vaccination.models import Counted, Dose, DoseStatus


@dataclass(frozen=True, slots=True)
class Entry:
    """One dose as it is shown: ``counts`` are (programme, series, number, validity, version) of every series that judges it."""

    code: str
    vaccine: str
    given_on: date
    given_at: datetime | None
    institution: str
    lot: str
    maker: str
    status: str
    status_why: str
    source: str
    decided: str
    counts: Sequence[tuple[str, str, int | None, str, str]]

    def as_json(self) -> dict[str, Any]:
        """In the API's terms."""
        return {
            "id": self.code, "vaccine_code": self.vaccine, "given_on": self.given_on.isoformat(),
            "occurrence": self.given_at.isoformat() if self.given_at else None, "performer": self.institution,
            "lot_number": self.lot, "manufacturer": self.maker, "status": self.status, "status_reason": self.status_why,
            "primary_source": self.source == "given", "decided": self.decided,
            "protocol_applied": [
                {"programme": programme, "series": series, "dose_number": number, "dose_status": validity, "schedule_version": version}
                for programme, series, number, validity, version in self.counts
            ],
        }  # fmt: skip


def card_of(viewer: Viewer, who: str | int, at: datetime) -> list[Entry]:
    """All doses of a resident, struck out ones too. Staff of public health; the resident herself and who may read her reports."""
    own = viewer.person_id is not None
    to = Purpose.SELF if own else Purpose.PUBLIC_HEALTH
    access = access_person(viewer, who, to=to, at=at, right=Right.REPORTS if own else None, action="vaccination.look")
    return entries_of(access.person)


def entries_of(person: Person) -> list[Entry]:
    """All doses of a resident, struck out ones too, those of merged records among them. The caller has passed her door."""
    people = person_ids_of(person)
    counts: defaultdict[int, list[tuple[str, str, int | None, str, str]]] = defaultdict(list)
    for row in Counted.objects.filter(person_id__in=people).order_by("programme", "series"):
        counts[row.dose_id].append((row.programme, row.series, row.number, row.validity, row.version))
    doses = list(Dose.objects.filter(person_id__in=people).order_by("given_on", "given_at", "id"))
    names = dict(Institution.objects.filter(pk__in={each.institution_id for each in doses}).values_list("pk", "name"))
    return [_entry(each, names, counts[each.id] if each.status == DoseStatus.COMPLETED else []) for each in doses]


def _entry(dose: Dose, names: dict[int, str], counts: Sequence[tuple[str, str, int | None, str, str]]) -> Entry:
    return Entry(
        dose.code, dose.vaccine, dose.given_on, dose.given_at, dose.place or names.get(dose.institution_id or 0, ""), dose.lot_number,
        dose.maker, dose.status, dose.status_why, dose.source, dose.decided, counts,
    )  # fmt: skip
