"""What the bench of cases works on: a small programme, some institutions, very many cases."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any, Final

from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases.programme import Deadline, Programme, State, Step, Tier
from kangqu.kernel.cases.registry import declare

NURSES: Final = frozenset({Role.NURSE})
PLACES: Final = 200
CODE: Final = "bench_switch"

_LATE: Final = Deadline(within=timedelta(days=900), tiers=(Tier(timedelta(0), Role.NURSE),))
SWITCH: Final = declare(
    Programme(
        code=CODE,
        title="开关",
        title_en="A switch",
        first="off",
        final=frozenset({"gone"}),
        states=(
            State(code="off", title="关", title_en="Off", deadline=_LATE),
            State(code="lit", title="开", title_en="On", deadline=_LATE),
            State(code="kept", title="存", title_en="Kept", deadline=_LATE),
            State(code="gone", title="拆", title_en="Gone"),
        ),
        steps=(
            Step(code="light", title="开", title_en="On", sources=("off",), target="lit", roles=NURSES),
            Step(code="darken", title="关", title_en="Off", sources=("lit",), target="off", roles=NURSES),
            Step(code="keep", title="存", title_en="Keep", sources=("off", "lit"), target="kept", roles=NURSES),
            Step(code="remove", title="拆", title_en="Remove", sources=("kept", "off"), target="gone", roles=NURSES),
        ),
    )
)

_PLACES: Final = """
INSERT INTO places_institution (id, code, path, kind, private, name, short_name, name_pinyin, name_initials,
  institution_code, category, region_id, address, phone, status, demo, grade)
SELECT n, 'G' || n, '/' || %(first)s || '/' || CASE WHEN n > %(first)s THEN n || '/' ELSE '' END, 'hospital', false, 'bench ' || n, '', '', '', '', '',
       (SELECT code FROM places_region ORDER BY code LIMIT 1), '', '', 'open', true, ''
  FROM generate_series(%(first)s, %(first)s + %(places)s - 1) AS n ON CONFLICT DO NOTHING
"""
_RESIDENTS: Final = """
INSERT INTO people_person (id, public_code, name, name_pinyin, name_initials, sex, address, nationality, ethnicity, status,
  kept_by_id, registered_at, changed_at, version, demo)
SELECT %(people)s + n, 'R' || (%(people)s + n), '李' || n, 'li', 'l', '1', '', 'CHN', '01', 'active',
       %(first)s + n %% %(places)s, %(at)s, %(at)s, 1, true
  FROM generate_series(0, %(residents)s - 1) AS n ON CONFLICT DO NOTHING
"""
# Every resident has as many. A tenth are open, half of them at one busy institution; the rest is closed and spread over all of them.
_CASES: Final = """
INSERT INTO cases_case (id, code, programme, version, state, came_from, seq, institution_id, origin_id, key, number, person_id, facts,
  opened_at, changed_at, due_at, rank_at, act_at, tier, closed_at)
SELECT %(base)s + n, 'K' || lpad((%(base)s + n)::text, 13, '0'), %(code)s, 1, s.state, '', 1, p.place, p.place, 'k' || (%(base)s + n),
       'N' || (%(base)s + n), %(people)s + n %% %(residents)s, '{"colour": "red", "doses": 7, "grams": 123.5}'::jsonb,
       %(at)s::timestamptz - n * interval '1 second', %(at)s::timestamptz - n * interval '1 second',
       CASE WHEN s.state = 'gone' THEN NULL ELSE d.due END, coalesce(d.due, %(at)s::timestamptz),
       CASE WHEN s.state = 'gone' THEN NULL ELSE d.due END, 0, CASE WHEN s.state = 'gone' THEN %(at)s::timestamptz END
  FROM generate_series(%(since)s, %(until)s - 1) AS n
 CROSS JOIN LATERAL (SELECT CASE WHEN n %% 10 > 0 THEN 'gone' WHEN n %% 30 = 0 THEN 'kept' ELSE 'off' END AS state) AS s
 CROSS JOIN LATERAL (SELECT CASE WHEN n %% 20 = 0 THEN %(first)s ELSE %(first)s + n %% %(places)s END AS place) AS p
 CROSS JOIN LATERAL (SELECT %(at)s::timestamptz + (n %% 800000) * interval '1 minute' AS due) AS d
"""
BASE: Final = 10**12
FIRST: Final = 10**11
PEOPLE: Final = 2 * 10**11
RESIDENTS: Final = 200_000
CODED: Final = 100
_AT_ONCE: Final = 500_000
SWITCHES: Final = 40_000
# What :func:`switches` answers, in pgbench's arithmetic: of thirty cases the tenth and the twentieth are off or on. Its
# ``random`` answers twice, once for the thirty and once for which of the two.
SWITCH_RECKONED: Final = f"{BASE} + 30 * random(0, {SWITCHES // 2 - 1}) + 10 * random(1, 2)"


def fill(cases: int, at: datetime) -> None:
    """Have ``cases`` cases; those of an earlier run are kept."""
    from django.db import connection

    from kangqu.kernel.places.models import Region

    if not Region.objects.exists():
        Region.objects.create(code="3703", name="淄博市", level="city")
    given: dict[str, Any] = {"base": BASE, "first": FIRST, "places": PLACES, "code": CODE, "at": at}
    given |= {"people": PEOPLE, "residents": RESIDENTS}
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, given)
        cursor.execute(_RESIDENTS, given)
        cursor.execute("SELECT count(*) FROM cases_case WHERE programme = %s", [CODE])
        have = cursor.fetchone()[0]
        for since in range(have, cases, _AT_ONCE):
            cursor.execute(_CASES, {**given, "since": since, "until": min(cases, since + _AT_ONCE)})
        if have < cases:
            cursor.execute("VACUUM ANALYZE cases_case")
            cursor.execute("VACUUM ANALYZE people_person")
    _print_codes()


def _print_codes() -> None:
    """Give some cases and residents codes whose check sign is right: the others' are never scanned."""
    from kangqu.kernel.basis.ids import new_code
    from kangqu.kernel.cases.models import Case
    from kangqu.kernel.people.models import Person

    rng = random.Random(6)
    for n in range(CODED):
        Case.objects.filter(pk=BASE + 10 * n + 10).update(code=new_code("K", rng))
        Person.objects.filter(pk=PEOPLE + n).update(public_code=new_code("R", rng))


def switches(count: int = SWITCHES) -> list[int]:
    """``count`` cases that are off or on, the same at every run."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM cases_case WHERE programme = %s AND state IN ('off', 'lit') ORDER BY id LIMIT %s",
            [CODE, count],
        )
        found = [row[0] for row in cursor.fetchall()]
    random.Random(5).shuffle(found)
    return found
