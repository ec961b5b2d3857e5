"""On from case to case: the next of the list that is worked through, and the case whose code stands in a photo."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import segno
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases import keeping
from kangqu.kernel.cases.snapshot import Snapshot
from tests.casework.conftest import Desk


def next_from(client: Client, case: Snapshot) -> str:
    """The code of the case the page of a case leads on to."""
    page = client.get(f"/c/cases/{case.code}").content.decode()
    found = re.search(r'href="/c/cases/(K\w+)"[^>]*><svg(?:(?!</svg>).)*</svg>下一件', page)
    return found[1] if found else ""


def test_a_list_is_worked_through_without_going_back(desk: Desk) -> None:
    nurse = desk.staff("nurse", Role.NURSE)
    desk.staff("colleague", Role.NURSE)
    first, second, third = (desk.lamp(ago=timedelta(minutes=minutes)) for minutes in (50, 40, 30))
    visit = desk.visit(ago=timedelta(hours=3))
    nurse.get("/c/tasks?programme=test_lamp&state=reported")
    assert [next_from(nurse, each) for each in (first, second)] == [second.code, third.code], "skipped, not done"
    nurse.post(f"/c/cases/{first.code}/steps/look", {"kq-seq": first.seq})
    assert next_from(nurse, first) == second.code
    keeping.claim(second.id, by=desk.actor("colleague"), at=desk.now)
    assert next_from(nurse, first) == third.code, "a colleague has the second"
    nurse.post(f"/c/cases/{third.code}/steps/look", {"kq-seq": third.seq})
    assert next_from(nurse, third) == visit.code, "the list is done: what else waits, most urgent first"


def test_a_photo_of_a_code_finds_its_case(desk: Desk) -> None:
    nurse = desk.staff("nurse", Role.NURSE)
    case = desk.lamp()
    drawn = io.BytesIO()
    segno.make(case.code).save(drawn, kind="png", scale=8, border=4)
    photo = SimpleUploadedFile("code.png", drawn.getvalue())
    assert nurse.post("/c/find", {"q": "", "photo": photo}).headers["Location"] == f"/c/cases/{case.code}"
    for content, code in ((b"no picture", "KQ-1832"), (plain_picture(), "KQ-1831")):
        page = nurse.post("/c/find", {"photo": SimpleUploadedFile("x.png", content)}, follow=True).content.decode()
        assert code in page


def plain_picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (60, 60), "white").save(drawn, "PNG")
    return drawn.getvalue()
