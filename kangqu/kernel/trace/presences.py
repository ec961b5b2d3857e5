"""Presences: who was at which place, when. Appended, never changed, kept twice: by person and by place.

Both tables are partitioned by the city's day, and each is keyed by what it is asked for, so that a person's week or a
place's evening is one walk through an index. Rows carry a keyed digest; blocks of them are sealed like the trace's
(``sealing``), one chain for both tables, and a check holds the two tables against each other.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from kangqu.kernel.basis.checks import Finding, check
from kangqu.kernel.basis.sealing import derive

COLUMNS: Final = (
    "id, at, person_id, institution_id, station_id, device_id, means, temperature, flag, received_at, position, mac"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO: Final = timedelta(microseconds=1)
_NUMBERS: Final = struct.Struct(">8q")
_BATCH: Final = 5_000


class Presence(NamedTuple):
    """One person at one place at one instant. ``temperature`` in tenths of a degree Celsius."""

    id: int
    at: datetime
    person_id: int
    institution_id: int
    station_id: int | None
    device_id: int
    means: str  # code, barcode, paper, resident: how the device knew who it was
    temperature: int | None
    received_at: datetime
    flag: str = ""

    def mac(self, flag: str | None = None) -> bytes:
        """The keyed digest of the row, with another ``flag`` if one is given."""
        return self.macs(self.flag if flag is None else flag)[0]

    def macs(self, *flags: str) -> list[bytes]:
        """The keyed digests of the row, one for each of ``flags``."""
        numbers = _NUMBERS.pack(
            self.id,
            (self.at - _EPOCH) // _MICRO,
            self.person_id,
            self.institution_id,
            self.station_id or 0,
            self.device_id,
            -1 if self.temperature is None else self.temperature,
            (self.received_at - _EPOCH) // _MICRO,
        )
        key = _mac_key()
        return [hmac.digest(key, numbers + f"{self.means}|{flag}".encode(), "sha256") for flag in flags]


@lru_cache(maxsize=1)
def _mac_key() -> bytes:
    from django.conf import settings

    return derive(settings.KANGQU_KEYS[min(settings.KANGQU_KEYS)], "kangqu/presence")


def presence_id(device_id: int, key: str) -> int:
    """The number of the presence that ``device_id`` reports under ``key``: the same key, the same number (63 bits)."""
    digest = hashlib.blake2b(f"{device_id}\n{key}".encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a page of presences ended."""

    at: datetime
    id: int


_FIELDS: Final = "id, at, person_id, institution_id, station_id, device_id, means, temperature, received_at, flag"
_READ: Final = """
SELECT {fields} FROM {table} WHERE {whose} AND at >= %(since)s AND at < %(until)s AND (at, id) > (%(at)s, %(id)s)
 ORDER BY at, id LIMIT %(limit)s
"""


def presences_of_person(
    person_ids: Sequence[int], *, since: datetime, until: datetime, after: Mark | None = None, limit: int = 50
) -> list[Presence]:
    """The presences of a person (all records that are hers) in [``since``, ``until``), oldest first, after a mark."""
    statement = _READ.format(fields=_FIELDS, table="presence_by_person", whose="person_id = ANY(%(ids)s::bigint[])")
    return _read(statement, {"ids": list(person_ids)}, since, until, after, limit)


def presences_at_place(
    institution_id: int,
    *,
    station_id: int | None = None,
    since: datetime,
    until: datetime,
    after: Mark | None = None,
    limit: int = 50,
) -> list[Presence]:
    """The presences at an institution, or at one station of it, in [``since``, ``until``), oldest first, after a mark."""
    whose = "institution_id = %(institution)s" + (" AND station_id = %(station)s" if station_id is not None else "")
    own = {"institution": institution_id} | ({"station": station_id} if station_id is not None else {})
    return _read(_READ.format(fields=_FIELDS, table="presence_by_place", whose=whose), own, since, until, after, limit)


def _read(
    statement: str, own: dict[str, Any], since: datetime, until: datetime, after: Mark | None, limit: int
) -> list[Presence]:
    start = after or Mark(since, -1)
    bounds = {"since": max(since, start.at), "until": until, "at": start.at, "id": start.id, "limit": limit}
    # Planned for its own bounds: a plan for any bounds would not know which days it reads.
    with connection.cursor() as cursor:
        cursor.execute(statement, own | bounds)
        return [Presence(*row) for row in cursor.fetchall()]


def forget_keys_before(instant: datetime) -> int:
    """Drop the devices' keys received before ``instant``: what is older is refused for its age. Return how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM presence_key WHERE received_at < %s", [instant])
        return int(cursor.rowcount)


@check("presence.rows", "Every presence is as it was written.")
def check_presences() -> Iterator[Finding]:
    for table in ("presence_by_place", "presence_by_person"):
        for presence, mac in _rows(table):
            # The digest packs what is missing as 0 and -1: no row is written with those.
            if presence.mac() != mac or presence.station_id == 0 or presence.temperature == -1:
                yield Finding(
                    f"{table} at={presence.at.isoformat()} id={presence.id}", "the row differs from what was written"
                )


def _rows(table: str) -> Iterator[tuple[Presence, bytes]]:
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {_FIELDS}, mac FROM {table} ORDER BY at, id")  # noqa: S608 - one of two names
        while rows := cursor.fetchmany(_BATCH):
            for row in rows:
                yield Presence(*row[:-1]), bytes(row[-1])


@check("presence.both", "Every presence stands in both tables.")
def check_both() -> Iterator[Finding]:
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(a.at, b.at), coalesce(a.id, b.id), a.id IS NULL FROM presence_by_person a"
            " FULL JOIN presence_by_place b ON a.at = b.at AND a.id = b.id AND a.mac = b.mac"
            " WHERE a.id IS NULL OR b.id IS NULL ORDER BY 1, 2"
        )
        while rows := cursor.fetchmany(_BATCH):
            for at, row_id, lacks_person in rows:
                table = "presence_by_person" if lacks_person else "presence_by_place"
                yield Finding(f"at={at.isoformat()} id={row_id}", f"the row or its like is missing in {table}")
