"""The symbols of a code: 75 bytes as 117 symbols that every QR reader packs tightly and every scan gun can type.

A code is ``R``, 115 symbols of base 38 and one check symbol. The alphabet is ``0-9 A-Z - .``: 38 of the 45 symbols of
the QR alphanumeric mode (ISO/IEC 18004), those that a keyboard types without shift. 38^115 exceeds 2^600, so a
code has exactly one spelling: symbols whose number is 2^600 or more are refused, and so are lower case and blanks.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from operator import mul
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-."
# Every other character becomes one outside ASCII, so that one test finds it.
_TO_VALUES: Final = dict.fromkeys(range(128), "\x80") | {ord(symbol): value for value, symbol in enumerate(ALPHABET)}
BASE: Final = 38
LETTER: Final = "R"
CODE_BYTES: Final = 75
_DIGITS: Final = 115
CODE_LENGTH: Final = len(LETTER) + _DIGITS + 1
_CHUNK: Final = 11  # 38^11 fits a machine word
_CHUNK_VALUE: Final = BASE**_CHUNK
# Every weight is prime to 38, so any one wrong symbol changes the sum.
_WEIGHTS: Final = tuple(
    (1, 3, 5, 7, 9, 11, 13, 15, 17, 21, 23, 25, 27, 29, 31, 33, 35, 37)[i % 18] for i in range(_DIGITS)
)


def to_symbols(number: int, count: int) -> str:
    """``number`` in base 38, most significant symbol first, padded to ``count`` symbols."""
    chunks = []
    for _ in range(-(-count // _CHUNK)):
        number, chunk = divmod(number, _CHUNK_VALUE)
        chunks.append(chunk)
    symbols: list[str] = []
    for chunk in chunks:
        for _ in range(_CHUNK):
            chunk, value = divmod(chunk, BASE)
            symbols.append(ALPHABET[value])
    return "".join(reversed(symbols[:count]))


def values_of(symbols: str) -> bytes | None:
    """Each symbol's value, or None when one is not of the alphabet."""
    values = symbols.translate(_TO_VALUES)
    return values.encode("latin-1") if values.isascii() and len(values) == len(symbols) else None


def number_of(values: bytes) -> int:
    """The number that symbols of these values spell.

    Neighbours are joined in one sweep over all of them: symbols to pairs, pairs to fours, up to the whole.
    """
    number, base = int.from_bytes(values, "big"), BASE
    for width, low in _SWEEPS:
        number = (number & low) + base * (number >> width & low)
        base *= base
        if len(values) * 8 <= 2 * width:
            break
    return number


def _sweeps(most: int) -> Iterator[tuple[int, int]]:
    """The widths of the digits to join, in bits, and the mask of every other one of them, for ``most`` symbols."""
    width = 8
    while width < 8 * most:
        digit = (1 << width) - 1
        yield width, sum(digit << place for place in range(0, 8 * most, 2 * width))
        width *= 2


_SWEEPS: Final = tuple(_sweeps(_DIGITS))


def check_value(values: bytes) -> int:
    """The weighted sum of the values mod 38."""
    return sum(map(mul, values, _WEIGHTS)) % BASE


def write(content: bytes) -> str:
    """The code that carries ``content`` (75 bytes)."""
    if len(content) != CODE_BYTES:
        raise ValueError(f"a code carries {CODE_BYTES} bytes, not {len(content)}")
    symbols = to_symbols(int.from_bytes(content, "big"), _DIGITS)
    values = values_of(symbols)
    assert values is not None
    return LETTER + symbols + ALPHABET[check_value(values)]


class Misread(Enum):
    """Why a text gives no bytes."""

    UNREADABLE = 1  # not the form of a code
    ALTERED = 2  # the form of a code whose check symbol does not fit


def read(text: str) -> bytes | Misread:
    """The 75 bytes a code carries, or why there are none."""
    if len(text) != CODE_LENGTH or text[0] != LETTER:
        return Misread.UNREADABLE
    values = values_of(text[1:])
    if values is None:
        return Misread.UNREADABLE
    if check_value(values[:-1]) != values[-1]:
        return Misread.ALTERED
    number = number_of(values[:-1])
    if number >> (8 * CODE_BYTES):
        return Misread.UNREADABLE
    return number.to_bytes(CODE_BYTES, "big")
