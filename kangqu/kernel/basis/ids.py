"""Numbers inside, codes outside.

Inside, every row that is not reference data has a bigint from one sequence, so a number means one thing in the
whole city. What is printed, scanned or sent out is a public code: a type letter, random symbols, one check symbol.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from operator import mul
from typing import Any, Final

from django.db import connection, models
from django.db.models import Func

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXY"  # Crockford's symbols less Z: 31, a prime; no I L O U to misread
_VALUE: Final = {symbol: value for value, symbol in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_WEIGHTS: Final = range(1, 13)
_RANDOM_SYMBOLS: Final = 12  # 59 bits: among five million codes a guess hits once in 10^11 tries

Random = random.Random
"""Where randomness comes from: ``random.SystemRandom()`` in the product, a seeded one in a simulation."""


class NextId(Func):
    """``nextval`` of the one sequence, as a database default."""

    template = "nextval('kangqu_id')"
    arity = 0
    output_field = models.BigIntegerField()

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        return "kangqu.kernel.basis.ids.NextId", [], {}


def take_ids(count: int) -> list[int]:
    """``count`` new numbers from the sequence, ascending, in one round trip."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('kangqu_id') FROM generate_series(1, %s)", [count])
        return [row[0] for row in cursor.fetchall()]


def _check_symbol(body: str) -> str:
    """Weighted sum mod 31 over positions: finds any one wrong symbol and any two symbols exchanged."""
    return ALPHABET[_weighed([_VALUE[symbol] for symbol in body])]


def _weighed(values: Sequence[int]) -> int:
    return sum(map(mul, values, _WEIGHTS)) % 31


def new_code(letter: str, rng: Random) -> str:
    """A new public code: ``letter``, twelve random symbols, one check symbol (14 characters)."""
    body = "".join(rng.choices(ALPHABET, k=_RANDOM_SYMBOLS))
    return letter + body + _check_symbol(body)


def read_code(text: str, letter: str) -> str | None:
    """The code in canonical form if ``text`` is one that begins with ``letter``; blanks and case do not matter."""
    code = "".join(text.split()).replace("-", "").upper()
    if len(code) != _RANDOM_SYMBOLS + 2 or code[0] != letter or not code.isascii():
        return None
    values = [_VALUE[symbol] for symbol in code[1:] if symbol in _VALUE]
    if len(values) != len(code) - 1 or _weighed(values[:-1]) != values[-1]:
        return None
    return letter + "".join([ALPHABET[value] for value in values])


def new_row_id(rng: Random) -> int:
    """A number for a row of a stream, made without asking the database: 63 random bits, unique beside the row's time."""
    return rng.getrandbits(63)
