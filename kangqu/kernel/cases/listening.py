"""Who hears of what. Systems that do not know each other meet here: one emits, another listens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Heard:
    """An event as a listener gets it. ``id`` is the same at every delivery: what is made of it is keyed by it."""

    id: int
    name: str
    case_id: int
    seq: int
    person_id: int | None
    institution_id: int
    facts: Mapping[str, Any]
    values: Mapping[str, Any]
    told_at: datetime


Handler = Callable[[Heard], None]
_LISTENERS: dict[str, dict[str, Handler]] = {}


def listen(name: str, listener: str, handler: Handler) -> None:
    """Have ``handler`` hear every event ``name``, under the listener's own name (``system.what``), at least once.

    It runs in a transaction of its own, which also notes that it was done: what it writes is written once.
    """
    known = _LISTENERS.setdefault(name, {})
    if known.setdefault(listener, handler) is not handler:
        raise ValueError(f"{listener} listens to {name} twice")


def listeners_of(name: str) -> tuple[str, ...]:
    return tuple(_LISTENERS.get(name, ()))


def handler_of(name: str, listener: str) -> Handler | None:
    return _LISTENERS.get(name, {}).get(listener)


def all_listeners() -> Mapping[str, Mapping[str, Handler]]:
    """Every listener by the event it hears and its own name."""
    return _LISTENERS
