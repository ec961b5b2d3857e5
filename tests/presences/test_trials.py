"""Trying another limit of fever on past presences, held against a count made by hand."""

from __future__ import annotations

import pytest
from django.db import connection

from kangqu.kernel.basis.clock import city_day, system_clock
from kangqu.kernel.policies import trying
from kangqu.kernel.policies.counting import counts_of
from kangqu.kernel.trace.actor import Actor
from tests.access import cast

pytestmark = pytest.mark.django_db
HER = Actor(71, "commission_officer", 5)
TENTHS = (365, 370, 372, 373, 374, None)
"""Of six at each of two gates: one unmeasured; from 37.0 up five would be told of, where 37.3 tells two."""


def test_a_lower_limit_on_presences_of_two_gates(nine):
    where = cast.region("3703", "淄博市")
    gates = [cast.institution(name, "hospital", where) for name in ("东院", "西院", "外院")]
    with connection.cursor() as cursor:
        for place in gates:
            for number, tenths in enumerate(TENTHS):
                cursor.execute(
                    "INSERT INTO presence_by_place (id, at, person_id, institution_id, device_id, means, temperature, flag,"
                    " received_at, position, mac) VALUES (%s, %s, 1, %s, 1, 'code', %s, '', %s, 1, decode(repeat('00', 32), 'hex'))",
                    [number, nine, place.pk, tenths, nine],
                )
    day, paths = city_day(nine), [each.path for each in gates[:2]]
    for batch in (1, 2, 3, 6, 100):
        row = trying.ask("presence.fever", 370, day, day, paths=paths, by=HER, at=nine)
        trying.run(row.pk, system_clock, batch=batch)
        row.refresh_from_db()
        counts = counts_of(row.found)
        assert (counts.cases, counts.missing) == (12, {"unmeasured": 2})
        assert counts.pairs == {"fever": {"fever": 4}, "passed": {"fever": 4, "passed": 2}}
        assert [each["label"] for each in counts.examples["passed>fever"]] == ["东院 09:00"] * 2 + ["西院 09:00"] * 2
        assert counts.examples["passed>fever"][0]["now"] == "37.0 ℃，达到 37.0 ℃"
