"""Finding a clinic at city scale: 36 hospitals, 2,000 clinics, ten sessions ahead of each, 2 million seats of which seven in ten are taken.

Each question is asked many times in the process: by complaint, by department and day, by doctor in letters, of off-peak clinics, and
everything a district has. A page of twenty clinics with their next three free times is what is measured.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any, Final

from bench.measure import Figure, open_bench_city, options, percentile, report

HOSPITALS: Final = 36
CLINICS: Final = 2_000
SESSIONS: Final = 10
SEATS: Final = 100  # of a session: ten slots of ten
FIRST: Final = 3 * 10**11
_DEPARTMENTS: Final = (
    "骨科", "心血管内科", "神经内科", "消化内科", "呼吸内科", "眼科", "儿科", "妇科", "皮肤科", "中医科", "口腔科", "内分泌科",
    "泌尿外科", "普通外科", "耳鼻咽喉科", "肾内科", "肿瘤科", "康复科", "精神科", "产科",
)  # fmt: skip
_FILL: Final = (
    """INSERT INTO places_institution (id, code, path, kind, private, name, short_name, name_pinyin, name_initials,
         institution_code, category, region_id, address, phone, status, demo, grade)
       SELECT %(first)s + n, 'G' || (%(first)s + n), '/' || (%(first)s + n) || '/', 'hospital', false, '第' || n || '医院', '', '', '',
              '', '', (SELECT code FROM places_region ORDER BY code LIMIT 1), '', '', 'open', true, ''
         FROM generate_series(1, %(hospitals)s) AS n""",
    """INSERT INTO places_department (id, institution_id, code, name, open)
       SELECT %(first)s + 1000 + n * 20 + d, %(first)s + n, '', (%(names)s::text[])[d], true
         FROM generate_series(1, %(hospitals)s) AS n, generate_series(1, 20) AS d""",
    """INSERT INTO capacity_schedule (id, code, kind, institution_id, department_id, title, scope, on_holidays, facts, begun_at)
       SELECT %(first)s + 10000 + n, 'WF' || n, 'appointment', %(first)s + 1 + n %% %(hospitals)s,
              %(first)s + 1000 + (1 + n %% %(hospitals)s) * 20 + 1 + n %% 20, '门诊 ' || n, 'f/' || n, true,
              jsonb_build_object('level', 'general', 'fee_fen', 1000, 'doctor', '王' || chr(19968 + n)), %(at)s
         FROM generate_series(1, %(clinics)s) AS n""",
    """INSERT INTO capacity_session (id, code, schedule_id, institution_id, day, starts_at, ends_at, released_at, state, off_peak, stopped_why)
       SELECT %(first)s + 100000 + n * %(sessions)s + d, 'SF' || n || '-' || d, %(first)s + 10000 + n, %(first)s + 1 + n %% %(hospitals)s,
              (%(at)s::date + d), date_trunc('day', %(at)s::timestamptz) + make_interval(days => d, hours => 1),
              date_trunc('day', %(at)s::timestamptz) + make_interval(days => d, hours => 6), %(before)s, 'open', n %% 50 = 0, ''
         FROM generate_series(1, %(clinics)s) AS n, generate_series(1, %(sessions)s) AS d""",
    """INSERT INTO capacity_slot (id, session_id, starts_at, ends_at)
       SELECT nextval('kangqu_id'), s.id, s.starts_at + make_interval(mins => 30 * t), s.starts_at + make_interval(mins => 30 * t + 30)
         FROM capacity_session s, generate_series(0, 9) AS t WHERE s.id > %(first)s""",
    """INSERT INTO capacity_seat (id, session_id, slot_id, starts_at, channel, opens, over, person_id, booking_id)
       SELECT nextval('kangqu_id'), l.session_id, l.id, l.starts_at, 'citizen', %(opens)s::jsonb, false,
              CASE WHEN taken THEN 1 END, CASE WHEN taken THEN -nextval('kangqu_id') END
         FROM capacity_slot l, generate_series(1, 10) AS n, LATERAL (SELECT (l.session_id %% 10 < 3) OR (l.id + n) %% 10 < 6 AS taken) t
        WHERE l.session_id > %(first)s""",
)


def main(argv: list[str] | None = None) -> int:
    asked = options("clinics", __doc__ or "", argv, ("--times", {"type": int, "default": 20}))
    open_bench_city("clinics")
    from kangqu.kernel.basis.clock import city_day, system_clock
    from kangqu.systems.appointments.finding.clinics import clinics
    from kangqu.systems.appointments.finding.search import Wanted, search

    at = system_clock()
    seats = _fill(at)
    began = time.perf_counter()
    known = len(clinics(at))
    read = (time.perf_counter() - began) * 1000
    day = city_day(at) + timedelta(days=3)
    questions = {
        "by complaint": Wanted(text="腰疼"),
        "by department and day": Wanted(department="骨科", day=day),
        "by doctor in letters": Wanted(text="wang"),
        "off-peak": Wanted(off_peak=True),
        "the whole district": Wanted(region="37", day=day),
    }
    figures = [
        Figure("seats ahead", seats, ""),
        Figure("clinics", known, ""),
        Figure("clinics read, once a minute", read, "ms"),
    ]
    for name, wanted in questions.items():
        taken, found = [], 0
        for _ in range(asked.times):
            began = time.perf_counter()
            found = len(search(wanted, at=at).found)
            taken.append((time.perf_counter() - began) * 1000)
        figures.append(Figure(f"{name} ({found} shown), p95", percentile(taken, 0.95), "ms", at_most=500))
    return report("clinics", asked, figures)


def _fill(at: datetime) -> int:
    """The city's clinics, made anew; how many seats."""
    from django.db import connection

    from kangqu.kernel.places.models import Region

    if not Region.objects.exists():
        Region.objects.create(code="3703", name="淄博市", level="city")
    before = at - timedelta(days=1)
    given: dict[str, Any] = {
        "first": FIRST, "hospitals": HOSPITALS, "clinics": CLINICS, "sessions": SESSIONS, "at": at, "before": before,
        "names": list(_DEPARTMENTS), "opens": f'{{"citizen": "{before.isoformat()}"}}',
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE capacity_booking, capacity_seat, capacity_slot, capacity_session, capacity_schedule CASCADE"
        )
        cursor.execute("DELETE FROM places_department WHERE id > %s", [FIRST])
        cursor.execute("DELETE FROM places_institution WHERE id > %s", [FIRST])
        for statement in _FILL:
            cursor.execute(statement, given)
        cursor.execute("VACUUM ANALYZE capacity_seat, capacity_session, capacity_slot, capacity_schedule")
        cursor.execute("SELECT count(*) FROM capacity_seat")
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    raise SystemExit(main())
