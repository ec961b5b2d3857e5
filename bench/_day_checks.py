"""What became of a replayed day, read back from the trace: every way held against what was ordered, every promise against its end."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from bench._day_world import World

_WAYS: Final = """
SELECT c.id, c.facts, c.state, c.institution_id, m.first_promised_at,
       (SELECT json_agg(json_build_array(t.facts->>'step', t.at) ORDER BY (t.facts->>'seq')::int)
          FROM trace_entry t WHERE t.person_id = c.person_id AND t.object_id = c.id AND t.action = 'case.step' AND t.stream = 'step'),
       (SELECT count(*) FROM tcm_pharmacy_weighing w WHERE w.case_id = c.id
           AND w.round = (SELECT max(round) FROM tcm_pharmacy_weighing x WHERE x.case_id = c.id)
           AND abs(w.grams - w.grams_asked) <= w.grams_asked * 0.05 + 0.005),
       jsonb_array_length(p.herbs::jsonb)
  FROM cases_case c JOIN tcm_pharmacy_prescription p ON p.case_id = c.id
  LEFT JOIN tcm_pharmacy_promise m ON m.case_id = c.id
 WHERE c.institution_id = ANY(%s) AND c.programme = 'tcm_prescription'
"""
_SHORT: Final = {
    "approve": "A", "first_sign": "F", "second_sign": "G", "return_to_doctor": "R", "dispense": "d", "check": "c",
    "soak": "s", "boil": "b", "add_rest": "r", "add_late": "l", "boil_again": "B", "draw_off": "o", "pack": "p",
    "release_bags": "q", "hand_out": "h", "take_along": "t", "deliver": "v", "scrap": "x",
}  # fmt: skip


@dataclass
class Day:
    """What became of the day. ``late``: minutes after the first promise; ``taken``: minutes from release till it was ready,
    by priority, of what was decocted; ``places``: prescriptions by pharmacy; ``wrong``: what is not as it should be, by case."""

    handed_over: int = 0
    returned: int = 0
    open: int = 0
    promised: int = 0
    kept: int = 0
    scrapped: int = 0
    late: list[float] = field(default_factory=list)
    taken: dict[str, list[float]] = field(default_factory=dict)
    places: Counter[int] = field(default_factory=Counter)
    wrong: dict[int, str] = field(default_factory=dict)


def judge(world: World) -> Day:
    """The day of ``world``."""
    from django.db import connection

    day = Day()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute(_WAYS, [[each.pk for each in world.centres]])
        rows = cursor.fetchall()
    if len(rows) != len(world.letters):
        day.wrong[0] = f"{len(world.letters) - len(rows)} never arrived"
    for row in rows:
        _one(row, day)
    return day


def _one(row: tuple[Any, ...], day: Day) -> None:
    number, facts, state, place, promised, steps, weighed, herbs = row
    day.places[place] += 1
    facts = json.loads(facts) if isinstance(facts, str) else facts
    told = [(name, datetime.fromisoformat(at)) for name, at in steps or []]
    way = "".join(_SHORT[name] for name, _ in told)
    day.scrapped += way.count("x")
    if state == "returned":
        day.returned += 1
        if re.fullmatch("F?R", way) is None:
            day.wrong[number] = way
        return
    if state not in ("handed_out", "delivered"):
        day.open += 1
        return
    day.handed_over += 1
    if re.fullmatch(_expected(facts), way) is None:
        day.wrong[number] = way
    elif weighed != herbs:
        day.wrong[number] = f"{weighed} of {herbs} herbs weighed within the tolerance"
    elif trouble := _too_early(told, facts):
        day.wrong[number] = trouble
    ends = dict(told)
    if facts["decocted"]:
        released = ends.get("second_sign", ends.get("approve", ends["release_bags"]))
        minutes = (ends["release_bags"] - released).total_seconds() / 60
        day.taken.setdefault(facts.get("priority", "ordinary"), []).append(minutes)
    end = ends["deliver"] if state == "delivered" else ends["release_bags"]
    if promised is None:
        day.wrong[number] = "nothing promised"
        return
    day.promised += 1
    if end <= promised:
        day.kept += 1
    else:
        day.late.append((end - promised).total_seconds() / 60)


def _expected(facts: dict[str, Any]) -> str:
    """The way that was ordered: what is made anew after a pot failed begins again at the drawers."""
    last = "tv" if facts["delivery"] == "courier" else "h"
    if not facts["decocted"]:
        return f"(A|FG)dcpq{last}"
    boil = "b" + ("r" if facts["first_minutes"] else "") + ("l" if facts.get("late_minutes") else "")
    boil += "B" if facts["twice"] else ""
    optional = "".join(f"{each}?" for each in boil[1:])
    return f"(A|FG)(dcsb{optional}x)*dcs{boil}opq{last}"


def _too_early(told: list[tuple[str, datetime]], facts: dict[str, Any]) -> str:
    """Why the last making was too early somewhere; empty when it was not."""
    if not facts["decocted"]:
        return ""
    at = dict(told)
    began = at.get("add_rest", at["boil"])
    waits = [("soak", at["soak"], at["boil"], facts["soak_minutes"])]
    if facts["first_minutes"]:
        waits.append(("first", at["boil"], at["add_rest"], facts["first_minutes"]))
    if facts["twice"]:
        waits.append(("boil", began, at["boil_again"], facts["boil_minutes"]))
        waits.append(("again", at["boil_again"], at["draw_off"], facts["boil_again_minutes"]))
    else:
        waits.append(("boil", began, at["draw_off"], facts["boil_minutes"]))
    return " ".join(name for name, since, until, least in waits if until - since < timedelta(minutes=float(least)))
