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
ASKED: dict[str, Any] = {"series": "HPV", "from_age": 13, "to_age": 17, "as_of": "2026-11-24"}
LIST: dict[str, Any] = {**ASKED, "missing": True}


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


def test_a_booster_says_its_cohort(clinic: VaccinationClinic) -> None:
    lives(clinic, "一")
    covid: dict[str, Any] = {
        "series": "COVID",
        "programme": "covid-19",
        "as_of": "2021-11-09",
        "measure": "booster",
        "from_age": 0,
        "to_age": 99,
    }
    told = asks(clinic, **covid).json()
    assert (told["numerator"], told["denominator"], told["percent"]) == (0, 0, None)
    assert (told["denominator_is"], told["cut_off"], told["measure"]) == ("cohort", "2021-05-09", "booster")
    assert asks(clinic, **covid, cut_off="2021-04-30").json()["cut_off"] == "2021-04-30"
    assert asks(clinic, **covid, cut_off="2021-05-10").json()["code"] == "KQ-3471"
    assert asks(clinic, **{**covid, "as_of": "2021-09-30"}).json()["code"] == "KQ-3470"
    assert asks(clinic, **covid, denominator="registered").status_code == 422
    assert asks(clinic, denominator="cohort").status_code == 422
    assert asks(clinic, cut_off="2021-04-30").status_code == 422


def test_a_list_is_opened_once_and_its_pages_turned(clinic: VaccinationClinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kangqu.systems.vaccination.coverage.listing.MOST", 2)
    for name in "一二三四五":
        lives(clinic, name)
    ServedRegion.objects.create(institution=clinic.place, region_id="3703")
    client = system_at(clinic, timezone.now(), "vaccination.read", role=Role.CDC_OFFICER)
    seen, word = [], ""
    for _page in range(3):
        told = client.get(f"{WHERE}/people", {**LIST, "after": word}).json()
        seen += [each["resident"] for each in told["items"]]
        word = told["next"] or ""
    assert (len(set(seen)), word) == (5, "")
    looked = TraceEntry.objects.filter(action="people.list")
    assert looked.count() == 1 and "HPV" in looked.get().reason
    word = client.get(f"{WHERE}/people", LIST).json()["next"]
    assert looked.count() == 2
    for wrong in (
        {"after": word, "missing": False},
        {"after": word, "dose": 2},
        {"after": "x"},
    ):
        answer = client.get(f"{WHERE}/people", {**LIST, **wrong})
        assert (answer.status_code, answer.json()["code"]) == (409, "KQ-3472")
    other = system_at(clinic, timezone.now(), "vaccination.read", role=Role.PUBLIC_HEALTH_WORKER)
    assert other.get(f"{WHERE}/people", {**LIST, "after": word}).status_code == 409
