"""What can be asked of a recall: how far it is, everywhere and at each pharmacy; whom to reach, and at which phones."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, F, Min, Q, Sum, Window
from django.db.models.functions import Coalesce

from kangqu.kernel.basis.prepared import run
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.snapshot import Snapshot
from kangqu.kernel.notices.models import Channel, Notice
from kangqu.kernel.people.phones import read_phone
from kangqu.kernel.people.receivers import phones_of, told_of
from kangqu.systems.tcm_pharmacy.models import HerbLot, Prescription, RecallContact
from kangqu.systems.tcm_pharmacy.prescriptions.intake import delivery_of
from kangqu.systems.tcm_pharmacy.recall.lineage import Use, unheld_at, untold_at, uses_of
from kangqu.systems.tcm_pharmacy.recall.lots import key_of

MOST_HELD: Final = 500
_HELD: Final = """
SELECT id, code, number, state, institution_id FROM cases_case
 WHERE closed_at IS NULL AND programme = 'tcm_prescription' AND facts ->> 'recalled' = %s::text
   AND institution_id = ANY(%s::bigint[]) ORDER BY id LIMIT %s::int
"""
_HELD_AT: Final = """
SELECT institution_id, count(*) FROM cases_case
 WHERE closed_at IS NULL AND programme = 'tcm_prescription' AND facts ->> 'recalled' = %s::text GROUP BY institution_id
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a recall is: messages sent, prescriptions still held; of those that are out: open, reached, given up; bags.

    ``waiting`` are those that are out and whose patients have not been written to yet; they are not among ``out``. ``holding`` are
    those that lie in a pharmacy and are not marked yet; they go no further all the same, and are not among ``held``.
    """

    told: int
    held: int
    out: int
    open: int
    reached: int
    given_up: int
    bags: int
    took: int
    returned: int
    waiting: int = 0
    holding: int = 0

    @property
    def at_work(self) -> bool:
        """Whether the queue still tells or holds."""
        return bool(self.waiting or self.holding)

    @property
    def settled(self) -> int:
        return self.reached + self.given_up

    @property
    def unknown(self) -> int:
        """Bags nobody knows of yet."""
        return self.bags - self.took - self.returned


@dataclass(frozen=True, slots=True)
class Held:
    """A prescription that goes no further until it is scrapped and made anew."""

    case_id: int
    code: str
    number: str
    state: str
    institution_id: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the call list: the contact, the name of the record that speaks for the patient, the phones to try (who, number),
    when it was last tried, and the numbers of her other prescriptions on this list, whichever of her records they are of."""

    contact: RecallContact
    phones: tuple[tuple[str, str], ...]
    last_at: datetime | None
    last: str
    name: str
    others: tuple[str, ...]


def lots_of(case: Snapshot) -> list[HerbLot]:
    """The recalled lots, at every pharmacy."""
    facts = case.facts
    return list(HerbLot.objects.filter(herb=facts["herb"], number=facts["number"], maker=facts["maker"]))


def uses_in(case: Snapshot) -> list[Use]:
    """Every prescription that holds something of the recalled lot."""
    return uses_of([lot.pk for lot in lots_of(case)])


def held_in(case: Snapshot, institution_ids: Collection[int], *, limit: int = MOST_HELD) -> list[Held]:
    """What the recall still holds on the line at these pharmacies, the first ``limit``."""
    return [Held(*row) for row in run(_HELD, (case.code, list(institution_ids), limit))]


def held_at(case: Snapshot) -> dict[int, int]:
    """How many prescriptions the recall still holds at each pharmacy."""
    return dict(run(_HELD_AT, (case.code,)))


def progress(case: Snapshot) -> Progress:
    """The counts of a recall at every pharmacy."""
    mine = RecallContact.objects.filter(recall_id=case.id)
    told = Notice.objects.filter(key__startswith=f"recall-{case.id}-", channel=Channel.IN_APP).count()
    held = sum(held_at(case).values())
    return _counted(mine.aggregate(**_COUNTS), told=told, held=held, waiting=waiting(case), holding=holding(case))


_COUNTS: Final[dict[str, Any]] = {
    "out": Count("pk"),
    "open": Count("pk", filter=Q(state="open")),
    "reached": Count("pk", filter=Q(state="reached")),
    "given_up": Count("pk", filter=Q(state="given_up")),
    "bags": Sum("bags", default=0),
    "took": Sum("took", default=0),
    "returned": Sum("returned", default=0),
}


def _counted(row: Mapping[str, Any], *, told: int, held: int, waiting: int = 0, holding: int = 0) -> Progress:
    return Progress(told=told, held=held, waiting=waiting, holding=holding, **{name: row[name] for name in _COUNTS})


def waiting(case: Snapshot) -> int:
    """How many prescriptions are out whose patients have not been written to; none once the recall is over."""
    if case.closed_at is not None:
        return 0
    return sum(untold_at([lot.pk for lot in lots_of(case)], case.id).values())


def holding(case: Snapshot) -> int:
    """How many prescriptions lie in a pharmacy and are not marked as held; none once the recall is over."""
    if case.closed_at is not None:
        return 0
    return sum(unheld_at([lot.pk for lot in lots_of(case)]).values())


def by_pharmacy(case: Snapshot) -> list[tuple[int, str, Progress]]:
    """The same for each pharmacy that handed something out: its number, its name, its counts. The slowest first."""
    held = held_at(case)
    rows = RecallContact.objects.filter(recall_id=case.id).values("institution_id", "institution__name")
    found = [
        (
            row["institution_id"],
            row["institution__name"],
            _counted(row, told=0, held=held.get(row["institution_id"], 0)),
        )
        for row in rows.annotate(**_COUNTS)
    ]
    return sorted(found, key=lambda each: (-each[2].open, each[1]))


def open_contacts(case_id: int) -> int:
    """How many are neither reached nor given up."""
    return RecallContact.objects.filter(recall_id=case_id, state=RecallContact.State.OPEN).count()


def contacts_of(case_id: int, institution_ids: Collection[int], *, state: str = "") -> Any:
    """The lines of these institutions, open ones first, those tried least first; the lines of one human beside each other."""
    human = Coalesce("person__merged_into_id", "person_id")
    rows = RecallContact.objects.filter(recall_id=case_id, institution_id__in=institution_ids)
    rows = rows.filter(state=state) if state in RecallContact.State.values else rows
    rows = rows.annotate(first=Window(Min("pk"), partition_by=[human, "settled_at", "tries"]))
    return rows.select_related("case", "person__merged_into", "institution").order_by(
        F("settled_at").asc(nulls_first=True), "tries", "first", "pk"
    )


def lines_of(contacts: Sequence[RecallContact], *, at: datetime) -> list[Line]:
    """The lines with the phones to try: hers, of those who stand for her, of the delivery. The caller has passed the door."""
    people = [each.person_id for each in contacts]
    own, readers = phones_of(people), told_of(people, at=at)
    agents = phones_of([reader for told in readers.values() for reader in told.readers[1:]])
    kept = {row.case_id: row for row in Prescription.objects.filter(case_id__in=[each.case_id for each in contacts])}
    lines, beside = [], _beside(contacts)
    for each in contacts:
        found = [("self", own.get(each.person_id, ""))]
        told = readers.get(each.person_id)
        found += [("family", agents.get(reader, "")) for reader in (told.readers[1:] if told is not None else ())]
        found.append(
            ("delivery", _phone(delivery_of(kept[each.case_id]).get("phone", "")) if each.case_id in kept else "")
        )
        seen = dict(reversed([(number, who) for who, number in found if number]))
        phones = tuple((who, number.removeprefix("+86")) for number, who in reversed(seen.items()))
        last = each.all_tries.order_by("-pk").first()
        name = (each.person.merged_into or each.person).name
        lines.append(Line(each, phones, last.at if last else None, last.outcome if last else "", name, beside[each.pk]))
    return lines


def _beside(contacts: Sequence[RecallContact]) -> dict[int, tuple[str, ...]]:
    """For each line the numbers of the same human's other lines in the same recall at the same pharmacy: one call does for all."""
    roots = {each.pk: each.person.merged_into_id or each.person_id for each in contacts}
    human = Coalesce("person__merged_into_id", "person_id")
    rows = RecallContact.objects.annotate(human=human).filter(
        Q(person_id__in=roots.values()) | Q(person__merged_into_id__in=roots.values()),
        recall_id__in={each.recall_id for each in contacts},
    )
    found: dict[tuple[int, int, int], list[tuple[int, str]]] = {}
    for recall, place, root, pk, number in rows.order_by("pk").values_list(
        "recall_id", "institution_id", "human", "pk", "case__number"
    ):
        found.setdefault((recall, place, root), []).append((pk, number))
    return {
        each.pk: tuple(
            number for pk, number in found[each.recall_id, each.institution_id, roots[each.pk]] if pk != each.pk
        )
        for each in contacts
    }


def _phone(text: str) -> str:
    """A phone as it was written on the order, in the form the others have; as it stands when it is none."""
    try:
        return read_phone(text)
    except Refused:  # no phone as we know them may be one all the same
        return text


def recalls_reached(paths: Sequence[str], *, limit: int = 100) -> list[Case]:
    """The recalls these posts have to do with: begun there, or with the lot or a patient there. Open ones first, then the latest."""
    there = Q()
    for path in paths:
        there |= Q(institution__path__startswith=path)
    lots = HerbLot.objects.filter(there, blocked_at__isnull=False).values_list("herb", "number", "maker").distinct()
    keys = [key_of(*each) for each in lots]
    contacts = RecallContact.objects.filter(there).values("recall_id")
    rows = Case.objects.filter(programme="tcm_recall").filter(there | Q(key__in=keys) | Q(pk__in=contacts))
    open_first = F("closed_at").desc(nulls_first=True)
    return list(rows.select_related("institution").order_by(open_first, "-opened_at")[:limit])
