"""The desk page without script: whom it shows, what it refuses, what it takes later from a device that was offline."""

from __future__ import annotations

import io
import json
import random
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
import segno
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from kangqu.kernel.access.models import Encounter
from kangqu.kernel.access.roles import Role
from kangqu.kernel.people.codes import actions as cards
from kangqu.kernel.people.codes import keys as code_keys
from kangqu.kernel.people.codes.models import CardKind, CodeScan, CodeUse
from kangqu.kernel.people.codes.scanning import read_scan
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Station
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.models import TraceEntry
from kangqu.kernel.trace.partitions import ensure_partitions
from tests.access import cast
from tests.administration.conftest import sign_in

RNG = random.Random(8)


class Hall:
    """A hospital with two desks, a clinic without any, a resident with a code: at the present instant."""

    def __init__(self) -> None:
        self.at = timezone.now()
        for table in ("trace_entry", "people_code_use"):
            ensure_partitions(table, around=self.at - timedelta(days=3), ahead=5)
        code_keys.ensure_keys(self.at - timedelta(days=1))
        where = cast.region("3703", "淄博市")
        self.hospital = cast.institution("市中心医院", "hospital", where)
        self.clinic = cast.institution("柳沟村卫生室", "village_clinic", where)
        self.desk = Station.objects.create(code="X1", institution=self.hospital, name="挂号窗口")
        self.gate = Station.objects.create(code="X2", institution=self.hospital, name="东门")
        self.person = cast.resident("李小𠮷", at=self.at, kept_by=self.clinic)
        Person.objects.filter(pk=self.person.pk).update(birth_date=date(1990, 5, 1))

    def client(self, role: Role = Role.REGISTRAR, where=None, station: str | None = "X1") -> Client:
        account = cast.staff(f"{role}-{uuid.uuid4()}", role, where or self.hospital, at=self.at)
        client = sign_in(account, self.at)
        if station is not None:
            assert client.post("/c/scan/station", {"station": station}).status_code == 302
        return client

    def code(self, seconds: float = 0) -> str:
        at = timezone.now() + timedelta(seconds=seconds)
        return cards.show_code(self.person.pk, by=the_house(), at=at, rng=RNG).code


@pytest.fixture
def hall(db) -> Hall:
    code_keys.forget_keys()
    return Hall()


pytestmark = pytest.mark.django_db(transaction=True)


def scan(client: Client, code: str, **more: str):
    return client.post("/c/scan", {"code": code, "key": uuid.uuid4().hex, **more}, follow=True)


def test_a_fresh_code_tells_whose_it_is(hall):
    client = hall.client()
    answer = scan(client, hall.code())
    page = answer.content.decode()
    assert answer.redirect_chain and 'data-result="ok"' in page
    assert "核验通过：李小𠮷" in page and "女" in page and "36 岁" in page
    assert "X-KQ-Keep" not in answer.headers
    assert Encounter.objects.get().institution_id == hall.hospital.pk
    again = client.get("/c/scan")
    assert again.headers["X-KQ-Keep"] == "1" and "李小𠮷" not in again.content.decode()
    assert "李**" in again.content.decode()


def test_a_gate_sees_one_sign_of_the_name_and_no_link(hall):
    page = scan(hall.client(Role.GATE_KEEPER, station="X2"), hall.code()).content.decode()
    assert "核验通过：李**" in page and "李小𠮷" not in page
    assert "36 岁" not in page and hall.person.public_code not in page
    entry = TraceEntry.objects.get(action="code.scan")
    assert (entry.actor_role, entry.purpose, entry.person_id) == ("gate_keeper", "entry", hall.person.pk)


def _altered(code: str) -> str:
    """The code with one symbol in its middle changed."""
    return code[:40] + ("1" if code[40] == "0" else "0") + code[41:]


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda hall: hall.code(-100), "码已过期"),
        (lambda hall: hall.code(40), "时间在未来"),
        (lambda hall: _altered(hall.code()), "字符有误|不是本市签发"),
        (lambda hall: "R123", "不是康衢码"),
        (lambda hall: "<script>alert(1)</script>", "不是康衢码"),
    ],
)
def test_what_is_not_good_is_red_with_its_own_word(hall, make, word):
    page = scan(hall.client(), make(hall)).content.decode()
    assert 'data-result="bad"' in page and any(part in page for part in word.split("|"))
    assert "李小𠮷" not in page and "<script>alert" not in page
    assert not Encounter.objects.exists()


def test_a_code_shown_elsewhere_a_moment_ago_opens_nobody(hall):
    code = hall.code()
    scan(hall.client(), code)
    page = scan(hall.client(where=hall.clinic, station=None), code).content.decode()
    assert "此码一分钟内在别处用过" in page and "李小𠮷" not in page


def test_a_paper_card_asks_to_look_at_the_face_and_a_revoked_one_is_refused(hall):
    card = cards.issue_card(hall.person.pk, CardKind.PAPER, by=the_house(), at=timezone.now(), rng=RNG)
    paper = cards.paper_code(card, at=timezone.now()).code
    client = hall.client()
    assert "纸质卡，请核对本人" in scan(client, paper).content.decode()
    cards.revoke_card(card, why="丢失", by=the_house(), at=timezone.now())
    assert "这张卡已作废" in scan(client, paper).content.decode()


def test_the_same_form_sent_twice_counts_once(hall):
    client, code = hall.client(), hall.code()
    key = uuid.uuid4().hex
    for _ in range(2):
        assert client.post("/c/scan", {"code": code, "key": key}).status_code == 302
    assert CodeScan.objects.count() == 1 and CodeUse.objects.get().uses == 1


def test_typed_by_hand_in_any_width(hall):
    shown = cards.show_code(hall.person.pk, by=the_house(), at=timezone.now(), rng=RNG)
    typed = " ".join(shown.barcode[start : start + 4] for start in range(0, 22, 4)).lower()
    wide = "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in typed)
    page = scan(hall.client(), wide).content.decode()
    assert "核验通过：李小𠮷" in page and "条形码" in page


def test_the_station_is_asked_for_once(hall):
    client = hall.client(station=None)
    assert "选择扫码点" in client.get("/c/scan").content.decode()
    assert "请先选择扫码点" in client.post("/c/scan", {"code": hall.code()}).content.decode()
    assert client.post("/c/scan/station", {"station": "X2"}).headers["Location"] == "/c/scan"
    assert "东门" in client.get("/c/scan").content.decode()
    scan(client, hall.code())
    assert CodeScan.objects.get().place_id == hall.gate.pk
    assert client.post("/c/scan/station", {"station": "-"}).status_code == 302
    scan(client, hall.code())
    assert CodeScan.objects.order_by("-received_at")[0].place_id == hall.hospital.pk


def test_a_station_of_another_institution_is_not_found(hall):
    client = hall.client(where=hall.clinic, station=None)
    assert client.post("/c/scan/station", {"station": "X1"}).status_code == 404
    assert client.post("/c/scan/station", {"station": "X\0"}).status_code in (400, 404)
    assert 'id="id_code"' in client.get("/c/scan").content.decode()


@pytest.mark.parametrize("role", [Role.AUDIT_ADMIN, Role.SYSTEM_ADMIN, Role.COMMISSION_OFFICER])
def test_others_do_not_scan(hall, role):
    client = hall.client(role, station=None)
    assert client.get("/c/scan").status_code == 403
    assert client.post("/c/scan", {"code": hall.code()}).status_code == 403
    assert client.post("/c/scan/kept", "{}", "application/json").status_code == 403
    assert not CodeScan.objects.exists()


def test_the_last_scans_of_one_are_not_anothers(hall):
    first, second = hall.client(), hall.client()
    key = uuid.uuid4().hex
    first.post("/c/scan", {"code": hall.code(), "key": key})
    assert "李小𠮷" not in second.get(f"/c/scan?shown={key}").content.decode()


# Photos


def photo(text: str, form: str = "JPEG", size: int = 900) -> SimpleUploadedFile:
    drawn = io.BytesIO()
    segno.make(text, error="m").save(drawn, kind="png", scale=8, border=4)
    picture = Image.open(drawn).convert("RGB").resize((size, size))
    out = io.BytesIO()
    picture.save(out, form)
    return SimpleUploadedFile(f"photo.{form.lower()}", out.getvalue(), f"image/{form.lower()}")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_photo_of_a_code_is_read(hall, form):
    answer = hall.client().post("/c/scan", {"photo": photo(hall.code(), form)}, follow=True)
    assert "核验通过：李小𠮷" in answer.content.decode()


def blank() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 300), "white").save(out, "JPEG")
    return out.getvalue()


def huge() -> bytes:
    out = io.BytesIO()
    Image.new("1", (10_000, 7_000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (blank, "照片里没有认出码"),
        (huge, "照片太大"),
        (lambda: b"GIF89a rubbish", "打不开"),
        (lambda: blank()[:200], "打不开"),
        (lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 400, "打不开"),
        (lambda: b"", "请"),
    ],
)
def test_a_photo_without_a_code_is_refused_in_words(hall, content, code):
    answer = hall.client().post("/c/scan", {"photo": SimpleUploadedFile("a.jpg", content(), "image/jpeg")})
    assert answer.status_code == 422 and code in answer.content.decode()
    assert not CodeScan.objects.exists()


# Scans kept on the device


def kept(code: str, *, ago: timedelta = timedelta(), word: str = "genuine", **values: object) -> dict[str, Any]:
    at = (timezone.now() - ago).isoformat()
    facts = {"key": uuid.uuid4().hex, "code": code, "at": at, "station": "X1", "word": word} | values
    return {"id": str(uuid.uuid4()), "at": at, "values": facts}


def send(client: Client, *items: object):
    body = json.dumps({"items": list(items)})
    return client.post("/c/scan/kept", body, "application/json", headers={"Accept": "application/json"})


def states(answer) -> list[str]:
    return [each["state"] for each in answer.json()["answers"]]


def test_kept_scans_are_taken_once_each_at_its_own_time(hall):
    client, hours = hall.client(), timedelta(hours=2)
    items = [
        kept(hall.code(-7200), ago=hours),
        kept(hall.code(-9000), ago=hours, word="expired"),
        kept(hall.code(-9000), ago=hours),  # let through offline, and the city says no: somebody must look
        kept("R123", word="unreadable"),
        kept(hall.code(), station="X999"),
        kept(hall.code(-7000), ago=timedelta(days=30)),
        {"id": "x"},
        "rubbish",
        kept(hall.code(), extra=1),
    ]
    first = send(client, *items)
    expected = ["accepted", "accepted", "refused", "accepted", "refused", "refused", "refused", "refused", "refused"]
    assert states(first) == expected
    uses = CodeUse.objects.count()
    assert states(send(client, *items))[:2] == ["duplicate", "duplicate"]
    assert (CodeUse.objects.count(), CodeScan.objects.count()) == (uses, 4)
    assert TraceEntry.objects.filter(action="code.scan").count() == 1


def test_the_same_key_for_another_code_is_a_conflict(hall):
    client, one, other = hall.client(), kept(hall.code()), kept(hall.code(-5))
    other["values"]["key"] = one["values"]["key"]
    assert states(send(client, one)) == ["accepted"]
    assert states(send(client, other)) == ["conflict"]


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"items": []}', '{"items": 1}', "[" * 100_000, "\x00", '{"items": [' + "1," * 50 + "1]}"]
)
def test_a_bad_batch_is_refused_whole(hall, body):
    answer = hall.client().post("/c/scan/kept", body, "application/json", headers={"Accept": "application/json"})
    assert answer.status_code == 422 and answer.json()["code"].startswith("KQ-")


def test_the_outbox_of_somebody_signed_out_is_told_to_sign_in(hall):
    assert send(Client(), kept(hall.code())).status_code == 401
    assert Client().get("/c/scan").status_code == 302


def test_the_page_carries_keys_that_verify_what_the_city_signs(hall):
    page = hall.client().get("/c/scan").content.decode()
    data = json.loads(page.split('id="desk-data"')[1].split(">", 1)[1].split("</script>")[0])
    reading = read_scan(hall.code(), at=timezone.now(), now=timezone.now())
    assert str(reading.key) in {key["kid"] for key in data["published"]["keys"]}
    assert data["words"]["expired"].startswith("离线核验：") and data["station"] == "X1"
