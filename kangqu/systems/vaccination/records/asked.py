"""What is asked of the record, and what it answers: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from kangqu.kernel.basis.refusals import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """A dose to be given here, or just given: ``key`` is the asker's own name for it.

    ``answers`` are those of the questions before it, where they come with it; else today's pre-check here must have been passed.
    ``decided``: a doctor's reason to give what is not offered by itself.
    """

    person_id: int
    key: str
    vaccine: str
    lot: str
    given_at: datetime
    maker: str = ""
    site: str = ""
    decided: str = ""
    booking_id: int | None = None
    answers: Mapping[str, bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A dose given elsewhere, or long ago, brought with a paper."""

    person_id: int
    key: str
    vaccine: str
    given_on: date
    lot: str = ""
    maker: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A dose as it stands. ``numbers``: series → what it counts as (None: it does not), by the programme that is in force for it."""

    person_id: int
    id: int
    code: str
    numbers: Mapping[str, int | None]
    fresh: bool = True


Answer = Recorded | Refused
