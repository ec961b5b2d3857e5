"""Lists of card handles as they are published: six bytes each, ascending, base64."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Final

HANDLE_BYTES: Final = 6


def pack(handles: Iterable[int]) -> str:
    """Handles as they are published."""
    return base64.b64encode(b"".join(handle.to_bytes(HANDLE_BYTES, "big") for handle in sorted(handles))).decode()


def unpack(packed: str) -> frozenset[int]:
    """The handles of a published list; ``ValueError`` when it is not one."""
    data = base64.b64decode(packed, validate=True)
    if len(data) % HANDLE_BYTES:
        raise ValueError("a list of handles holds six bytes each")
    return frozenset(
        int.from_bytes(data[place : place + HANDLE_BYTES], "big") for place in range(0, len(data), HANDLE_BYTES)
    )
