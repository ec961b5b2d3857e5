"""What the bench of coverage works on: a city of counties and townships, everybody's doses, and what they count as."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final

PEOPLE: Final = 6 * 10**11
COUNTIES, TOWNSHIPS = 8, 11
_REGIONS: Final = """
INSERT INTO places_region (code, name, level, parent_id, generated, mark)
SELECT '3703' || lpad((n + 1)::text, 2, '0'), 'county ' || (n + 1), 'county', '3703', true, 'D' FROM generate_series(0, %(counties)s - 1) n
 UNION ALL
SELECT '3703' || lpad((n %% %(counties)s + 1)::text, 2, '0') || lpad((n / %(counties)s + 1)::text, 3, '0'), 'township ' || n, 'township',
       '3703' || lpad((n %% %(counties)s + 1)::text, 2, '0'), true, 'D' FROM generate_series(0, %(counties)s * %(townships)s - 1) n
ON CONFLICT DO NOTHING
"""
# Everybody lives in a township; ages from 0 to 99 years.
_PEOPLE: Final = """
INSERT INTO people_person (id, public_code, name, name_pinyin, name_initials, sex, birth_date, region_id, address, nationality, ethnicity,
  status, registered_at, changed_at, version, demo)
SELECT %(first)s + n, 'C' || n, '李' || n, 'li', 'l', (1 + n %% 2)::text, %(day)s::date - ((n * 7919) %% 36500)::int,
       '3703' || lpad((n %% %(counties)s + 1)::text, 2, '0') || lpad((n / %(counties)s %% %(townships)s + 1)::text, 3, '0'), '', 'CHN', '01',
       'active', %(at)s, %(at)s, 1, true
  FROM generate_series(1, %(people)s) n ON CONFLICT DO NOTHING
"""
# Nine in ten had the first dose, half the second, a tenth the booster.
_COUNTED: Final = """
INSERT INTO vaccination_counted (id, person_id, dose_id, programme, series, number, validity, version, given_on, late, completes, boosts)
SELECT nextval('kangqu_id'), %(first)s + n, n, 'covid-19', 'COVID', %(nth)s, 'valid', '2022-12', %(on)s, n %% 7 = 0, %(nth)s = 2, %(nth)s = 3
  FROM generate_series(1, %(people)s) n WHERE {who}
"""
_DOSES: Final = ((1, 213, "n % 10 <> 3"), (2, 183, "n % 2 = 0"), (3, 60, "n % 10 = 0"))


def fill(at: datetime, *, people: int) -> None:
    """Have the city, once."""
    from django.db import connection

    from kangqu.kernel.basis.clock import city_day
    from kangqu.kernel.people.models import Person
    from kangqu.kernel.places.models import Region
    from kangqu.systems.vaccination.models import Counted

    day: date = city_day(at)
    for code, name, level in (("37", "山东省", "province"), ("3703", "淄博市", "city")):
        Region.objects.get_or_create(code=code, defaults={"name": name, "level": level})
    if Person.objects.filter(pk=PEOPLE + people).exists() and Counted.objects.exists():
        return
    given: dict[str, Any] = {
        "first": PEOPLE, "people": people, "counties": COUNTIES, "townships": TOWNSHIPS, "day": day, "at": at,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_REGIONS, given)
        cursor.execute(_PEOPLE, given)
        cursor.execute("DELETE FROM vaccination_counted WHERE person_id > %(first)s", given)
        for nth, ago, who in _DOSES:
            about = {**given, "nth": nth, "on": day - timedelta(days=ago)}
            cursor.execute(_COUNTED.format(who=who.replace("%", "%%")), about)
        for table in ("people_person", "vaccination_counted"):
            cursor.execute(f"VACUUM ANALYZE {table}")
