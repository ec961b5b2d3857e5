"""What must be true before a step on a prescription (``domain/tcm.md`` §2, guards). Facts of the case are what they judge.

Facts: ``prescriber`` (account, if ours), ``blocked``, ``two_signatures``, ``valid_until`` (day), ``first_signer``,
``dispenser``, ``decocted``, ``twice``, ``soak_from``, ``soak_minutes``, ``boil_from`` (the pot was charged), ``heat_minutes`` (until it
boils), ``boil_minutes``, ``boils_since`` (the machine told when it boils),
``boil_again_minutes``, ``boil_again_from``, ``first_minutes``, ``rest_from``, ``late_minutes``, ``late_earliest``, ``late_from``,
``delivery`` (fetch, courier, ward).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import BAD_INPUT, Refused
from kangqu.kernel.cases.programme import Guard, Situation
from kangqu.systems.tcm_pharmacy import refusals as no
from kangqu.systems.tcm_pharmacy.recall.lineage import recall_of

FETCH: Final = "fetch"
COURIER: Final = "courier"
WARD: Final = "ward"


def _not_own(now: Situation) -> Refused | None:
    prescriber = now.case.facts.get("prescriber")
    return Refused(no.OWN_PRESCRIPTION) if prescriber is not None and prescriber == now.by.account_id else None


def _licensed(now: Situation) -> Refused | None:
    from kangqu.kernel.access.practice import licence_of, refuse_over

    try:
        refuse_over(licence_of(now.by.account_id), now.at)
    except Refused as refused:
        return refused
    return None


def _in_time(now: Situation) -> Refused | None:
    until = now.case.facts.get("valid_until")
    if until is None or city_day(now.at).isoformat() <= until:
        return None
    return Refused(no.OUT_OF_DATE, until=until)


def _no_block(now: Situation) -> Refused | None:
    return Refused(no.BLOCKED) if now.case.facts.get("blocked") else None


def _one_is_enough(now: Situation) -> Refused | None:
    return Refused(no.SECOND_SIGNATURE) if now.case.facts.get("two_signatures") else None


def _two_are_needed(now: Situation) -> Refused | None:
    return None if now.case.facts.get("two_signatures") else Refused(no.NO_SECOND_SIGNATURE)


def _another_signs(now: Situation) -> Refused | None:
    return Refused(no.SAME_SIGNER) if now.case.facts.get("first_signer") == now.by.account_id else None


def _not_the_dispenser(now: Situation) -> Refused | None:
    return Refused(no.SAME_PERSON) if now.case.facts.get("dispenser") == now.by.account_id else None


def _is_decocted(now: Situation) -> Refused | None:
    return None if now.case.facts.get("decocted") else Refused(no.NOT_DECOCTED)


def _soaked(now: Situation) -> Refused | None:
    least = float(now.case.facts.get("soak_minutes", 30))
    lacks = least - minutes_since(now.case.facts.get("soak_from"), now.at)
    return Refused(no.SOAK_ON, minutes=ceil(lacks), least=round(least)) if lacks > 0 else None


def _boiled(now: Situation) -> Refused | None:
    again = now.case.state == "decocting_again"
    least = float(now.case.facts.get("boil_again_minutes" if again else "boil_minutes", 20))
    since = told_after(now.case.facts, "boil_again_from") if again else _boiling_since(now.case.facts)
    lacks = least - minutes_since(since, now.at)
    return Refused(no.BOIL_ON, minutes=ceil(lacks), least=round(least)) if lacks > 0 else None


def _first_boiled(now: Situation) -> Refused | None:
    least = float(now.case.facts.get("first_minutes", 0))
    lacks = least - minutes_since(boils_from(now.case.facts), now.at)
    return Refused(no.FIRST_ON, minutes=ceil(lacks), least=round(least)) if lacks > 0 else None


def _has_first(now: Situation) -> Refused | None:
    done = now.case.facts.get("rest_from") is not None or not now.case.facts.get("first_minutes")
    return Refused(BAD_INPUT, detail="FIRST") if done else None


def _rest_added(now: Situation) -> Refused | None:
    waits = bool(now.case.facts.get("first_minutes")) and now.case.facts.get("rest_from") is None
    return Refused(no.ADD_REST) if waits else None


def _late_in_time(now: Situation) -> Refused | None:
    facts = now.case.facts
    if not facts.get("late_minutes") or facts.get("late_from") is not None:
        return Refused(BAD_INPUT, detail="LATE")
    earliest = float(facts.get("boil_minutes", 20)) - float(facts.get("late_earliest", 10))
    lacks = earliest - minutes_since(_boiling_since(facts), now.at)
    return Refused(no.TOO_EARLY_FOR_LATE, minutes=ceil(lacks)) if lacks > 0 else None


def _late_boiled(now: Situation) -> Refused | None:
    least = float(now.case.facts.get("late_minutes", 0))
    if not least or now.case.state != "decocting":
        return None
    lacks = least - minutes_since(now.case.facts.get("late_from"), now.at)
    return Refused(no.ADD_LATE, minutes=ceil(lacks), least=round(least)) if lacks > 0 else None


def _boiling_since(facts: Mapping[str, Any]) -> object:
    """Since when everything boils that is boiled together: since the rest was added, where something is boiled first."""
    return told_after(facts, "rest_from") or boils_from(facts)


def told_after(facts: Mapping[str, Any], begun: str) -> str | None:
    """The instant of the fact ``begun``, or that at which it boiled after it, if the machine told."""
    since, boils = facts.get(begun), facts.get("boils_since")
    if isinstance(since, str) and isinstance(boils, str):
        return max(since, boils, key=datetime.fromisoformat)
    return since


def boils_from(facts: Mapping[str, Any]) -> str | None:
    """Since when it boils (ISO 8601): the norm's minutes count from boiling, not from charging the pot (DC5 to DC7). The machine
    told, or it is taken to boil after the minutes of heating that the policy names."""
    charged, boils, rest = facts.get("boil_from"), facts.get("boils_since"), facts.get("rest_from")
    if not isinstance(charged, str):
        return None
    if isinstance(boils, str) and (rest is None or datetime.fromisoformat(boils) < datetime.fromisoformat(rest)):
        return boils
    return (datetime.fromisoformat(charged) + timedelta(minutes=float(facts.get("heat_minutes") or 0))).isoformat()


def _twice_if_ordered(now: Situation) -> Refused | None:
    return Refused(no.BOIL_TWICE) if now.case.state == "decocting" and now.case.facts.get("twice") else None


def _nothing_left_to_boil(now: Situation) -> Refused | None:
    return Refused(no.BOIL_FIRST) if now.case.state == "checked" and now.case.facts.get("decocted") else None


def _is_fetched(now: Situation) -> Refused | None:
    return Refused(no.TO_BE_DELIVERED) if now.case.facts.get("delivery", FETCH) == COURIER else None


def _is_delivered(now: Situation) -> Refused | None:
    return Refused(no.TO_BE_FETCHED) if now.case.facts.get("delivery", FETCH) == FETCH else None


def _not_recalled(now: Situation) -> Refused | None:
    """Asked of the lots too: a recall is in force before everything of it is marked."""
    recall = now.case.facts.get("recalled") or recall_of(now.case.id)
    return Refused(no.RECALLED, recall=recall) if recall else None


def minutes_since(instant: object, at: datetime) -> float:
    """Minutes from an instant of the facts (ISO 8601) to ``at``; 0 when it is not there."""
    return (at - datetime.fromisoformat(instant)).total_seconds() / 60 if isinstance(instant, str) else 0.0


LICENSED = Guard("审核人的执业证没有过期", "The licence of whoever reviews is not over", _licensed)
NOT_OWN = Guard("审核人不是开方人", "Whoever reviews did not prescribe", _not_own)
IN_TIME = Guard("处方在有效期内", "The prescription is in force", _in_time)
NO_BLOCK = Guard("没有未解除的拦截项", "Nothing blocks it", _no_block)
ONE_IS_ENOUGH = Guard("不需要双签", "One signature is enough", _one_is_enough)
TWO_ARE_NEEDED = Guard("需要双签", "Two signatures are needed", _two_are_needed)
ANOTHER_SIGNS = Guard("第二签是另一名药师", "Another pharmacist signs", _another_signs)
NOT_THE_DISPENSER = Guard("复核人不是调配人", "Whoever checks did not dispense", _not_the_dispenser)
IS_DECOCTED = Guard("需要代煎", "It is to be decocted", _is_decocted)
SOAKED = Guard("浸泡时间够", "Soaked long enough", _soaked)
BOILED = Guard("煎煮时间够", "Boiled long enough", _boiled)
FIRST_BOILED = Guard("先煎时间够", "What is boiled first boiled long enough", _first_boiled)
HAS_FIRST = Guard("有先煎药", "Something is boiled first", _has_first)
REST_ADDED = Guard("先煎后其余药已加入", "The rest was added", _rest_added)
LATE_IN_TIME = Guard(
    "后下药在结束前 5～10 分钟加入", "What is added last comes 5 to 10 minutes before the end", _late_in_time
)
LATE_BOILED = Guard("后下药煎够", "What is added last boiled long enough", _late_boiled)
TWICE_IF_ORDERED = Guard("该煎两次的已煎两次", "Boiled twice where ordered", _twice_if_ordered)
NOTHING_LEFT_TO_BOIL = Guard("该代煎的已煎好", "Decocted where ordered", _nothing_left_to_boil)
IS_FETCHED = Guard("约定自取或送病区", "It is fetched or goes to the ward", _is_fetched)
IS_DELIVERED = Guard("约定配送", "It is to be delivered", _is_delivered)
NOT_RECALLED = Guard("没有召回的饮片", "Nothing of it is recalled", _not_recalled)
