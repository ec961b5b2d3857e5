"""Two at once: a key, a one-time code, an emergency, the last tries of a password."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.db import connection
from django.test import Client
from django.utils import timezone

from kangqu.kernel.access.attempts import take_attempt
from kangqu.kernel.access.emergency import Reason, open_break_glass
from kangqu.kernel.access.housekeeping import forget_old
from kangqu.kernel.access.models import AccountKind, BreakGlass, IdempotencyKey, PhoneCode
from kangqu.kernel.access.phone_codes import new_phone_code, use_phone_code
from kangqu.kernel.access.roles import Role
from kangqu.kernel.access.second_factor import enrol_known, use_code
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.trace.actor import the_house
from tests.access import cast, site
from tests.conftest import NINE

pytestmark = pytest.mark.django_db(transaction=True)

HOUSE = the_house()


def at_once(act: Callable[[], Any], times: int) -> list[Any]:
    """``act`` in as many threads, each with a connection of its own; what each gave, or why it was refused."""

    def one(_: int) -> Any:
        try:
            return act()
        except Refused as refused:
            return refused.why.code
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


@pytest.mark.urls("tests.access.site")
def test_one_key_sent_four_times_at_once_is_written_once():
    now = timezone.now()
    where = cast.institution("县医院", "hospital", cast.region("3703", "淄博"))
    token = cast.token_of(
        cast.staff("doctor", Role.DOCTOR, where, at=now), "test.write", until=now + timedelta(hours=1)
    )
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "same"}
    body = json.dumps({"name": "𠮷"})
    site.calls.clear()

    def write() -> Any:
        return Client().post("/api/test/things", body, content_type="application/json", headers=headers)

    answers = at_once(write, 4)
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replay" in answer for answer in answers) == 3
    assert site.calls == ["𠮷"]


def test_a_one_time_code_taken_by_two_is_given_to_one():
    where = cast.institution("县医院", "hospital", cast.region("3703", "淄博"))
    account = cast.staff("doctor", Role.DOCTOR, where, at=NINE)
    enrol_known(account, b"s" * 20, at=NINE)
    code = TOTP(b"s" * 20, 6, SHA1(), 30).generate(int(NINE.timestamp())).decode()
    answers = at_once(lambda: use_code(account, code, by=HOUSE, at=NINE), 4)
    assert sorted(map(str, answers)) == ["KQ-1740", "KQ-1740", "KQ-1740", "None"]


def test_a_phone_code_taken_by_two_is_given_to_one():
    sent = new_phone_code("13800000000", purpose="sign_in", by=HOUSE, at=NINE, rng=random.Random(1))
    answers = at_once(lambda: use_phone_code("13800000000", sent.code, purpose="sign_in", at=NINE), 4)
    assert sorted(answers) == ["+8613800000000", "KQ-1707", "KQ-1707", "KQ-1707"]


def test_twenty_guesses_at_once_are_twenty_guesses():
    answers = at_once(lambda: take_attempt("password", "zhang.san", by=HOUSE, at=NINE), 20)
    assert answers.count(None) == 5 and answers.count("KQ-1004") == 15


def test_one_emergency_pressed_twice_is_one():
    where = cast.institution("县医院", "hospital", cast.region("3703", "淄博"))
    person = cast.resident("王𠮷祥", at=NINE)
    held = (Held(Role.DOCTOR, where.pk, where.path),)
    doctor = Viewer(principal_id=9, account_id=9, kind=AccountKind.STAFF, grants=held)
    at_once(
        lambda: open_break_glass(doctor, person.public_code, reason=Reason.RESUSCITATION, note="急诊抢救中", at=NINE),
        4,
    )
    assert BreakGlass.objects.count() == 1


def test_what_is_over_is_forgotten_and_what_is_not_stays():
    for key, age in (("old", 73), ("young", 71)):
        IdempotencyKey.objects.create(
            principal_id=1, operation="x", key=key, request_hash=b"x", at=NINE - timedelta(hours=age)
        )
    new_phone_code("13800000000", purpose="sign_in", by=HOUSE, at=NINE, rng=random.Random(1))
    assert forget_old(NINE) == 1 and forget_old(NINE) == 0
    assert IdempotencyKey.objects.get().key == "young"
    assert forget_old(NINE + timedelta(days=3)) == 2
    assert not PhoneCode.objects.exists()
