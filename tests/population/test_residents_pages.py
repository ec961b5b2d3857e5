"""The desk through its pages: found, registered once, kept, opened in an emergency; by whom it should and nobody else."""

from __future__ import annotations

import re

import pytest

from kangqu.kernel.access.models import BreakGlass
from kangqu.kernel.access.roles import Role
from kangqu.kernel.people.models import Identifier, Person, PersonName, Phone
from kangqu.kernel.trace.models import TraceEntry
from tests.access import cast

pytestmark = pytest.mark.django_db

NEW = {
    "name": "王秀𠮷", "kind": "01", "number": "370302190001010001", "verified": "on", "region": "370302001",
    "address": "柳沟村 12 号", "phone": "13800000001", "holder": "self",
}  # fmt: skip


@pytest.fixture
def desk(town):
    return town.client(Role.REGISTRAR, town.clinic)


@pytest.fixture
def wang(town, desk):
    assert desk.post("/c/p/new", NEW).status_code == 302
    return Person.objects.get(name="王秀𠮷")


def test_a_resident_is_registered_once_and_nothing_readable_is_stored(desk, wang, town):
    assert (wang.sex, str(wang.birth_date), wang.kept_by_id) == ("2", "1900-01-01", town.clinic.pk)
    again = desk.post("/c/p/new", NEW)
    assert again.status_code == 422 and "KQ-14" in again.content.decode()
    assert wang.public_code in again.content.decode()
    assert Person.objects.filter(name="王秀𠮷").count() == 1
    assert "1900" not in bytes(Identifier.objects.get().sealed).decode("latin-1")


@pytest.mark.parametrize("text", ["王秀", "wangxiu"])
def test_she_is_found_by_name_and_sound(desk, wang, text):
    page = desk.post("/c/p", {"q": text}, follow=True).content.decode()
    assert wang.public_code in page
    assert NEW["number"] not in page and NEW["phone"] not in page


@pytest.mark.parametrize("text", ["370302190001010001", "３７０３０２１９０００１０１０００１", "138 0000 0001"])
def test_a_number_opens_her_and_never_stands_in_an_address(desk, wang, text):
    answer = desk.post("/c/p", {"q": text})
    assert answer.headers["Location"] == f"/c/p/{wang.public_code}"
    assert desk.get("/c/p", {"q": text}).headers["Location"] == "/c/p"


def test_her_code_opens_her(desk, wang):
    assert desk.get("/c/p", {"q": wang.public_code}).headers["Location"] == f"/c/p/{wang.public_code}"


def test_her_page_masks_and_leaves_a_look(desk, wang):
    page = desk.get(f"/c/p/{wang.public_code}").content.decode()
    assert "王秀𠮷" in page and "370302190001010001" not in page and "13800000001" not in page
    assert TraceEntry.objects.filter(person_id=wang.pk, stream="look", action="person.open").count() == 1


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.REGISTRAR, Role.VILLAGE_DOCTOR])
def test_the_next_city_sees_nothing(town, wang, role):
    stranger = town.client(role, town.elsewhere)
    assert stranger.get(f"/c/p/{wang.public_code}").status_code == 404
    assert wang.public_code not in stranger.get("/c/p", {"q": "王秀"}).content.decode()
    assert stranger.get("/c/p/R0000000000000").status_code == 404


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN, Role.GATE_KEEPER])
def test_who_has_no_business_there_is_sent_away(town, wang, role):
    assert town.client(role).get(f"/c/p/{wang.public_code}").status_code == 403
    assert town.client(role).get("/c/p", {"q": "王秀"}).status_code == 403


def test_a_stale_change_is_refused_with_what_it_is_now(desk, wang):
    address = f"/c/p/{wang.public_code}/change"
    asked = {"version": str(wang.version), "name": "王秀兰", "sex": "2", "birth_date": "1900-01-01"}
    assert desk.post(address, asked).status_code == 302
    refused = desk.post(address, asked | {"name": "王秀英"})
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "王秀兰" in page and "王秀英" in page and "现在是" in page  # both, side by side
    wang.refresh_from_db()
    assert wang.name == "王秀兰"
    (seen,) = re.findall(r'name="version" value="(\d+)"', page)
    assert desk.post(address, asked | {"name": "王秀英", "version": seen}).status_code == 302
    wang.refresh_from_db()
    assert wang.name == "王秀英"
    assert list(PersonName.objects.values_list("name", flat=True)) == ["王秀𠮷", "王秀兰"]  # the loser is kept


def test_papers_phones_moves_and_deaths(desk, wang):
    base = f"/c/p/{wang.public_code}"
    assert desk.post(f"{base}/paper", {"kind": "03", "number": "E12345678"}).status_code == 302
    assert desk.post(f"{base}/phone", {"phone": "13900000002", "holder": "daughter"}).status_code == 302
    assert desk.post(f"{base}/move", {"region": "370302001", "address": "新村 1 号"}).status_code == 302
    assert desk.post(f"{base}/death", {"on": "2026-11-01", "reason": "病故"}).status_code == 302
    assert (Identifier.objects.count(), Phone.objects.count()) == (2, 2)
    wang.refresh_from_db()
    assert (wang.address, wang.status) == ("新村 1 号", "deceased")
    assert desk.post(f"{base}/undo-death", {"reason": "登错了人"}).status_code == 302
    wang.refresh_from_db()
    assert wang.status == "active"


@pytest.mark.parametrize(
    "written", ["370302001001", "柳沟村 370302001001", "柳沟村", "３７０３０２００１００１", " 柳沟村  370302001001 "]
)
def test_a_village_is_chosen_by_name_as_well_as_by_code(town, desk, wang, written):
    cast.region("370302001001", "柳沟村")
    assert '<option value="柳沟村 370302001001">' in desk.get("/c/p/new").content.decode()
    here = f"/c/p/{wang.public_code}/move"
    assert desk.post(here, {"region": written, "address": "东街 1 号"}).status_code == 302
    wang.refresh_from_db()
    assert wang.region_id == "370302001001"
    assert 'value="柳沟村 370302001001"' in desk.get(here).content.decode()


@pytest.mark.parametrize("written", ["没有这个村", "柳沟", "1", "3703020010010000", "x\x00", "𠮷村"])
def test_a_village_nobody_knows_is_refused_beside_its_field(town, desk, wang, written):
    cast.region("370302001001", "柳沟村")
    answer = desk.post(f"/c/p/{wang.public_code}/move", {"region": written, "address": "东街 1 号"})
    assert answer.status_code == 422 and 'id="id_region-e"' in answer.content.decode()
    wang.refresh_from_db()
    assert wang.region_id == "370302001"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "370302190001010002"),
        ("name", "a\x00"),
        ("name", ""),
        ("region", "99"),
        ("phone", "1"),
        ("birth_date", "3000-01-01"),
    ],
)
def test_what_is_not_right_is_said_and_nothing_is_kept(desk, field, value):
    answer = desk.post("/c/p/new", NEW | {field: value})
    assert answer.status_code == 422
    assert 'id="errors"' in answer.content.decode()
    assert not Person.objects.exists()


def test_a_number_is_shown_for_thirty_seconds_and_traced(desk, wang):
    row = Identifier.objects.get()
    answer = desk.get(f"/c/p/{wang.public_code}/reveal/identifier/{row.id}")
    assert "370302190001010001" in answer.content.decode()
    assert answer["Cache-Control"] == "no-store" and answer["Refresh"].startswith("30;")
    assert TraceEntry.objects.filter(person_id=wang.pk, action="person.reveal_identifier").exists()
    assert desk.get(f"/c/p/{wang.public_code}/reveal/identifier/1").status_code == 404


def test_in_an_emergency_a_stranger_opens_her_says_why_and_is_reviewed(town, wang):
    doctor = town.client(Role.DOCTOR, town.elsewhere)
    assert (
        doctor.post("/c/emergency", {"code": wang.public_code, "reason": "unconscious", "note": ""}).status_code == 422
    )
    asked = {"code": wang.public_code, "reason": "unconscious", "note": "车祸昏迷，需要查过敏史"}
    assert doctor.post("/c/emergency", asked).status_code == 302
    page = doctor.get(f"/c/p/{wang.public_code}")
    assert page.status_code == 200 and "紧急查看" in page.content.decode()
    assert BreakGlass.objects.get().outcome == "waiting"
    assert town.client(Role.REGISTRAR, town.elsewhere).get(f"/c/p/{wang.public_code}").status_code == 404


def test_no_identity_number_stands_in_an_address(desk, wang):
    page = desk.get(f"/c/p/{wang.public_code}").content.decode()
    assert not re.search(r'href="[^"]*\d{17}', page)
