"""The prescriptions' cast at their browsers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from kangqu.kernel.access.models import Account, SecondFactor
from kangqu.kernel.cases.snapshot import Snapshot
from kangqu.systems.tcm_pharmacy.prescriptions.intake import Signed, take
from kangqu.web.serving import SESSION_KEY
from tests.access import cast
from tests.tcm_pharmacy.cast import Pharmacy

Browser = Callable[[str], Client]


def browser_of(account: Account, at: Any) -> Client:
    """A browser in which ``account`` has signed in and shown the second factor."""
    SecondFactor.objects.get_or_create(account=account, defaults={"secret_sealed": b"x", "confirmed_at": at})
    client = Client()
    session = client.session
    session[SESSION_KEY] = cast.signed_in(account, at=at).pk
    session.save()
    client.cookies["sessionid"] = session.session_key or ""
    return client


@pytest.fixture
def at_desk(pharmacy: Pharmacy) -> Browser:
    """``at_desk("pharmacist")``: the browser of somebody of the cast."""
    return lambda who: browser_of(Account.objects.get(pk=pharmacy.people[who].account_id or 0), pharmacy.now)


def received(cast_of: Pharmacy, number: str = "RX-1", *, prescriber: str = "doctor", **changed: Any) -> Snapshot:
    """A prescription of the hospital's doctor, waiting at the centre."""
    order = cast_of.parsed(number=number, **changed)
    return take(
        order,
        signed=Signed(order.model_dump_json().encode(), "", None),
        hospital_id=cast_of.hospital.pk,
        by=cast_of.people["doctor"],
        at=cast_of.now,
        prescriber_id=cast_of.people[prescriber].account_id,
    ).case


FEUDING = [{"name": "附子", "grams": 10, "handling": ["FIRST"]}, {"name": "法半夏", "grams": 9}]
"""A pair of the eighteen incompatible ones: blocked until it is corrected or signed again."""
TOO_MUCH = [{"name": "黄芪", "grams": 15}, {"name": "细辛", "grams": 5}]
"""Over the highest dose: two pharmacists sign."""
