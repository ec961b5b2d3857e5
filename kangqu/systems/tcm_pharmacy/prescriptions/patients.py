"""Whom a prescription is for. The document must name her, and the name must be hers; why not is not told."""

from __future__ import annotations

from kangqu.kernel.access.doors import find_person
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.documents import blind_of
from kangqu.kernel.people.models import IdentifierDirectory, IdentifierKind, Person, PersonStatus
from kangqu.kernel.people.names import normalise_name
from kangqu.systems.tcm_pharmacy.prescriptions.order import PatientIn
from kangqu.systems.tcm_pharmacy.refusals import PATIENT_UNKNOWN


def patient_of(asked: PatientIn) -> Person:
    """The resident meant, or ``Refused(PATIENT_UNKNOWN)``: unknown, ambiguous, dead, or of another name."""
    found = find_person(asked.resident) if asked.resident is not None else _by_document(asked)
    if found is None or found.status == PersonStatus.DECEASED:
        raise Refused(PATIENT_UNKNOWN, field="patient")
    if asked.name is not None and normalise_name(asked.name) != normalise_name(found.name):
        raise Refused(PATIENT_UNKNOWN, field="patient")
    return found


def _by_document(asked: PatientIn) -> Person | None:
    if not asked.id_number or not asked.name or asked.id_kind not in IdentifierKind.values:
        return None
    holders = IdentifierDirectory.objects.filter(
        kind=asked.id_kind, blind=blind_of(asked.id_kind, asked.id_number)
    ).values_list("person_id", flat=True)[:5]
    people = {found.pk: found for number in holders if (found := find_person(number)) is not None}
    same = [each for each in people.values() if normalise_name(each.name) == normalise_name(asked.name)]
    return same[0] if len(same) == 1 else None
