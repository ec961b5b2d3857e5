"""Every policy that is shipped, from every part of the house: its definition, and what a value of it may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import kangqu
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.policies.refusals import OUT_OF_BOUNDS, POLICY_UNKNOWN, WRONG_TYPE
from kangqu.kernel.rules.policy import Policy, PolicyBook, load_policies

_HOUSE: Final = Path(kangqu.__file__).parent


@dataclass(frozen=True, slots=True)
class Definition:
    """A policy as it is shipped: ``first`` is the latest shipped version, ``package`` whose it is."""

    id: str
    package: str
    book: PolicyBook
    shipped: tuple[Policy, ...]

    @property
    def title(self) -> str:
        return self.shipped[-1].title

    def titled(self, language: str) -> str:
        """The policy's name in ``language`` ("zh…" or anything else for English)."""
        return self.title if language.startswith("zh") else self.shipped[-1].title_en or self.id

    @property
    def bounds(self) -> tuple[Any, Any]:
        return self.shipped[-1].at_least, self.shipped[-1].at_most

    @property
    def words(self) -> tuple[str, ...]:
        """What a list may hold: the words of the shipped one."""
        value = self.shipped[-1].value
        return tuple(value) if isinstance(value, list) else ()

    def in_force(self, on: date) -> Policy:
        return self.book.in_force(self.id, on=on)

    def accepted(self, value: Any) -> Any:
        """``value`` if a version may have it; otherwise ``Refused``."""
        if self.words:
            return self._accepted_words(value)
        if type(value) is not type(self.shipped[-1].value):
            raise Refused(WRONG_TYPE, field="value", title=self.title)
        least, most = self.bounds
        if (least is not None and not value >= least) or (most is not None and not value <= most):
            raise Refused(OUT_OF_BOUNDS, field="value", least=least, most=most)
        return value

    def _accepted_words(self, value: Any) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise Refused(WRONG_TYPE, field="value", title=self.title)
        if not set(value) <= set(self.words) or len(set(value)) != len(value):
            raise Refused(OUT_OF_BOUNDS, field="value", least="、".join(self.words), most="")
        return sorted(value)

    def read(self, text: str) -> Any:
        """The value somebody typed: a whole number, a number, or words with commas, as the definition has it."""
        sort = type(self.shipped[-1].value)
        try:
            if sort is list:
                parts = text.replace("，", ",").replace("、", ",").split(",")
                return self.accepted([part.strip() for part in parts if part.strip()])
            if not text.isascii() or len(text) > 20 or "_" in text:
                raise ValueError
            return self.accepted(sort(text.strip()))
        except ValueError:
            raise Refused(WRONG_TYPE, field="value", title=self.title) from None


@cache
def catalogue() -> dict[str, Definition]:
    """Every policy by its id."""
    found: dict[str, Definition] = {}
    for file in sorted(_HOUSE.rglob("policies.toml")):
        package = ".".join(("kangqu", *file.parent.relative_to(_HOUSE).parts))
        book = load_policies(package)
        versions: dict[str, tuple[Policy, ...]] = {}
        for policy in book.all_versions():
            versions[policy.id] = (*versions.get(policy.id, ()), policy)
        for name, shipped in versions.items():
            if name in found:
                raise ValueError(f"policy {name} is defined by {found[name].package} and {package}")
            found[name] = Definition(name, package, book, shipped)
    return found


def definition_of(policy: str) -> Definition:
    """The definition of a policy; ``Refused`` when there is none of that name."""
    found = catalogue().get(policy)
    if found is None:
        raise Refused(POLICY_UNKNOWN)
    return found
