"""At the pot: what comes next for the prescription in it, or for the one that is to be put in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction

from kangqu.kernel.basis.refusals import Refused, Words
from kangqu.kernel.cases import changes
from kangqu.kernel.cases.changes import as_it_is
from kangqu.kernel.cases.listening import Heard
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.trace.actor import Actor, the_house
from kangqu.systems.tcm_pharmacy import refusals as no
from kangqu.systems.tcm_pharmacy.herbs import Handling
from kangqu.systems.tcm_pharmacy.models import Pot, Prescription

_ANEW: Final = {"rest_from": None, "late_from": None, "boil_again_from": None, "boils_since": None}
_TRIES: Final = 5  # of who writes while others move the case


def at_the_pot(case: Snapshot, kept: Prescription, pot: Pot, *, by: Actor, at: datetime) -> Words:
    """Charge the pot, add what is added later, boil again, or draw off: whatever is next, in one transaction."""
    with transaction.atomic():
        if case.state == "soaking":
            return _charge(case, pot, by, at)
        if pot.case_id != case.id:
            mine = Pot.objects.filter(case_id=case.id).values_list("name", flat=True).first()
            raise Refused(no.WRONG_POT, pot=mine or "—")
        name, said = _next(case)
        take_step(case.id, name, by=by, at=at, facts={}, desk=True)
        if name == "draw_off":
            Pot.objects.filter(pk=pot.pk, case_id=case.id).update(case_id=None, emptied_at=at)
    return said


def _charge(case: Snapshot, pot: Pot, by: Actor, at: datetime) -> Words:
    grams = float(case.facts["grams"]) * int(case.facts["doses"])
    if pot.failed_at is not None:
        raise Refused(no.POT_FAILED, pot=pot.name)
    if pot.external != bool(case.facts.get("external")):
        raise Refused(no.POT_KIND)
    if grams > pot.grams:
        raise Refused(no.POT_SMALL, pot=pot.name, grams=round(grams), most=pot.grams)
    # Of two prescriptions that are put into one pot, or two pots for one, one is: the row says who is in it.
    try:
        with transaction.atomic():
            charged = Pot.objects.filter(pk=pot.pk, case=None, failed_at=None).update(case_id=case.id)
    except IntegrityError:
        mine = Pot.objects.filter(case_id=case.id).values_list("name", flat=True).first()
        raise Refused(no.WRONG_POT, pot=mine or "—") from None
    if not charged:
        raise Refused(no.POT_BUSY, pot=pot.name)
    facts: dict[str, Any] = {"pot": pot.name, **_ANEW}
    take_step(case.id, "boil", by=by, at=at, facts=facts, desk=True)
    if case.facts.get("first_minutes"):
        first = round(float(case.facts["first_minutes"]))
        return Words(f"先煎药已入锅，煎 {first} 分钟。", f"First herbs are in: boil them {first} minutes.")
    return Words("已开始煎煮。", "Boiling.")


def _next(case: Snapshot) -> tuple[str, Words]:
    facts = case.facts
    if case.state == "decocting":
        if facts.get("first_minutes") and not facts.get("rest_from"):
            return "add_rest", Words("其余药已加入。", "The rest is in.")
        if facts.get("late_minutes") and not facts.get("late_from"):
            return "add_late", Words("后下药已加入。", "The last herbs are in.")
        if facts.get("twice"):
            return "boil_again", Words("开始二煎。", "Second decoction.")
    return "draw_off", Words("已出药液，请送包装。", "Drawn off: pass it on to be packed.")


_SAID: Final = {
    Handling.FIRST: ("先煎", "First"),
    Handling.FIRST_LONG: ("先煎久煎", "First, long"),
    Handling.LATE: ("后下", "Last"),
    Handling.WRAP: ("包煎", "Wrapped"),
    Handling.SEPARATE: ("另煎", "Apart"),
    Handling.STEW: ("另炖", "Stewed apart"),
    Handling.MELT: ("烊化", "Melted in"),
    Handling.DISSOLVE: ("溶入汤液", "Dissolved in"),
    Handling.POWDER: ("冲服", "As powder"),
    Handling.DECOCT_AS_WATER: ("煎汤代水", "As water"),
}


def notes(kept: Prescription) -> tuple[Words, ...]:
    """What is to be handled otherwise than the rest, each kind with its herbs."""
    told = []
    for handling, (zh, en) in _SAID.items():
        herbs = "、".join(each["name"] or each["written"] for each in kept.herbs if handling in each["handling"])
        if herbs:
            told.append(Words(f"{zh}：{herbs}", f"{en}: {herbs}"))
    return tuple(told)


def boils(case_id: int, since: datetime, at: datetime) -> bool:
    """A machine told that what is in its pot boils ``since`` then: the minutes of boiling count from there. The first time after each
    charging, adding or second water counts; whether this one did."""
    for _ in range(_TRIES):
        case = snapshot(case_id)
        if case is None or not _boils_anew(case, since):
            return False
        told = {"boils_since": since.isoformat()}
        change = as_it_is(case, "tcm.machine.boils", the_house("machines"), at, **told)
        if changes.write([replace(change, facts=told)]):
            return True
    return False


def _boils_anew(case: Snapshot, since: datetime) -> bool:
    """Whether it is in a pot, and has not boiled yet since what was done last to it that takes it off the boil."""
    if case.state not in ("decocting", "decocting_again") or case.closed_at is not None:
        return False
    done = [case.facts.get(name) for name in ("boil_from", "rest_from", "boil_again_from")]
    last = max((datetime.fromisoformat(each) for each in done if isinstance(each, str)), default=None)
    boiled = case.facts.get("boils_since")
    if last is None or since < last:
        return False
    return not isinstance(boiled, str) or datetime.fromisoformat(boiled) < last


def on_scrapped(heard: Heard) -> None:
    """What is scrapped leaves its pot; one that was charged with it anew meanwhile keeps it."""
    left = Pot.objects.filter(case_id=heard.case_id).exclude(case__state__in=("decocting", "decocting_again"))
    left.update(case_id=None, emptied_at=heard.told_at)
