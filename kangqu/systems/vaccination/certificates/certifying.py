"""Certifying a dose: only one that was injected and recorded here, and that still stands."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.certificates.actions import issue, revoke_of, standing
from kangqu.kernel.certificates.models import Certificate
from kangqu.kernel.certificates.reads import entries_in
from kangqu.kernel.people.models import Person
from kangqu.kernel.people.reads import person_of_id
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.vaccination.certificates.kind import IMMUNIZATION, Certified, entries_of
from kangqu.systems.vaccination.models import Counted, Dose, DoseSource, DoseStatus
from kangqu.systems.vaccination.records.known import lock
from kangqu.systems.vaccination.records.striking import OBJECT
from kangqu.systems.vaccination.refusals import NOT_INJECTED

CHANGED = "所证明的内容有更正，重新签发"


def certify(dose: Dose, *, by: Actor, at: datetime) -> Certificate:
    """The certificate of a dose. The same dose again: the same certificate, unless what it says has changed since (her name, the
    number of the dose): then the earlier one is revoked. The caller has passed the door of whom it was given to.
    """
    person = person_of_id(dose.person_id)
    with transaction.atomic():
        lock([person.pk])  # nobody strikes it out meanwhile
        still = Dose.objects.filter(person_id=dose.person_id, id=dose.id, status=DoseStatus.COMPLETED)
        found = still.filter(source=DoseSource.GIVEN).first()
        if found is None:
            raise Refused(NOT_INJECTED)
        fact, says = (OBJECT, found.id), entries_of(_certified(found, person))
        earlier = standing(IMMUNIZATION.code, found.person_id, fact)
        if earlier is not None and entries_in(earlier) != says:
            revoke_of(found.person_id, fact, why=CHANGED, by=by, at=at)
        return issue(IMMUNIZATION.code, found.person_id, fact, says, by=by, at=at)


def certificate_of(dose: Dose) -> Certificate | None:
    """The certificate of a dose that stands."""
    return standing(IMMUNIZATION.code, dose.person_id, (OBJECT, dose.id))


def _certified(dose: Dose, person: Person) -> Certified:
    assert dose.institution_id is not None  # what was given here was given somewhere
    place = Institution.objects.values_list("name", flat=True).get(pk=dose.institution_id)
    return Certified(
        person.name, person.birth_date, dose.vaccine, dose.given_on, dose.lot_number, place, _number(dose)
    )  # fmt: skip


def _number(dose: Dose) -> int | None:
    rows = Counted.objects.filter(person_id=dose.person_id, dose_id=dose.id, number__isnull=False)
    first = rows.exclude(series="").order_by("programme", "series").first()
    return first.number if first is not None else None
