"""Home, messages, who looked, consents, one's own data and the paper card, through the pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from kangqu.kernel.access.models import Account, BreakGlass, Consent, SignIn
from kangqu.kernel.notices.actions import write
from kangqu.kernel.notices.models import Channel, Notice
from kangqu.kernel.people.codes.models import Card
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor, the_house
from kangqu.kernel.trace.entries import Result, Stream
from kangqu.systems.citizen.sheet import can_typeset
from tests.access import cast
from tests.citizen.conftest import phone_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic(db):
    cast.region("3703", "淄博市")
    return cast.institution("柳沟村卫生室", "village_clinic", cast.region("370302", "淄川区"))


def _looks(family, clinic, count, *, at_whom=None, purpose="care", relation="served", result=Result.SEEN):
    by = Actor(account_id=999, role="doctor", institution_id=clinic.pk, purpose=purpose)
    for number in range(count):
        at = family.now - timedelta(minutes=number + 1)
        record(
            by.did(
                "person.open",
                at=at,
                person_id=(at_whom or family.mother).pk,
                stream=Stream.LOOK,
                result=result,
                facts={"relation": relation},
            )
        )


def _message(family, person, key):
    values = {"agent": "李小𠮷", "person": person.name}
    write(
        key=key,
        channel=Channel.IN_APP,
        template="proxy_revoked",
        values=values,
        person_id=person.pk,
        by=the_house(),
        at=family.now,
    )


def test_home_has_the_code_first_and_unread_messages(family):
    for number in range(3):
        _message(family, family.mother, f"k{number}")
    page = family.client(family.mother).get("/h").content.decode()
    assert page.index('href="/h/code"') < page.index('href="/h/messages"')
    assert "3 条未读" in page and "李小𠮷 不再为" in page and "【康衢】" not in page
    for address in set(re.findall(r'href="(/h[^"?#]*)', page)):
        assert family.client(family.mother).get(address).status_code == 200


def test_messages_are_read_once_seen_and_nobody_elses_are_shown(family):
    for number in range(25):
        _message(family, family.mother, f"k{number}")
    _message(family, family.stranger, "other")
    client = family.client(family.mother)
    page = client.get("/h/messages").content.decode()
    assert page.count("新</span>") == 20 and "赵刚" not in page
    older = re.search(r'href="(/h/messages\?before=\d+)"', page)
    assert older is not None
    assert client.get(older[1]).content.decode().count("新</span>") == 5
    assert "新</span>" not in client.get("/h/messages").content.decode()
    assert Notice.objects.filter(read_at=None).get().person_id == family.stranger.pk
    for word in ("x", "-1", "9" * 40, "１"):
        assert client.get(f"/h/messages?before={word}").status_code == 200


def test_who_looked_tells_place_role_purpose_and_time_page_by_page(family, clinic):
    _looks(family, clinic, 45)
    client = family.client(family.mother)
    client.get("/h/me")  # her own looks are not listed
    seen, address = [], "/h/who"
    while address:
        page = client.get(address).content.decode()
        seen += re.findall(r'<span class="mut sm num">(\d{4}-\d\d-\d\d \d\d:\d\d)</span>', page)
        found = re.search(r'href="(/h/who\?after=[\w-]+)"', page)
        address = found[1] if found else ""
    assert len(seen) == 45 and len(set(seen)) == 45 and seen == sorted(seen, reverse=True)
    page = client.get("/h/who").content.decode()
    assert "柳沟村卫生室" in page and "医生" in page and "诊疗" in page
    assert "柳沟村卫生室" not in family.client(family.stranger).get("/h/who").content.decode()
    for word in ("x", "WzEsMl0", "W10", "%00", "x" * 5000):
        assert client.get(f"/h/who?after={word}").status_code == 422


def test_a_guardian_reads_page_by_page_who_looked_at_her_child(family, clinic):
    family.guard()
    _looks(family, clinic, 21, at_whom=family.son)
    client, his = family.client(family.daughter), f"for={family.son.public_code}"
    first = client.get(f"/h/who?{his}").content.decode()
    older = re.search(rf'href="(/h/who\?after=[\w-]+)&amp;{his}"', first)
    assert older is not None and f'href="/h/consents?{his}"' in first
    last = client.get(f"{older[1]}&{his}").content.decode()
    assert first.count("柳沟村卫生室") + last.count("柳沟村卫生室") == 21
    assert f'href="/h/who?{his}"' in last


def test_a_look_by_the_family_names_who_acted(family):
    family.grant(family.mother, family.daughter, "code")
    family.client(family.daughter).get(f"/h/code?for={family.mother.public_code}")
    assert "由李小𠮷代办" in family.client(family.mother).get("/h/who").content.decode()


def test_emergency_looks_are_marked_with_what_came_of_them(family, clinic):
    _looks(family, clinic, 1, purpose="emergency", relation="emergency")
    BreakGlass.objects.create(
        person=family.mother,
        account_id=999,
        institution_id=clinic.pk,
        reason="unconscious",
        note="路边昏迷",
        opened_at=family.now,
        ends_at=family.now + timedelta(hours=4),
        review_due_at=family.now + timedelta(hours=24),
        outcome=BreakGlass.Outcome.MISUSE,
    )
    page = family.client(family.mother).get("/h/who").content.decode()
    assert "紧急查看" in page and "滥用" in page and "患者昏迷" in page and "紧急</span>" in page


def test_a_consent_is_withdrawn_with_one_press_by_its_giver_only(family, clinic):
    given = Consent.objects.create(
        person=family.mother,
        institution_id=clinic.pk,
        purpose="care",
        text_version="2026-01",
        given_at=family.now,
        given_by=1,
        ends_at=family.now + timedelta(days=9),
    )
    address = f"/h/consents/{given.id}/withdraw"
    assert family.client(family.stranger).post(address).status_code == 404
    client = family.client(family.mother)
    page = client.get("/h/consents").content.decode()
    assert "柳沟村卫生室" in page and address in page and "我知道可以随时撤回" in page
    client.get(address)
    assert Consent.objects.get().withdrawn_at is None
    assert client.post(address)["Location"] == "/h/consents"
    assert Consent.objects.get().withdrawn_at is not None
    assert "已撤回" in client.get("/h/consents").content.decode()
    assert client.post(f"/h/consents/{9**30}/withdraw").status_code in (302, 404)


def test_my_data_is_masked_and_my_devices_are_ended(family):
    phone_of(family.mother, "+8613800000001", family.now)
    client = family.client(family.mother)
    account = Account.objects.get(person=family.mother)
    other = SignIn.objects.create(account=account, started_at=family.now, seen_at=family.now, device="旧手机")
    page = client.get("/h/me").content.decode()
    assert "旧手机" in page and "13800000001" not in page and "0001" in page
    assert not re.search(r"\d{17}[\dX]", page)
    assert family.client(family.stranger).post(f"/h/me/sign-ins/{other.pk}/end").status_code == 404
    assert client.post(f"/h/me/sign-ins/{other.pk}/end").status_code == 302
    other.refresh_from_db()
    assert other.ended_at is not None and client.get("/h/me").status_code == 200


def test_the_look_is_kept_on_the_account_and_comes_back_on_another_phone(family):
    client = family.client(family.mother)
    client.get("/look?mode=elder&language=en&next=/h/me")
    account = Account.objects.get(person=family.mother)
    assert (account.large_type, account.language) == (True, "en")
    fresh = family.client(family.mother)
    answer = fresh.get("/h/code?for=", follow=True)
    assert 'data-mode="elder"' in answer.content.decode() and "Health code" in answer.content.decode()
    fresh.get("/look?mode=&next=/h")
    account.refresh_from_db()
    assert not account.large_type


def test_a_paper_card_is_made_printed_and_ended(family):
    client = family.client(family.mother)
    assert "办一张纸质卡" in client.get("/h/card").content.decode()
    assert client.get("/h/card/pdf")["Location"] == "/h/card"
    assert client.get("/h/card/print").status_code == client.get("/h/card/end").status_code == 302
    for _ in range(2):
        assert client.post("/h/card").status_code == 302  # twice makes one card
    assert Card.objects.filter(kind="paper").count() == 1
    assert 'class="card"' in client.get("/h/card/print").content.decode()
    pdf = client.get("/h/card/pdf")
    if can_typeset():
        assert pdf["Content-Type"] == "application/pdf" and pdf.content.startswith(b"%PDF") and len(pdf.content) > 5_000
        assert "下载 PDF" in client.get("/h/card").content.decode()
    else:
        assert pdf["Location"] == "/h/card/print"
    assert "马上都不能用" in client.get("/h/card/end").content.decode()
    assert client.post("/h/card/end", {"why": "castle"}).status_code == 422
    assert client.post("/h/card/end", {"why": "lost"}).status_code == 302
    assert Card.objects.get(kind="paper").revoked_at is not None
    assert Notice.objects.filter(template="card_revoked", person_id=family.mother.pk).exists()
    assert client.post("/h/card/end", {"why": "lost"}).status_code in (302, 422)


def test_a_daughter_makes_her_mothers_card_and_a_stranger_does_not(family):
    family.grant(family.mother, family.daughter, "code")
    hers, the_end = (f"/h/card{page}?for={family.mother.public_code}" for page in ("", "/end"))
    assert f'action="{hers}"' in family.client(family.daughter).get(hers).content.decode()
    assert family.client(family.stranger).post(hers).status_code == 404
    assert family.client(family.daughter).post(hers)["Location"] == hers
    assert Card.objects.get(kind="paper").person_id == family.mother.pk
    assert f'action="{the_end}"' in family.client(family.daughter).get(the_end).content.decode()
    assert family.client(family.stranger).post(the_end, {"why": "lost"}).status_code == 404
    assert family.client(family.daughter).post(the_end, {"why": "lost"})["Location"] == hers
    assert Notice.objects.get(template="card_revoked", channel=Channel.IN_APP).person_id == family.mother.pk
