"""How prescriptions fared, for those who wrote them: promised, ready, handed over, rated."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kangqu.kernel.basis.prepared import run

_FARES: Final = """
SELECT c.id, p.promised_at, p.first_promised_at, made.at, CASE WHEN c.state IN ('handed_out', 'delivered') THEN c.closed_at END,
       r.stars, r.reasons::text, r.sentence
  FROM unnest(%(cases)s::bigint[]) AS a(id) JOIN cases_case c ON c.id = a.id
  LEFT JOIN tcm_pharmacy_promise p ON p.case_id = c.id
  LEFT JOIN tcm_pharmacy_rating r ON r.case_id = c.id
  LEFT JOIN LATERAL (SELECT t.at FROM trace_entry t
     WHERE t.object_type = 'case' AND t.stream = 'step' AND t.object_id = c.id AND t.at BETWEEN c.opened_at AND c.changed_at
       AND t.action = 'case.step' AND t.facts ->> 'step' = 'release_bags'
     ORDER BY t.at DESC LIMIT 1) AS made ON c.state IN ('ready', 'on_the_way', 'handed_out', 'delivered')
"""


@dataclass(frozen=True, slots=True)
class Fare:
    """What became of one prescription; ``stars`` is 0 while it is not rated."""

    promised_at: datetime | None
    first_promised_at: datetime | None
    ready_at: datetime | None
    handed_at: datetime | None
    stars: int
    reasons: tuple[str, ...]
    sentence: str


def fares_of(case_ids: Sequence[int]) -> dict[int, Fare]:
    """By the numbers of their cases. The caller has passed the door to the prescriptions: she wrote them."""
    return {
        row[0]: Fare(row[1], row[2], row[3], row[4], row[5] or 0, tuple(json.loads(row[6] or "[]")), row[7] or "")
        for row in run(_FARES, {"cases": list(case_ids)})
    }
