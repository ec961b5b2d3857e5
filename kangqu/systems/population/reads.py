"""What the population desk shows: a resident at a glance, likely doubles, pairs side by side. Numbers stay masked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, Final, cast

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from kangqu.kernel.access.doors import ShownPerson, people_in_scope, shown_people
from kangqu.kernel.access.roles import Purpose
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import age_on, city_day
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.people import reads as people
from kangqu.kernel.people.actions import NewResident
from kangqu.kernel.people.admitting import known_as
from kangqu.kernel.people.importing.models import ResidentImport
from kangqu.kernel.people.importing.reads import import_by_code
from kangqu.kernel.people.kinship import kin_word
from kangqu.kernel.people.models import Merging, Person, PersonStatus, Review, Sex
from kangqu.kernel.people.papers import Paper, PhoneGiven
from kangqu.kernel.places.models import Region, RegionLevel
from kangqu.systems.population.operations import CHANGE, IMPORT


def new_resident(values: Mapping[str, Any], *, kept_by_id: int) -> tuple[NewResident, str]:
    """The registration form as the verb wants it, and the mother's name."""
    documents = (
        [Paper(kind=values["kind"], number=values["number"], verified=values["verified"])] if values["kind"] else []
    )
    phones = [PhoneGiven(number=values["phone"], holder=values["holder"] or "self")] if values["phone"] else []
    new = NewResident(
        name=values["name"],
        sex=values["sex"] or Sex.UNKNOWN,
        birth_date=values["birth_date"],
        documents=documents,
        phones=phones,
        region=values["region"] or None,
        address=values["address"],
        kept_by_id=kept_by_id,
    )
    return new, values["mother_name"]


_SUGGESTED: Final = 300


def divisions_served(viewer: Viewer) -> list[tuple[str, str]]:
    """(code, name) of the townships and villages the viewer's institutions look after: what a desk there chooses from."""
    held = [each.institution_id for each in viewer.holding(CHANGE.roles)]
    served = Region.objects.filter(served_by__institution__in=held).values_list("code", flat=True)
    within = reduce(or_, (Q(code__startswith=code) for code in served), Q(pk__in=[]))
    rows = Region.objects.filter(within, level__in=(RegionLevel.TOWNSHIP, RegionLevel.VILLAGE)).order_by("code")
    return list(rows.values_list("code", "name")[:_SUGGESTED])


def both_values(refused: Refused) -> list[Compared]:
    """What two people wrote of one resident at the same time, field by field; ``refused`` names both."""
    yours, theirs = (cast(Mapping[str, Any], refused.facts[name]) for name in ("yours", "theirs"))
    return [
        Compared(label, _shown(name, theirs.get(name)), _shown(name, yours[name]), theirs.get(name) == yours[name])
        for name, label in ((name, _CHANGED.get(name, name)) for name in yours)
    ]


def _shown(name: str, value: Any) -> str:
    return sex_name(value) if name == "sex" else "" if value is None else str(value)


def known_like(viewer: Viewer, new: NewResident, mother_name: str, *, at: datetime) -> list[ShownPerson]:
    """Residents the index takes for the one being registered, as far as this viewer may see them."""
    found = known_as(new, at=at, mother_name=mother_name)
    numbers = [candidate.person_id for candidate in found.candidates[:5]]
    scope = people_in_scope(viewer, to=Purpose.REGISTRATION, at=at)
    return shown_people(viewer, list(scope.filter(pk__in=numbers).select_related("region")))


@dataclass(frozen=True, slots=True)
class Header:
    """Whom the page is about, as ``ui.person_header`` draws it."""

    name: str
    sex: str
    age: str
    id_masked: str
    phone_masked: str
    address: str
    alerts: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]


def sex_name(code: str) -> str:
    return {Sex.MALE: _("男"), Sex.FEMALE: _("女")}.get(Sex(code), _("性别未知"))


def status_label(person: Person) -> tuple[str, str]:
    """The state of a record, and how it is marked."""
    said = {
        PersonStatus.ACTIVE: ("ok", _("在册")),
        PersonStatus.MOVED: ("info", _("已迁出")),
        PersonStatus.DECEASED: ("info", _("已死亡")),
        PersonStatus.MERGED: ("info", _("已合并")),
    }
    return said[PersonStatus(person.status)]


def header_of(person: Person, *, at: datetime) -> Header:
    """A resident's masked header."""
    papers, phones = people.identifiers_of(person).first(), people.phones_of(person).first()
    age = _("%(years)d 岁") % {"years": age_on(person.birth_date, city_day(at))} if person.birth_date else _("年龄不详")
    labels = [status_label(person)] + ([("info", _("演示数据"))] if person.demo else [])
    return Header(
        name=person.name,
        sex=sex_name(person.sex),
        age=age,
        id_masked=papers.shown if papers else _("没有证件"),
        phone_masked=phones.shown if phones else "",
        address=" ".join(filter(None, (person.region.name if person.region else "", person.address))),
        alerts=(),
        labels=tuple(labels),
    )


def overview(person: Person, *, at: datetime) -> dict[str, Any]:
    """Everything the resident's page shows."""
    household = people.household_of(person)
    agents = people.agents_of(person, at)
    known = Person.objects.in_bulk({each.agent_id for each in agents})
    return {
        "person": person,
        "header": header_of(person, at=at),
        "papers": [(row, row.get_kind_display()) for row in people.identifiers_of(person)],
        "phones": list(people.phones_of(person)),
        "residences": [(row, row.get_use_display()) for row in people.residences_of(person)],
        "names": list(people.names_of(person)),
        "members": people.members_of(household.pk) if household else [],
        "agents": [
            (each, known[each.agent_id].name, kin_word(each.relation, known[each.agent_id].sex, seen_by_agent=False))
            for each in agents
        ],
        "merges": list(people.merges_of(person)),
    }


def reviews_waiting() -> int:
    """How many pairs wait at the review desk."""
    return Review.objects.filter(state=Review.State.OPEN).count()


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of a pair: what it is, left, right, and whether they agree."""

    label: Any
    left: str
    right: str
    same: bool


def compared(pair: people.Pair, *, at: datetime) -> list[Compared]:
    """A pair field by field, masked, as the review desk compares it."""
    left, right = _facts(pair.left, at), _facts(pair.right, at)
    return [
        Compared(label, left[label], right[label], bool(left[label]) and left[label] == right[label]) for label in left
    ]


def _facts(person: Person, at: datetime) -> dict[str, str]:
    head = header_of(person, at=at)
    return {
        _("公开码"): person.public_code,
        _("姓名"): person.name,
        _("其他姓名"): "、".join(row.name for row in people.names_of(person)),
        _("性别"): head.sex,
        _("出生日期"): person.birth_date.isoformat() if person.birth_date else "",
        _("证件"): "、".join(row.shown for row in people.identifiers_of(person)),
        _("电话"): "、".join(row.shown for row in people.phones_of(person)),
        _("住址"): head.address,
        _("建档机构"): person.kept_by.name if person.kept_by else "",
        _("建档时间"): person.registered_at.date().isoformat(),
        _("状态"): status_label(person)[1],
    }


_CHANGED: Final[dict[str, Any]] = {"name": lazy("姓名"), "sex": lazy("性别"), "birth_date": lazy("出生日期")}
_FIELDS: Final[dict[str, Any]] = {
    "given": lazy("名字"), "surname": lazy("姓"), "order": lazy("姓和名的次序"), "birth": lazy("出生日期"), "sex": lazy("性别"),
    "address": lazy("住址"), "phone": lazy("电话"), "identifier": lazy("证件"), "mother": lazy("母亲姓名"),
}  # fmt: skip
_LEVELS: Final[dict[str, Any]] = {
    "exact": lazy("相同"), "close": lazy("同音或形近"), "similar": lazy("相近"), "weak": lazy("有些像"), "differs": lazy("不同"),
    "straight": lazy("一致"), "crossed": lazy("颠倒"), "one slip": lazy("差一处"), "two parts": lazy("差两处"),
}  # fmt: skip
_CONFLICTS: Final[dict[str, Any]] = {
    "papers": lazy("两个证件号都对，但不一样"),
    "given": lazy("名字不同，可能是兄弟姐妹或双胞胎"),
    "sex": lazy("性别不同"),
    "birth_order": lazy("一个是长子女，一个是次子女"),
    "thin": lazy("只有姓名对得上"),
    "number_alone": lazy("只有号码对得上"),
    "unnamed": lazy("新生儿还没有名字"),
}


def told_reason(reason: str) -> str:
    """A reason of the matcher (``given:close``, ``conflict:papers``) or of a desk in words."""
    field, _colon, level = reason.partition(":")
    if field in _FIELDS and level in _LEVELS:
        return f"{_FIELDS[field]} {_LEVELS[level]}"
    if field == "conflict" and level in _CONFLICTS:
        return str(_CONFLICTS[level])
    return _("证件号已登记在另一份记录") if field == "document" else _("窗口提出核对")


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge that stands, as the desk lists it."""

    id: int
    survivor: Person
    absorbed: Person
    at: datetime
    reason: str


def latest_merges(limit: int = 50) -> list[Merge]:
    """The merges that stand, newest first."""
    rows = list(Merging.objects.filter(unmerged_at=None).order_by("-merged_at", "-id")[:limit])
    found = Person.objects.in_bulk({number for row in rows for number in (row.survivor_id, row.absorbed_id)})
    return [Merge(row.pk, found[row.survivor_id], found[row.absorbed_id], row.merged_at, row.reason) for row in rows]


def import_of(viewer: Viewer, code: str) -> ResidentImport:
    """The import of a code, when it belongs to an institution the viewer imports for."""
    job = import_by_code(code)
    if job.institution_id not in {held.institution_id for held in viewer.holding(IMPORT.roles)}:
        raise Refused(NOT_FOUND)
    return job
