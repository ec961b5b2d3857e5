"""The worked table of docs/algorithms/school-lists.md through the page; what cannot be read; and who may."""

from __future__ import annotations

import io
import random
from datetime import date, timedelta
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from kangqu.kernel.access.roles import Role
from kangqu.kernel.people.actions import NewResident, register_person
from kangqu.kernel.people.models import Person
from kangqu.kernel.people.papers import Paper
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actor import the_house
from kangqu.systems.vaccination.models import ClassList, Pupil, SchoolClass
from kangqu.systems.vaccination.school.lists import school_year, take_list
from kangqu.systems.vaccination.school.reading import grade_of
from tests.access import cast
from tests.cases.test_at_once import all_at_once
from tests.people.conftest import resident_id
from tests.vaccination.clinic.conftest import worker
from tests.vaccination.clinic.test_day import words

pytestmark = pytest.mark.django_db
PAGE = "/c/vaccination/school"
BORN = date(2013, 5, 1)


def school(name: str = "一小") -> Institution:
    return cast.institution(name, "school", cast.region("3703", "淄博市"))


def child(name: str, order: int) -> tuple[Person, str]:
    number = resident_id(BORN, order)
    new = NewResident(name=name, sex="2", birth_date=BORN, documents=[Paper(kind="01", number=number, verified=True)])
    return register_person(
        new, by=the_house(), at=timezone.now() - timedelta(days=1), rng=random.SystemRandom()
    ), number


def sheet(
    *rows: tuple[object, ...], heads: tuple[str, ...] = ("班 级", "学生姓名", "年级", "身份证号码")
) -> SimpleUploadedFile:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    page = book.add_worksheet()
    for line, row in enumerate((heads, *rows)):
        for column, cell in enumerate(row):
            page.write(line, column, cell)
    book.close()
    return SimpleUploadedFile("名单.xlsx", out.getvalue())


def send(client: Client, file: SimpleUploadedFile) -> dict[str, int]:
    answer = client.post(PAGE, {"file": file})
    assert answer.status_code == 302, words(answer)[:4000]
    taken: dict[str, int] = ClassList.objects.get(pk=answer["Location"].rsplit("/", 1)[1]).counts
    return taken


def counts(new: int = 0, moved: int = 0, same: int = 0, refused: int = 0) -> dict[str, int]:
    return {"new": new, "moved": moved, "same": same, "refused": refused}


def where(person: Person) -> list[tuple[str, int, str, bool]]:
    rows = Pupil.objects.filter(person=person).select_related("school_class__school").order_by("id")
    return [(p.school_class.school.name, p.school_class.grade, p.school_class.name, p.until is None) for p in rows]


def test_the_worked_table() -> None:
    first, second = school(), school("二小")
    one, two = worker(Role.NURSE, first, "one"), worker(Role.INSTITUTION_MANAGER, second, "two")
    (rain, rain_id), (li, li_id), (_zhao, zhao_id) = child("王小雨", 120), child("𠮷李一", 122), child("赵大", 124)
    rows = (("1班", "王小雨", 7, rain_id), ("1班", "𠮷李一", "七年级", f" {li_id} "), ("2班", "赵二", "初一", zhao_id))
    assert send(one, sheet(*rows)) == counts(new=2, refused=1)
    assert send(one, sheet(*reversed(rows))) == counts(same=2, refused=1)
    kept = ClassList.objects.latest("id")
    assert kept.refused == [{"line": 2, "name": "赵二", "class": "2班", "code": "KQ-3455"}]
    page = words(one.get(f"{PAGE}/lists/{kept.pk}"))
    assert "没有姓名和身份证号都相符的居民" in page and zhao_id not in page
    assert send(one, sheet(("2班", "𠮷李一", 7, li_id))) == counts(moved=1)
    assert send(two, sheet(("1班", "𠮷李一", 7, li_id))) == counts(moved=1)
    assert where(li) == [("一小", 7, "1班", False), ("一小", 7, "2班", False), ("二小", 7, "1班", True)]
    twice = sheet(("1班", "王小雨", 7, rain_id), ("3班", "王小雨", 7, rain_id))
    assert send(one, twice) == counts(same=1, refused=1)
    assert send(
        one, sheet(("1班", "王小雨", 13, rain_id), ("", "王小雨", 7, rain_id), ("1班", "", 7, rain_id))
    ) == counts(refused=3)
    assert where(rain) == [("一小", 7, "1班", True)]
    assert "7 年级" in words(one.get(PAGE)) and "名单.xlsx" in words(one.get(PAGE))


def test_leaving_is_written_down_by_the_own_school() -> None:
    first, second = school(), school("二小")
    one, two = worker(Role.NURSE, first, "one"), worker(Role.NURSE, second, "two")
    rain, rain_id = child("王小雨", 120)
    send(one, sheet(("1班", "王小雨", 7, rain_id)))
    number = SchoolClass.objects.get().pk
    assert "王小雨" in words(one.get(f"{PAGE}/classes/{number}"))
    leave = f"{PAGE}/classes/{number}/{rain.public_code}/leave"
    assert two.get(f"{PAGE}/classes/{number}").status_code == 404
    assert two.post(leave).status_code == 404
    assert [one.post(leave).status_code for _ in range(2)] == [302, 302]
    assert where(rain) == [("一小", 7, "1班", False)]
    assert "没有学生" in words(one.get(f"{PAGE}/classes/{number}"))
    assert send(one, sheet(("1班", "王小雨", 7, rain_id))) == counts(new=1)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (SimpleUploadedFile("a.csv", "姓名,身份证号,年级\n".encode()), "没有找到：班级"),
        (SimpleUploadedFile("a.csv", "姓名,身份证号,年级,班级\n".encode() + b"x" * (11 << 20)), "10 MB"),
        (SimpleUploadedFile("a.csv", "姓名,身份证号,年级,班级\n".encode() + b",,7,1\n" * 10_001), "10000"),
        (SimpleUploadedFile("a.pdf", b"%PDF-1.4"), ""),
        (SimpleUploadedFile("a.xlsx", b"PK\x03\x04garbage"), ""),
        (SimpleUploadedFile("a.csv", b"\xff\xff\xff\xff,\x80"), ""),
        (SimpleUploadedFile("a.csv", "姓名,身份证号,年级,班级\na\x00b,1,7,1\n".encode()), ""),
    ],
)
def test_what_is_no_list_is_refused_whole(file: SimpleUploadedFile, said: str) -> None:
    answer = worker(Role.NURSE, school(), "one").post(PAGE, {"file": file})
    assert answer.status_code == 422
    assert said in words(answer)
    assert not ClassList.objects.exists()


def test_only_a_schools_own_people_keep_its_lists() -> None:
    clinic = cast.institution("张店卫生院", "health_centre", cast.region("3703", "淄博市"))
    assert worker(Role.NURSE, clinic, "n").get(PAGE).status_code == 403
    assert worker(Role.CDC_OFFICER, clinic, "c").get(PAGE).status_code == 403
    assert Client().get(PAGE).status_code == 302
    nurse = worker(Role.NURSE, school(), "s")
    for address in (f"{PAGE}/lists/1", f"{PAGE}/classes/1", f"{PAGE}/lists/{10**30}", f"{PAGE}/classes/{10**30}"):
        assert nurse.get(address).status_code == 404
    assert "班级名单" in words(nurse.get("/c/vaccination/clinic"))
    assert PAGE not in words(worker(Role.NURSE, clinic, "m").get("/c/vaccination/clinic"))


@pytest.mark.parametrize(
    ("text", "grade"),
    [("7", 7), ("七年级", 7), ("初 一", 7), ("７", 7), ("高三", 12), ("0", None), ("13", None), ("", None)],
)
def test_grades_are_read_as_schools_write_them(text: str, grade: int | None) -> None:
    assert grade_of(text) == grade


@pytest.mark.parametrize(
    ("day", "year"), [(date(2026, 7, 31), 2025), (date(2026, 8, 1), 2026), (date(2027, 1, 1), 2026)]
)
def test_a_school_year_begins_in_august(day: date, year: int) -> None:
    assert school_year(day) == year


@pytest.mark.django_db(transaction=True)
def test_two_schools_lists_at_once_leave_her_in_one_class() -> None:
    rain, number = child("王小雨", 120)
    places = [school(), school("二小")]
    blocks = f"姓名,身份证号,年级,班级\n王小雨,{number},7,1班\n".encode()

    def take(place: Institution) -> Any:
        at = timezone.now()
        return take_list([blocks], file_name="a.csv", institution_id=place.pk, by=the_house(), at=at).counts

    all_at_once([lambda place=place: take(place) for place in places])  # type: ignore[misc]
    assert sum(1 for row in where(rain) if row[3]) == 1
    assert ClassList.objects.count() == 2
