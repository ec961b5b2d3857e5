"""The review desk and the import through their pages."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from kangqu.kernel.access.roles import Role
from kangqu.kernel.people.importing.models import ResidentImport
from kangqu.kernel.people.importing.tasks import run_import
from kangqu.kernel.people.models import Person, Review
from kangqu.kernel.people.reviewing import open_review
from kangqu.kernel.trace.models import TraceEntry
from tests.access import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(town):
    people = [cast.resident(name, at=town.now, kept_by=town.clinic) for name in ("王秀兰", "王秀蓝")]
    open_review(people[0].pk, people[1].pk, probability=0.9, reasons=["given:homophone"], at=town.now)
    return people, Review.objects.get()


def test_one_person_is_merged_and_taken_apart_again(town, pair):
    (first, second), review = pair
    keeper = town.client(Role.INDEX_KEEPER)
    assert "王秀兰" in keeper.get("/a/merge").content.decode()
    assert "王秀蓝" in keeper.get(f"/a/merge/{review.pk}").content.decode()
    asked = {"decision": "same", "survivor": "left", "reason": "看过身份证"}
    assert keeper.post(f"/a/merge/{review.pk}", asked).status_code == 302
    second.refresh_from_db()
    assert second.merged_into_id == first.pk
    assert keeper.post(f"/a/merge/{review.pk}", asked).status_code == 422
    page = keeper.get("/a/merge/done").content.decode()
    number = page.split("/a/merge/")[-1].split("/undo")[0]
    assert keeper.post(f"/a/merge/{number}/undo", {"reason": "看错了"}).status_code == 302
    second.refresh_from_db()
    assert (second.merged_into_id, second.status) == (None, "active")
    assert TraceEntry.objects.filter(action="person.compare", person_id__in=(first.pk, second.pk)).count() >= 2


def test_two_people_stay_two(town, pair):
    _people, review = pair
    keeper = town.client(Role.INDEX_KEEPER)
    assert keeper.post(f"/a/merge/{review.pk}", {"decision": "different", "reason": "是姐妹"}).status_code == 302
    review.refresh_from_db()
    assert review.state == "different"
    assert not Person.objects.filter(status="merged").exists()


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.REGISTRAR, Role.AUDIT_ADMIN])
def test_nobody_else_decides(town, pair, role):
    _people, review = pair
    assert town.client(role).get("/a/merge").status_code == 403
    assert town.client(role).post(f"/a/merge/{review.pk}", {"decision": "same", "reason": "x"}).status_code == 403


LIST = (
    "姓名,证件号码,手机号,现住址\n王一,370302190001010001,13800000001,甲村\n李二,370302190001010002,13800000002,乙村\n"
)


def _upload(client, text: bytes = LIST.encode(), **more: str):
    return client.post("/c/import", {"file": SimpleUploadedFile("名单.csv", text), "mode": "good", **more})


@pytest.mark.django_db(transaction=True)
def test_a_list_is_uploaded_checked_written_and_its_wrong_rows_come_back(town):
    desk = town.client(Role.REGISTRAR, town.clinic)
    assert _upload(desk).status_code == 302
    job = ResidentImport.objects.get()
    run_import(job.pk)
    job.refresh_from_db()
    assert (job.state, job.failure, job.failure_facts) == ("ready", "", {})
    page = desk.get(f"/c/import/{job.code}").content.decode()
    assert "李二" in page and "KQ-1404" in page and "370302190001010002" not in page
    assert Person.objects.count() == 0
    assert desk.post(f"/c/import/{job.code}/confirm").status_code == 302
    run_import(job.pk)
    assert list(Person.objects.values_list("name", flat=True)) == ["王一"]
    wrong = b"".join(desk.get(f"/c/import/{job.code}/errors").streaming_content).decode("utf-8-sig")
    assert "李二" in wrong and "王一" not in wrong
    assert "已完成" in desk.get("/c/import").content.decode()


@pytest.mark.django_db(transaction=True)
def test_an_import_is_its_institutions_own(town):
    _upload(town.client(Role.REGISTRAR, town.clinic))
    code = ResidentImport.objects.get().code
    stranger = town.client(Role.REGISTRAR, town.county)
    assert stranger.get(f"/c/import/{code}").status_code == 404
    assert stranger.post(f"/c/import/{code}/confirm").status_code == 404
    assert stranger.get(f"/c/import/{code}/errors").status_code == 404
    assert code not in stranger.get("/c/import").content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"PK\x03\x04rubbish"])
def test_a_file_that_is_none_is_refused_in_words(town, body):
    answer = _upload(town.client(Role.REGISTRAR, town.clinic), body)
    if answer.status_code == 302:
        job = ResidentImport.objects.get()
        run_import(job.pk)
        job.refresh_from_db()
        assert job.state == "failed" and job.failure.startswith("KQ-")
    else:
        assert answer.status_code == 422
    assert Person.objects.count() == 0


def test_the_template_is_a_spreadsheet(town):
    answer = town.client(Role.REGISTRAR, town.clinic).get("/c/import/template")
    assert b"".join(answer.streaming_content)[:2] == b"PK"
