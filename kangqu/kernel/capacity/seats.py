"""Finding, taking and freeing seats: each one statement. Seats are locked before bookings, everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from kangqu.kernel.basis.prepared import run
from kangqu.kernel.trace.actions import ROW_COLUMNS, ROW_SELECT, ROW_TYPE

_FITS: Final = """
 s.session_id = %(session)s::bigint AND (s.booking_id IS NULL OR s.held_until <= %(at)s::timestamptz)
   AND (s.opens ->> %(channel)s::text)::timestamptz <= %(at)s::timestamptz AND s.starts_at > %(after)s::timestamptz
   AND (%(slot)s::bigint IS NULL OR s.slot_id = %(slot)s::bigint)
"""
# Of its own quota first; then what opened to it last, so that what is kept for others stays whole longest; then the earliest.
_ORDER: Final = " ORDER BY s.channel <> %(channel)s::text, (s.opens ->> %(channel)s::text)::timestamptz DESC, s.starts_at, s.id LIMIT 1"
_ANY: Final = f"SELECT FROM capacity_seat s WHERE {_FITS} LIMIT 1"
_AWAITED: Final = f"SELECT FROM capacity_seat s WHERE {_FITS} ORDER BY s.id LIMIT 1 FOR UPDATE"
_FREE: Final = f"""
WITH free AS MATERIALIZED (
  SELECT s.id, s.slot_id, s.person_id AS before_person, s.booking_id AS before
    FROM capacity_seat s WHERE {_FITS} {_ORDER} FOR UPDATE SKIP LOCKED),
"""  # noqa: S608 - of constants
_BIND: Final = """
seat AS (
  UPDATE capacity_seat s SET person_id = b.person_id, booking_id = b.id, held_until = %(held)s::timestamptz
    FROM free, b WHERE s.id = free.id),
gone AS (
  UPDATE capacity_booking o SET status = 'lapsed', changed_at = %(at)s::timestamptz
    FROM free, b WHERE o.person_id = free.before_person AND o.id = free.before AND o.status = 'proposed'),
"""
_TAKE: Final = f"""{_FREE}
b AS (
  INSERT INTO capacity_booking (id, person_id, code, kind, session_id, slot_id, channel, scope, day, status, key, held_until,
         household_id, made_by, made_at, changed_at, why, facts)
  SELECT %(id)s::bigint, %(person)s::bigint, %(code)s::text, %(kind)s::text, %(session)s::bigint, free.slot_id, %(channel)s::text,
         %(scope)s::text, %(day)s::date, %(status)s::text, %(key)s::text, %(held)s::timestamptz, %(household)s::bigint,
         %(made_by)s::bigint, %(at)s::timestamptz, %(at)s::timestamptz, '', %(facts)s::jsonb
    FROM free ON CONFLICT DO NOTHING RETURNING person_id, id),
{_BIND}
told AS (
  INSERT INTO trace_entry ({ROW_COLUMNS})
  SELECT {ROW_SELECT} FROM json_to_record(%(trace)s::json) AS t({ROW_TYPE}) WHERE EXISTS (SELECT FROM b))
SELECT (SELECT slot_id FROM free), (SELECT before FROM free), (SELECT before_person FROM free), EXISTS (SELECT FROM b)
"""  # noqa: S608 - of constants
_PROMOTE: Final = f"""{_FREE}
b AS (
  UPDATE capacity_booking w SET status = 'booked', slot_id = free.slot_id, changed_at = %(at)s::timestamptz
    FROM free WHERE w.person_id = %(person)s::bigint AND w.id = %(id)s::bigint AND w.status = 'waitlist' RETURNING w.person_id, w.id),
{_BIND}
told AS (
  INSERT INTO trace_entry ({ROW_COLUMNS})
  SELECT {ROW_SELECT} FROM json_to_record(%(trace)s::json) AS t({ROW_TYPE}) WHERE EXISTS (SELECT FROM b))
SELECT (SELECT slot_id FROM free), (SELECT before FROM free), (SELECT before_person FROM free), EXISTS (SELECT FROM b)
"""  # noqa: S608 - of constants
# A booking that goes elsewhere keeps its number, code and place in the order of asking.
_MOVE: Final = f"""{_FREE}
b AS (
  UPDATE capacity_booking w SET session_id = %(session)s::bigint, slot_id = free.slot_id, day = %(day)s::date, scope = %(scope)s::text,
         changed_at = %(at)s::timestamptz, why = %(why)s::text, facts = w.facts || jsonb_build_object('left', w.session_id)
    FROM free WHERE w.person_id = %(person)s::bigint AND w.id = %(id)s::bigint AND w.status = 'booked' RETURNING w.person_id, w.id),
{_BIND}
told AS (
  INSERT INTO trace_entry ({ROW_COLUMNS})
  SELECT {ROW_SELECT} FROM json_to_record(%(trace)s::json) AS t({ROW_TYPE}) WHERE EXISTS (SELECT FROM b))
SELECT (SELECT slot_id FROM free), (SELECT before FROM free), (SELECT before_person FROM free), EXISTS (SELECT FROM b)
"""  # noqa: S608 - of constants
_LOCK: Final = "SELECT id FROM capacity_seat WHERE booking_id = %s::bigint FOR UPDATE"
# A seat added for somebody goes with her.
_VACATE: Final = """
WITH gone AS (DELETE FROM capacity_seat WHERE booking_id = %(id)s::bigint AND over)
UPDATE capacity_seat SET person_id = NULL, booking_id = NULL, held_until = NULL WHERE booking_id = %(id)s::bigint AND NOT over
"""
_KEEP: Final = "UPDATE capacity_seat SET held_until = NULL WHERE booking_id = %s::bigint"


class Tried(NamedTuple):
    """What came of a try: the slot found (None: none that nobody holds just now), whose hold had run out, whether it was taken."""

    slot_id: int | None
    before: int | None
    before_person: int | None
    taken: bool


def any_left(asked: Mapping[str, Any]) -> bool:
    """Whether in view of the committed rows there is a seat that fits: ``session``, ``channel``, ``slot`` (or None), ``at``, begins ``after``."""
    return bool(run(_ANY, _part(asked)))


def await_one(asked: Mapping[str, Any]) -> None:
    """Wait until whoever is just taking a seat that fits has done so, or not. Within a transaction, which is to end at once."""
    run(_AWAITED, _part(asked))


def take(asked: Mapping[str, Any]) -> Tried:
    """Write a booking and bind its seat, whole or not at all. Nothing is waited for but another booking of the same person."""
    return Tried(*run(_TAKE, asked)[0])


def promote(asked: Mapping[str, Any]) -> Tried:
    """The same for somebody who waits."""
    return Tried(*run(_PROMOTE, asked)[0])


def move(asked: Mapping[str, Any]) -> Tried:
    """Bind a seat to a booking whose own was vacated before, in the same transaction. Raises IntegrityError when its person has
    another booking of that scope and day."""
    return Tried(*run(_MOVE, asked)[0])


def lock_seat(booking_id: int) -> bool:
    """Lock the seat of a booking before the booking itself; whether it has one."""
    return bool(run(_LOCK, (booking_id,)))


def vacate(booking_id: int) -> None:
    run(_VACATE, {"id": booking_id})


def keep(booking_id: int) -> None:
    """Make a hold stay."""
    run(_KEEP, (booking_id,))


def _part(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: asked[name] for name in ("session", "channel", "slot", "at", "after")}
