"""Trying another limit of fever on past presences: whom the gate would have told to measure again, and whom not."""

from __future__ import annotations

from typing import Any, Final

from kangqu.kernel.basis.clock import CITY, city_day
from kangqu.kernel.basis.prepared import run
from kangqu.kernel.basis.refusals import Words
from kangqu.kernel.policies.trials import Batch, Past, Span, Trial, Unknown, declare

_PLACES: Final = """
SELECT id, name FROM places_institution i
 WHERE id > %(after)s::bigint AND EXISTS (SELECT FROM unnest(%(paths)s::text[]) p WHERE i.path LIKE p || '%%')
   AND EXISTS (SELECT FROM presence_by_place x WHERE x.institution_id = i.id AND x.at >= %(since)s::timestamptz AND x.at < %(until)s::timestamptz)
 ORDER BY id LIMIT 1
"""
_READ: Final = """
SELECT id, at, temperature FROM presence_by_place
 WHERE institution_id = %(place)s::bigint AND (at, id) > (%(at)s::timestamptz, %(id)s::bigint) AND at < %(until)s::timestamptz
 ORDER BY at, id LIMIT %(limit)s::int
"""


def presences(span: Span, place: list[Any], limit: int) -> Batch:
    """The presences of one institution after another, each in the order of its key (institution, time, number)."""
    here, name, at, number = place or [0, "", span.since.isoformat(), 0]
    rows = run(_READ, {"place": here, "at": at, "id": number, "until": span.until, "limit": limit}) if here else []
    cases = [Past(city_day(seen), temperature, f"{name} {_clock(seen)}") for _, seen, temperature in rows]
    if len(rows) == limit:
        return Batch(cases, [here, name, rows[-1][1].isoformat(), rows[-1][0]])
    found = run(_PLACES, {"after": here, "paths": list(span.paths), "since": span.since, "until": span.until})
    return Batch(cases, [*found[0], span.since.isoformat(), -1] if found else None)


def _clock(at: Any) -> str:
    return f"{at.astimezone(CITY):%H:%M}"


def by_fever(tenths: int | None, limit: int) -> str | Unknown:
    if tenths is None:
        return Unknown("unmeasured")
    return "fever" if tenths >= limit else "passed"


def _why(tenths: int, limit: int) -> Words:
    shown, than = f"{tenths / 10:.1f}", f"{limit / 10:.1f}"
    if tenths >= limit:
        return Words(f"{shown} ℃，达到 {than} ℃", f"{shown} ℃ reaches {than} ℃")
    return Words(f"{shown} ℃，低于 {than} ℃", f"{shown} ℃ is below {than} ℃")


FEVER: Final = declare(
    Trial(
        policies=("presence.fever",),
        case=Words("到访", "presences"),
        outcomes={"fever": Words("提示发热", "Told of fever"), "passed": Words("正常通过", "Passed")},
        missing={"unmeasured": Words("没有测体温", "No temperature was taken")},
        read=presences,
        judge=by_fever,
        explain=_why,
        unseen=Words(
            "超出可信范围而没有收下的体温不在其中。", "Temperatures that were not taken as doubtful are not among them."
        ),
    )
)
