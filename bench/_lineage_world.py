"""What the bench of lineage works on: a year of prescriptions of six decoction centres, every herb of every one weighed from a lot.

Four hundred herbs: the first two are each in half of the prescriptions, the last 128 in one of 128. A centre draws a common
herb from one lot for a week, a rare one for a month; all six get the same lot of the maker's at the same time. A tenth of the
residents' prescriptions were delivered, the rest handed out; those of the last two days are still on the line.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

HERBS: Final = 12
CENTRES: Final = 6
RESIDENTS: Final = 700_000
DAYS: Final = 365
CASE: Final = 3 * 10**12
TOP: Final = 3 * 10**11
PEOPLE: Final = 4 * 10**11
LOT: Final = 5 * 10**11
WEIGHING: Final = 10**13
_MADE_ANEW: Final = 500  # one prescription of so many was scrapped once and made anew
_AT_ONCE: Final = 200_000
_CODED: Final = 50
# Of the herb at each place of a prescription: the first of those it is drawn from, and how many there are.
_DRAWN: Final = tuple(zip((0, 2, 5, 9, 15, 24, 37, 56, 84, 125, 185, 272), (2, 3, 4, 6, 9, 13, 19, 28, 41, 60, 87, 128),
                          strict=True))  # fmt: skip

_PLACES: Final = """
INSERT INTO places_institution (id, code, path, kind, private, name, short_name, name_pinyin, name_initials,
  institution_code, category, region_id, address, phone, status, demo, grade)
SELECT %(top)s + n, 'G' || %(top)s + n, '/' || %(top)s || '/' || CASE WHEN n > 0 THEN (%(top)s + n) || '/' ELSE '' END,
       'decoction_centre', false, n || '号煎药中心', '', '', '', '', '', '3703', '', '', 'open', true, ''
  FROM generate_series(0, %(centres)s) AS n
"""
_RESIDENTS: Final = """
INSERT INTO people_person (id, public_code, name, name_pinyin, name_initials, sex, address, nationality, ethnicity, status,
  kept_by_id, registered_at, changed_at, version, demo)
SELECT %(people)s + n, 'R' || (%(people)s + n), '居民' || n, 'jumin', 'jm', '2', '', 'CHN', '01', 'active', %(top)s, %(at)s, %(at)s,
       1, true
  FROM generate_series(0, %(residents)s - 1) AS n
"""
_LOTS: Final = """
INSERT INTO tcm_pharmacy_herblot (id, code, institution_id, herb, number, maker, origin, shelf, received_at, expires_on,
  grams_received, grams_left)
SELECT %(lot)s + (h.i * %(centres)s + c) * 64 + k, 'L' || %(lot)s + (h.i * %(centres)s + c) * 64 + k, %(top)s + 1 + c, h.name,
       'B' || k, '饮片厂', '', '', %(begins)s::timestamptz + k * h.days * interval '1 day', '2199-01-01', 5000000, 100000
  FROM bench_herb AS h CROSS JOIN generate_series(0, %(centres)s - 1) AS c
 CROSS JOIN LATERAL generate_series(0, (%(days)s - 1) / h.days) AS k
"""
_CASES: Final = """
INSERT INTO cases_case (id, code, programme, version, state, came_from, seq, institution_id, origin_id, key, number, person_id,
  facts, opened_at, changed_at, due_at, rank_at, act_at, tier, closed_at)
SELECT %(case)s + n, 'K' || lpad((%(case)s + n)::text, 13, '0'), 'tcm_prescription', 1, s.state, 'released', 9, p.place, p.place,
       'bench/' || n, 'RX' || n, %(people)s + (n * 7919::bigint) %% %(residents)s,
       '{{"doses": 7, "grams": 840.0, "packs": 14, "ml_per_pack": 200, "decocted": true, "delivery": "fetch"}}'::jsonb,
       t.at, t.at + interval '6 hours', CASE WHEN s.open THEN t.at + interval '8 hours' END, t.at + interval '8 hours',
       NULL, 0, CASE WHEN NOT s.open THEN t.at + interval '6 hours' END
  FROM generate_series(%(since)s, %(until)s - 1) AS n
 CROSS JOIN LATERAL (SELECT %(begins)s::timestamptz + n * (interval '{days} days' / %(count)s) AS at) AS t
 CROSS JOIN LATERAL (SELECT %(top)s + 1 + n %% %(centres)s AS place) AS p
 CROSS JOIN LATERAL (
   SELECT n >= %(count)s * {open_from} AS open,
          CASE WHEN n >= %(count)s * {open_from} THEN 'dispensed' WHEN n %% 10 = 0 THEN 'delivered' ELSE 'handed_out' END AS state
 ) AS s
""".format(days=DAYS, open_from=(DAYS - 2) / DAYS)
_WEIGHINGS: Final = f"""
INSERT INTO tcm_pharmacy_weighing (id, case_id, round, place, herb, lot_id, grams_asked, grams, by_id, at)
SELECT %(weighing)s + (n * 2 + r - 1) * 16 + d.place, %(case)s + n, r, d.place, h.name,
       %(lot)s + (h.i * %(centres)s + n %% %(centres)s) * 64 + n * %(days)s::bigint / %(count)s / h.days,
       70, 69.5 + (n %% 11) * 0.1, 5, t.at + ((r - 1) * 60 + d.place) * interval '20 seconds'
  FROM generate_series(%(since)s, %(until)s - 1) AS n
 CROSS JOIN LATERAL (SELECT %(begins)s::timestamptz + n * (interval '{DAYS} days' / %(count)s) + interval '1 hour' AS at) AS t
 CROSS JOIN LATERAL generate_series(1, CASE WHEN n %% {_MADE_ANEW} = 0 THEN 2 ELSE 1 END) AS r
 CROSS JOIN bench_drawn AS d
  JOIN bench_herb AS h ON h.i = d.since + ((n / %(centres)s * 7919::bigint + d.place * 104729) %% 1000003) %% d.count
"""


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot the bench asks about: its number and code, of which herb."""

    pk: int
    code: str
    herb: str


def fill(count: int, at: datetime) -> None:
    """Have the year before ``at`` with ``count`` prescriptions; a year that is there already is kept."""
    from django.db import connection

    from kangqu.kernel.places.models import Region

    given: dict[str, Any] = {
        "top": TOP, "people": PEOPLE, "lot": LOT, "case": CASE, "weighing": WEIGHING, "centres": CENTRES, "days": DAYS,
        "residents": RESIDENTS, "count": count, "at": at, "begins": at - timedelta(days=DAYS),
    }  # fmt: skip
    Region.objects.get_or_create(code="3703", defaults={"name": "淄博市", "level": "city"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_case WHERE id >= %s AND programme = 'tcm_prescription'", [CASE])
        if cursor.fetchone()[0]:
            return
        _names(cursor)
        with _as_one_restores(cursor):
            for statement in (_PLACES, _RESIDENTS, _LOTS):
                cursor.execute(statement, given)
            for statement in (_CASES, _WEIGHINGS):
                for since in range(0, count, _AT_ONCE):
                    cursor.execute(statement, {**given, "since": since, "until": min(count, since + _AT_ONCE)})
        for table in ("cases_case", "tcm_pharmacy_weighing", "tcm_pharmacy_herblot", "people_person"):
            cursor.execute(f"VACUUM ANALYZE {table}")
    _print_codes(count)


def _names(cursor: Any) -> None:
    """The herbs, and how long a lot of each lasts; from where the herb at each place is drawn."""
    from kangqu.systems.tcm_pharmacy.herbs import HERBS as KNOWN

    drawn = sum(count for _, count in _DRAWN)
    names = [name for name, herb in KNOWN.items() if herb.listed][:drawn]
    days = [7 + 23 * each // drawn for each in range(drawn)]
    cursor.execute("CREATE TEMP TABLE bench_herb (i int PRIMARY KEY, name text, days int)")
    cursor.execute("INSERT INTO bench_herb SELECT * FROM unnest(%s::int[], %s::text[], %s::int[])",
                   [[*range(drawn)], names, days])  # fmt: skip
    cursor.execute("CREATE TEMP TABLE bench_drawn (place int PRIMARY KEY, since int, count int)")
    cursor.executemany(
        "INSERT INTO bench_drawn VALUES (%s, %s, %s)", [(place, *each) for place, each in enumerate(_DRAWN, start=1)]
    )
    cursor.execute("ANALYZE bench_herb; ANALYZE bench_drawn")


@contextmanager
def _as_one_restores(cursor: Any) -> Iterator[None]:
    """The weighings' indexes are made once all are there, and references are not looked up row by row."""
    cursor.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 'tcm_pharmacy_weighing'::regclass AND contype IN ('u', 'p')"
    )
    constraints = cursor.fetchall()
    cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'weighing_by_lot'")
    (index,) = cursor.fetchone()
    for name, _ in constraints:
        cursor.execute(f'ALTER TABLE tcm_pharmacy_weighing DROP CONSTRAINT "{name}"')
    cursor.execute("DROP INDEX weighing_by_lot")
    cursor.execute(
        "SET session_replication_role = replica; SET synchronous_commit = off; SET maintenance_work_mem = '1GB'"
    )
    yield
    for name, definition in constraints:
        cursor.execute(f'ALTER TABLE tcm_pharmacy_weighing ADD CONSTRAINT "{name}" {definition}')
    cursor.execute(index)
    cursor.execute("RESET session_replication_role; RESET synchronous_commit; RESET maintenance_work_mem")


def _print_codes(count: int) -> None:
    """Give some prescriptions codes whose check sign is right: the others' are never scanned."""
    from kangqu.kernel.basis.ids import new_code
    from kangqu.kernel.cases.models import Case

    rng = random.Random(6)
    for n in scanned(count):
        Case.objects.filter(pk=CASE + n).update(code=new_code("K", rng))


def scanned(count: int) -> list[int]:
    """Which prescriptions are scanned: some from the whole year, made anew ones among them."""
    return [n * count // _CODED // _MADE_ANEW * _MADE_ANEW + n % 2 for n in range(_CODED)]


def lot_of(herb: int, centre: int, period: int) -> Lot:
    """The ``period``-th lot of the ``herb``-th commonest at a centre, with a code that can be scanned."""
    from kangqu.kernel.basis.ids import new_code
    from kangqu.systems.tcm_pharmacy.models import HerbLot

    number = LOT + (herb * CENTRES + centre) * 64 + period
    row = HerbLot.objects.get(pk=number)
    row.code = new_code("L", random.Random(number))
    row.save(update_fields=["code"])
    return Lot(number, row.code, row.herb)
