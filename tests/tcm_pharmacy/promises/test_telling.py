"""Whoever waits for a medicine is told once of each change of its promise: not at night, unless a ward waits."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import F

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.cases.models import Alert
from kangqu.kernel.cases.reads import timeline
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.notices.actions import values_of
from kangqu.kernel.notices.models import Channel, Notice
from kangqu.kernel.people.models import Person, Phone, Proxy
from kangqu.kernel.people.phones import phone_blind, seal_phone
from kangqu.systems.tcm_pharmacy.models import Pot, Promise, PromiseMove, PromiseNews
from kangqu.systems.tcm_pharmacy.promises.keeping import keep_promises
from kangqu.systems.tcm_pharmacy.promises.moving import move_promise
from kangqu.systems.tcm_pharmacy.promises.telling import tell_of_promises
from tests.access import cast
from tests.cases.test_at_once import all_at_once
from tests.mortal import nursery, wait_until_gone
from tests.tcm_pharmacy.cast import Pharmacy
from tests.tcm_pharmacy.promises.conftest import Promises
from tests.tcm_pharmacy.promises.dying import LATER
from tests.tcm_pharmacy.store.test_store import browser

WARD = {"how": "ward", "ward": "12病区"}


def minute(promises: Promises) -> int:
    """What the clock does each minute; how many changes were told."""
    keep_promises(promises.at)
    return tell_of_promises(promises.at)


def told(channel: Channel = Channel.IN_APP) -> list[str]:
    """The texts about promises, in the order they were written."""
    return list(about_promises().filter(channel=channel).order_by("pk").values_list("template", flat=True))


def about_promises() -> Any:
    return Notice.objects.exclude(template="medicine_begun")


def late(promises: Promises, number: str = "RX-1", hours: float = 3, **changed: Any) -> Promise:
    given = promises.released(number, **changed)
    promises.at += timedelta(hours=hours)
    keep_promises(promises.at)
    return Promise.objects.get(pk=given.pk)


def test_the_patient_and_the_manager_are_told_once_that_it_will_be_late(promises: Promises) -> None:
    row = late(promises)
    assert [minute(promises) for _ in range(3)] == [1, 0, 0]
    (notice,) = about_promises().filter(channel=Channel.IN_APP)
    assert notice.template == "medicine_late" and notice.person_id == promises.pharmacy.patient.pk
    assert row.expected_at is not None
    assert values_of(notice)["time"] == f"{row.expected_at.astimezone(CITY):%m-%d %H:%M}"
    assert values_of(notice)["name"] == "王秀英"
    (alert,) = Alert.objects.filter(case_id=row.case_id)
    assert (alert.role, alert.institution_id) == (Role.PHARMACY_MANAGER, promises.pharmacy.centre.pk)
    news = PromiseNews.objects.get()
    assert notice.key == f"tcm-promise-{news.pk}-{notice.person_id}", "of this change, and of no other"
    assert (news.kind, news.ward, news.time, news.promised_before) == ("late", False, row.expected_at, row.promised_at)
    assert "tcm.promise.told" in [each.action for each in timeline(promises.now(row))]
    assert Promise.objects.get().told_at == promises.at


def test_a_little_late_is_not_told_and_much_later_is_told_again(promises: Promises) -> None:
    row = promises.released("RX-1")
    Promise.objects.update(broken_at=promises.at, expected_at=F("promised_at") + timedelta(minutes=30))
    assert tell_of_promises(promises.at) == 0
    for minutes, count in ((31, 1), (60, 0), (91, 0), (92, 1), (92, 0)):
        Promise.objects.update(expected_at=row.promised_at + timedelta(minutes=minutes))
        assert tell_of_promises(promises.at) == count, minutes
    Promise.objects.update(broken_at=None, expected_at=None)
    assert [tell_of_promises(promises.at) for _ in range(2)] == [1, 0]
    assert told() == ["medicine_late", "medicine_late", "medicine_on_time"]


def test_where_no_time_is_known_it_is_said_and_the_time_told_once_there_is_one(promises: Promises) -> None:
    row = promises.released("RX-1")
    Promise.objects.update(broken_at=promises.at, expected_at=None)
    assert [tell_of_promises(promises.at) for _ in range(2)] == [1, 0]
    Promise.objects.update(expected_at=row.promised_at + timedelta(hours=9))
    assert [tell_of_promises(promises.at) for _ in range(2)] == [1, 0]
    assert told() == ["medicine_late_unknown", "medicine_late"]


def test_a_machine_out_of_order_is_the_reason_that_is_told(promises: Promises) -> None:
    late(promises)
    Pot.objects.filter(name="2号机").update(failed_at=promises.at)
    assert minute(promises) == 1 and told() == ["medicine_late_machine"]


def test_a_move_is_told_with_its_reason(promises: Promises) -> None:
    row = late(promises)
    minute(promises)
    moved = move_promise(row.case_id, reason="停电", by=promises.pharmacy.people["manager"], at=promises.at)
    assert [minute(promises) for _ in range(2)] == [1, 0]
    notice = Notice.objects.order_by("pk").last()
    assert notice is not None and notice.template == "medicine_moved"
    assert values_of(notice)["reason"] == "停电"
    assert values_of(notice)["time"] == f"{moved.promised_at.astimezone(CITY):%m-%d %H:%M}"
    news = PromiseNews.objects.get(kind="moved")
    assert (news.promised_before, news.time) == (moved.promised_before, moved.promised_at)
    assert PromiseMove.objects.get().told_at == promises.at


def test_moved_and_late_again_before_anybody_was_told_is_told_once_as_it_stands(promises: Promises) -> None:
    row = late(promises)
    move_promise(row.case_id, reason="停电", by=promises.pharmacy.people["manager"], at=promises.at)
    promises.at += timedelta(hours=4)
    assert [minute(promises) for _ in range(2)] == [1, 0] and told() == ["medicine_late"]
    assert not PromiseMove.objects.filter(told_at=None).exists()


def test_at_night_only_wards_are_told(promises: Promises) -> None:
    late(promises, "RX-1")
    late(promises, "RX-2", hours=0, delivery=WARD, issued_on="2026-11-23")
    promises.at = datetime(2026, 11, 23, 23, 50, tzinfo=CITY)
    assert minute(promises) == 1
    (news,) = PromiseNews.objects.all()
    assert news.ward and news.promise.case.number == "RX-2"
    roles = {(each.role, each.institution_id) for each in Alert.objects.filter(tier__gte=100)}
    assert roles == {
        (Role.PHARMACY_MANAGER, promises.pharmacy.centre.pk), (Role.DOCTOR, promises.pharmacy.hospital.pk)
    }  # fmt: skip
    promises.at = datetime(2026, 11, 24, 7, 59, tzinfo=CITY)
    assert tell_of_promises(promises.at) == 0
    promises.at = datetime(2026, 11, 24, 8, 0, tzinfo=CITY)
    assert tell_of_promises(promises.at) == 1
    assert {each.promise.case.number for each in PromiseNews.objects.all()} == {"RX-1", "RX-2"}


def test_her_phone_and_who_stands_for_her_are_told_and_the_dead_are_not(promises: Promises) -> None:
    patient = promises.pharmacy.patient
    daughter, stranger = (cast.resident(name, at=promises.at) for name in ("王小𠮷", "外人"))
    Phone.objects.create(
        person=patient, sealed=seal_phone("+8613800000001"), blind=phone_blind("+8613800000001"),
        shown="138****0001", recorded_at=promises.at,
    )  # fmt: skip
    for agent, ended in ((daughter, None), (stranger, promises.at)):
        Proxy.objects.create(
            person=patient, agent_id=agent.pk, kind="proxy", relation="子女", rights=[], consent="phone",
            starts_at=promises.at - timedelta(days=1), ends_at=promises.at + timedelta(days=9), revoked_at=ended,
        )  # fmt: skip
    late(promises)
    assert minute(promises) == 1
    readers = about_promises().filter(channel=Channel.IN_APP).values_list("person_id", flat=True)
    assert set(readers) == {patient.pk, daughter.pk}
    sms = Notice.objects.get(channel=Channel.SMS)
    assert sms.to_shown == "138****0001" and sms.person_id == patient.pk
    late(promises, "RX-2")
    Person.objects.filter(pk=patient.pk).update(status="deceased", deceased_on="2026-01-01")
    assert minute(promises) >= 1
    assert about_promises().count() == 3 and PromiseNews.objects.filter(promise__case__number="RX-2").exists()


def test_what_is_ready_or_over_is_not_told(promises: Promises) -> None:
    row = late(promises)
    promise = Promise.objects.get(pk=row.pk)
    take_step(promise.case_id, "withdraw", by=promises.pharmacy.people["doctor"], at=promises.at, values={"why": "x"})
    assert minute(promises) == 0 and not Notice.objects.filter(template__startswith="medicine_late").exists()


def test_its_readers_take_note_of_it_each_side_for_itself(promises: Promises) -> None:
    late(promises, delivery=WARD)
    late(promises, "RX-2", hours=1)
    minute(promises)
    pharmacy = promises.pharmacy
    manager, doctor = browser(pharmacy, "manager"), browser(pharmacy, "doctor")
    away = cast.staff("away", Role.DOCTOR, pharmacy.elsewhere, at=pharmacy.now)
    shown = doctor.get("/c/tcm/news").content.decode()
    assert "RX-1" in shown and "RX-2" not in shown and "王秀英" not in shown, "wards only, and no full names"
    assert "RX-2" in manager.get("/c/tcm/news").content.decode()
    assert "RX-1" not in browser(pharmacy, away.username).get("/c/tcm/news").content.decode()
    assert browser(pharmacy, "courier").get("/c/tcm/news").status_code == 403
    news = PromiseNews.objects.get(promise__case__number="RX-1")
    assert browser(pharmacy, "away").post("/c/tcm/news", {"news": news.pk}).status_code == 404
    for number in ("", "x", "9" * 30, "-1"):
        assert doctor.post("/c/tcm/news", {"news": number}).status_code == 404
    for _ in range(2):
        assert doctor.post("/c/tcm/news", {"news": news.pk}).status_code == 302
    news.refresh_from_db()
    assert news.hospital_seen_at is not None and news.pharmacy_seen_at is None
    assert "知道了</" not in doctor.get("/c/tcm/news").content.decode().replace("知道了<span", "知道了</")


def test_the_hospitals_system_hears_of_its_own(promises: Promises) -> None:
    late(promises)
    minute(promises)
    pharmacy = promises.pharmacy
    heard = pharmacy.get("tcm/promises/changes").json()
    assert [(each["number"], each["kind"]) for each in heard["changes"]] == [("RX-1", "late")]
    assert pharmacy.get(f"tcm/promises/changes?after={heard['last']}").json() == {"changes": [], "last": heard["last"]}
    other = cast.staff("his2", Role.SYSTEM, pharmacy.elsewhere, at=pharmacy.now)
    token = cast.token_of(other, "tcm.prescriptions", until=pharmacy.now + timedelta(days=1))
    assert pharmacy.get("tcm/promises/changes", token=token).json()["changes"] == []
    for bad in ("after=-1", "after=99999999999999999999", "limit=0", "limit=9999", "after=x"):
        assert pharmacy.get(f"tcm/promises/changes?{bad}").status_code == 422


def several_late(pharmacy: Pharmacy, count: int) -> Promises:
    promises = Promises(pharmacy)
    promises.floor(pharmacy.centre, 2)
    for number in range(count):
        promises.released(f"RX-{number}")
    Promise.objects.update(broken_at=LATER, expected_at=F("promised_at") + timedelta(hours=5))
    return promises


@pytest.mark.django_db(transaction=True)
def test_several_workers_at_once_tell_each_once(pharmacy: Pharmacy) -> None:
    several_late(pharmacy, 6)
    said = all_at_once([lambda: tell_of_promises(LATER)] * 4)
    assert sum(int(count) * times for count, times in said.items()) == 6
    assert Counter(told()) == {"medicine_late": 6} and PromiseNews.objects.count() == 6


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_anywhere_has_told_nobody_or_everybody_once(pharmacy: Pharmacy) -> None:
    several_late(pharmacy, 2)
    with nursery("tests.tcm_pharmacy.promises.dying") as born:
        path = born.path("tell")
        killed = sum(born.dies("tell", place) for place in path[:: len(path) // 12])
    wait_until_gone(born.name)
    assert killed >= 10 and told() == [] and not PromiseNews.objects.exists()
    assert tell_of_promises(LATER) == 2 and tell_of_promises(LATER) == 0
    assert Counter(told()) == {"medicine_late": 2} and Alert.objects.filter(tier__gte=100).count() == 2
