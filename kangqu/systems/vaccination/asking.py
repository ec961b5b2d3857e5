"""A question to the forecaster, checked before it is judged: known programmes, days that can be."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from kangqu.kernel.basis.refusals import Refused
from kangqu.systems.vaccination.forecast import Asked, Forecast, default_programmes, forecast, programmes
from kangqu.systems.vaccination.refusals import DAY_BEFORE_BIRTH, DOSE_BEFORE_BIRTH, PROGRAMME_UNKNOWN

MOST_DOSES: Final = 200


def programmes_asked(codes: Collection[str]) -> frozenset[str]:
    """The programmes named, or those meant when none is; ``Refused`` for one nobody knows."""
    if not codes:
        return default_programmes()
    known = [code for code, each in programmes().items() if not each.always]
    for code in codes:
        if code not in known:
            raise Refused(PROGRAMME_UNKNOWN, programme=code, known="、".join(sorted(known)))
    return frozenset(codes)


def answered(asked: Asked) -> Forecast:
    """The forecast, or ``Refused`` when a day of the question cannot be."""
    born = asked.person.born
    if asked.as_of < born:
        raise Refused(DAY_BEFORE_BIRTH, day=asked.as_of.isoformat())
    for row, dose in enumerate(asked.history, start=1):
        if dose.on < born:
            raise Refused(DOSE_BEFORE_BIRTH, row=row, day=dose.on.isoformat())
    return forecast(asked)
