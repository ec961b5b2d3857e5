"""Reading a code: what it says, and whether to believe it. Pure: keys, limits and the instant are handed in.

The 75 bytes of a code: key number (1) ‖ card handle (6) ‖ issue time in seconds since 2025-01-01T00:00Z (4) ‖
signature over those eleven (64). Nothing in it names a person: the handle is chance and belongs to a card.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from kangqu.kernel.people.codes import encoding
from kangqu.kernel.people.codes.limits import Limits
from kangqu.kernel.people.codes.signing import Key, Signer, Use
from kangqu.kernel.people.codes.words import Word

EPOCH: Final = datetime(2025, 1, 1, tzinfo=UTC)
HEAD_BYTES: Final = 11
HANDLE_BITS: Final = 48
LAST_SECOND: Final = (1 << 32) - 1

BARCODE_DIGITS: Final = 21
BARCODE_LENGTH: Final = 1 + BARCODE_DIGITS
_TIME_BITS: Final = 14
_MAC_BITS: Final = 48
_MAC_BYTES: Final = _MAC_BITS // 8
_CYCLE: Final = 1 << _TIME_BITS
_LOOK_BACK: Final = 20  # cycles of the barcode's clock (4 h 33 min each) in which an old one is still named as expired


class Reading(NamedTuple):
    """What a code says (as far as it could be read) and the word on it."""

    word: Word
    handle: int | None = None
    issued_at: datetime | None = None
    key: int | None = None
    use: Use = Use.DYNAMIC
    barcode: bool = False


def seconds_of(at: datetime) -> int:
    """The whole seconds from the code's epoch to ``at``."""
    return int((at - EPOCH).total_seconds())


def instant_of(seconds: int) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


def write_code(*, key: int, signer: Signer, handle: int, issued_at: datetime) -> str:
    """The signed code of the card ``handle``, issued at ``issued_at`` (cut to the second)."""
    seconds = seconds_of(issued_at)
    if not 0 <= seconds <= LAST_SECOND:
        raise ValueError("a code's time lies between 2025 and 2161")
    head = bytes([key]) + handle.to_bytes(6, "big") + seconds.to_bytes(4, "big")
    return encoding.write(head + signer.sign(head))


def read_code(
    text: str,
    *,
    keys: Mapping[int, Key],
    at: datetime,
    limits: Limits,
    revoked: Callable[[int, datetime], bool] = lambda handle, at: False,
) -> Reading:
    """The reading of a signed code scanned at ``at``. Whatever ``text`` is, this answers; it never raises."""
    content = encoding.read(text)
    if content is encoding.Misread.UNREADABLE:
        return Reading(Word.UNREADABLE)
    if content is encoding.Misread.ALTERED:
        return Reading(Word.ALTERED)
    assert isinstance(content, bytes)
    head = content[:HEAD_BYTES]
    number, handle = head[0], int.from_bytes(head[1:7], "big")
    issued_at = instant_of(int.from_bytes(head[7:], "big"))
    key = keys.get(number)
    if key is None or not key.verifier.verify(head, content[HEAD_BYTES:]):
        return Reading(Word.FORGED, handle, issued_at, number)
    word = _judge(key, handle, issued_at, at, limits, revoked)
    return Reading(word, handle, issued_at, number, key.use)


def _judge(
    key: Key,
    handle: int,
    issued_at: datetime,
    at: datetime,
    limits: Limits,
    revoked: Callable[[int, datetime], bool],
) -> Word:
    withdrawn = key.withdrawn_at is not None and at >= key.withdrawn_at
    # The issue time is cut to the second: a key's first code may bear the second before its first instant.
    if withdrawn or not key.signs_from - timedelta(seconds=1) < issued_at < key.signs_until:
        return Word.RETIRED
    return _judge_time(key.use, issued_at, at, limits) or (Word.REVOKED if revoked(handle, at) else Word.GENUINE)


def _judge_time(use: Use, issued_at: datetime, at: datetime, limits: Limits) -> Word | None:
    if issued_at > at + limits.early:
        return Word.EARLY
    valid = limits.paper_valid if use is Use.PAPER else limits.valid
    return Word.EXPIRED if at - issued_at > valid else None


def _barcode_mac(key: bytes, handle: int, seconds: int) -> int:
    message = b"kangqu barcode\0" + handle.to_bytes(6, "big") + seconds.to_bytes(4, "big")
    return int.from_bytes(hmac.digest(key, message, "sha256")[:_MAC_BYTES], "big")


def write_barcode(*, key: bytes, handle: int, issued_at: datetime) -> str:
    """The barcode beside the code: ``R`` and 21 symbols of handle (48 bits), time (14 bits) and keyed digest (48 bits).

    Only the city can check it, so it works online alone.
    """
    seconds = seconds_of(issued_at)
    number = (handle << _TIME_BITS | seconds % _CYCLE) << _MAC_BITS | _barcode_mac(key, handle, seconds)
    return encoding.LETTER + encoding.to_symbols(number, BARCODE_DIGITS)


def read_barcode(text: str, *, keys: Sequence[bytes], at: datetime, limits: Limits) -> Reading:
    """The reading of a barcode scanned at ``at``. Its 14 bits of time mean the latest such second not after ``at``."""
    values = encoding.values_of(text[1:]) if len(text) == BARCODE_LENGTH and text[0] == encoding.LETTER else None
    number = encoding.number_of(values) if values is not None else -1
    if number < 0 or number >> (HANDLE_BITS + _TIME_BITS + _MAC_BITS):
        return Reading(Word.UNREADABLE, barcode=True)
    mac, number = number & (1 << _MAC_BITS) - 1, number >> _MAC_BITS
    handle, low = number >> _TIME_BITS, number & (_CYCLE - 1)
    latest = seconds_of(at + limits.early)
    newest = latest - (latest - low) % _CYCLE
    # One cycle ahead tells a code from the future; those behind tell an expired one from a forged one.
    for seconds in range(newest + _CYCLE, newest - _LOOK_BACK * _CYCLE, -_CYCLE):
        if 0 <= seconds <= LAST_SECOND and any(mac == _barcode_mac(key, handle, seconds) for key in keys):
            issued_at = instant_of(seconds)
            word = _judge_time(Use.DYNAMIC, issued_at, at, limits) or Word.GENUINE
            return Reading(word, handle, issued_at, barcode=True)
    return Reading(Word.FORGED, handle, barcode=True)
