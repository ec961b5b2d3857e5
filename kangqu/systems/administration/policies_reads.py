"""What is shown of policies: each with what is in force, what comes next, its versions, its trials, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from kangqu.kernel.access.models import Account
from kangqu.kernel.access.operations import Operation
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.places.models import Institution
from kangqu.kernel.policies.catalogue import Definition, catalogue, definition_of
from kangqu.kernel.policies.models import LIVE, PolicyTrial, PolicyVersion, VersionState
from kangqu.kernel.policies.refusals import CITY_ONLY
from kangqu.kernel.policies.trials import can_be_tried
from kangqu.kernel.rules.policy import Policy
from kangqu.kernel.rules.source import Mark

PARTS: Final[Mapping[str, Any]] = {
    "access": lazy("登录与权限"),
    "cases": lazy("办件"),
    "citizen": lazy("居民服务"),
    "code": lazy("一码通"),
    "notices": lazy("消息"),
    "people": lazy("居民与主索引"),
    "presence": lazy("场所查验"),
    "tcm": lazy("智慧中药房"),
}
MARKS: Final[Mapping[str, Any]] = {
    "V": lazy("已读原文"),
    "B": lazy("读过转述"),
    "M": lazy("凭记忆，待核"),
    "C": lazy("条款待核"),
    "L": lazy("一地做法"),
    "D": lazy("平台默认"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A policy in the list."""

    definition: Definition
    now: Policy
    following: str
    waiting: bool

    @property
    def id(self) -> str:
        return self.definition.id

    @property
    def href(self) -> str:
        return reverse("policy", args=[self.definition.id])


@dataclass(frozen=True, slots=True)
class Version:
    """A version on a policy's page; ``row`` is None for one that was shipped."""

    value: str
    starts: date
    document: str
    clause: str
    mark: str
    state: str
    kind: str
    row: PolicyVersion | None = None
    proposer: str = ""
    decider: str = ""
    may_decide: bool = False
    may_withdraw: bool = False


def title_of(definition: Definition) -> str:
    return definition.titled(get_language() or "zh-hans")


def part_of(policy: str) -> str:
    head = policy.partition(".")[0]
    return str(PARTS.get(head, head))


def mark_word(mark: str) -> str:
    return str(MARKS[Mark(mark).value])


def shown(value: Any) -> str:
    return "、".join(value) if isinstance(value, list) else str(value)


def bounds_of(definition: Definition) -> str:
    least, most = definition.bounds
    return "、".join(definition.words) if definition.words else f"{least}–{most}"


def lines(at: datetime, filters: Mapping[str, Any]) -> list[Line]:
    """Every policy as it stands at ``at``, narrowed by words of its name, by part, by what waits."""
    today, wanted = city_day(at), str(filters.get("q") or "").strip().lower()
    own = _by_policy(PolicyVersion.objects.filter(state__in=LIVE).order_by("starts"))
    found = [_line(each, own.get(each.id, ()), today) for each in catalogue().values()]
    part, state = filters.get("part") or "", filters.get("state") or ""
    found.sort(key=lambda line: not line.waiting)
    return [
        line
        for line in found
        if (
            not wanted
            or wanted in line.id.lower()
            or wanted in line.definition.title.lower()
            or wanted in line.definition.titled("en").lower()
        )
        and (not part or line.id.startswith(f"{part}."))
        and (state != "waiting" or line.waiting)
        and (state != "own" or line.id in own)
    ]


def _by_policy(rows: Any) -> dict[str, list[PolicyVersion]]:
    found: dict[str, list[PolicyVersion]] = {}
    for row in rows:
        found.setdefault(row.policy, []).append(row)
    return found


def _line(definition: Definition, own: Sequence[PolicyVersion], today: date) -> Line:
    later = [(row.starts, row.value) for row in own if row.starts > today and row.state == VersionState.ADOPTED]
    later += [(each.starts, each.value) for each in definition.shipped if each.starts > today]
    following = min(later, key=lambda each: each[0], default=None)
    words = _("%(day)s 起 %(value)s") % {"day": following[0], "value": shown(following[1])} if following else ""
    waiting = any(row.state == VersionState.PROPOSED for row in own)
    return Line(definition, definition.in_force(today), words, waiting)


def versions_of(policy: str, viewer: Viewer, at: datetime, *, writes: bool) -> list[Version]:
    """Every version of a policy, latest start first; with what the viewer may do to each."""
    definition, today = definition_of(policy), city_day(at)
    rows = list(PolicyVersion.objects.filter(policy=policy))
    names = _names([*(row.proposed_by for row in rows), *(row.decided_by for row in rows)])
    now = definition.in_force(today)
    found = [_own(row, names, viewer, today, now, writes=writes) for row in rows]
    for each in definition.shipped:
        state, kind = _standing(each.starts, today, each == now)
        source = each.source
        found.append(
            Version(shown(each.value), each.starts, source.document, source.clause, source.mark.value, state, kind)
        )
    return sorted(found, key=lambda each: (each.starts, each.row.proposed_at if each.row else at), reverse=True)


def _own(
    row: PolicyVersion, names: Mapping[int, str], viewer: Viewer, today: date, now: Policy, *, writes: bool
) -> Version:
    adopted = row.state == VersionState.ADOPTED
    at_work = adopted and row.starts == now.starts and row.value == now.value
    state, kind = _standing(row.starts, today, at_work) if adopted else (_(row.get_state_display()), "info")
    proposed = row.state == VersionState.PROPOSED
    return Version(
        shown(row.value),
        row.starts,
        f"{row.document} {row.number}".strip(),
        row.clause,
        row.mark,
        state,
        "warn" if proposed else kind,
        row,
        names.get(row.proposed_by, "—"),
        names.get(row.decided_by or 0, ""),
        may_decide=writes and proposed and row.proposed_by != viewer.principal_id,
        may_withdraw=writes and (proposed or (adopted and row.starts > today)),
    )


def _standing(starts: date, today: date, at_work: bool) -> tuple[str, str]:
    if at_work:
        return _("现行"), "ok"
    return (_("将生效"), "info") if starts > today else (_("已被替代"), "info")


def _names(numbers: Sequence[int | None]) -> dict[int, str]:
    wanted = {number for number in numbers if number}
    return dict(Account.objects.filter(pk__in=wanted).values_list("pk", "display_name"))


def officer_of_the_city(viewer: Viewer, operation: Operation) -> Held:
    """The grant with which the viewer decides for the whole city; ``Refused`` when none reaches all of it."""
    held = city_grant(viewer, operation)
    if held is None:
        raise Refused(CITY_ONLY)
    return held


def city_grant(viewer: Viewer, operation: Operation) -> Held | None:
    """A grant at the root of this city's own tree of institutions, its health commission."""
    at_the_top = [held for held in viewer.holding(operation.roles) if held.path.count("/") == 2]
    ours = Institution.objects.filter(
        pk__in=[held.institution_id for held in at_the_top], region_id=settings.KANGQU_CITY_CODE[:4], kind="commission"
    )
    numbers = set(ours.values_list("pk", flat=True)) if at_the_top else set()
    return next((held for held in at_the_top if held.institution_id in numbers), None)


def version_under(policy: str, number: int) -> PolicyVersion:
    """A version of this policy; another's answers as none."""
    found = PolicyVersion.objects.filter(pk=number, policy=policy).first() if number < 2**63 else None
    if found is None:
        raise Refused(NOT_FOUND)
    return found


def own_versions(policy: str) -> list[PolicyVersion]:
    """The city's own versions of a policy, latest start first."""
    return list(PolicyVersion.objects.filter(policy=policy).order_by("-starts", "-proposed_at"))


def covered(definition: Definition, day: date) -> date:
    """``day`` if some version covers it; a day before the first is not found."""
    if day < definition.shipped[0].starts:
        raise Refused(NOT_FOUND, field="on")
    return day


def trial_under(policy: str, row: PolicyTrial) -> PolicyTrial:
    """The trial if it is one of this policy; another's answers as none."""
    if row.policy != policy:
        raise Refused(NOT_FOUND)
    return row


def places_to_try(viewer: Viewer, operation: Operation, code: str) -> tuple[tuple[str, ...], Held]:
    """The paths a trial reads below: those of the viewer's posts, or that of one institution within them."""
    held = viewer.holding(operation.roles)
    if not code:
        return tuple(each.path for each in held), held[0]
    place = Institution.objects.filter(code=code.strip().upper()).first()
    by = viewer.reaches(place.path, operation.roles) if place is not None else None
    if place is None or by is None:
        raise Refused(NOT_FOUND, field="place")
    return (place.path,), by


def trials_of(policy: str, viewer: Viewer) -> list[PolicyTrial]:
    """The viewer's own latest trials of a policy."""
    return list(PolicyTrial.objects.filter(policy=policy, asked_by=viewer.principal_id or 0).order_by("-asked_at")[:10])


def places_of(paths: Sequence[str]) -> str:
    """The names of the institutions at these paths."""
    return "、".join(Institution.objects.filter(path__in=paths).order_by("path").values_list("name", flat=True))


def triable(policy: str) -> bool:
    return can_be_tried(policy)
