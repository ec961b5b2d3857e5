"""Verifying what desks scan: signature, card, holder, replay; the resident is here today; the look is traced."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from kangqu.kernel.access.proof import Outdated, Proof, holds, prove
from kangqu.kernel.basis.refusals import BAD_INPUT, Refused
from kangqu.kernel.basis.together import apart
from kangqu.kernel.people.codes.limits import limits_at
from kangqu.kernel.people.codes.scanning import scan_reader
from kangqu.kernel.people.codes.words import SCAN_FUTURE, SCAN_TOO_OLD
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.one_code.scans import Answer, Place, Scan
from kangqu.systems.one_code.taking import Asked, Desk, Read, names_of, take, take_all

LONGEST_KEY: Final = 64


def verify(scan: Scan, *, place: Place, by: Actor, at: datetime, proof: Proof | None = None) -> Answer:
    """Verify one scan received at ``at``. Never raises for what was scanned: the answer says it."""
    return verify_all([scan], place=place, by=by, at=at, proof=proof)[0]


def verify_all(
    scans: Sequence[Scan], *, place: Place, by: Actor, at: datetime, proof: Proof | None = None
) -> list[Answer]:
    """Verify scans received at ``at``, each judged at its own time; the answers in the same order.

    Scans may come twice, out of order, and again after half of them were taken: a key is answered once for all.
    Of a remembered device nothing is written, and nothing answered (``Outdated``), unless its ``proof`` holds.
    """
    read, timely, answers = scan_reader(at), {}, {}
    for index, scan in enumerate(scans):
        refused = _untimely(scan, at)
        if refused is None:
            timely[index] = Read(scan, read(scan.text, scan.at))
        else:
            answers[index] = Answer(scan.key, None, refused=refused)
    unproved = proof
    for part in apart(timely, Read.names):  # a statement touches a row once
        taken = take(Desk(place, by, at, unproved), list(part.values()))
        unproved = None
        answers |= dict(zip(part, taken, strict=True))
    prove(unproved)
    return [answers[index] for index in range(len(scans))]


def verify_together(lot: Sequence[tuple[Desk, Scan]]) -> list[Answer | Outdated]:
    """Verify one scan of each of several desks, as ``verify`` would one after another; the answers in the same order."""
    answers: dict[int, Answer | Outdated] = {}
    timely: dict[int, Asked] = {}
    for index, (desk, scan) in enumerate(lot):
        refused = _untimely(scan, desk.at)
        if refused is None:
            timely[index] = (desk, [Read(scan, scan_reader(desk.at)(scan.text, scan.at))])
        else:
            answers[index] = Answer(scan.key, None, refused=refused) if holds(desk.proof) else Outdated()
    for part in apart(timely, names_of):
        for index, taken in zip(part, take_all(list(part.values())), strict=True):
            answers[index] = taken if isinstance(taken, Outdated) else taken[0]
    return [answers[index] for index in range(len(lot))]


def _untimely(scan: Scan, at: datetime) -> Refused | None:
    if not 0 < len(scan.key) <= LONGEST_KEY or not (scan.key.isascii() and scan.key.isprintable()):
        return Refused(BAD_INPUT, field="key", detail="key")
    limits = limits_at(at)
    if scan.at > at + limits.scan_future:
        return Refused(SCAN_FUTURE, field="at")
    if at - scan.at > limits.scan_age:
        return Refused(SCAN_TOO_OLD, field="at", hours=int(limits.scan_age.total_seconds() // 3600))
    return None
