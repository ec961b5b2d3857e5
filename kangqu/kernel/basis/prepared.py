"""Statements that run thousands of times a minute: parsed and planned by the server once per connection.

Django binds parameters on its own side, so the server sees a new text each time. ``run`` hands text and parameters
apart, on the same connection and in the same transaction, and asks libpq directly: a cursor's own work costs more than
the statement's. Plans are generic: a statement run here is written so that one plan suits all its parameters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NamedTuple, cast
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import errors, pq
from psycopg.adapt import AdaptersMap, PyFormat, Transformer
from psycopg.types.datetime import TimestamptzLoader
from pydantic import TypeAdapter

_PLACE: Final = re.compile(r"%\((\w+)\)s|%(s)|%%")
_DONE: Final = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)

Parameters = Sequence[Any] | Mapping[str, Any]


@dataclass(slots=True)
class _Known:
    """What one connection's server has prepared, whether it plans generically, and how values are read and written on it."""

    adapters: AdaptersMap
    names: dict[tuple[bytes, tuple[int, ...]], bytes] = field(default_factory=dict)
    generic: bool = False


class _Way(NamedTuple):
    """What a ``Transformer`` asks of its context."""

    connection: psycopg.Connection[Any]
    adapters: AdaptersMap


_known: WeakKeyDictionary[psycopg.Connection[Any], _Known] = WeakKeyDictionary()


def run(statement: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
    """Run one statement, prepared, and return its rows (none when it returns none). Raises Django's database errors."""
    database = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    raw: psycopg.Connection[Any] = database.connection
    idle = raw.pgconn.transaction_status == pq.TransactionStatus.IDLE
    with database.wrap_database_errors:
        if idle and not raw.autocommit:
            raw.execute("SELECT")  # the transaction that Django announced begins with its first statement
            idle = False
        try:
            return _run(raw, statement, parameters, idle)
        except errors.InvalidSqlStatementName:
            # Somebody between us and the server forgot what was prepared.
            _known.pop(raw, None)
            if not idle:
                raise
            return _run(raw, statement, parameters, idle)


def as_json(rows: Sequence[Mapping[str, Any]] | Mapping[str, Any]) -> str:
    """Rows (or one) as a parameter for ``json_to_recordset`` (or ``json_to_record``): made of what JSON has of itself."""
    return _ANYTHING.dump_json(rows).decode()


_ANYTHING: Final = TypeAdapter(Any)  # its encoder takes half the time of the standard library's


def _run(raw: psycopg.Connection[Any], statement: str, parameters: Parameters, idle: bool) -> list[tuple[Any, ...]]:
    text, order, formats = _numbered(statement)
    values = [parameters[name] for name in order] if isinstance(parameters, Mapping) else list(parameters)
    known = _known.get(raw) or _known.setdefault(raw, _Known(_adapters(raw)))
    transformer = Transformer(_Way(raw, known.adapters))
    # libpq takes None for null; its stubs do not say so here.
    dumped = cast(Any, transformer.dump_sequence(values, formats))
    name = known.names.get((text, transformer.types or ())) or _prepare(raw, known, text, transformer.types or (), idle)
    result = _checked(raw, raw.pgconn.exec_prepared(name, dumped, transformer.formats))
    transformer.set_pgresult(result)
    return transformer.load_rows(0, result.ntuples, tuple)


def _adapters(raw: psycopg.Connection[Any]) -> AdaptersMap:
    """The connection's own, but instants are read in C: Django's loader, in Python, sets the zone they come in already."""
    own = AdaptersMap(raw.adapters)
    own.register_loader("timestamptz", TimestamptzLoader)
    return own


@lru_cache(maxsize=256)
def _numbered(statement: str) -> tuple[bytes, tuple[str, ...], list[PyFormat]]:
    """The statement with numbered places, the parameters' names in that order (none if by position), their formats."""
    names: dict[str, int] = {}
    count = 0

    def numbered(place: re.Match[str]) -> str:
        nonlocal count
        if place[0] == "%%":
            return "%"
        if place[2]:
            count += 1
            return f"${count}"
        return f"${names.setdefault(place[1], len(names) + 1)}"

    text = _PLACE.sub(numbered, statement).encode()
    return text, tuple(names), [PyFormat.AUTO] * (len(names) or count)


def _prepare(raw: psycopg.Connection[Any], known: _Known, text: bytes, types: tuple[int, ...], idle: bool) -> bytes:
    if idle and not known.generic:  # in a transaction that rolls back it would be lost
        _checked(raw, raw.pgconn.exec_(b"SET plan_cache_mode = force_generic_plan"))
        known.generic = True
    name = b"kangqu_%d" % len(known.names)
    _checked(raw, raw.pgconn.prepare(name, text, types))
    known.names[text, types] = name
    return name


def _checked(raw: psycopg.Connection[Any], result: pq.abc.PGresult) -> pq.abc.PGresult:
    if result.status in _DONE:
        return result
    if raw.pgconn.status == pq.ConnStatus.BAD:
        raise psycopg.OperationalError("the connection is lost")
    raise errors.error_from_result(result)
