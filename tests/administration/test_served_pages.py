"""Served divisions: assigned by those above, never by oneself, never beyond the giver's own division."""

from __future__ import annotations

import pytest
from django.test import Client

from kangqu.kernel.access.models import SignIn
from kangqu.kernel.access.roles import Role
from kangqu.kernel.places.models import ServedRegion
from kangqu.kernel.trace.models import TraceEntry
from tests.access import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def village(town):
    return cast.region("370302001001", "柳沟村")


def test_a_village_is_given_to_a_clinic_and_taken_back(town, village):
    client = town.client(Role.INSTITUTION_MANAGER, town.county)
    here = f"/a/orgs/{town.clinic.code}"
    assert "柳沟村（370302001001）" in client.get(f"{here}/serve").content.decode()
    assert client.post(f"{here}/serve", {"region": village.pk})["Location"] == here
    assert client.post(f"{here}/serve", {"region": village.pk}).status_code == 422  # served already: not offered again
    assert set(ServedRegion.objects.values_list("region_id", flat=True)) == {"370302001", village.pk}
    stop = f"{here}/serves/{village.pk}/stop"
    assert "不能再打开" in client.get(stop).content.decode() and client.get(stop).status_code == 200
    assert client.post(stop).status_code == 302
    assert client.post(stop).status_code == 404
    assert not ServedRegion.objects.filter(region=village).exists()
    told = TraceEntry.objects.filter(action__startswith="places.").values_list("action", flat=True)
    assert {"places.serve_region", "places.stop_serving"} <= set(told)


def test_nobody_gives_itself_people(town, village):
    itself = town.client(Role.INSTITUTION_MANAGER, town.clinic)
    page = itself.get(f"/a/orgs/{town.clinic.code}").content.decode()
    assert "服务区域" in page and "/serve" not in page
    for answer in (
        itself.post(f"/a/orgs/{town.clinic.code}/serve", {"region": village.pk}),
        itself.post(f"/a/orgs/{town.clinic.code}/serves/370302001/stop"),
        town.client(Role.SYSTEM_ADMIN).post(f"/a/orgs/{town.city.code}/serve", {"region": "3703"}),
    ):
        assert answer.status_code == 403 and "KQ-2181" in answer.content.decode()
    assert list(ServedRegion.objects.values_list("region_id", flat=True)) == ["370302001"]


@pytest.mark.parametrize("region", ["3703", "3701", "370302", "999999", "", "37030200100\x00", "3" * 1000])
def test_nothing_beyond_the_neighbourhood_is_given(town, village, region):
    client = town.client(Role.INSTITUTION_MANAGER, town.county)
    assert client.post(f"/a/orgs/{town.clinic.code}/serve", {"region": region}).status_code in (400, 422)
    assert ServedRegion.objects.count() == 1


def test_out_of_reach_and_not_there_answer_alike(town, village):
    stranger = town.client(Role.SYSTEM_ADMIN, town.elsewhere)
    for code in (town.clinic.code, "J000000000000"):
        assert stranger.get(f"/a/orgs/{code}/serve").status_code == 404
        assert stranger.post(f"/a/orgs/{code}/serves/370302001/stop").status_code == 404


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.AUDIT_ADMIN, Role.SECURITY_ADMIN, Role.COMMISSION_OFFICER])
def test_who_may_not_assign_does_not(town, village, role):
    assert town.client(role).post(f"/a/orgs/{town.clinic.code}/serve", {"region": village.pk}).status_code == 403
    assert Client().post(f"/a/orgs/{town.clinic.code}/serve", {"region": village.pk}).status_code == 302
    assert ServedRegion.objects.count() == 1


def test_it_needs_a_fresh_second_factor(town, village):
    client = town.client(Role.INSTITUTION_MANAGER, town.county)
    SignIn.objects.update(stepped_up_at=None)
    answer = client.post(f"/a/orgs/{town.clinic.code}/serve", {"region": village.pk})
    assert answer["Location"].startswith("/account/step-up")
    assert ServedRegion.objects.count() == 1
