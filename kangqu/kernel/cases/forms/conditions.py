"""When a field is asked: conditions on earlier answers, as values that a page's script and the documentation read too."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


class Condition(ABC):
    """Something that holds of the answers so far, or not. An answer that is not there makes nothing true."""

    @abstractmethod
    def holds(self, values: Mapping[str, Any]) -> bool: ...

    @property
    @abstractmethod
    def names(self) -> frozenset[str]:
        """The fields it asks about."""

    @abstractmethod
    def as_data(self) -> list[Any]:
        """The condition as JSON: what the page's script decides by."""


@dataclass(frozen=True, slots=True)
class Equals(Condition):
    name: str
    value: str | int | bool

    def holds(self, values: Mapping[str, Any]) -> bool:
        return self.name in values and values[self.name] == self.value

    @property
    def names(self) -> frozenset[str]:
        return frozenset({self.name})

    def as_data(self) -> list[Any]:
        return ["equals", self.name, self.value]


@dataclass(frozen=True, slots=True)
class OneOf(Condition):
    """The answer, or one of the answers of a field with several, is one of ``among``."""

    name: str
    among: tuple[str, ...]

    def holds(self, values: Mapping[str, Any]) -> bool:
        given = values.get(self.name)
        return bool(set(given if isinstance(given, list) else [given]) & set(self.among))

    @property
    def names(self) -> frozenset[str]:
        return frozenset({self.name})

    def as_data(self) -> list[Any]:
        return ["one_of", self.name, list(self.among)]


@dataclass(frozen=True, slots=True)
class MoreThan(Condition):
    """A number above ``limit``."""

    name: str
    limit: Decimal

    def holds(self, values: Mapping[str, Any]) -> bool:
        given = values.get(self.name)
        return given is not None and Decimal(str(given)) > self.limit

    @property
    def names(self) -> frozenset[str]:
        return frozenset({self.name})

    def as_data(self) -> list[Any]:
        return ["more_than", self.name, float(self.limit)]


@dataclass(frozen=True, slots=True)
class All(Condition):
    parts: tuple[Condition, ...]

    def holds(self, values: Mapping[str, Any]) -> bool:
        return all(part.holds(values) for part in self.parts)

    @property
    def names(self) -> frozenset[str]:
        return frozenset().union(*(part.names for part in self.parts))

    def as_data(self) -> list[Any]:
        return ["all", *(part.as_data() for part in self.parts)]


@dataclass(frozen=True, slots=True)
class Any_(Condition):  # noqa: N801 - beside the built-in and typing's
    parts: tuple[Condition, ...]

    def holds(self, values: Mapping[str, Any]) -> bool:
        return any(part.holds(values) for part in self.parts)

    @property
    def names(self) -> frozenset[str]:
        return frozenset().union(*(part.names for part in self.parts))

    def as_data(self) -> list[Any]:
        return ["any", *(part.as_data() for part in self.parts)]


@dataclass(frozen=True, slots=True)
class Not(Condition):
    part: Condition

    def holds(self, values: Mapping[str, Any]) -> bool:
        return not self.part.holds(values)

    @property
    def names(self) -> frozenset[str]:
        return self.part.names

    def as_data(self) -> list[Any]:
        return ["not", self.part.as_data()]
