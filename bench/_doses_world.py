"""What the bench of doses works on: a clinic of a campaign, very many adults with histories, vials enough."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

FIRST: Final = 3 * 10**11
PEOPLE: Final = 4 * 10**11
DOSES: Final = 5 * 10**11
VACCINE: Final = "COVID_INACT"
LOT: Final = "BENCH1"

_PLACES: Final = """
INSERT INTO places_institution (id, code, path, kind, private, name, short_name, name_pinyin, name_initials,
  institution_code, category, region_id, address, phone, status, demo, grade)
SELECT %(first)s + n, 'J' || (%(first)s + n), '/' || (%(first)s + n) || '/', 'health_centre', false, 'site ' || n, '', '', '', '', '',
       (SELECT code FROM places_region ORDER BY code LIMIT 1), '', '', 'open', true, ''
  FROM generate_series(0, %(sites)s - 1) AS n ON CONFLICT DO NOTHING
"""
# Grown-ups of 20 to 79 years; codes as the city makes them are not needed: the bench sends numbers of its own making.
_PEOPLE: Final = """
INSERT INTO people_person (id, public_code, name, name_pinyin, name_initials, sex, birth_date, address, nationality, ethnicity, status,
  kept_by_id, registered_at, changed_at, version, demo)
SELECT %(people)s + n, c.code, '李' || n, 'li', 'l', (1 + n %% 2)::text, %(day)s::date - (7300 + (n * 7919) %% 21900)::int, '', 'CHN', '01', 'active',
       %(first)s + n %% %(sites)s, %(at)s, %(at)s, 1, true
  FROM unnest(%(codes)s::text[]) WITH ORDINALITY AS c(code, n) ON CONFLICT DO NOTHING
"""
# Everybody had the first dose seven months ago, half the second six months ago, a tenth the third.
_HISTORY: Final = """
INSERT INTO vaccination_dose (id, person_id, code, key, vaccine, maker, lot_number, given_on, place, institution_id, site, source, status,
  status_why, decided, recorded_at)
SELECT %(doses)s + %(nth)s::bigint * 10000000 + n, %(people)s + n, 'V' || (%(nth)s::bigint * 10000000 + n), 'h' || %(nth)s, %(vaccine)s, 'bench', '',
       %(day)s::date - %(ago)s::int, '', %(first)s + n %% %(sites)s, '', 'brought', 'completed', '', '', %(at)s
  FROM generate_series(1, %(count)s) AS n WHERE n %% %(every)s = 0 ON CONFLICT DO NOTHING
"""
_COUNTED: Final = """
INSERT INTO vaccination_counted (id, person_id, dose_id, programme, series, number, validity, version, given_on, late)
SELECT nextval('kangqu_id'), person_id, id, 'covid-19', 'COVID-19', 1, 'valid', 'bench', given_on, false FROM vaccination_dose d
 WHERE key = 'h0' AND NOT EXISTS (SELECT FROM vaccination_counted c WHERE c.person_id = d.person_id AND c.dose_id = d.id)
"""


def fill(at: datetime, *, people: int, sites: int) -> list[str]:
    """Have the sites, the people with their histories, and full fridges; the people's public codes."""
    import random

    from django.db import connection

    from kangqu.kernel.basis.clock import city_day
    from kangqu.kernel.basis.ids import new_code
    from kangqu.kernel.places.models import Region
    from kangqu.systems.vaccination.models import VaccineLot, VialStock

    if not Region.objects.exists():
        Region.objects.create(code="3703", name="淄博市", level="city")
    rng = random.Random(7)
    codes = [new_code("R", rng) for _ in range(people)]
    day: date = city_day(at)
    given: dict[str, Any] = {
        "first": FIRST, "people": PEOPLE, "doses": DOSES, "sites": sites, "at": at, "day": day, "codes": codes, "count": people, "vaccine": VACCINE,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, given)
        cursor.execute(_PEOPLE, given)
        cursor.execute("DELETE FROM vaccination_dose WHERE source = 'given'")
        for nth, ago, every in ((0, 213, 1), (1, 183, 2), (2, 60, 10)):
            cursor.execute(_HISTORY, {**given, "nth": nth, "ago": ago, "every": every})
        cursor.execute(_COUNTED)
        for table in ("dose", "counted", "observation", "precheck", "stockmove", "vialstock"):
            cursor.execute(f"VACUUM ANALYZE vaccination_{table}")
    lot, _fresh = VaccineLot.objects.get_or_create(
        number=LOT, vaccine=VACCINE, maker="bench", defaults={"expires_on": date(2199, 1, 1), "doses_per_vial": 1}
    )
    for number in range(sites):
        VialStock.objects.update_or_create(
            institution_id=FIRST + number, lot=lot, fridge="", defaults={"vials": 10_000_000}
        )
    return codes
