"""What the page of a case shows: where it stands, what was gathered, what happened, who may do what now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from kangqu.kernel.access.looks import institution_names
from kangqu.kernel.access.models import Account, Grant
from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.cases import keeping
from kangqu.kernel.cases.doors import CaseAccess, facts_shown
from kangqu.kernel.cases.models import Case, Document
from kangqu.kernel.cases.programme import Programme, Step
from kangqu.kernel.cases.reads import Happened, children_of, timeline
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.trace.words import action_word
from kangqu.systems.casework.acting import post_in
from kangqu.systems.casework.drawing import Fact, facts_of
from kangqu.systems.casework.posts import visible
from kangqu.systems.casework.words import called, role_word
from kangqu.web.formats import in_english


@dataclass(frozen=True, slots=True)
class Stage:
    """A state on the track of a case: passed, the one it stands in, or one the shortest way leads to."""

    title: str
    now: bool
    passed: bool


_BEFORE, _BEHIND = 3, 3


def track(of: Programme, case: Snapshot, happened: Sequence[Happened]) -> list[Stage]:
    """The last states a case passed, where it stands, and the next ones on the shortest way to an end."""
    titles = {state.code: called(state) for state in of.states}
    passed: list[str] = []
    for each in happened:
        left = each.facts.get("from")
        if each.action in ("case.step", "case.roll_back") and isinstance(left, str) and left != case.state:
            passed = [code for code in passed if code != left] + ([left] if each.action == "case.step" else [])
    passed = [code for code in passed if code in titles][-_BEFORE:]
    ahead = [code for code in _way(of, case.state) if code not in passed][:_BEHIND] if case.closed_at is None else []
    return [
        *(Stage(titles[code], False, True) for code in passed),
        Stage(titles[case.state], True, False),
        *(Stage(titles[code], False, False) for code in ahead),
    ]


def _way(of: Programme, state: str) -> list[str]:
    """The states of the way most cases take: the first declared step onward out of each, to an end."""
    way: list[str] = []
    here = state
    while here not in of.final:
        steps = [step for step in of.steps_from(here) if not step.automatic] or of.steps_from(here)
        targets = [step.target for step in onward_first(of, steps)]
        onward = next((target for target in targets if target not in (here, state, *way)), None)
        if onward is None:
            break
        way.append(onward)
        here = onward
    return way


def onward_first(of: Programme, steps: Sequence[Step]) -> list[Step]:
    """Steps as declared, but those that break off (to an end that a new case can come to at once) and grave ones last."""
    broken = {step.target for step in of.steps_from(of.first)} & of.final
    return sorted(steps, key=lambda step: (step.target in broken, step.grave))


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the timeline in words. ``facts`` are what the step gathered, labelled."""

    at: datetime
    title: str
    who: str
    reason: str
    facts: list[Fact]


def events(of: Programme, happened: Sequence[Happened], *, own: bool = False) -> list[Event]:
    """The timeline in words, latest first. A resident reads the institution and the post, never a name."""
    english = in_english()
    receivers = _names(each.facts.get("to") for each in happened if each.action == "case.hand_over")
    told = []
    for each in happened:
        gathered = each.facts.get("facts")
        shown = (
            {name: value for name, value in gathered.items() if name[:1] != "_"} if isinstance(gathered, dict) else {}
        )
        title = _title(of, each, english)
        if each.action == "case.hand_over":
            title += f" → {receivers.get(each.facts.get('to'), '')}"
        who = (each.institution, role_word(each.role)) if own else (each.actor, role_word(each.role), each.institution)
        told.append(Event(each.at, title, " · ".join(filter(None, who)), each.reason, facts_of(of, shown, own=own)))
    return told[::-1]


def _title(of: Programme, each: Happened, english: bool) -> str:
    word = action_word(each.action, english=english)
    if each.action == "case.step":
        step = of.step(str(each.facts.get("step")))
        target = next((state for state in of.states if state.code == each.facts.get("to")), None)
        return f"{called(step) or word} → {called(target)}" if target is not None else called(step) or word
    if each.action == "case.late":
        told = role_word(str(each.facts.get("told", "")))
        return _("超时，已提醒%(role)s") % {"role": told} if told else word
    if each.action == "case.add_document":
        return f"{word}：{each.facts.get('title', '')}".rstrip("：")
    return word


def _names(numbers: Iterable[Any]) -> Mapping[Any, str]:
    wanted = {number for number in numbers if isinstance(number, int)}
    return dict(Account.objects.filter(pk__in=wanted).values_list("pk", "display_name")) if wanted else {}


@dataclass(frozen=True, slots=True)
class Kept:
    """A document of a case, without its content."""

    id: int
    title: str
    picture: bool
    size: int
    added_at: datetime
    added_by: str


def documents(case_id: int) -> list[Kept]:
    """The documents of a case, oldest first. The caller has passed the case's door."""
    rows = list(Document.objects.filter(case_id=case_id).defer("sealed", "digest").order_by("added_at", "id"))
    names = _names(row.added_by for row in rows)
    return [
        Kept(row.pk, row.title, row.kind.startswith("image/"), row.size, row.added_at, names.get(row.added_by, ""))
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Kin:
    """A case this one was opened from, or that was opened from it, as far as the viewer may see it."""

    code: str
    programme: str
    state: str
    closed: bool


def parents_and_children(viewer: Viewer, case: Snapshot) -> tuple[Kin | None, list[Kin]]:
    """The case this one was opened from, and those opened from it: those whose door would open to the viewer."""
    parent = snapshot(case.parent_id) if case.parent_id is not None else None
    children = children_of(case.id)
    seen = visible(viewer, children)
    above = _kin(parent) if parent is not None and visible(viewer, [parent]) else None
    return above, [_kin(child) for child in children if child.pk in seen]


def _kin(case: Case | Snapshot) -> Kin:
    from kangqu.kernel.cases.registry import programme

    of = programme(case.programme, case.version)
    return Kin(case.code, called(of), called(of.state(case.state)), case.closed_at is not None)


@dataclass(frozen=True, slots=True)
class Colleague:
    id: int
    name: str
    role: str


def colleagues(access: CaseAccess, *, at: datetime) -> list[Colleague]:
    """Those at the case's institution to whom it may be handed over: whose post works on it as it stands."""
    case = access.case
    roles = [role.value for step in access.programme.steps_from(case.state) for role in step.roles]
    grants = Grant.objects.filter(role__in=roles, institution_id=case.institution_id, starts_at__lte=at, waits=False)
    grants = grants.exclude(ends_at__lte=at).filter(account__closed_at=None).exclude(account_id=case.holder_id or 0)
    rows = grants.select_related("account").order_by("account__display_name", "account_id")[:300]
    found = {row.account_id: Colleague(row.account_id, row.account.display_name, role_word(row.role)) for row in rows}
    return list(found.values())


def account_called(username: str) -> int | None:
    """The account of a sign-in name that is still open."""
    if "\0" in username:
        return None
    return Account.objects.filter(username=username, closed_at=None).values_list("pk", flat=True).first()


def place_name(institution_id: int) -> str:
    return institution_names({institution_id}).get(institution_id, "")


@dataclass(frozen=True, slots=True)
class May:
    """What besides steps a viewer may do with a case now."""

    claim: bool = False
    let_go: bool = False
    hand_over: bool = False
    manages: bool = False
    suspend: bool = False
    resume: bool = False
    roll_back: bool = False
    add_document: bool = False


def may(access: CaseAccess, viewer: Viewer) -> May:
    """What the buttons besides the steps are: as the verbs would decide."""
    of, case = access.programme, access.case
    if access.held is None or case.closed_at is not None:
        return May(add_document=access.held is not None and case.closed_at is not None and _takes_part(access))
    working = frozenset(role for step in of.steps_from(case.state) for role in step.roles)
    works = post_in(access, viewer, working) is not None
    manages = post_in(access, viewer, keeping.MANAGES) is not None
    mine = case.holder_id is not None and case.holder_id == viewer.principal_id
    pauses = of.pause is not None and post_in(access, viewer, of.pause.roles) is not None
    here = of.pause is not None and (not of.pause.states or case.state in of.pause.states)
    back = of.roll_back
    return May(
        claim=works and case.holder_id is None and case.suspended_at is None,
        let_go=mine,
        hand_over=(works and case.holder_id in (None, viewer.principal_id)) or manages,
        manages=manages,
        suspend=pauses and here and case.suspended_at is None,
        resume=pauses and case.suspended_at is not None,
        roll_back=back is not None
        and case.state in back.states
        and bool(case.came_from)
        and case.suspended_at is None
        and post_in(access, viewer, back.roles) is not None,
        add_document=_takes_part(access),
    )


def _takes_part(access: CaseAccess) -> bool:
    """Whether the post that opened the door has steps in the programme, and is not there only to look on."""
    return access.held is not None and any(access.held.role in step.roles for step in access.programme.steps)


def overview(access: CaseAccess, *, own: bool = False) -> dict[str, Any]:
    """What the page of a case shows to staff and (``own``) to the resident it is about."""
    case, of = access.case, access.programme
    happened = timeline(case)
    places = institution_names({case.institution_id, case.origin_id})
    return {
        "case": case,
        "programme": called(of),
        "state": called(of.state(case.state)),
        "track": track(of, case, happened),
        "facts": facts_of(of, facts_shown(case), own=own),
        "events": events(of, happened, own=own),
        "place": places.get(case.institution_id, ""),
        "origin": places.get(case.origin_id, "") if case.origin_id != case.institution_id else "",
    }
