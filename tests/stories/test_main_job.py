"""The main job, as people do it: a list of residents becomes people, one of them signs in and shows the code, a desk scans
it, and both the auditor and the resident can tell who looked."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
import zxingcpp
from PIL import Image

from kangqu.kernel.access.roles import Role
from kangqu.kernel.notices.models import Notice
from kangqu.kernel.notices.tasks import send_notice
from kangqu.kernel.people.codes.keys import forget_keys
from kangqu.kernel.people.codes.models import CodeScan
from kangqu.kernel.people.importing.models import ResidentImport
from kangqu.kernel.people.importing.tasks import run_import
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Station
from tests.administration.conftest import Town
from tests.administration.conftest import town as town
from tests.browser import bar_turned, scan
from tests.code.test_desk_in_the_browser import result
from tests.look_over import cookies_of
from tests.notices.test_notices import Telephone
from tests.notices.test_notices import telephone as telephone
from tests.people.conftest import resident_id

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

NUMBER, PHONE = resident_id(date(1990, 5, 2), 122), "13800000001"
LIST = f"""姓名,证件号码,手机号,现住址
李小𠮷,{NUMBER},{PHONE},柳沟村
王秀兰,{resident_id(date(1962, 3, 1), 124)},13800000002,柳沟村
赵刚,370302190001010002,13800000003,柳沟村
"""


def import_the_list(open_page, desk) -> None:
    page = open_page("/c/import", width=1440, cookies=desk)
    page.set_input_files("input[type=file]", {"name": "名单.csv", "mimeType": "text/csv", "buffer": LIST.encode()})
    page.click("text=上传并核对")
    page.wait_for_url("**/c/import/*")
    job = ResidentImport.objects.get()
    run_import(job.pk)
    page.reload()
    assert "李小𠮷" in page.content() and Person.objects.count() == 0
    page.click("button:has-text('写入')")
    page.wait_for_url("**/c/import/*")
    run_import(job.pk)
    page.reload()
    assert sorted(Person.objects.values_list("name", flat=True)) == sorted(["李小𠮷", "王秀兰"])
    assert "有误的行" in page.content()


def sign_in_by_phone(open_page, telephone: Telephone):
    page = open_page("/sign-in")
    page.fill("input[name=phone]", PHONE)
    page.click("button:has-text('获取验证码')")
    page.wait_for_url("**/sign-in/code*")
    send_notice(Notice.objects.get().pk)
    found = re.search(r"\d{6}", telephone.shown[-1].text)
    assert found is not None
    page.fill("input[name=code]", found.group())
    page.click("button:has-text('下一步')")
    page.wait_for_url("**/sign-in/name*")  # the first time: who it is
    page.fill("input[name=name]", "李小𠮷")
    page.fill("input[name=document]", NUMBER)
    page.click("button:has-text('核对并登录')")
    page.wait_for_url("**/h")
    return page


def code_on_the_screen(page, site: str) -> str:
    page.goto(f"{site}/h/code")
    shot = page.locator(".qr").screenshot()
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(shot)).convert("L"), formats=zxingcpp.BarcodeFormat.QRCode)
    return found.text


def test_from_a_list_to_the_trace(open_page, site, settings, town: Town, telephone: Telephone):
    settings.KANGQU_SMS = telephone.config
    forget_keys()
    Station.objects.create(code="XDESK1", institution=town.clinic, name="挂号窗口")
    desk = cookies_of(town.client(Role.REGISTRAR, town.clinic))
    import_the_list(open_page, desk)
    person = Person.objects.get(name="李小𠮷")

    phone = sign_in_by_phone(open_page, telephone)
    code = code_on_the_screen(phone, site)
    assert NUMBER not in code and person.public_code not in code

    window = open_page("/c/scan", width=1440, cookies=desk)
    scan(window, code)
    bar_turned(window, "on-ok")
    assert "李小𠮷" in result(window)
    scanned = CodeScan.objects.get()
    assert (scanned.person_id, scanned.word) == (person.pk, "genuine")
    window.click("text=打开档案")
    window.wait_for_url(f"**/c/p/{person.public_code}")
    assert "李小𠮷" in window.content()

    auditor = open_page("/a/audit", width=1440, cookies=cookies_of(town.client(Role.AUDIT_ADMIN)))
    auditor.fill("input[name=person]", person.public_code)
    auditor.click("button:has-text('查询')")
    auditor.wait_for_selector("tr:has-text('扫码')")
    line = auditor.locator("tr:has-text('扫码')").inner_text()
    assert "柳沟村卫生室" in line and person.public_code in line and "registrar" in line
    assert auditor.locator("tr:has-text('查看居民')").count() >= 1

    phone.goto(f"{site}/h/who")
    looks = phone.locator("main").inner_text()
    assert looks.count("柳沟村卫生室") == 2  # the scan at the window, and the record opened
