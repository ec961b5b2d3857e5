"""A pharmacy with a floor, and lots of open prescriptions made at once."""

from __future__ import annotations

import pytest
from django.test import Client

from kangqu.kernel.access.models import Account, SecondFactor
from kangqu.web.serving import SESSION_KEY
from tests.access import cast
from tests.tcm_pharmacy.cast import Pharmacy
from tests.tcm_pharmacy.promises.conftest import Promises as Promises
from tests.tcm_pharmacy.promises.conftest import promises as promises


def client_of(pharmacy: Pharmacy, name: str) -> Client:
    """The browser of one of the cast."""
    account = Account.objects.get(username=name)
    if account.person_id is None:
        SecondFactor.objects.get_or_create(
            account=account, defaults={"secret_sealed": b"x", "confirmed_at": pharmacy.now}
        )
    client = Client()
    session = client.session
    session[SESSION_KEY] = cast.signed_in(account, at=pharmacy.now).pk
    session.save()
    client.cookies["sessionid"] = session.session_key or ""
    return client


@pytest.fixture
def manager(pharmacy: Pharmacy) -> Client:
    return client_of(pharmacy, "manager")
