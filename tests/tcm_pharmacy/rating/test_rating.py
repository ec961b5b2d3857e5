"""She rates it once, may change it for a week, may make a complaint of it; her doctor sees it, nobody else's does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.models import Case
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.tcm_pharmacy.models import Prescription, Rating
from kangqu.systems.tcm_pharmacy.rating.actions import complain, rate
from kangqu.systems.tcm_pharmacy.rating.reads import fares_of
from tests.access import cast
from tests.cases.test_at_once import all_at_once
from tests.tcm_pharmacy.line.test_stations import Floor
from tests.tcm_pharmacy.patient.conftest import Family, boiled, client_of, handed_over

GOOD: dict[str, Any] = {"stars": 5, "reasons": ["on_time"], "sentence": "好"}
BAD: dict[str, Any] = {"stars": 1, "reasons": ["late", "leaks"], "sentence": "袋子漏了𠮷"}


def test_it_is_rated_on_the_phone_and_changed(floor: Floor, family: Family) -> None:
    case = handed_over(floor)
    page = f"/h/tcm/{case.code}/rate"
    assert family.patient.get(page).status_code == 200
    assert family.patient.post(page, {}).status_code == 422, "stars are asked"
    assert family.patient.post(page, {"stars": "6"}).status_code == 422
    assert family.patient.post(page, {"stars": "5", "reasons": ["nonsense"]}).status_code == 422
    assert family.patient.post(page, {"stars": "5", "sentence": "x" * 201}).status_code == 422
    assert not Rating.objects.exists()
    assert (
        family.patient.post(page, {"stars": "4", "reasons": ["on_time", "kind"], "sentence": "谢谢"}).status_code == 302
    )
    assert family.daughter.post(page, {"stars": "2"}).status_code == 302
    rating = Rating.objects.get()
    assert (rating.stars, rating.reasons, rating.sentence, rating.person_id) == (2, [], "", floor.pharmacy.patient.pk)
    told = TraceEntry.objects.filter(object_id=case.id, action__startswith="tcm.rate").order_by("at")
    assert [(each.action, each.facts["stars"]) for each in told] == [("tcm.rate", 4), ("tcm.rate.change", 2)]
    assert family.stranger.post(page, {"stars": "1"}).status_code == 404


@pytest.mark.parametrize(("days", "taken"), [(6.99, True), (7, False), (400, False)])
def test_it_is_changed_for_seven_days(floor: Floor, family: Family, days: float, taken: bool) -> None:
    case = handed_over(floor)
    rate(case, **GOOD, by=family.by, at=floor.at)
    later = floor.at + timedelta(days=days)
    if taken:
        rate(case, **BAD, by=family.by, at=later)
    else:
        with pytest.raises(Refused) as refused:
            rate(case, **BAD, by=family.by, at=later)
        assert refused.value.why.code == "KQ-3272" and "7 天" in refused.value.sentence("zh")
    assert Rating.objects.get().stars == (1 if taken else 5)
    assert Rating.objects.get().rated_at == floor.at


def test_not_before_it_is_handed_over(floor: Floor, family: Family) -> None:
    case = boiled(floor)
    with pytest.raises(Refused) as refused:
        rate(case, **GOOD, by=family.by, at=floor.at)
    assert refused.value.why.code == "KQ-3271"
    assert family.patient.post(f"/h/tcm/{case.code}/rate", {"stars": "5"}).status_code == 422


@pytest.mark.parametrize(
    "wrong", [{"stars": 0}, {"stars": 6}, {"reasons": ["?"]}, {"sentence": "\x00"}, {"sentence": "x" * 201}]
)
def test_the_verb_keeps_out_what_is_no_rating(floor: Floor, family: Family, wrong: dict[str, Any]) -> None:
    case = handed_over(floor)
    with pytest.raises(Refused):
        rate(case, **GOOD | wrong, by=family.by, at=floor.at)


def test_a_low_rating_becomes_a_complaint_at_a_press(floor: Floor, family: Family) -> None:
    case = handed_over(floor)
    page = f"/h/tcm/{case.code}/complain"
    assert family.patient.get(page).status_code == 404, "there is no rating yet"
    family.patient.post(f"/h/tcm/{case.code}/rate", BAD | {"stars": "3"})
    assert family.patient.post(page).status_code == 409, "three stars are no complaint"
    family.patient.post(f"/h/tcm/{case.code}/rate", BAD)
    assert "转为投诉" in family.patient.get(f"/h/tcm/{case.code}").content.decode()
    assert family.patient.get(page).status_code == 200
    for _ in range(2):
        answer = family.patient.post(page)
        assert answer.status_code == 302
    opened = Case.objects.get(programme="tcm_complaint")
    assert answer["Location"] == reverse("tcm-own-complaint", args=[opened.code])
    assert opened.facts == {
        "prescription": case.code, "about": "bag", "said": "袋子漏了𠮷；送药晚、破袋、漏液", "stopped": False
    }  # fmt: skip
    assert (opened.parent_id, opened.institution_id) == (case.id, floor.pharmacy.centre.pk)
    assert Rating.objects.get().complaint_id == opened.pk
    assert family.patient.get(answer["Location"]).status_code == 200
    manager = client_of(floor.pharmacy, "manager")
    assert "袋子漏了" in manager.get(f"/c/cases/{opened.code}").content.decode()


def test_a_good_rating_is_no_complaint(floor: Floor, family: Family) -> None:
    case = handed_over(floor)
    rating = rate(case, **GOOD, by=family.by, at=floor.at)
    with pytest.raises(Refused) as refused:
        complain(case, rating, by=family.by, at=floor.at)
    assert refused.value.why.code == "KQ-3273"
    assert not Case.objects.filter(programme="tcm_complaint").exists()


def test_her_doctor_sees_how_it_fared_and_others_do_not(floor: Floor, family: Family) -> None:
    case = handed_over(floor)
    doctor = floor.pharmacy.people["doctor"]
    Prescription.objects.filter(case_id=case.id).update(prescriber_id=doctor.account_id)
    rate(case, **BAD, by=family.by, at=floor.at)
    page = client_of(floor.pharmacy, "doctor").get("/c/tcm/mine").content.decode()
    assert "1 星，很不满意" in page and "袋子漏了𠮷" in page and "送药晚、破袋、漏液" in page
    one = client_of(floor.pharmacy, "doctor").get(f"/c/tcm/mine/{case.code}").content.decode()
    assert "袋子漏了𠮷" in one
    cast.staff("colleague", Role.DOCTOR, floor.pharmacy.hospital, at=floor.pharmacy.now)
    colleague = client_of(floor.pharmacy, "colleague")
    assert "袋子漏了" not in colleague.get("/c/tcm/mine").content.decode()
    assert colleague.get(f"/c/tcm/mine/{case.code}").status_code == 404
    fare = fares_of([case.id])[case.id]
    assert (fare.ready_at, fare.handed_at, fare.stars) == (floor.at, floor.at, 1)


def test_what_she_writes_is_text(floor: Floor, family: Family) -> None:
    case = handed_over(floor)
    Prescription.objects.filter(case_id=case.id).update(prescriber_id=floor.pharmacy.people["doctor"].account_id)
    rate(case, stars=1, reasons=[], sentence="<script>alert(1)</script>{{ 7 * 7 }}", by=family.by, at=floor.at)
    doctor, manager = client_of(floor.pharmacy, "doctor"), client_of(floor.pharmacy, "manager")
    for client, path in (
        (family.patient, f"/h/tcm/{case.code}"),
        (doctor, "/c/tcm/mine"),
        (doctor, f"/c/tcm/mine/{case.code}"),
        (manager, "/c/tcm/overview/cases?figure=rated"),
    ):
        page = client.get(path).content.decode()
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 * 7 }}" in page and "<script>alert" not in page, path


def test_a_hospitals_system_names_the_doctor(floor: Floor) -> None:
    pharmacy = floor.pharmacy
    wrong = pharmacy.send(pharmacy.order(number="RX-7", prescriber={"account": "manager"}))
    assert (wrong.status_code, wrong.json()["code"]) == (422, "KQ-3274")
    sent = pharmacy.send(pharmacy.order(number="RX-7", prescriber={"account": "doctor"}))
    assert sent.status_code == 201, sent.content
    assert "RX-7" in client_of(pharmacy, "doctor").get("/c/tcm/mine").content.decode()
    plain = pharmacy.send(pharmacy.order(number="RX-8"))
    assert plain.status_code == 201
    assert Prescription.objects.get(number="RX-8").prescriber_id is None


def test_a_doctors_list_is_read_by_its_index(floor: Floor) -> None:
    sql = (
        "SELECT * FROM tcm_pharmacy_prescription WHERE prescriber_id = 7 AND received_at >= now() - interval '90 days'"
        " ORDER BY received_at DESC, id DESC LIMIT 100"
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "prescription_of_prescriber" in plan


def test_questions_do_not_grow_with_the_doctors_list(floor: Floor, family: Family) -> None:
    doctor = client_of(floor.pharmacy, "doctor")

    def asked() -> int:
        Prescription.objects.update(prescriber_id=floor.pharmacy.people["doctor"].account_id)
        with CaptureQueriesContext(connection) as questions:
            assert doctor.get("/c/tcm/mine").status_code == 200
        return len(questions)

    rate(handed_over(floor), **GOOD, by=family.by, at=floor.at)
    asked()
    few = asked()
    for number in range(2, 6):
        floor.prescription(f"RX-{number}")
    assert asked() == few


@pytest.mark.django_db(transaction=True)
def test_she_and_her_daughter_rate_it_at_once(floor: Floor, family: Family) -> None:
    case = handed_over(floor)

    def rated(stars: int) -> int:
        return rate(case, stars=stars, reasons=[], sentence="", by=family.by, at=floor.at).pk

    assert sum(all_at_once([lambda: rated(1), lambda: rated(5)]).values()) == 2
    told = sorted(TraceEntry.objects.filter(action__startswith="tcm.rate").values_list("action", flat=True))
    assert (told, Rating.objects.count()) == (["tcm.rate", "tcm.rate.change"], 1)
