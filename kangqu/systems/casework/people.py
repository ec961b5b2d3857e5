"""Whom cases are about: in full where the viewer's posts reach the resident, otherwise the first sign of the name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from kangqu.kernel.access.doors import FULL_NAME_ROLES, Hidden, access_person, mask_name, people_in_scope
from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import age_on, city_day
from kangqu.kernel.people import reads as people
from kangqu.kernel.people.models import Person, PersonStatus, Sex
from kangqu.kernel.trace.actions import record


@dataclass(frozen=True, slots=True)
class Header:
    """Whom the page is about, as ``ui.person_header`` draws it; ``code`` is empty where only the name's first sign shows."""

    name: str
    sex: str
    age: str
    id_masked: str
    phone_masked: str
    address: str
    alerts: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    code: str = ""


def names(viewer: Viewer, wanted: Iterable[tuple[int | None, Purpose]], *, at: datetime) -> Mapping[int, str]:
    """The names of the residents of a list, by number; masked where the viewer's posts do not reach them.

    Two questions for each purpose, however many there are. The caller traces the list.
    """
    by_purpose: dict[Purpose, set[int]] = {}
    for number, purpose in wanted:
        if number is not None:
            by_purpose.setdefault(purpose, set()).add(number)
    numbers = set().union(*by_purpose.values()) if by_purpose else set()
    rows = {
        row.pk: row.merged_into or row for row in Person.objects.filter(pk__in=numbers).select_related("merged_into")
    }
    full: set[int] = set()
    if viewer.roles & FULL_NAME_ROLES:
        for purpose, asked in by_purpose.items():
            speaking = {rows[number].pk: number for number in asked}
            scope = people_in_scope(viewer, to=purpose, at=at).filter(pk__in=speaking)
            reached = set(scope.values_list("pk", flat=True))
            full |= {number for number in asked if rows[number].pk in reached}
    return {number: row.name if number in full else mask_name(row.name) for number, row in rows.items()}


def header_of_code(viewer: Viewer, code: str, *, to: Purpose, at: datetime) -> Header | None:
    """The resident of a public code, through her door; None where there is none or it stays shut."""
    try:
        return _shown(access_person(viewer, code, to=to, at=at).person, at)
    except Hidden as hidden:
        record(hidden.entry)
        return None


def header(viewer: Viewer, person_id: int, *, to: Purpose, at: datetime) -> Header:
    """Whom a case is about, through her door. Where it stays shut, the open case shows the first sign of her name."""
    try:
        person = access_person(viewer, person_id, to=to, at=at).person
    except Hidden:
        name = Person.objects.values_list("name", flat=True).get(pk=person_id)
        shut = (("info", _("不在您的服务范围")),)
        return Header(mask_name(name), "", "", "", "", "", labels=shut)
    return _shown(person, at)


def _shown(person: Person, at: datetime) -> Header:
    papers, phones = people.identifiers_of(person).first(), people.phones_of(person).first()
    labels: list[tuple[str, str]] = []
    if person.status == PersonStatus.DECEASED:
        labels.append(("info", _("已死亡")))
    if person.demo:
        labels.append(("info", _("演示数据")))
    return Header(
        name=person.name,
        sex={Sex.MALE: _("男"), Sex.FEMALE: _("女")}.get(Sex(person.sex), _("性别未知")),
        age=_("%(years)d 岁") % {"years": age_on(person.birth_date, city_day(at))} if person.birth_date else "",
        id_masked=papers.shown if papers else "",
        phone_masked=phones.shown if phones else "",
        address=" ".join(filter(None, (person.region.name if person.region else "", person.address))),
        labels=tuple(labels),
        code=person.public_code,
    )
