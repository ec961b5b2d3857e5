"""The day at the clinic through its pages: found, asked, given, observed, let go; and who may not."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.vaccination.clinic.actions import end_observation
from kangqu.systems.vaccination.models import Dose, Observation, ObservationEnd, VialStock
from kangqu.systems.vaccination.records.questions import QUESTIONS
from kangqu.systems.vaccination.stock.checks import check_stock
from tests.access import cast
from tests.vaccination.clinic.conftest import browser, worker

pytestmark = pytest.mark.django_db
DESK, STORE = "/c/vaccination/clinic", "/c/vaccination/store"


def words(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def key_in(page: str) -> str:
    found = re.search(r'name="key" value="([0-9a-f]{32})"', page)
    assert found is not None
    return found[1]


def receive(client: Client, **more: Any) -> Any:
    page = words(client.get(f"{STORE}/receive"))
    told = {
        "vaccine": "HPV2", "maker": "演示生物", "number": "H1", "expires_on": "2099-12-31", "doses_per_vial": "1", "fridge": "冰箱1",
        "vials": "2", "key": key_in(page),
    }  # fmt: skip
    return client.post(f"{STORE}/receive", told | more)


def ask_all(client: Client, girl: Person, **yes: str) -> Any:
    return client.post(f"/c/vaccination/people/{girl.public_code}", {"asked_all": "1", "asked": "on"} | yes)


def give(client: Client, girl: Person, **more: Any) -> Any:
    page = words(client.get(f"/c/vaccination/people/{girl.public_code}"))
    told = {"vaccine": "HPV2", "lot": "H1", "site": "LA", "key": key_in(page)}
    return client.post(f"/c/vaccination/people/{girl.public_code}", told | more)


def test_a_day_from_the_delivery_to_the_release(nurse: Client, place: Institution, girl: Person) -> None:
    assert receive(nurse).status_code == 302
    assert "演示生物" in words(nurse.get(STORE))
    found = nurse.post(DESK, {"q": girl.public_code.lower()})
    assert found["Location"] == f"/c/vaccination/people/{girl.public_code}"
    page = words(nurse.get(found["Location"]))
    assert "双价" in page or "HPV" in page or "人乳头瘤" in page
    assert "接种前询问" in page and 'name="lot"' not in page, "first the questions"
    assert nurse.post(found["Location"], {"asked_all": "1"}).status_code == 422, "that all were asked is ticked"
    assert ask_all(nurse, girl).status_code == 302
    page = words(nurse.get(found["Location"]))
    assert 'value="H1"' in page, "the lot that expires first stands there"
    told = {"vaccine": "HPV2", "lot": "H1", "site": "LA", "key": key_in(page)}
    assert nurse.post(found["Location"], told).status_code == 302
    assert nurse.post(found["Location"], told).status_code == 302, "sent twice"
    assert (Dose.objects.count(), VialStock.objects.get().vials) == (1, 1)
    board = words(nurse.get(DESK))
    assert "𠮷小雨" in board and "还有 30 分钟" in board and "今天已接种 1 剂" in board
    watched = Observation.objects.get()
    early = nurse.post(f"/c/vaccination/observations/{watched.id}/release", follow=True)
    assert "留观到" in words(early) and Observation.objects.get().ended_at is None
    assert nurse.post(f"/c/vaccination/observations/{watched.id}/leave", {"why": " "}).status_code == 422
    assert nurse.post(f"/c/vaccination/observations/{watched.id}/leave", {"why": "家里有急事"}).status_code == 302
    assert Observation.objects.get().ended_how == "left"
    assert list(check_stock()) == []


def test_what_the_schedules_refuse_stands_in_the_form(nurse: Client, girl: Person) -> None:
    receive(nurse)
    ask_all(nurse, girl)
    give(nurse, girl)
    again = give(nurse, girl)
    assert again.status_code == 422 and "不能接种" in words(again)
    assert Dose.objects.count() == 1
    other = give(nurse, girl, vaccine="RABIES", lot="\x00" * 4)
    assert other.status_code == 422
    assert give(nurse, girl, lot="𠮷" * 4000).status_code == 422


def test_a_yes_stops_the_dose(nurse: Client, girl: Person) -> None:
    receive(nurse)
    first = next(iter(QUESTIONS))
    ask_all(nurse, girl, **{first: "on"})
    assert "询问不通过" in words(nurse.get(f"/c/vaccination/people/{girl.public_code}"))
    assert give(nurse, girl).status_code == 422 and not Dose.objects.exists()


def test_a_dose_is_struck_out_by_who_recorded_it_alone(nurse: Client, girl: Person) -> None:
    receive(nurse)
    ask_all(nurse, girl)
    give(nurse, girl)
    dose = Dose.objects.get()
    elsewhere = cast.institution("别处门诊", "community_centre", cast.region("3703", "淄博市"), serves=True)
    stranger = worker(Role.NURSE, elsewhere, "stranger")
    assert stranger.post(f"/c/vaccination/doses/{dose.code}/strike", {"why": "错"}).status_code == 422
    assert nurse.post(f"/c/vaccination/doses/{dose.code}/strike", {"why": "录错人"}).status_code == 302
    assert Dose.objects.get().status == "entered-in-error"


def test_who_may_not(nurse: Client, place: Institution, girl: Person) -> None:
    assert worker(Role.PHARMACIST, place, "p").get(DESK).status_code == 403
    assert worker(Role.CDC_OFFICER, place, "c").get(STORE).status_code == 403
    other_city = cast.institution("外市门诊", "community_centre", cast.region("3701", "济南市"), serves=True)
    away = worker(Role.NURSE, other_city, "away")
    assert away.get(f"/c/vaccination/people/{girl.public_code}").status_code == 404
    receive(nurse)
    ask_all(nurse, girl)
    give(nurse, girl)
    number = Observation.objects.get().id
    assert "没有找到" in words(away.post(f"/c/vaccination/observations/{number}/release", follow=True))
    assert away.get(f"{STORE}/{VialStock.objects.get().pk}/waste").status_code in (200, 404)
    key = "0" * 32
    assert (
        away.post(f"{STORE}/{VialStock.objects.get().pk}/waste", {"vials": "1", "why": "坏", "key": key}).status_code
        == 422
    )
    assert VialStock.objects.get().vials == 1


def test_an_observation_ends_once_and_not_before_its_minute(nurse: Client, place: Institution, girl: Person) -> None:
    receive(nurse)
    ask_all(nurse, girl)
    give(nurse, girl)
    row = Observation.objects.get()
    by = Actor(1, "nurse", place.pk)

    def end(how: ObservationEnd, at: Any, why: str = "") -> str:
        try:
            return end_observation(row.id, how, why=why, institution_id=place.pk, by=by, at=at).ended_how
        except Refused as refused:
            return refused.why.name

    assert end(ObservationEnd.RELEASED, row.until - timedelta(seconds=1)) == "vaccination_still_watched"
    assert end(ObservationEnd.LEFT, row.starts_at) == "vaccination_why_needed"
    assert end(ObservationEnd.RELEASED, row.until) == "released"
    assert end(ObservationEnd.RELEASED, row.until) == "vaccination_not_watched"


def test_a_resident_sees_her_own_card_and_nobody_elses(nurse: Client, girl: Person) -> None:
    receive(nurse)
    ask_all(nurse, girl)
    give(nurse, girl)
    at = timezone.now()
    herself = browser(cast.resident_account(girl, at=at))
    shown = words(herself.get("/h/vaccination"))
    assert "第 1 剂" in shown and "张店接种门诊" in shown and "接下来" in shown
    stranger = browser(cast.resident_account(cast.resident("别人", at=at), at=at))
    assert stranger.get(f"/h/vaccination/{girl.public_code}").status_code == 404
    assert nurse.get("/h/vaccination").status_code in (302, 403)
