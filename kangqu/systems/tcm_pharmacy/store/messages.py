"""What machines say through a broker: one message is one report of one pot, proved by the pot's own key.

The topic says which pot speaks, the signature that it is she. So a machine writes of its own pot and of no other, whoever
else may publish at the broker. What is not taken is counted where the manager sees it, and never stops what comes after.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import InterfaceError, OperationalError, transaction
from pydantic import ValidationError

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.prepared import run
from kangqu.kernel.basis.refusals import Refusal, Refused, all_refusals
from kangqu.systems.tcm_pharmacy.store.keys import opened
from kangqu.systems.tcm_pharmacy.store.machines import ReportIn, keep
from kangqu.systems.tcm_pharmacy.store.refusals import (
    MESSAGE_OF_ANOTHER,
    MESSAGE_STRANGE,
    MESSAGE_UNREADABLE,
)

ROOT: Final = "kangqu/tcm"
TOPIC: Final = f"{ROOT}/+/+/reading"
LONGEST: Final = 400_000
"""Bytes of a message: a thousand readings, signed, are a third of it."""

_SAYS: Final = re.compile(rf"{ROOT}/([0-9A-Za-z]{{1,16}})/([0-9A-Za-z]{{14}})/reading")
_POT: Final = """
SELECT p.id, p.institution_id, k.secret_sealed
  FROM tcm_pharmacy_pot p
  JOIN places_institution i ON i.id = p.institution_id AND i.status = 'open'
  LEFT JOIN tcm_pharmacy_machinekey k ON k.pot_id = p.id AND k.ended_at IS NULL
 WHERE p.code = %s::text AND i.code = %s::text
"""
_COUNT: Final = """
INSERT INTO tcm_pharmacy_refusedreport (pot_id, why, day, times, first_at, last_at)
VALUES (%(pot)s::bigint, %(why)s::text, %(day)s::date, 1, %(at)s::timestamptz, %(at)s::timestamptz)
ON CONFLICT (pot_id, why, day) DO UPDATE
   SET times = tcm_pharmacy_refusedreport.times + 1, last_at = greatest(tcm_pharmacy_refusedreport.last_at, excluded.last_at)
"""

_log = structlog.get_logger("kangqu.machines")


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a message: readings kept, readings known before, or why it was refused."""

    kept: int = 0
    repeated: int = 0
    why: Refusal | None = None


def topic_of(institution_code: str, pot_code: str) -> str:
    """Where a pot's machine publishes."""
    return f"{ROOT}/{institution_code}/{pot_code}/reading"


def take(topic: str, message: bytes, *, at: datetime) -> Taken:
    """Write a message down, once however often it comes. Raises only when the database cannot be asked.

    When it returns the message may be acknowledged: what it said is committed, or counted as refused.
    """
    pot_id: int | None = None
    try:
        pot_id, institution_id, sealed = _speaker(topic)
        with transaction.atomic():
            told = keep(_report(opened(message[: LONGEST + 1], sealed), topic), institution_id, at)
        return Taken(told["kept"], told["repeated"])
    except Refused as refused:
        why = refused.why
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # noqa: BLE001 - a message nobody foresaw would come again for ever; it is counted as unreadable
        _log.error("a report could not be taken", exc_info=True)
        why = MESSAGE_UNREADABLE
    run(_COUNT, {"pot": pot_id, "why": why.code, "day": city_day(at), "at": at})
    return Taken(why=why)


def _speaker(topic: str) -> tuple[int, int, bytes | None]:
    found = _SAYS.fullmatch(topic)
    codes = (read_code(found[2], "P"), found[1].upper()) if found is not None else (None, "")
    rows = run(_POT, codes) if codes[0] else []
    if not rows:
        raise Refused(MESSAGE_STRANGE)
    return rows[0][0], rows[0][1], rows[0][2]


def _report(body: bytes, topic: str) -> ReportIn:
    if len(body) > LONGEST:
        raise Refused(MESSAGE_UNREADABLE)
    try:
        said = ReportIn.model_validate_json(body)
    except (ValidationError, ValueError, RecursionError):
        raise Refused(MESSAGE_UNREADABLE) from None
    own = topic.split("/")[-2]
    pots = {each.pot for each in said.readings} | {each.pot for each in said.times}
    if any(read_code(pot, "P") != read_code(own, "P") for pot in pots):
        raise Refused(MESSAGE_OF_ANOTHER)
    return said


@dataclass(frozen=True, slots=True)
class Refusals:
    """Why reports of a pot were refused lately, how often, when last."""

    why: Refusal
    times: int
    last_at: datetime


def refused_of(pot_id: int | None, *, at: datetime, days: int = 7) -> list[Refusals]:
    """What was refused of a pot (None: of none that is known) in the last days, the latest first."""
    since = city_day(at - timedelta(days=days))
    rows = run(_REFUSED, {"pot": pot_id, "since": since})
    known = all_refusals()
    return [Refusals(known[code], times, last_at) for code, times, last_at in rows if code in known]


_REFUSED: Final = """
SELECT why, sum(times)::bigint, max(last_at) FROM tcm_pharmacy_refusedreport
 WHERE pot_id IS NOT DISTINCT FROM %(pot)s::bigint AND day >= %(since)s::date GROUP BY why ORDER BY 3 DESC
"""
