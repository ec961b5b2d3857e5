"""A pharmacy with a floor, and lots of open prescriptions made at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
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


COPIES = """
WITH made AS (
  INSERT INTO cases_case (code, programme, version, state, came_from, seq, person_id, institution_id, origin_id, key, number,
         facts, opened_at, changed_at, due_at, rank_at, tier)
  SELECT 'KX' || g, c.programme, c.version, (%(states)s::text[])[1 + g %% cardinality(%(states)s::text[])], '', 1, c.person_id,
         c.institution_id, c.origin_id, c.key || '/' || g, 'CP-' || g, c.facts, c.opened_at, c.changed_at, c.due_at, c.rank_at, 0
    FROM cases_case c, generate_series(1, %(many)s) g WHERE c.id = %(case)s
  RETURNING id)
INSERT INTO tcm_pharmacy_promise (case_id, pharmacy_id, promised_at, first_promised_at, stages, quoted_at)
SELECT m.id, p.pharmacy_id, p.promised_at, p.first_promised_at, p.stages, p.quoted_at
  FROM made m, tcm_pharmacy_promise p WHERE p.case_id = %(case)s
"""


def copies(case_id: int, many: int, states: list[str]) -> None:
    """``many`` more open prescriptions like the one that was promised, spread over ``states``."""
    values: dict[str, Any] = {"case": case_id, "many": many, "states": states}
    with connection.cursor() as cursor:
        cursor.execute(COPIES, values)
