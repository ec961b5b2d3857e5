"""The people behind a figure, as a list that is opened once: the look is traced with the first page, the pages after carry its seal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from django.core import signing

from kangqu.kernel.access.doors import ShownPerson, open_list, people_in_scope, shown_people
from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import Refused
from kangqu.systems.vaccination.coverage.asked import Question
from kangqu.systems.vaccination.coverage.counting import MOST, Place, people_behind
from kangqu.systems.vaccination.coverage.refusals import LIST_OVER

_SALT: Final = "vaccination.coverage.people"
OPEN_FOR: Final = timedelta(minutes=30)
"""How long the pages of an opened list may be turned."""


@dataclass(frozen=True, slots=True)
class People:
    """One page. ``hidden``: how many more stand on it whom the viewer may not look at; ``next``: the word for the page after."""

    shown: Sequence[ShownPerson]
    hidden: int
    next: str


def open_people(viewer: Viewer, asked: Question, *, missing: bool, word: str, at: datetime) -> People:
    """A page of those who had it, or of those who are missing. Without ``word`` the list is opened, and traced."""
    after: Place
    seal, after = _seal(viewer, asked, missing), ("", 0)
    if word:
        opened, after = _read(word, seal, at)
        within = people_in_scope(viewer, to=Purpose.PUBLIC_HEALTH, at=at)
    else:
        opened = at
        within = open_list(
            viewer, to=Purpose.PUBLIC_HEALTH, at=at, action="people.list", reason=_reason(asked, missing)
        )
    places = people_behind(asked, missing=missing, after=after, most=MOST)
    people = list(
        within.select_related("region")
        .filter(pk__in=[number for _region, number in places])
        .order_by("region_id", "pk")
    )
    more = signing.dumps([seal, opened.timestamp(), *places[-1]], salt=_SALT) if len(places) == MOST else ""
    return People(shown_people(viewer, people), len(places) - len(people), more)


def _reason(asked: Question, missing: bool) -> str:
    what = f"{asked.programme} {asked.series} {asked.measure} {asked.number} {asked.region} {asked.day.isoformat()}"
    return f"coverage {'missing' if missing else 'had'}: {what}"


def _seal(viewer: Viewer, asked: Question, missing: bool) -> str:
    """Whose list of what it is."""
    told = repr(
        (
            viewer.principal_id,
            sorted(asked.facts().items(), key=str),
            asked.measure,
            asked.denominator,
            asked.timely,
            missing,
        )
    )
    return sha256(told.encode()).hexdigest()[:32]


def _read(word: str, seal: str, at: datetime) -> tuple[datetime, Place]:
    try:
        said, opened, region, number = _loaded(word)
        when = datetime.fromtimestamp(opened, at.tzinfo)
    except (signing.BadSignature, ValueError, TypeError, OverflowError, OSError) as broken:
        raise Refused(LIST_OVER, field="after") from broken
    if said != seal or not timedelta() <= at - when <= OPEN_FOR:
        raise Refused(LIST_OVER, field="after")
    return when, (region, number)


def _loaded(word: str) -> Any:
    return signing.loads(word[:400], salt=_SALT)
