"""A CDC officer asks for a figure, opens it, and asks for no other county's."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from kangqu.kernel.access.roles import Role
from kangqu.kernel.places.models import ServedRegion
from kangqu.kernel.trace.models import TraceEntry
from tests.vaccination.coverage.test_coverage import clinic, had, lives
from tests.vaccination.records.conftest import VaccinationClinic
from tests.vaccination.records.test_api import system_at

__all__ = ["clinic"]
pytestmark = pytest.mark.django_db
WHERE = "/api/v1/vaccination/coverage"
ASKED = {"series": "HPV", "from_age": 13, "to_age": 17, "as_of": "2026-11-24"}


def asks(clinic: VaccinationClinic, path: str = WHERE, role: Role = Role.CDC_OFFICER, **more: Any) -> Any:
    client = system_at(clinic, timezone.now(), "vaccination.read", role=role)
    return client.get(path, {name: value for name, value in {**ASKED, **more}.items() if value is not None})


def test_a_figure_says_what_it_is_and_opens(clinic: VaccinationClinic) -> None:
    lives(clinic, "一")
    lives(clinic, "二")
    had(clinic, "一", date(2026, 2, 1))
    ServedRegion.objects.create(institution=clinic.place, region_id="3703")
    told = asks(clinic).json()
    assert (told["numerator"], told["denominator"], told["percent"], told["over"]) == (1, 2, "50.00", False)
    assert (told["denominator_zh"], told["region"], told["ages"]) == ("常住居民", "3703", [13, 17])
    people = [asks(clinic, f"{WHERE}/people", missing=missing).json()["items"] for missing in ("false", "true")]
    assert [[each["resident"] for each in items] for items in people] == [
        [clinic.girl("一").public_code], [clinic.girl("二").public_code],
    ]  # fmt: skip
    assert asks(clinic, denominator="target", target=1).json()["percent"] == "100.00"
    assert TraceEntry.objects.filter(action="vaccination.coverage").exists()
    assert TraceEntry.objects.filter(action="people.list").exists()


@pytest.mark.parametrize(
    "more",
    [
        {"region": "3704"}, {"region": "37"}, {"region": "x"}, {"series": None}, {"series": "' OR 1"}, {"dose": 0}, {"dose": 10**30},
        {"from_age": 20}, {"to_age": 151}, {"as_of": "x"}, {"as_of": "9999-01-01"}, {"denominator": "target"}, {"target": 3}, {"sex": "9"},
        {"programme": "none"}, {"denominator": "x"},
    ],
)  # fmt: skip
def test_what_cannot_be_asked(clinic: VaccinationClinic, more: dict[str, Any]) -> None:
    assert asks(clinic, **more).status_code in (404, 422)
    assert asks(clinic, f"{WHERE}/people", **more).status_code in (404, 422)


def test_whose_business_it_is(clinic: VaccinationClinic) -> None:
    for role in (Role.DOCTOR, Role.PHARMACIST, Role.SYSTEM):
        assert asks(clinic, role=role).status_code == 403
