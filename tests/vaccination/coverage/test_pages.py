"""Coverage on the screen: what every cell says and opens, over 100 %, targets from outside, two days, files, and who may not."""

from __future__ import annotations

import html
import io
import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from kangqu.kernel.access.roles import Role
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import ServedRegion
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.vaccination.coverage.models import CoverageTarget
from tests.access import cast
from tests.vaccination.clinic.conftest import worker
from tests.vaccination.coverage.test_coverage import clinic, had, lives
from tests.vaccination.records.conftest import VaccinationClinic

__all__ = ["clinic"]
pytestmark = pytest.mark.django_db
PAGE = "/c/vaccination/coverage"
HPV: dict[str, Any] = {"series": "national:HPV", "what": "1", "as_of": "2026-11-24", "from_age": 13, "to_age": 17}


@pytest.fixture
def officer(clinic: VaccinationClinic) -> Client:
    ServedRegion.objects.create(institution=clinic.place, region_id="3703")
    return worker(Role.CDC_OFFICER, clinic.place, "疾控")


@pytest.fixture
def city(clinic: VaccinationClinic) -> VaccinationClinic:
    """Two girls of one county, one of them vaccinated; a third in another, vaccinated."""
    lives(clinic, "一𠮷")
    lives(clinic, "二")
    lives(clinic, "三", "370303")
    had(clinic, "一𠮷", date(2026, 2, 1))
    had(clinic, "三", date(2026, 3, 1))
    return clinic


def get(client: Client, address: str = PAGE, **asked: Any) -> str:
    answer: Any = client.get(address, {**HPV, **asked})
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return html.unescape(answer.getvalue().decode())


def rows(page: str) -> list[list[str]]:
    body = page[page.index("<tbody>") : page.index("</tbody>")]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in body.split("</tr>") if "<t" in row]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in cells]


def hrefs(page: str, text: str) -> list[str]:
    return re.findall(rf'<a href="([^"]+people[^"]*)"[^>]*>{text}</a>', page)


def test_by_region_with_numerator_denominator_and_rate(officer: Client, city: VaccinationClinic) -> None:
    page = get(officer)
    assert rows(page) == [
        ["淄博市合计", "2", "3", "66.67 %", "1"], ["370302", "1", "2", "50.00 %", "1"], ["370303", "1", "1", "100.00 %", "0"],
    ]  # fmt: skip
    assert "常住居民" in page and "2026-11-24" in page and "免疫程序版本" in page
    assert page.count("<progress") == 3
    below = get(officer, region="370302")
    assert rows(below)[0][1:4] == ["1", "2", "50.00 %"] and "没有登记到下一级" in below
    assert TraceEntry.objects.filter(action="vaccination.coverage").count() == 2


def test_a_figure_opens_both_ways_and_names_stay_within_reach(officer: Client, city: VaccinationClinic) -> None:
    page = get(officer)
    counted, missing = hrefs(page, "2")[0], hrefs(page, "1")[0]
    assert "missing=1" in missing
    assert "一𠮷" in officer.get(counted).content.decode() and "二" not in re.findall(
        r"<b>(.*?)</b>", officer.get(counted).content.decode()
    )
    assert "<b>二</b>" in officer.get(missing).content.decode()
    ServedRegion.objects.all().delete()
    cast.institution("别处", "cdc", cast.region("3703", "淄博市"))
    Person.objects.update(kept_by=None)
    blind = officer.get(counted).content.decode()
    assert "一𠮷" not in blind and "另有 2 人" in blind


def test_by_age_dose_and_institution(officer: Client, city: VaccinationClinic) -> None:
    Person.objects.filter(pk=city.girls["二"].pk).update(kept_by=None)
    assert [row[0] for row in rows(get(officer, by="age"))] == ["淄博市合计", "13–17 周岁"]
    doses = rows(get(officer, by="dose"))
    assert [row[:4] for row in doses] == [
        ["第 1 剂", "2", "3", "66.67 %"], ["第 2 剂", "0", "3", "0.00 %"], ["第 3 剂", "0", "3", "0.00 %"], ["完成全程", "0", "3", "0.00 %"],
    ]  # fmt: skip
    page = get(officer, by="institution")
    assert rows(page)[-1][0] == "没有机构建档"
    assert "<b>二</b>" in officer.get(hrefs(page, "1")[-1]).content.decode()


def test_a_target_from_outside_and_more_than_all(officer: Client, city: VaccinationClinic) -> None:
    cast.region("370303", "370303")
    form = officer.get(f"{PAGE}/targets/new").content.decode()
    key = re.search(r'name="key" value="([0-9a-f]{32})"', form)
    assert key is not None
    given = {
        "region": "3703", "series": "national:HPV", "from_age": 13, "to_age": 17, "persons": 1, "day": "2026-09-01",
        "source": "2026 年秋季学籍名册𠮷", "key": key[1],
    }  # fmt: skip
    for _twice in range(2):
        assert officer.post(f"{PAGE}/targets/new", given).status_code == 302
    assert CoverageTarget.objects.get().persons == 1
    assert "2026 年秋季学籍名册𠮷" in officer.get(f"{PAGE}/targets").content.decode()
    page = get(officer, denominator="target")
    assert rows(page)[0][:4] == ["淄博市合计", "2", "1", "200.00 % 超过 100%"]
    assert rows(page)[1][2:4] == ["", "—"] and "分母偏小" in page
    assert rows(get(officer, denominator="target", as_of="2026-08-31"))[0][2] == "", "before the day of the number"
    for wrong in (
        {"source": " "}, {"persons": 0}, {"persons": 10**30}, {"day": "2999-01-01"}, {"region": "37"}, {"region": "370399"},
        {"series": "x:y"}, {"from_age": 18}, {"source": "a\x00"}, {"persons": 5},
    ):  # fmt: skip
        assert officer.post(f"{PAGE}/targets/new", given | wrong).status_code == 422
    assert CoverageTarget.objects.count() == 1


def test_two_days_beside_each_other(officer: Client, city: VaccinationClinic) -> None:
    page = get(officer, compare="2026-02-15")
    assert rows(page)[0] == ["淄博市合计", "2", "3", "66.67 %", "1", "33.33 %", "+33.34"]


def test_files_say_what_they_are(officer: Client, city: VaccinationClinic) -> None:
    lines = get(officer, format="csv").splitlines()
    assert lines[0].lstrip("\ufeff").split(",")[:4] == ["名称", "分子", "分母", "接种率"]
    assert lines[1].startswith("淄博市合计,2,3,66.67 %,1,2026-11-24,13–17 周岁,常住居民,")
    book: Any = officer.get(PAGE, {**HPV, "format": "xlsx"})
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book.getvalue())).get_sheet_by_index(0).to_python()
    assert sheet[1][:3] == ["淄博市合计", 2.0, 3.0]
    assert "淄博市合计" in get(officer, format="print")


def test_a_booster_on_the_page(officer: Client, city: VaccinationClinic) -> None:
    covid: dict[str, Any] = {
        "series": "covid-19:COVID",
        "what": "booster",
        "as_of": "2021-11-09",
        "from_age": 0,
        "to_age": 150,
    }
    page = get(officer, **covid)
    assert "2021-05-09" in page and "截止日前完成全程" in page
    assert officer.get(PAGE, {**HPV, **covid, "cut_off": "2021-06-01"}).status_code == 422
    assert officer.get(PAGE, {**HPV, "what": "booster"}).status_code == 422


def test_a_kept_table_is_counted_anew_when_asked(officer: Client, city: VaccinationClinic) -> None:
    assert rows(get(officer))[0][1] == "2"
    had(city, "二", date(2026, 4, 1))
    assert rows(get(officer))[0][1] == "2", "kept for a quarter of an hour, and it says when it was counted"
    assert rows(get(officer, anew="1"))[0][1] == "3"


@pytest.mark.parametrize(
    "wrong",
    [
        {"series": "x"}, {"region": "3704"}, {"region": "x\x00"}, {"as_of": "9999-99-99"}, {"from_age": 10**30}, {"from_age": 17, "to_age": 13},
        {"keeper": "x"}, {"after": "x"}, {"after": "x" * 5000}, {"compare": "1800-01-01"}, {"sex": "9"}, {"denominator": "cohort"}, {"by": "x"},
        {"what": "0"}, {"cut_off": "x"},
    ],
)  # fmt: skip
def test_no_address_breaks_it(officer: Client, city: VaccinationClinic, wrong: dict[str, Any]) -> None:
    for address in (PAGE, f"{PAGE}/people"):
        assert officer.get(address, {**HPV, **wrong}).status_code < 500


def test_who_may_not(clinic: VaccinationClinic) -> None:
    for role in (Role.DOCTOR, Role.NURSE, Role.REGISTRAR):
        client = worker(role, clinic.place, role.value)
        for address in (PAGE, f"{PAGE}/people", f"{PAGE}/targets", f"{PAGE}/targets/new"):
            assert client.get(address).status_code == 403
