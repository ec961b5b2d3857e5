"""Certificates shown by those who may, fetched and judged by anybody, with and without a network."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import zxingcpp
from django.test import Client
from PIL import Image

from kangqu.kernel.certificates.actions import card_of, issue, revoke
from kangqu.kernel.certificates.card import numeric
from kangqu.kernel.certificates.models import Certificate
from kangqu.kernel.people.models import Person
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.vaccination.certificates.kind import IMMUNIZATION, Certified, entries_of
from tests.browser import until
from tests.citizen.conftest import Family

pytestmark = pytest.mark.django_db
BY = the_house()


def certified(person: Person, at: datetime) -> Certificate:
    dose = Certified(person.name, person.birth_date, "HPV2", date(2026, 3, 1), "20251103", "演示接种门诊", 2)
    return issue(IMMUNIZATION.code, person.pk, ("dose", 1), entries_of(dose), by=BY, at=at - timedelta(minutes=1))


def test_a_mother_shows_her_own_and_a_stranger_does_not_see_it(family: Family) -> None:
    made = certified(family.mother, family.now)
    page = family.client(family.mother).get(f"/h/certificates/{made.code}")
    assert page.status_code == 200
    text = page.content.decode()
    assert "王秀兰" in text
    assert "20251103" in text
    assert "<svg" in text
    assert page["Cache-Control"] == "no-store"
    assert TraceEntry.objects.filter(action="certificate.look", person_id=family.mother.pk).exists()
    for other in (family.stranger, family.daughter):
        assert family.client(other).get(f"/h/certificates/{made.code}").status_code == 404
        assert family.client(other).get(f"/h/certificates/{made.code}/file").status_code == 404
        assert family.client(other).get(f"/h/certificates?for={family.mother.public_code}").status_code == 404
    assert Client().get(f"/h/certificates/{made.code}").status_code == 302


def test_who_may_read_her_reports_may_show_it_for_her(family: Family) -> None:
    made = certified(family.mother, family.now)
    family.grant(family.mother, family.daughter, "code", "book")
    assert family.client(family.daughter).get(f"/h/certificates/{made.code}").status_code == 404
    family.grant(family.mother, family.daughter, "reports")
    assert family.client(family.daughter).get(f"/h/certificates/{made.code}").status_code == 200
    listed = family.client(family.daughter).get(f"/h/certificates?for={family.mother.public_code}").content.decode()
    assert made.code in listed


def test_the_file_is_what_wallets_take(family: Family) -> None:
    made = certified(family.mother, family.now)
    answer = family.client(family.mother).get(f"/h/certificates/{made.code}/file")
    assert answer["Content-Type"] == "application/smart-health-card"
    assert answer["Content-Disposition"].endswith('.smart-health-card"')
    assert json.loads(answer.content) == {"verifiableCredential": [card_of(made)]}


def test_a_revoked_one_is_shown_to_nobody(family: Family) -> None:
    made = certified(family.mother, family.now)
    revoke(family.mother.pk, made.code, why="录错", by=BY, at=family.now)
    client = family.client(family.mother)
    assert client.get(f"/h/certificates/{made.code}").status_code == 409
    assert made.code not in client.get("/h/certificates").content.decode()


@pytest.mark.parametrize("code", ["Z", "Z0000000000000", "R0000000000000", "x" * 200])
def test_a_code_that_is_none_is_not_found(family: Family, code: str) -> None:
    assert family.client(family.mother).get(f"/h/certificates/{code}").status_code == 404


def test_keys_and_lists_are_open_to_any_site(family: Family) -> None:
    made = certified(family.mother, family.now)
    answer = Client().get("/.well-known/jwks.json")
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert [key["kid"] for key in answer.json()["keys"]] == [made.key_id]
    listed = Client().get(f"/.well-known/crl/{made.key_id}.json")
    assert (listed["Access-Control-Allow-Origin"], listed.json()["rids"]) == ("*", [])
    assert Client().get("/.well-known/crl/none.json").status_code == 404


def judged(text: str) -> dict[str, Any]:
    answer = Client().post("/api/v1/certificates/verify", {"card": text}, content_type="application/json")
    assert answer.status_code == 200
    return dict(answer.json())


def test_the_api_judges_for_anybody(family: Family) -> None:
    made = certified(family.mother, family.now)
    good = judged(numeric(card_of(made)))
    assert (good["word"], good["zh"], good["en"]) == ("valid", "有效", "Valid")
    assert ["姓名", "Name", "王秀兰", "王秀兰"] in [list(line.values()) for line in good["lines"]]
    text = card_of(made)
    revoke(family.mother.pk, made.code, why="录错", by=BY, at=family.now)
    assert judged(text)["word"] == "revoked"
    assert judged("𠮷")["word"] == "unreadable"
    large = Client().post("/api/v1/certificates/verify", {"card": "x" * 100_001}, content_type="application/json")
    assert large.status_code == 422


def test_the_page_says_the_verdict_without_script(family: Family) -> None:
    made = certified(family.mother, family.now)
    page = Client().post("/c/verify", {"scan": numeric(card_of(made))}).content.decode()
    assert 'data-result="ok"' in page
    assert "王秀兰" in page
    assert 'data-result="bad"' in Client().post("/c/verify", {"scan": "shc:/12"}).content.decode()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_gate_without_a_network_judges_by_itself(open_page: Any, family: Family, tmp_path: Any) -> None:
    good, second = certified(family.mother, family.now), certified(family.son, family.now)
    text, revoked = numeric(card_of(good)), numeric(card_of(second))
    revoke(family.son.pk, second.code, why="录错", by=BY, at=family.now)
    page = open_page("/c/verify", width=390)
    until(page, "() => caches.match('/c/verify', {ignoreVary: true}).then(Boolean)", True)
    until(page, "() => Boolean(localStorage.getItem('kq:certificates'))", True)
    page.context.set_offline(True)
    page.reload()

    def told(said: str) -> str:
        page.locator("#id_scan").fill(said)
        page.locator("#verify button").click()
        page.wait_for_function("() => !document.getElementById('id_scan').value")
        return str(page.locator("#result").inner_text())

    said = told(text)
    assert "有效" in said
    assert "王秀兰" in said
    assert "没有网络" in said
    assert "已撤销" in told(revoked)
    assert "不是证明码" in told("shc:/1234")
    middle = len(text) // 2
    assert "有效" not in told(
        text[:middle] + ("11" if text[middle : middle + 2] != "11" else "12") + text[middle + 2 :]
    )
    page.context.set_offline(False)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_qr_on_a_phone_is_read_by_a_camera(open_page: Any, family: Family, tmp_path: Any) -> None:
    from tests.look_over import cookies_of

    made = certified(family.mother, family.now)
    page = open_page(f"/h/certificates/{made.code}", width=390, cookies=cookies_of(family.client(family.mother)))
    shot = tmp_path / "qr.png"
    page.locator(".qr svg").screenshot(path=shot)
    (found,) = zxingcpp.read_barcodes(Image.open(shot))
    assert found.text == numeric(card_of(made))
