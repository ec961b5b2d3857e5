"""Finding a clinic: by complaint, department, doctor, hospital, place, day, part of day; letters; what is full; what is urgent."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from kangqu.systems.appointments.finding.search import Wanted, search
from kangqu.systems.appointments.finding.symptoms import complaint, departments, symptoms
from tests.appointments.booking.conftest import DAY, NOW, Clinics, clinics, family

__all__ = ["clinics", "family"]


def found(**wanted: object) -> list[str]:
    return [each.clinic.department for each in search(Wanted(**wanted), at=NOW).found]  # type: ignore[arg-type]


@pytest.fixture
def open_all(clinics: Clinics) -> Clinics:
    for name in ("bones", "heart", "county"):
        clinics.open(name)
    clinics.open("bones", day=DAY + timedelta(days=2), begins=time(18), ends=time(19), off_peak=True)
    return clinics


@pytest.mark.usefixtures("open_all")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("腰疼", {"骨科"}),
        ("头痛", {"神经内科"}),
        ("心慌 头晕", {"心血管内科", "神经内科"}),
        ("心慌头晕", {"心血管内科", "神经内科"}),
        ("yaoteng", {"骨科"}),
        ("backache", {"骨科"}),
        ("骨科", {"骨科"}),
        ("gk", {"骨科"}),
        ("guke", {"骨科"}),
        ("GUKE", {"骨科"}),
        ("单田芳", {"心血管内科"}),
        ("shantianfang", {"心血管内科"}),  # a surname's own reading
        ("stf", {"心血管内科"}),
        ("淄川", {"神经内科"}),
        ("市中心医院", {"骨科", "心血管内科"}),
        ("市中心医院 腰疼", {"骨科"}),
        ("淄川区医院 骨科", set()),
        ("没有这种", set()),
        ("𠮷", set()),
        ("%_'\"\\", set()),
        ("疼" * 60, set()),
    ],
)
def test_by_words(text: str, expected: set[str]):
    assert set(found(text=text)) == expected


@pytest.mark.usefixtures("open_all")
def test_by_department_place_day_and_part():
    assert found(department="骨科") == ["骨科"]
    assert found(region="370302", text="") == ["神经内科"]
    assert set(found(day=DAY)) == {"骨科", "心血管内科", "神经内科"}
    assert found(day=DAY + timedelta(days=2)) == ["骨科"]
    assert (
        found(part="eve", off_peak=False, department="骨科") == ["骨科"] and found(part="pm", department="骨科") == []
    )
    (only,) = search(Wanted(off_peak=True), at=NOW).found
    assert only.clinic.department == "骨科" and only.off_peak
    assert found(day=DAY - timedelta(days=400)) == []


def test_next_free_times_and_what_is_full(clinics: Clinics):
    session = clinics.open("bones", {"citizen": 1}, ends=time(9, 30))
    (one,) = search(Wanted(text="骨科"), at=NOW).found
    assert [each.session for each in one.free] == [session.code] and one.full is None
    clinics.booked(clinics.family.mother, session)
    (one,) = search(Wanted(text="骨科"), at=NOW).found
    assert list(one.free) == [] and one.full is not None and one.full.session == session.code
    page = clinics.client(clinics.family.daughter).get("/h/book?q=骨科").content.decode()
    assert "约满" in page and "可候补" in page


def test_a_hold_that_ran_out_is_free_again(clinics: Clinics):
    session = clinics.open("bones", {"citizen": 1}, ends=time(9, 30))
    clinics.held(clinics.family.mother, session)
    assert search(Wanted(text="骨科"), at=NOW).found[0].full is not None
    assert search(Wanted(text="骨科"), at=NOW + timedelta(minutes=15)).found[0].full is None


def test_clinics_with_places_come_first(clinics: Clinics):
    clinics.booked(clinics.family.mother, clinics.open("bones", {"citizen": 1}, ends=time(9, 30)))
    clinics.open("heart", day=DAY + timedelta(days=1))
    assert found(text="市中心医院") == ["心血管内科", "骨科"]


@pytest.mark.parametrize("text", ["胸痛 大汗", "胸口疼出冷汗", "老人昏迷了", "大出血", "半身不能动"])
def test_words_of_emergency_say_120(clinics: Clinics, text: str):
    assert complaint(text).emergency
    page = clinics.client(clinics.family.daughter).get("/h/book", {"q": text}).content.decode()
    assert "tel:120" in page


@pytest.mark.parametrize("text", ["", "腰疼", "胸闷", "骨科", "出汗"])
def test_other_words_do_not(text: str):
    assert not complaint(text).emergency


def test_the_table_is_whole():
    known = departments()
    assert all(set(each.departments) <= set(known) for each in symptoms())
    said = [word for each in symptoms() for word in each.words]
    assert len(said) == len(set(said)) and len(symptoms()) > 50


QUERIES = (
    "q=" + "疼" * 999, "day=2026-13-99", "hospital=" + "9" * 30, "region=x", "from=-1", "from=99999999", "part=zz",
    "department=" + "科" * 99, "for=R" + "0" * 99,
)  # fmt: skip


def test_the_query_is_anybodys(clinics: Clinics):
    me = clinics.client(clinics.family.daughter)
    for query in QUERIES:
        assert me.get(f"/h/book?{query}").status_code == 200, query
