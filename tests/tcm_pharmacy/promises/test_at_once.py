"""Two released at once are promised one after the other; three thousand are read fast."""

from __future__ import annotations

import json
import time

import pytest
from django.db import connection

from kangqu.kernel.cases.delivering import deliver
from kangqu.kernel.cases.models import Case, Event
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.tcm_pharmacy.models import Promise
from kangqu.systems.tcm_pharmacy.promises.keeping import keep_promises
from kangqu.systems.tcm_pharmacy.promises.reads import found_at
from tests.cases.test_at_once import all_at_once
from tests.tcm_pharmacy.cast import Pharmacy
from tests.tcm_pharmacy.promises.conftest import Promises


@pytest.mark.django_db(transaction=True)
def test_of_several_released_at_once_each_takes_its_own_time(pharmacy: Pharmacy) -> None:
    promises = Promises(pharmacy)
    promises.floor(pharmacy.centre, 1)
    for number in range(4):
        promises.approve(promises.received(f"RX-{number}"))
    Event.objects.update(attempts=1)
    at = promises.at
    works = [lambda event=event: deliver(event, 1, at) for event in _events()]
    assert all_at_once([*works, lambda: keep_promises(at).broken]) == {"True": 4, "0": 1}
    promised = list(Promise.objects.order_by("promised_at").values_list("promised_at", flat=True))
    assert len(set(promised)) == 4, "one pot: one after the other"
    assert TraceEntry.objects.filter(action="tcm.promise").count() == 4
    assert keep_promises(at).broken == 0


def _events() -> list[int]:
    return list(Event.objects.filter(listener="tcm_pharmacy.promise").values_list("pk", flat=True))


_MANY = """
INSERT INTO cases_case (code, programme, version, state, came_from, seq, person_id, institution_id, origin_id, key, number,
                        facts, opened_at, changed_at, rank_at, tier)
SELECT 'K' || n, programme, version, (ARRAY['received','released','checked','drawn_off'])[1 + n %% 4], '', 1, person_id,
       institution_id, origin_id, 'many/' || n, 'M' || n, facts, opened_at, changed_at, rank_at, 0
  FROM cases_case, generate_series(1, 3000) n WHERE id = %s
"""


@pytest.mark.django_db
def test_three_thousand_open_ones_are_read_in_a_moment(promises: Promises) -> None:
    case = promises.received("RX-1")
    with connection.cursor() as cursor:
        cursor.execute(_MANY, [case.id])
        cursor.execute("ANALYZE cases_case")
    best = min(_seconds(promises) for _ in range(3))
    assert best < 0.3, json.dumps({"seconds": best, "open": Case.objects.count()})


def _seconds(promises: Promises) -> float:
    begun = time.perf_counter()
    found = found_at(promises.at)
    taken = time.perf_counter() - begun
    assert found is not None and len(found.state.orders) == 3001
    return taken
