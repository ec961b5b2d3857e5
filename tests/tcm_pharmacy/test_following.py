"""The patient is told once of each thing, by the worker that delivers events."""

from __future__ import annotations

from datetime import timedelta

from kangqu.kernel.cases.delivering import deliver_due
from kangqu.kernel.notices.models import Notice
from kangqu.kernel.people.models import Person
from kangqu.systems.tcm_pharmacy.line.hand import Post
from tests.tcm_pharmacy.line.test_stations import Floor, code_of, ready
from tests.tcm_pharmacy.line.test_stations import floor as floor


def told() -> list[str]:
    return list(Notice.objects.order_by("pk").values_list("template", flat=True))


def test_the_patient_hears_of_it_as_it_goes_along(floor: Floor) -> None:
    case = ready(floor)
    for _ in range(2):
        deliver_due(floor.at + timedelta(hours=1))
    assert told() == ["medicine_begun", "medicine_ready"]
    floor.scan(Post.HAND_OUT, "dispenser", case.code, code_of(floor, floor.pharmacy.patient))
    deliver_due(floor.at + timedelta(hours=2))
    assert told()[-1] == "medicine_delivered"
    assert set(Notice.objects.values_list("person_id", flat=True)) == {floor.pharmacy.patient.pk}


def test_what_is_delivered_is_not_called_ready(floor: Floor) -> None:
    delivery = {"how": "courier", "receiver": "王", "phone": "13800000000", "address": "人民路1号"}
    case = ready(floor, delivery=delivery)
    floor.scan(Post.COURIER, "courier", case.code)
    deliver_due(floor.at + timedelta(hours=1))
    assert told() == ["medicine_begun", "medicine_on_the_way"]


def test_nobody_writes_to_the_dead(floor: Floor) -> None:
    ready(floor)
    Person.objects.filter(pk=floor.pharmacy.patient.pk).update(status="deceased", deceased_on="2026-01-01")
    deliver_due(floor.at + timedelta(hours=1))
    assert told() == []
