"""Finding a clinic: what was typed and chosen in, the clinics that fit with what is free next out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.places.models import Region
from kangqu.systems.appointments.finding.clinics import Clinic, clinics
from kangqu.systems.appointments.finding.free import Free, When, free_of, full_of
from kangqu.systems.appointments.finding.symptoms import Complaint, complaint, departments

PAGE: Final = 20
PARTS: Final = {"am": (time.min, time(12)), "pm": (time(12), time(17, 30)), "eve": (time(17, 30), time(23, 59, 59))}
FARTHEST: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for. Empty: whatever. ``part``: am, pm, eve."""

    text: str = ""
    department: str = ""
    region: str = ""
    institution_id: int | None = None
    day: date | None = None
    part: str = ""
    off_peak: bool = False

    @property
    def anything(self) -> bool:
        return bool(self.text.strip() or self.department or self.institution_id or self.day or self.off_peak)


@dataclass(frozen=True, slots=True)
class Found:
    """A clinic with its next free times; ``full``: none, but this session can be waited for."""

    clinic: Clinic
    free: Sequence[Free]
    full: Free | None

    @property
    def off_peak(self) -> bool:
        return any(each.off_peak for each in self.free) or (self.full is not None and self.full.off_peak)


@dataclass(frozen=True, slots=True)
class Answer:
    """The clinics that fit, those with the earliest free time first, then those that can be waited for."""

    found: Sequence[Found]
    more: bool
    complaint: Complaint
    days: Sequence[date] = field(default_factory=tuple)


def search(wanted: Wanted, *, at: datetime, offset: int = 0) -> Answer:
    """One page of the clinics that fit. A clinic with nothing sold within the days is left out."""
    told = complaint(wanted.text)
    fitting = _fitting(wanted, told, at)
    when = _when(wanted, at)
    ids = [each.id for each, _rank in fitting]
    free = free_of(ids, when, at=at)
    without = [number for number in ids if number not in free]
    full = full_of(without, when, at=at)
    rows = [
        (rank, (0, free[each.id][0].starts_at) if each.id in free else (1, full[each.id][0].starts_at), each)
        for each, rank in fitting
        if each.id in free or each.id in full
    ]
    rows.sort(key=lambda row: (row[1][0], row[0], row[1][1], row[2].id))
    shown = [
        Found(each, free.get(each.id, ()), None if each.id in free else full[each.id][0])
        for _rank, _when_, each in rows[offset : offset + PAGE]
    ]
    return Answer(shown, len(rows) > offset + PAGE, told)


def _when(wanted: Wanted, at: datetime) -> When:
    today = city_day(at)
    begins, ends = PARTS.get(wanted.part, (time.min, time(23, 59, 59)))
    since = max(wanted.day, today) if wanted.day else today
    until = wanted.day or today + timedelta(days=FARTHEST)
    return When(since=since, until=until, from_=begins, to=ends, off_peak=wanted.off_peak)


def _fitting(wanted: Wanted, told: Complaint, at: datetime) -> list[tuple[Clinic, int]]:
    """The clinics by everything but time, with how well each fits (0 best)."""
    words = [word.lower() for word in wanted.text.split()][:6]
    chosen = departments().get(wanted.department)
    found = []
    for each in clinics(at):
        if wanted.institution_id and each.institution_id != wanted.institution_id:
            continue
        if wanted.region and not each.region.startswith(wanted.region):
            continue
        if wanted.department and not (
            chosen.is_called(each.department, each.department_code) if chosen else wanted.department in each.department
        ):
            continue
        rank = _rank(each, words, told)
        if rank is not None:
            found.append((each, rank))
    return found


def _rank(clinic: Clinic, words: Sequence[str], told: Complaint) -> int | None:
    """How well a clinic answers the words; None when one of them has nothing to do with it."""
    if not words:
        return 0
    symptom = next(
        (
            place
            for place, name in enumerate(told.departments)
            if departments()[name].is_called(clinic.department, clinic.department_code)
        ),
        None,
    )
    named = [_names(clinic, word) for word in words]
    if all(named):
        return 0
    if symptom is None:
        return None
    if all(each or complaint(word).symptoms for each, word in zip(named, words, strict=True)):
        return symptom
    return symptom if len(words) == 1 or not any(_names_any(word) for word in words) else None


def _names_any(word: str) -> bool:
    """Whether a word may be the name of a department: then it has to fit."""
    return any(word in name for each in departments().values() for name in each.names)


def _names(clinic: Clinic, word: str) -> bool:
    """Whether a word is part of a name of the clinic's, or begins its pinyin or initials."""
    if not word.isascii():
        return any(word in name for name in clinic.names)
    if any(word in name.lower() for name in (clinic.code, *clinic.names)):
        return True
    return len(word) > 1 and word.isalpha() and any(
        pinyin.startswith(word) or (len(word) > 2 and word in pinyin) or initials.startswith(word)
        for pinyin, initials in clinic.letters
    )  # fmt: skip


def department_choices(at: datetime) -> list[tuple[str, str, str]]:
    """The departments that some clinic has: key, Chinese, English."""
    have = {(each.department, each.department_code) for each in clinics(at)}
    return [
        (name, name, each.name_en)
        for name, each in departments().items()
        if any(each.is_called(called, code) for called, code in have)
    ]


def region_choices(at: datetime) -> list[tuple[str, str]]:
    """The counties in which clinics are: code and name."""
    codes = {each.region[:6] for each in clinics(at) if len(each.region) >= 6}
    return list(Region.objects.filter(pk__in=codes).order_by("code").values_list("code", "name"))


def institution_choices(at: datetime) -> list[tuple[str, str]]:
    """The hospitals that have clinics: number and name."""
    return list(dict.fromkeys((str(each.institution_id), each.institution) for each in clinics(at)))
