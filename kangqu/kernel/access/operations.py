"""The operations the city serves: one row each, declared once, beside the page or API call that serves it.

The rows together are the table of who may call what on whose data (``GET /api/v1/access-table``); a test walks it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from kangqu.kernel.access.roles import Purpose, Role

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_SCOPE: Final = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")

EVERY_ROLE: Final = frozenset(Role)
"""Anybody who has signed in, whatever the role."""

STAFF_ROLES: Final = EVERY_ROLE - {Role.RESIDENT, Role.DEVICE, Role.SYSTEM}


class Reach(StrEnum):
    """On whose data an operation works."""

    PUBLIC = "public"  # nobody's: open without signing in
    SELF = "self"  # the caller's own
    FAMILY = "family"  # the caller's own and those she stands for
    INSTITUTION = "institution"  # the institution the role is held at
    SUBTREE = "subtree"  # that institution and all under it
    SERVED = "served"  # the residents that subtree keeps or serves
    CITY = "city"  # the whole city


@dataclass(frozen=True, slots=True)
class Operation:
    """One served operation. ``scope`` is what a bearer token must carry; without one tokens are not accepted."""

    name: str
    title: str
    title_en: str
    roles: frozenset[Role]
    reach: Reach
    purpose: Purpose | None = None
    scope: str | None = None
    step_up: bool = False  # the second factor must have been shown a short while ago
    unready: bool = False  # open to an account that must still change its password or set up its second factor

    @property
    def public(self) -> bool:
        return self.reach is Reach.PUBLIC


_OPERATIONS: dict[str, Operation] = {}


def operation(
    name: str,
    title: str,
    title_en: str,
    *,
    roles: Iterable[Role] = (),
    reach: Reach,
    purpose: Purpose | None = None,
    scope: str | None = None,
    step_up: bool = False,
    unready: bool = False,
) -> Operation:
    """Declare an operation. Only a public one may name no role; a name is declared once."""
    declared = Operation(name, title, title_en, frozenset(roles), reach, purpose, scope, step_up, unready)
    if not _NAME.fullmatch(name) or (scope is not None and not _SCOPE.fullmatch(scope)):
        raise ValueError(
            f"an operation is named like residents.search and scoped like residents.read, not {name} {scope}"
        )
    if declared.public == bool(declared.roles):
        raise ValueError(f"{name}: an operation is either public or names the roles that may call it")
    if _OPERATIONS.setdefault(name, declared) != declared:
        raise ValueError(f"operation {name} is declared twice")
    return declared


def all_operations() -> Mapping[str, Operation]:
    """Every operation declared so far, by name."""
    return MappingProxyType(_OPERATIONS)


def all_scopes() -> dict[str, str]:
    """Every scope an operation asks for, with the titles of the operations it opens."""
    titles: dict[str, list[str]] = {}
    for each in _OPERATIONS.values():
        if each.scope is not None:
            titles.setdefault(each.scope, []).append(each.title)
    return {scope: "、".join(sorted(found)) for scope, found in sorted(titles.items())}
