"""Complaints tied to the prescription and so to its lots: made by the patient or written down for her; answered to her."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.prepared import run
from kangqu.kernel.cases.listening import Heard, listen
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.opening import open_case
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.notices.actions import write
from kangqu.kernel.notices.models import Channel
from kangqu.kernel.people.receivers import told_of
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actor import Actor, the_house

CODE: Final = "tcm_complaint"
ANSWERED: Final = "tcm.complaint.answered"
STOP_FIRST: Final = ("taste", "bag", "wrong", "harm")
"""What a patient is told to stop taking it for, until it is looked into."""


def complain_of(
    prescription: Snapshot, *, about: str, said: str, by: Actor, at: datetime, stopped: bool = False
) -> tuple[Snapshot, bool]:
    """Open a complaint about a prescription; the same about the same on the same day of the city is one. Also whether it is new.

    The caller has passed the prescription's door.
    """
    facts: dict[str, Any] = {"prescription": prescription.code, "about": about, "said": said[:500]}
    if about in STOP_FIRST:
        facts["stopped"] = stopped
    return open_case(
        CODE,
        key=f"{prescription.code}/{about}/{city_day(at):%Y%m%d}",
        institution_id=prescription.institution_id,
        person_id=prescription.person_id,
        parent_id=prescription.id,
        number=prescription.number,
        by=by,
        at=at,
        facts=facts,
    )


def listen_for_complaints() -> None:
    """Hear of answers, once at start."""
    listen(ANSWERED, "tcm_pharmacy.tell_answer", tell_answer)


def tell_answer(heard: Heard) -> None:
    """Tell the patient and those who stand for her what was answered, once for each answer."""
    case = snapshot(heard.case_id)
    if case is None or heard.person_id is None:
        return
    told = told_of([heard.person_id], at=heard.told_at).get(heard.person_id)
    pharmacy = Institution.objects.values_list("name", flat=True).get(pk=case.institution_id)
    values = {"number": case.number, "pharmacy": pharmacy, "answer": str(case.facts.get("answer", ""))}
    for reader in told.readers if told is not None else ():
        write(
            key=f"tcm-{heard.id}-{reader}", channel=Channel.IN_APP, template="complaint_answered", values=values,
            person_id=reader, by=the_house("pharmacy"), at=heard.told_at,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot in a prescription complained of, and how many other prescriptions with it were complained of."""

    code: str
    herb: str
    number: str
    maker: str
    blocked: bool
    others: int


_LOTS: Final = """
SELECT l.code, l.herb, l.number, l.maker, l.blocked_at IS NOT NULL,
       (SELECT count(DISTINCT c.parent_id) FROM cases_case c
          JOIN tcm_pharmacy_weighing o ON o.case_id = c.parent_id
          JOIN tcm_pharmacy_herblot s ON s.id = o.lot_id AND s.herb = l.herb AND s.number = l.number AND s.maker = l.maker
         WHERE c.programme = 'tcm_complaint' AND c.parent_id <> %(case)s::bigint)
  FROM tcm_pharmacy_herblot l
 WHERE l.id IN (SELECT w.lot_id FROM tcm_pharmacy_weighing w WHERE w.case_id = %(case)s::bigint)
 ORDER BY 6 DESC, l.herb
"""


def lots_behind(prescription_id: int) -> list[Lot]:
    """The lots of a prescription, those complained of most elsewhere first."""
    return [Lot(*row) for row in run(_LOTS, {"case": prescription_id})]


def complaints_of(prescription_id: int) -> list[Case]:
    """The complaints about a prescription, the latest first."""
    return list(Case.objects.filter(programme=CODE, parent_id=prescription_id).order_by("-opened_at")[:20])


def samples_of(prescription_code: str, institution_id: int) -> list[Case]:
    """The retained samples of a prescription that are kept still."""
    rows = Case.objects.filter(programme="tcm_sample", institution_id=institution_id, closed_at=None)
    return list(rows.filter(facts__prescription=prescription_code).order_by("-opened_at")[:20])


def complaints_at(paths: Sequence[str], *, opened: bool) -> Any:
    """The complaints at these posts' institutions: the open ones, most urgent first, or all, the latest first."""
    from django.db.models import Q

    there = Q()
    for path in paths:
        there |= Q(institution__path__startswith=path)
    rows = Case.objects.filter(there, programme=CODE).select_related("institution")
    return rows.filter(closed_at=None).order_by("rank_at", "pk") if opened else rows.order_by("-opened_at", "-pk")
