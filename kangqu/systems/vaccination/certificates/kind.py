"""预防接种证明 as a kind of certificate: the FHIR resources of one dose, and what its codes are called.

Source: HL7 FHIR R4 Immunization and Patient; HL7 SMART Health Cards Vaccination and Testing IG (which members a card carries).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from kangqu.kernel.certificates.kinds import Kind, declare
from kangqu.systems.vaccination.forecast import PRODUCTS

SYSTEM: Final = "urn:kangqu:vaccine"
"""The city's codes of vaccines (``forecast/products.toml``)."""

IMMUNIZATION: Final = declare(
    Kind(
        "immunization",
        "预防接种证明",
        "Vaccination",
        MappingProxyType({SYSTEM: {each.code: (each.zh, each.en) for each in PRODUCTS.values()}}),
    )
)


@dataclass(frozen=True, slots=True)
class Certified:
    """A recorded dose as it is certified. ``dose_number``: as computed; none where the schedules do not count it."""

    name: str
    birth_date: date | None
    vaccine: str
    given_on: date
    lot: str
    institution: str
    dose_number: int | None = None


def entries_of(dose: Certified) -> list[Mapping[str, Any]]:
    """The person and the dose as FHIR resources, without what cards leave out."""
    person: dict[str, Any] = {"resourceType": "Patient", "name": [{"text": dose.name}]}
    if dose.birth_date is not None:
        person["birthDate"] = dose.birth_date.isoformat()
    shot: dict[str, Any] = {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": SYSTEM, "code": dose.vaccine}]},
        "patient": {"reference": "resource:0"},
        "occurrenceDateTime": dose.given_on.isoformat(),
        "performer": [{"actor": {"display": dose.institution}}],
    }
    if dose.lot:
        shot["lotNumber"] = dose.lot
    if dose.dose_number is not None:
        shot["protocolApplied"] = [{"doseNumberPositiveInt": dose.dose_number}]
    return [person, shot]
