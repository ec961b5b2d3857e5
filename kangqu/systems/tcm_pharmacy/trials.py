"""Trying the pharmacy's policies on what it did: weighings, reviews, ratings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.prepared import run
from kangqu.kernel.basis.refusals import Words
from kangqu.kernel.policies.trials import Batch, Past, Span, Trial, Unknown, declare
from kangqu.systems.tcm_pharmacy.line.weighing import allowed, plain
from kangqu.systems.tcm_pharmacy.programme import CODE
from kangqu.systems.tcm_pharmacy.supervising.figures import DECIDING

Row = tuple[Any, ...]
BELOW: Final = "EXISTS (SELECT FROM unnest(%(paths)s::text[]) p WHERE i.path LIKE p || '%%')"
_WEIGHINGS: Final = f"""
SELECT w.id, w.at, c.code, w.herb, w.grams_asked, w.grams
  FROM tcm_pharmacy_weighing w JOIN cases_case c ON c.id = w.case_id JOIN places_institution i ON i.id = c.institution_id
 WHERE w.id > %(after)s::bigint AND w.at >= %(since)s::timestamptz AND w.at < %(until)s::timestamptz AND {BELOW}
 ORDER BY w.id LIMIT %(limit)s::int
"""  # noqa: S608
# How long it took from its arrival to the first decision; nothing while there is none.
_REVIEWS: Final = f"""
SELECT c.id, c.opened_at, c.code, c.number, c.closed_at IS NOT NULL,
       (SELECT extract(epoch FROM min(t.at) - c.opened_at) FROM trace_entry t
         WHERE t.object_type = 'case' AND t.stream = 'step' AND t.object_id = c.id AND t.at >= c.opened_at
           AND t.action = 'case.step' AND t.facts ->> 'step' = ANY(%(steps)s::text[]))
  FROM cases_case c JOIN places_institution i ON i.id = c.institution_id
 WHERE c.programme = %(programme)s::text AND c.id > %(after)s::bigint
   AND c.opened_at >= %(since)s::timestamptz AND c.opened_at < %(until)s::timestamptz AND {BELOW}
 ORDER BY c.id LIMIT %(limit)s::int
"""  # noqa: S608
_RATINGS: Final = f"""
SELECT r.id, r.rated_at, c.code, c.number, r.stars FROM tcm_pharmacy_rating r
  JOIN cases_case c ON c.id = r.case_id JOIN places_institution i ON i.id = r.pharmacy_id
 WHERE r.id > %(after)s::bigint AND r.rated_at >= %(since)s::timestamptz AND r.rated_at < %(until)s::timestamptz AND {BELOW}
 ORDER BY r.id LIMIT %(limit)s::int
"""  # noqa: S608


def reader(statement: str, facts: Callable[[Row], Any], **more: Any) -> Callable[[Span, list[Any], int], Batch]:
    """Rows (number, instant, case's code, label, …) by their numbers."""

    def read(span: Span, place: list[Any], limit: int) -> Batch:
        asked = {"after": place[0] if place else 0, "since": span.since, "until": span.until}
        rows: Sequence[Row] = run(statement, {**asked, **more, "paths": list(span.paths), "limit": limit})
        cases = [Past(city_day(row[1]), facts(row), row[3], row[2]) for row in rows]
        return Batch(cases, [rows[-1][0]] if len(rows) == limit else None)

    return read


def by_tolerance(facts: tuple[Decimal, Decimal], percent: float) -> str:
    """Grams asked and weighed, as the line judges them."""
    asked, grams = facts
    least, most = allowed(asked, percent)
    return "short" if grams < least else "over" if grams > most else "within"


def _weighed(facts: tuple[Decimal, Decimal], percent: float) -> Words:
    asked, grams = facts
    least, most = allowed(asked, percent)
    said = f"{plain(grams)} g（{plain(least)}–{plain(most)} g）"
    return Words(said, said.replace("（", " (").replace("）", ")"))


def by_minutes(facts: tuple[bool, Decimal | None], minutes: float) -> str | Unknown:
    """Whether it closed, and the seconds until the first decision."""
    closed, seconds = facts
    if seconds is None:
        return Unknown("withdrawn" if closed else "undecided")
    return "late" if seconds > minutes * 60 else "in_time"


def _reviewed(facts: tuple[bool, Decimal | None], minutes: float) -> Words:
    taken = f"{(facts[1] or 0) / 60:.1f}"
    return Words(f"用了 {taken} 分钟，限 {minutes} 分钟", f"took {taken} min, the limit is {minutes} min")


def by_stars(stars: int, low: float) -> str:
    return "low" if stars <= low else "not_low"


TOLERANCE: Final = declare(
    Trial(
        policies=("tcm.line.tolerance",),
        case=Words("称量", "weighings"),
        outcomes={
            "within": Words("在误差内", "Within the tolerance"),
            "short": Words("偏轻，拒收", "Too light, refused"),
            "over": Words("偏重，拒收", "Too heavy, refused"),
        },
        read=reader(_WEIGHINGS, lambda row: (row[4], row[5])),
        judge=by_tolerance,
        explain=_weighed,
        unseen=Words(
            "当时被拒的称量没有留存：放宽误差时，少拒了多少看不出来。",
            "Weighings that were refused are not kept: how many a wider tolerance would have let pass cannot be seen.",
        ),
    )
)
REVIEW: Final = declare(
    Trial(
        policies=("tcm.line.review",),
        case=Words("处方", "prescriptions"),
        outcomes={"in_time": Words("按时审方", "Reviewed in time"), "late": Words("审方超时", "Reviewed late")},
        missing={
            "undecided": Words("还没有审方", "Not reviewed yet"),
            "withdrawn": Words("没有审方就结束了", "Ended without a review"),
        },
        read=reader(_REVIEWS, lambda row: (row[4], row[5]), programme=CODE, steps=list(DECIDING)),
        judge=by_minutes,
        explain=_reviewed,
        unseen=Words(
            "按当时的快慢计算；期限变了，人做事的快慢也会变。",
            "Counted by how long it took then; with another limit people may work at another pace.",
        ),
    )
)
RATING: Final = declare(
    Trial(
        policies=("tcm.rating.low",),
        case=Words("评价", "ratings"),
        outcomes={
            "low": Words("可以一键转投诉", "Can be made a complaint"),
            "not_low": Words("不能一键转投诉", "Cannot be made a complaint"),
        },
        read=reader(_RATINGS, lambda row: row[4]),
        judge=by_stars,
        explain=lambda stars, low: Words(f"{stars} 星，限 {low} 星以下", f"{stars} stars, the limit is {low}"),
        unseen=Words("改过的评价按最后一次计算。", "A rating that was changed counts as it is now."),
    )
)
