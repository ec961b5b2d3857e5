"""From what a caller asks to a question that has an answer: her own region, programmes there are, cut-offs that are closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.refusals import BAD_INPUT, NOT_FOUND, Refused
from kangqu.kernel.places.models import Institution
from kangqu.systems.vaccination.coverage.asked import Question
from kangqu.systems.vaccination.coverage.boosters import cut_off_of
from kangqu.systems.vaccination.coverage.rates import OLDEST, Band, Denominator, Measure
from kangqu.systems.vaccination.definition import COVERAGE
from kangqu.systems.vaccination.records.questions import JUDGED_BY


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a caller says, well-formed: as ``CoverageQuery`` of the API has it."""

    series: str
    dose: int = 1
    programme: str = "national"
    as_of: date | None = None
    region: str | None = None
    from_age: int = 0
    to_age: int = OLDEST
    sex: str = ""
    timely: bool = False
    measure: Measure = Measure.DOSE
    cut_off: date | None = None
    denominator: Denominator = Denominator.RESIDENT
    target: int | None = None


def home_of(viewer: Viewer) -> tuple[Held, str]:
    """The post the caller asks from, and the region of its institution: figures of all under it are hers to see."""
    held = viewer.holding(COVERAGE.roles)[0]
    return held, Institution.objects.values_list("region_id", flat=True).get(pk=held.institution_id)


def question_of(said: Said, own: str, today: date) -> Question:
    """The question, or why it has no answer."""
    region, day = said.region or own, said.as_of or today
    if not region.startswith(own):
        raise Refused(NOT_FOUND, field="region")
    if said.programme not in JUDGED_BY:
        raise Refused(BAD_INPUT, field="programme", detail=", ".join(sorted(JUDGED_BY)))
    if said.from_age > said.to_age:
        raise Refused(BAD_INPUT, field="to_age", detail="from_age ≤ to_age")
    booster = said.measure is Measure.BOOSTER
    if booster and said.denominator not in (Denominator.RESIDENT, Denominator.COHORT):
        raise Refused(BAD_INPUT, field="denominator", detail="booster: cohort")
    if said.cut_off is not None and not booster:
        raise Refused(BAD_INPUT, field="cut_off", detail="measure=booster")
    if said.denominator is Denominator.COHORT and not booster:
        raise Refused(BAD_INPUT, field="denominator", detail="measure=booster")
    if (said.denominator is Denominator.TARGET) != (said.target is not None):
        raise Refused(BAD_INPUT, field="target", detail="denominator=target, target")
    return Question(
        programme=said.programme, series=said.series, number=said.dose, day=day, region=region, band=Band(said.from_age, said.to_age),
        denominator=Denominator.COHORT if booster else said.denominator, target=said.target, sex=said.sex, timely=said.timely,
        measure=said.measure, cut_off=cut_off_of(said.programme, said.series, day, said.cut_off) if booster else None,
    )  # fmt: skip
