"""Readings taken in, and what follows from them: excursions found, extended, ended; what lay there held; a case opened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Q

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.opening import open_case
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.vaccination.cold_chain.excursions import FRIDGE_KINDS, Kind, Limits, Span, spans
from kangqu.systems.vaccination.cold_chain.excursions import Reading as Measured
from kangqu.systems.vaccination.cold_chain.holding import hold
from kangqu.systems.vaccination.cold_chain.models import Excursion, Fridge, Reading
from kangqu.systems.vaccination.cold_chain.programme import CODE
from kangqu.systems.vaccination.cold_chain.refusals import READING_ABSURD, READING_DIFFERS, READING_WHEN
from kangqu.systems.vaccination.policy import minutes, number

MOST_AT_ONCE: Final = 1000
COLDEST, WARMEST = -900, 600
_AHEAD: Final = timedelta(minutes=5)
"""By how much a logger's clock may run ahead."""
_WRITE: Final = """
INSERT INTO vaccination_reading (fridge_id, at, tenths)
SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::smallint[]) ON CONFLICT DO NOTHING RETURNING fridge_id, at
"""


@dataclass(frozen=True, slots=True)
class Note:
    """A reading as it was sent: of which fridge, when, tenths of a degree Celsius."""

    fridge_id: int
    at: datetime
    tenths: int


def limits_of(fridge: Fridge, at: datetime) -> Limits:
    """The range of a fridge's kind, the delay and the gap as policies have them on the day."""
    kind = FRIDGE_KINDS[fridge.kind]
    gap = "cold_gap_minutes" if fridge.device else "cold_gap_by_hand_minutes"
    return Limits(kind.low, kind.high, minutes("cold_delay_minutes", at), minutes(gap, at))


def note(readings: Sequence[Note], *, by: Actor, at: datetime) -> list[bool | Refused]:
    """Take in at most 1,000 readings, in one transaction, each for itself: new (True), known already (False), or refused.

    Every fridge they are of is judged again. The caller has seen that the fridges are its own.
    """
    if len(readings) > MOST_AT_ONCE:
        raise ValueError(f"at most {MOST_AT_ONCE} readings at once")
    back = number("cold_days_back", at)
    answers: list[bool | Refused | None] = [_wrong(each, at, back) for each in readings]
    first: dict[tuple[int, datetime], int] = {}
    for place, each in enumerate(readings):
        if answers[place] is None:
            first.setdefault((each.fridge_id, each.at), each.tenths)
    with transaction.atomic():
        fresh = _write([Note(fridge, when, tenths) for (fridge, when), tenths in first.items()])
        there = _there({key for key in first if key not in fresh}) | {key: first[key] for key in fresh}
        earliest: dict[int, datetime] = {}
        for fridge_id, when in sorted(fresh):
            earliest.setdefault(fridge_id, when)
        for fridge in (
            Fridge.objects.select_for_update(of=("self",))
            .filter(pk__in=earliest)
            .select_related("institution")
            .order_by("pk")
        ):
            watch(fridge, earliest[fridge.pk], by=by, at=at)
    told = list[bool | Refused]()
    for each, answer in zip(readings, answers, strict=True):
        key = (each.fridge_id, each.at)
        if answer is None and there[key] != each.tenths:
            answer = Refused(READING_DIFFERS, celsius=f"{there[key] / 10:.1f}")
        if answer is None:
            answer = key in fresh
            fresh.discard(key)
        told.append(answer)
    return told


def _wrong(reading: Note, at: datetime, back: int) -> Refused | None:
    if not COLDEST <= reading.tenths <= WARMEST:
        return Refused(READING_ABSURD, field="celsius")
    if not at - timedelta(days=back) <= reading.at <= at + _AHEAD:
        return Refused(READING_WHEN, field="time", days=back)
    return None


def _write(rows: Sequence[Note]) -> set[tuple[int, datetime]]:
    columns: list[Any] = [[each.fridge_id for each in rows], [each.at for each in rows], [each.tenths for each in rows]]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, columns)
        return {(fridge, when) for fridge, when in cursor.fetchall()}


def _there(keys: Iterable[tuple[int, datetime]]) -> dict[tuple[int, datetime], int]:
    wanted: defaultdict[int, list[datetime]] = defaultdict(list)
    for fridge_id, when in keys:
        wanted[fridge_id].append(when)
    found: dict[tuple[int, datetime], int] = {}
    for fridge_id, whens in wanted.items():
        rows = Reading.objects.filter(fridge_id=fridge_id, at__in=whens).values_list("at", "tenths")
        found |= {(fridge_id, when): tenths for when, tenths in rows}
    return found


def watch(fridge: Fridge, since: datetime, *, by: Actor, at: datetime) -> None:
    """Judge a fridge again from before ``since`` on. The caller has locked it, in a transaction."""
    limits = limits_of(fridge, at)
    start = _last_inside(fridge, since, limits)
    mine = Reading.objects.filter(fridge=fridge)
    rows = (mine.filter(at__gte=start) if start is not None else mine).order_by("at").values_list("at", "tenths")
    found = spans(
        [Measured(*row) for row in rows], limits, at if fridge.active else datetime.min.replace(tzinfo=at.tzinfo)
    )
    for span in found:
        _keep(fridge, span, by, at)


def _last_inside(fridge: Fridge, since: datetime, limits: Limits) -> datetime | None:
    inside = Reading.objects.filter(fridge=fridge, at__lt=since, tenths__gte=limits.low, tenths__lte=limits.high)
    return inside.order_by("-at").values_list("at", flat=True).first()


def _keep(fridge: Fridge, span: Span, by: Actor, at: datetime) -> None:
    """Write down an excursion: the one known that overlaps it, wider; or a new one, when what was decided on was less."""
    overlapping = Excursion.objects.filter(fridge=fridge, kind=span.kind).filter(
        Q(ends_at=None) | Q(ends_at__gte=span.begins_at)
    )
    if span.ends_at is not None:
        overlapping = overlapping.filter(begins_at__lte=span.ends_at)
    for known in overlapping.order_by("begins_at"):
        if known.begins_at <= span.begins_at and span.ends_at and known.ends_at and span.ends_at <= known.ends_at:
            return
        if known.decided_at is None:
            known.begins_at, known.ends_at = min(known.begins_at, span.begins_at), span.ends_at
            known.extreme = _worse(span, known.extreme)
            known.save(update_fields=["begins_at", "ends_at", "extreme"])
            _hold(known, at)
            return
    fresh = Excursion.objects.create(
        fridge=fridge, kind=span.kind, begins_at=span.begins_at, ends_at=span.ends_at, extreme=span.extreme, found_at=at
    )
    facts = {"fridge": fridge.name, "kind": span.kind.value, "begins_at": span.begins_at.isoformat()}
    case, _ = open_case(
        CODE,
        key=f"excursion/{fresh.pk}",
        institution_id=fridge.institution_id,
        number=fridge.name,
        by=by,
        at=at,
        facts=facts,
    )
    fresh.case_id, fresh.case_code = case.id, case.code
    fresh.save(update_fields=["case_id", "case_code"])
    _hold(fresh, at)
    record(by.did("fridge.excursion", at=at, object_type="excursion", object_id=fresh.pk, facts=facts))


def _hold(excursion: Excursion, at: datetime) -> None:
    if excursion.kind == Kind.SILENT and not number("cold_silent_holds", at):
        return
    hold(excursion)
    if excursion.held_at is None:
        excursion.held_at = at
        excursion.save(update_fields=["held_at"])


def _worse(span: Span, known: int | None) -> int | None:
    if span.extreme is None or known is None:
        return span.extreme if known is None else known
    return min(span.extreme, known) if span.kind is Kind.COLD else max(span.extreme, known)


def watch_silent(*, by: Actor, at: datetime) -> int:
    """Judge every fridge in use that was not heard of in time; how many."""
    done = 0
    for number_of in Fridge.objects.filter(active=True).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            fridge = Fridge.objects.select_for_update(of=("self",)).select_related("institution").get(pk=number_of)
            last = Reading.objects.filter(fridge=fridge).order_by("-at").values_list("at", flat=True).first()
            if last is not None and at - last > limits_of(fridge, at).gap:
                watch(fridge, last, by=by, at=at)
                done += 1
    return done
