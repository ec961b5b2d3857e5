"""Trying the minutes of soaking and boiling on what was decocted: how many would not have been long enough."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from kangqu.kernel.basis.refusals import Words
from kangqu.kernel.policies.trials import Trial, Unknown, declare
from kangqu.systems.tcm_pharmacy.guards import boils_from, told_after
from kangqu.systems.tcm_pharmacy.programme import CODE
from kangqu.systems.tcm_pharmacy.trials import BELOW, Row, reader

Facts = Mapping[str, Any]
Minutes = float | None
"""How long it took; None when it did not come so far."""

_DECOCTED: Final = f"""
SELECT c.id, c.opened_at, c.code, c.number, c.facts::text,
       (SELECT max(t.at) FROM trace_entry t
         WHERE t.object_type = 'case' AND t.stream = 'step' AND t.object_id = c.id AND t.at >= c.opened_at
           AND t.action = 'case.step' AND t.facts ->> 'step' = 'draw_off')
  FROM cases_case c JOIN places_institution i ON i.id = c.institution_id
 WHERE c.programme = %(programme)s::text AND c.id > %(after)s::bigint AND c.facts -> 'decocted' = 'true'::jsonb
   AND (%(category)s::text = '' OR c.facts ->> 'category' = %(category)s::text)
   AND (NOT %(first)s::boolean OR (c.facts ->> 'first_minutes')::numeric > 0)
   AND c.opened_at >= %(since)s::timestamptz AND c.opened_at < %(until)s::timestamptz AND {BELOW}
 ORDER BY c.id LIMIT %(limit)s::int
"""  # noqa: S608


def soaked(facts: Facts, drawn: datetime | None) -> Minutes:
    """From soaking until the pot was charged."""
    return _between(facts.get("soak_from"), facts.get("boil_from"))


def boiled(facts: Facts, drawn: datetime | None) -> Minutes:
    """The first boil of everything together, until the second water or until it was drawn off."""
    if facts.get("first_minutes") and not facts.get("rest_from"):
        return None
    until = facts.get("boil_again_from") or (drawn.isoformat() if drawn is not None else None)
    return _between(told_after(facts, "rest_from") or boils_from(facts), until)


def boiled_first(facts: Facts, drawn: datetime | None) -> Minutes:
    """What is boiled first, alone, until the rest was added."""
    return _between(boils_from(facts), facts.get("rest_from"))


def _between(since: object, until: object) -> Minutes:
    if not (isinstance(since, str) and isinstance(until, str)):
        return None
    return (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds() / 60


def by_least(minutes: Minutes, least: float) -> str | Unknown:
    """``minutes`` it took, held against those the policy asks for at least."""
    if minutes is None:
        return Unknown("not_done")
    return "short" if minutes < least else "enough"


def _took(minutes: Minutes, least: float) -> Words:
    return Words(f"{minutes or 0:.1f} 分钟，至少 {least} 分钟", f"{minutes or 0:.1f} min, at least {least} min")


def _trial(
    policies: tuple[str, ...],
    took: Callable[[Facts, datetime | None], Minutes],
    *,
    category: str = "",
    first: bool = False,
) -> Trial:
    def facts(row: Row) -> Minutes:
        return took(json.loads(row[4]), row[5])

    return declare(
        Trial(
            policies=policies,
            case=Words("代煎处方", "decocted prescriptions"),
            outcomes={
                "enough": Words("时间够", "Long enough"),
                "short": Words("时间不够，不放行到下一步", "Too short: the next step is refused"),
            },
            missing={"not_done": Words("没有做到这一步", "Did not come so far")},
            read=reader(_DECOCTED, facts, programme=CODE, category=category, first=first),
            judge=by_least,
            explain=_took,
            unseen=Words(
                "当时的限值拦下过太早的操作：比当时更短会怎样，看不出来。",
                "The limit of the day held back who came too early: what a shorter one would do cannot be seen.",
            ),
        )
    )


SOAK: Final = _trial(("tcm.line.soak",), soaked)
FIRST: Final = _trial(("tcm.line.first",), boiled_first, first=True)
GENERAL: Final = _trial(("tcm.line.boil.GENERAL",), boiled, category="GENERAL")
EXTERIOR: Final = _trial(("tcm.line.boil.EXTERIOR",), boiled, category="EXTERIOR")
TONIC: Final = _trial(("tcm.line.boil.TONIC",), boiled, category="TONIC")
