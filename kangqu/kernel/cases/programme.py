"""Programmes: what a kind of case is, declared once in code as frozen values and checked when it is made.

A programme says in which states its cases stand, which steps lead from one to the next, who takes them, what must be
true, what is asked, and what happens when nobody acts. Nothing here touches the database or the clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from kangqu.kernel.access.roles import Purpose, Role
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.rules.policy import PolicyBook
from kangqu.kernel.trace.actor import Actor

if TYPE_CHECKING:
    from kangqu.kernel.cases.snapshot import Snapshot

_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,29}")
_EVENT: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){1,3}")


class Answered(Protocol):
    """What a form made of what was filled in: clean values (JSON), and what is unusual about them."""

    @property
    def values(self) -> Mapping[str, Any]: ...

    @property
    def warnings(self) -> Sequence[Any]: ...


class Asks(Protocol):
    """What a step or an opening asks: a form of ``cases.forms``. ``read`` raises ``Refused`` when it is filled in wrongly."""

    def read(self, values: Mapping[str, Any], /) -> Answered: ...


@dataclass(frozen=True, slots=True)
class PolicyMinutes:
    """A span that an officer may change: so many minutes as the dated policy ``id`` of ``book`` says on the day."""

    book: PolicyBook
    id: str

    def on(self, day: date) -> timedelta:
        return timedelta(minutes=float(self.book.value(self.id, on=day)))


@dataclass(frozen=True, slots=True)
class Tier:
    """Somebody who is told ``after`` the deadline: ``tell`` at the institution, or ``levels_up`` above it."""

    after: timedelta
    tell: Role
    levels_up: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """How long a case may stand in a state.

    ``within`` counts from the moment it came there; ``fact`` names a fact that holds the instant instead (ISO 8601) and
    goes before it. ``head_start`` is how much earlier than its deadline a case is ranked, because being late harms more.
    ``turns`` names a fact that holds, by state, the instant at which it is the case's turn there (a plan's): by that it is
    ranked instead.
    ``tiers`` are told in turn; ``then`` is a step the house takes itself at the deadline.
    """

    within: timedelta | PolicyMinutes | None = None
    fact: str = ""
    tiers: tuple[Tier, ...] = ()
    head_start: timedelta = timedelta(0)
    turns: str = ""
    then: str = ""

    def due(self, facts: Mapping[str, Any], at: datetime, day: date) -> datetime | None:
        """When a case that comes into the state at ``at`` is due; None when nothing says so."""
        named = facts.get(self.fact) if self.fact else None
        if isinstance(named, str):
            return datetime.fromisoformat(named)
        within = self.within.on(day) if isinstance(self.within, PolicyMinutes) else self.within
        return at + within if within is not None else None

    def rank(self, state: str, facts: Mapping[str, Any], due: datetime) -> datetime:
        """The instant by which a case in ``state`` that is due at ``due`` is ranked among others."""
        turn = facts.get(self.turns, {}).get(state) if self.turns else None
        return datetime.fromisoformat(turn) if isinstance(turn, str) else due - self.head_start


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a case stands."""

    code: str
    title: str
    title_en: str
    deadline: Deadline | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What a guard is asked about: the case as it is, what the step brings, who takes it, when."""

    case: Snapshot
    values: Mapping[str, Any]
    by: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class Guard:
    """What must be true before a step. ``refuses`` answers why not, or None."""

    title: str
    title_en: str
    refuses: Callable[[Situation], Refused | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A way from one of ``sources`` to ``target``.

    ``roles`` take it; ``automatic`` steps only the house takes. ``own`` steps are for the person the case is about, or
    who stands for her. ``moves`` steps may hand the case to another institution. ``grave`` steps ask for a confirmation.
    ``desk`` steps need what only a page of the system knows (a scan, a weight): the generic page leads there. ``who`` and
    ``when`` name facts that keep whoever takes the step (her account's number) and the instant it is taken.
    """

    code: str
    title: str
    title_en: str
    sources: tuple[str, ...]
    target: str
    roles: frozenset[Role] = frozenset()
    form: Asks | None = None
    guards: tuple[Guard, ...] = ()
    emits: tuple[str, ...] = ()
    automatic: bool = False
    own: bool = False
    moves: bool = False
    grave: bool = False
    desk: bool = False
    who: str = ""
    when: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """A case may be suspended in ``states`` (every open one if empty) and taken up again, by ``roles``; its deadline waits."""

    roles: frozenset[Role]
    states: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RollBack:
    """The step just taken into one of ``states`` may be taken back by ``roles``, once, with a reason."""

    roles: frozenset[Role]
    states: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """A kind of case. ``version`` is pinned by every case opened under it; ``moved`` says how states of earlier versions
    are called in this one, for cases that are carried over. ``page`` and ``own_page`` name the system's own page of a case,
    for its desks and for the person it is about."""

    code: str
    title: str
    title_en: str
    version: int = 1
    first: str
    final: frozenset[str]
    states: tuple[State, ...]
    steps: tuple[Step, ...]
    purpose: Purpose = Purpose.CARE
    sees: frozenset[Role] = frozenset()
    opened_by: frozenset[Role] = frozenset()
    opening: Asks | None = None
    about_person: bool = True
    shown_to_person: bool = False
    pause: Pause | None = None
    roll_back: RollBack | None = None
    opens: frozenset[str] = frozenset()
    listens: frozenset[str] = frozenset()
    emits: frozenset[str] = frozenset()
    moved: Mapping[str, str] = field(default_factory=dict)
    page: str = ""
    own_page: str = ""

    def __post_init__(self) -> None:
        from kangqu.kernel.cases.soundness import faults

        found = faults(self)
        if found:
            raise ValueError(f"programme {self.code}: " + "; ".join(found))

    def state(self, code: str) -> State:
        return next(state for state in self.states if state.code == code)

    def step(self, code: str) -> Step | None:
        return next((step for step in self.steps if step.code == code), None)

    def steps_from(self, state: str) -> list[Step]:
        """The steps that lead out of ``state``, as declared."""
        return [step for step in self.steps if state in step.sources]

    def states_for(self, roles: frozenset[Role]) -> list[str]:
        """The states in which somebody with one of ``roles`` has something to do."""
        codes = {source for step in self.steps if step.roles & roles for source in step.sources}
        return [state.code for state in self.states if state.code in codes]

    @property
    def roles(self) -> frozenset[Role]:
        """Everybody on the staff who may see a case of the programme where her post reaches."""
        taking = frozenset(role for step in self.steps for role in step.roles)
        telling = frozenset(
            tier.tell for state in self.states if state.deadline is not None for tier in state.deadline.tiers
        )
        pausing = self.pause.roles if self.pause else frozenset()
        return (taking | telling | pausing | self.sees | self.opened_by) - {Role.RESIDENT}


def is_code(text: str) -> bool:
    return _CODE.fullmatch(text) is not None


def is_event(text: str) -> bool:
    """Whether ``text`` can name an event: ``tcm.prescription.ready``."""
    return _EVENT.fullmatch(text) is not None
