"""亮码 through the page: one's own code, a family member's, and everybody the door keeps out."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from kangqu.kernel.access.models import Account
from kangqu.kernel.access.roles import Role
from kangqu.kernel.people.actions import record_death
from kangqu.kernel.people.families import revoke_proxy
from kangqu.kernel.people.merging import merge
from kangqu.kernel.people.models import Proxy
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.models import TraceEntry
from tests.access import cast
from tests.citizen.conftest import signed_in

pytestmark = pytest.mark.django_db


def test_own_code_is_in_the_page_and_no_identity_number_is(family):
    answer = family.client(family.mother).get("/h/code")
    page = answer.content.decode()
    assert answer.status_code == 200 and answer["Cache-Control"] == "no-store"
    assert "王秀兰" in page and "已实名" in page and '<div class="qr"' in page and "/h/code/fresh" in page
    assert not re.search(r"\d{17}[\dX]", page)
    assert "3703 **** **** " in page


def test_the_fragment_is_only_the_code(family):
    client = family.client(family.mother)
    answer = client.get("/h/code/fresh")
    assert answer["X-KQ-Fragment"] == "code" and answer["Cache-Control"] == "no-store"
    page = answer.content.decode()
    assert page.count("data-part") == 2 and "<html" not in page and "王秀兰" not in page


def test_a_daughter_with_the_right_shows_her_mothers_code(family):
    family.grant(family.mother, family.daughter, "code")
    client = family.client(family.daughter)
    page = client.get("/h/code").content.decode()
    assert f"?for={family.mother.public_code}" in page and "母亲" in page
    page = client.get(f"/h/code?for={family.mother.public_code}").content.decode()
    assert '<h2 class="nm" id="nm">王秀兰</h2>' in page and "由李小𠮷代办" in page
    look = TraceEntry.objects.get(person_id=family.mother.pk, stream="look", action="code.show")
    assert look.facts["relation"] == "proxy"


def test_a_guardian_shows_her_sons_temporary_code(family):
    family.guard()
    page = family.client(family.daughter).get(f"/h/code?for={family.son.public_code}").content.decode()
    assert "李一诺" in page and "临时码" in page and "怎样实名" in page


@pytest.mark.parametrize("address", ["/h/code", "/h/code/fresh", "/h/card", "/h/card/print", "/h/card/end"])
def test_without_the_right_a_stranger_and_nobody_answer_alike(family, address):
    family.grant(family.mother, family.daughter, "book")
    strangers = family.client(family.stranger)
    answers = [strangers.get(f"{address}?for={who}") for who in (family.mother.public_code, "R000000000000", "x" * 300)]
    assert {answer.status_code for answer in answers} == {404}
    assert (
        len({re.sub(r"[?&;=\w%/.\-]*next=[^\"]*|nonce=\S+", "", answer.content.decode()) for answer in answers[:1]})
        == 1
    )
    assert family.client(family.daughter).get(f"{address}?for={family.son.public_code}").status_code == 404
    assert TraceEntry.objects.filter(stream="look", result="refused").count() == 4  # every try is told, found or not


def test_a_right_to_book_is_no_right_to_the_code(family):
    family.grant(family.mother, family.daughter, "book")
    answer = family.client(family.daughter).get(f"/h/code?for={family.mother.public_code}")
    assert answer.status_code == 403 and 'class="qr"' not in answer.content.decode()


def test_an_expired_and_a_revoked_right_are_told_as_ended(family):
    family.grant(family.mother, family.daughter, "code")
    client = family.client(family.daughter)
    Proxy.objects.update(ends_at=family.now - timedelta(minutes=1))
    answer = client.get(f"/h/code?for={family.mother.public_code}")
    assert answer.status_code == 403 and "请家人重新授权" in answer.content.decode()
    row = Proxy.objects.get()
    Proxy.objects.update(ends_at=family.now + timedelta(days=1))
    assert client.get(f"/h/code?for={family.mother.public_code}").status_code == 200
    revoke_proxy(family.mother.pk, row.id, by=the_house(), at=family.now)
    assert client.get(f"/h/code?for={family.mother.public_code}").status_code == 403
    assert client.get(f"/h/code/fresh?for={family.mother.public_code}").status_code == 403
    refused = TraceEntry.objects.filter(person_id=family.mother.pk, action="code.show", result="refused")
    assert refused.count() == 3


def test_the_dead_have_no_code(family):
    family.grant(family.mother, family.daughter, "code")
    client = family.client(family.daughter)
    record_death(family.mother.pk, on=family.now.date() - timedelta(days=1), by=the_house(), at=family.now)
    for address in ("/h/code", "/h/card"):
        answer = client.get(f"{address}?for={family.mother.public_code}")
        assert answer.status_code in (403, 404, 409) and 'class="qr"' not in answer.content.decode()
    assert "王秀兰" not in client.get("/h/code").content.decode()


def test_a_merged_account_speaks_for_the_record_that_remains(family):
    client = family.client(family.stranger)
    merge(
        survivor_id=family.mother.pk,
        absorbed_id=family.stranger.pk,
        by=the_house("index_keeper"),
        at=family.now,
        reason="同一人",
    )
    page = client.get("/h/code").content.decode()
    assert '<h2 class="nm" id="nm">王秀兰</h2>' in page
    for address in ("/h", "/h/me", "/h/who", "/h/family", "/h/messages", "/h/card"):
        assert client.get(address).status_code == 200


def test_an_agent_whose_record_was_merged_keeps_her_rights(family):
    family.grant(family.mother, family.stranger, "code")
    client = family.client(family.stranger)
    merge(
        survivor_id=family.daughter.pk,
        absorbed_id=family.stranger.pk,
        by=the_house("index_keeper"),
        at=family.now,
        reason="同一人",
    )
    assert client.get(f"/h/code?for={family.mother.public_code}").status_code == 200


def test_staff_and_nobody_do_not_come_in(family, client):
    for address in (
        "/h",
        "/h/code",
        "/h/card",
        "/h/family",
        "/h/who",
        "/h/me",
        "/h/messages",
        "/h/help",
        "/h/consents",
    ):
        assert client.get(address)["Location"].startswith("/sign-in?next=")
    where = cast.institution("市卫健委", "commission", cast.region("3703", "淄博市"))
    staff = signed_in(cast.staff("clerk", Role.INSTITUTION_MANAGER, where, at=family.now), family.now)
    for address in ("/h", "/h/code"):
        assert staff.get(address).status_code in (302, 403)


def test_an_account_bound_to_nobody_is_led_to_real_name(family):
    account = cast.resident_account(family.stranger, at=family.now)
    Account.objects.filter(pk=account.pk).update(person=None)
    answer = signed_in(account, family.now).get("/h/code")
    assert answer.status_code == 403 and "去实名" in answer.content.decode()
