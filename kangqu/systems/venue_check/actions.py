"""Recording who came by: reports read, holders found, presences written, each once for its device's key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from kangqu.kernel.access.proof import Outdated, Proof, prove
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import BAD_INPUT, Refused
from kangqu.kernel.basis.together import apart
from kangqu.kernel.people.codes.reading import Reading
from kangqu.kernel.people.codes.scanning import scan_reader
from kangqu.kernel.people.codes.words import Word, refusal_of
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.entries import Result, Stream
from kangqu.systems.venue_check.refusals import (
    PRESENCE_FUTURE,
    PRESENCE_TOO_OLD,
    RESIDENT_UNKNOWN,
    TEMPERATURE_DOUBTFUL,
    WHO_IS_IT,
)
from kangqu.systems.venue_check.reports import Answer, Limits, Seen, limits_on
from kangqu.systems.venue_check.taking import Asked, Device, Draft, names_of, take, take_all

LONGEST_KEY: Final = 64


def record_presences(reports: Sequence[Seen], *, by: Actor, at: datetime, proof: Proof | None = None) -> list[Answer]:
    """Record what the device ``by`` reports at ``at``; the answers in the same order, each for its own report.

    Places are those the door let through. Reports may come twice, out of order, and again after half were taken.
    Of a remembered device nothing is written, and nothing answered (``Outdated``), unless its ``proof`` holds.
    """
    limits, read = limits_on(at), scan_reader(at)
    answers: dict[int, Answer] = {}
    drafts: dict[int, Draft] = {}
    for index, report in enumerate(reports):
        drafted = _draft(report, limits, read, at)
        if isinstance(drafted, Refused):
            answers[index] = Answer(report.key, refused=drafted)
        else:
            drafts[index] = drafted
    unproved = proof
    for part in apart(drafts, Draft.names):  # a statement touches a row once
        taken = take(Device(by.account_id or 0, at, unproved), list(part.values()))
        unproved = None
        answers |= dict(zip(part, taken, strict=True))
    prove(unproved)
    _trace_refusals(answers.values(), by=by, at=at)
    return [answers[index] for index in range(len(reports))]


def record_together(lot: Sequence[tuple[Device, Seen]]) -> list[Answer | None]:
    """Record one report of each of several remembered devices, as ``record_presences`` would one after another.

    None, with nothing kept and nothing traced, stands for a report that is refused or whose device's proof fails.
    """
    drafts: dict[int, Asked] = {}
    for index, (device, report) in enumerate(lot):
        drafted = _draft(report, limits_on(device.at), scan_reader(device.at), device.at)
        if isinstance(drafted, Draft):
            drafts[index] = (device, [drafted])
    answers: list[Answer | None] = [None] * len(lot)
    for part in apart(drafts, names_of):
        for index, taken in zip(part, take_all(list(part.values())), strict=True):
            if not isinstance(taken, Outdated) and taken[0].refused is None:
                answers[index] = taken[0]
    return answers


def _draft(seen: Seen, limits: Limits, read: Callable[[str, datetime], Reading], at: datetime) -> Draft | Refused:
    """The report read as far as no database is needed, or why it is not taken."""
    if not 0 < len(seen.key) <= LONGEST_KEY or not (seen.key.isascii() and seen.key.isprintable()):
        return Refused(BAD_INPUT, field="key", detail="key")
    if seen.at > at + limits.future:
        return Refused(PRESENCE_FUTURE, field="at")
    if at - seen.at > limits.age:
        return Refused(PRESENCE_TOO_OLD, field="at", hours=int(limits.age.total_seconds() // 3600))
    if (seen.text is None) == (seen.resident is None):
        return Refused(WHO_IS_IT, field="code")
    tenths = None if seen.degrees is None else round(seen.degrees * 10)
    if tenths is not None and not limits.least <= tenths <= limits.most:
        return Refused(TEMPERATURE_DOUBTFUL, field="temperature", degrees=seen.degrees)
    if seen.text is not None:
        reading = read(seen.text, seen.at)
        if reading.word is not Word.GENUINE:
            return Refused(refusal_of(reading.word), field="code")
        return Draft(seen, reading, None, tenths)
    resident = read_code(seen.resident or "", "R")
    return Draft(seen, None, resident, tenths) if resident else Refused(RESIDENT_UNKNOWN, field="resident")


def _trace_refusals(answers: Iterable[Answer], *, by: Actor, at: datetime) -> None:
    """One row of the trace for all that a request's reports were refused for: garbage does not fill the trace."""
    refused = Counter(answer.refused.why.name for answer in answers if answer.refused is not None)
    if refused:
        entry = by.did("presence.refuse", at=at, object_type="presence", facts=dict(refused))
        record(replace(entry, result=Result.REFUSED, stream=Stream.SECURITY))
