"""The viewer: who asks, in which roles at which institutions, through which key, from where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from kangqu.kernel.access.models import AccountKind
from kangqu.kernel.access.operations import Operation
from kangqu.kernel.access.proof import Proof
from kangqu.kernel.access.roles import Purpose, Role
from kangqu.kernel.basis.refusals import NOT_YOURS, SIGN_IN, Refused, refusal
from kangqu.kernel.trace.actor import Actor

SCOPE_MISSING = refusal(
    "scope_missing",
    "KQ-1701",
    zh="这个令牌没有 {scope} 权限。",
    en="This token does not carry the scope {scope}.",
    status=403,
)
STEP_UP = refusal(
    "step_up",
    "KQ-1702",
    zh="请再输一次动态口令。",
    en="Please enter your one-time code once more.",
    status=403,
)
CHANGE_PASSWORD_FIRST = refusal(
    "change_password_first",
    "KQ-1703",
    zh="请先修改密码。",
    en="Please change your password first.",
    status=403,
)
ENROL_FIRST = refusal(
    "enrol_first",
    "KQ-1704",
    zh="请先绑定动态口令。",
    en="Please set up your one-time codes first.",
    status=403,
)


@dataclass(frozen=True, slots=True)
class Held:
    """A role held at an institution; ``path`` is the institution's place in the tree and reaches all under it."""

    role: Role
    institution_id: int
    path: str

    def reaches(self, path: str) -> bool:
        return path.startswith(self.path)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Everything a door needs to decide. Made once per request and handed down; never changed.

    ``scopes`` is None in a session (the role alone decides) and a set for a bearer token. ``principal_id`` is the
    account's or the device's number: all numbers come from one sequence, so the two never meet.
    """

    principal_id: int | None = None
    account_id: int | None = None
    kind: AccountKind | None = None
    person_id: int | None = None
    display_name: str = ""
    grants: tuple[Held, ...] = ()
    scopes: frozenset[str] | None = None
    sign_in_id: int | None = None
    device_id: int | None = None
    station_id: int | None = None
    language: str = "zh-hans"
    large_type: bool = False
    must_change_password: bool = False
    must_enrol: bool = False
    stepped_up_until: datetime | None = None
    ip: str | None = None
    device: str = ""
    request_id: str = ""
    proof: Proof | None = None  # of a remembered device: what its writing must prove

    @property
    def signed_in(self) -> bool:
        return self.principal_id is not None

    @property
    def is_resident(self) -> bool:
        return self.kind is AccountKind.RESIDENT

    @property
    def roles(self) -> frozenset[Role]:
        if self.kind is AccountKind.RESIDENT:
            return frozenset({Role.RESIDENT})
        return frozenset(held.role for held in self.grants)

    def holding(self, roles: Iterable[Role]) -> tuple[Held, ...]:
        """The grants whose role is one of ``roles``."""
        wanted = frozenset(roles)
        return tuple(held for held in self.grants if held.role in wanted)

    def reaches(self, path: str, roles: Iterable[Role]) -> Held | None:
        """The nearest of the viewer's grants in ``roles`` whose subtree holds the institution at ``path``."""
        reaching = [held for held in self.holding(roles) if held.reaches(path)]
        return max(reaching, key=lambda held: len(held.path), default=None)

    def may(self, operation: Operation) -> Refused | None:
        """Why this viewer may not call ``operation``, or None. Says nothing yet about whose data."""
        if operation.public:
            return None
        if not self.signed_in:
            return Refused(SIGN_IN)
        if not _for_anybody(operation) and not operation.roles & self.roles:
            return Refused(NOT_YOURS)
        if self.scopes is not None and (operation.scope is None or operation.scope not in self.scopes):
            return Refused(SCOPE_MISSING, scope=operation.scope or "—")
        return None if operation.unready else self._unready()

    def _unready(self) -> Refused | None:
        if self.must_change_password:
            return Refused(CHANGE_PASSWORD_FIRST)
        return Refused(ENROL_FIRST) if self.must_enrol else None

    def stepped_up(self, at: datetime) -> bool:
        """Whether the second factor was shown a short while ago. A token's holder cannot; a scope stands for it."""
        return self.scopes is not None or (self.stepped_up_until is not None and at < self.stepped_up_until)

    def actor(self, *, role: Role | None = None, held: Held | None = None, purpose: Purpose | None = None) -> Actor:
        """The viewer as the ``by`` of a verb: acting in ``held`` (or the first grant of ``role``), for ``purpose``."""
        if held is None and self.grants:
            held = next(iter(self.holding((role,))), None) if role is not None else self.grants[0]
        acting = held.role if held is not None else next(iter(self.roles), None)
        return Actor(
            account_id=self.principal_id,
            role=acting.value if acting is not None else "",
            institution_id=held.institution_id if held is not None else None,
            purpose=purpose.value if purpose is not None else "",
            ip=self.ip,
            device=self.device,
            request_id=self.request_id,
        )


def _for_anybody(operation: Operation) -> bool:
    return len(operation.roles) == len(Role)
