"""A list of households through the page, as a clerk sees it: template, check, wrong rows, write, the same list again."""

from __future__ import annotations

import pytest

from kangqu.kernel.access.roles import Role
from kangqu.kernel.people.importing.models import ResidentImport
from kangqu.kernel.people.importing.tasks import run_import
from kangqu.kernel.people.models import Household, Person, Proxy
from tests.importing.lists import HEADER, as_csv, number_of, resident
from tests.importing.test_guardians import child
from tests.look_over import cookies_of, look_over

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

VIEWS = ((390, "zh-hans", ""), (390, "en", ""), (1440, "zh-hans", ""), (1440, "en", "dark"))
TITLES = [*HEADER, "户号", "与户主关系", "监护人姓名", "监护人证件号码", "与监护人关系", "爱好"]
ROWS = [
    [*resident(1, name="王𠮷"), "101", "户主", "", "", "", "下棋"],
    [*resident(2), "101", "妻", "", "", "", ""],
    [*child(3), "101", "长女", "王𠮷", number_of(1), "父亲", ""],
    [*resident(4), "101", "户主", "", "", "", ""],
    [*resident(5, number="3.70302E+17"), "102", "户主", "", "", "", ""],
    [*child(6), "", "", "谁", number_of(9), "母亲", ""],
]


def test_a_list_of_households_through_the_page(open_page, town):
    desk = cookies_of(town.client(Role.REGISTRAR, town.clinic))
    page = open_page("/c/import", width=1440, cookies=desk)
    with page.expect_download() as template:
        page.click("text=下载模板")
    assert template.value.suggested_filename.endswith(".xlsx")
    upload(page, "常住人口.csv")
    job = ResidentImport.objects.get()
    run_import(job.pk)
    path = f"/c/import/{job.code}"
    page.reload()
    text = page.inner_text("main")
    assert all(code in text for code in ("KQ-1544", "KQ-1521", "KQ-1552")) and "爱好" in text
    assert number_of(2) not in page.content() and Person.objects.count() == 0
    look_over(open_page, path, cookies=desk, views=VIEWS)
    with page.expect_download() as wrong:
        page.click("a:text-is('CSV')")
    assert number_of(4) in wrong.value.path().read_text(encoding="utf-8-sig")
    page.click("button:has-text('写入')")
    page.wait_for_url("**/c/import/*")
    run_import(job.pk)
    assert (Person.objects.count(), Household.objects.count(), Proxy.objects.count()) == (3, 1, 1)
    page.goto(page.url.rsplit("/", 1)[0])
    upload(page, "再来.csv", ROWS[:3])
    again = ResidentImport.objects.order_by("-pk")[0]
    run_import(again.pk)
    page.reload()
    page.click("button:has-text('写入')")
    page.wait_for_url("**/c/import/*")
    run_import(again.pk)
    page.reload()
    assert "没有新内容" in page.inner_text("main") and Person.objects.count() == 3
    look_over(open_page, f"/c/import/{again.code}", cookies=desk, views=VIEWS)
    look_over(open_page, "/c/import", cookies=desk, views=VIEWS)


def upload(page, name: str, rows=ROWS) -> None:
    content = as_csv(rows, header=TITLES)
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": content})
    page.click("text=上传并核对")
    page.wait_for_url("**/c/import/*")
