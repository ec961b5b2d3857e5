"""Sealed fields: encryption at rest and blind indexes.

Identity numbers and phones are stored as AES-256-GCM under a key derived (HKDF-SHA256) from the city's secret, and
found again through a blind index: HMAC-SHA256 of the normalised value, cut to 16 bytes. The field's name is bound
into both, so that a value moved to another column neither opens nor matches.

A sealed value is ``key id (1 byte) ‖ nonce (12) ‖ ciphertext ‖ tag (16)``. Older keys stay in the ring for reading.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kangqu.kernel.basis.refusals import Refused, refusal

SEAL_BROKEN = refusal(
    "seal_broken",
    "KQ-1010",
    zh="存储的内容打不开，请联系管理员核对密钥。",
    en="A stored value cannot be opened: check the keys.",
    status=500,
)

BLIND_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_HASH_BLOCK: Final = 64  # SHA-256 works on blocks of 64 bytes; the derived key is shorter


def derive(secret: bytes, purpose: str, length: int = 32) -> bytes:
    """A key for one purpose only, from the city's secret (RFC 5869, no salt)."""
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=purpose.encode()).derive(secret)


def key_check(secret: bytes) -> str:
    """A value by which a secret is known again; it says nothing about the secret."""
    return hmac.digest(derive(secret, "kangqu/key-check"), b"kangqu", "sha256")[:16].hex()


class KeyRing:
    """The keys of a city. ``current`` seals; every key in ``secrets`` (by number, 0–255) opens."""

    def __init__(
        self, secrets: Mapping[int, bytes], current: int, entropy: Callable[[int], bytes] = os.urandom
    ) -> None:
        self._aead = {number: AESGCM(derive(secret, "kangqu/field")) for number, secret in secrets.items()}
        self._current = current
        # The index key never rotates with the field key: a rotated index would find nobody.
        self._index_key = derive(secrets[min(secrets)], "kangqu/blind-index")
        self._prefix = bytes([current])
        self._entropy = entropy

    def seal(self, value: str, field: str) -> bytes:
        return self.seal_bytes(value.encode(), field)

    def seal_bytes(self, value: bytes, field: str) -> bytes:
        nonce = self._entropy(_NONCE_BYTES)
        return self._prefix + nonce + self._aead[self._current].encrypt(nonce, value, field.encode())

    def open(self, sealed: bytes | memoryview, field: str) -> str:
        return self.open_bytes(sealed, field).decode()

    def open_bytes(self, sealed: bytes | memoryview, field: str) -> bytes:
        data = bytes(sealed)
        try:
            aead = self._aead[data[0]]
            return aead.decrypt(data[1 : 1 + _NONCE_BYTES], data[1 + _NONCE_BYTES :], field.encode())
        except (KeyError, IndexError, InvalidTag, ValueError) as broken:
            raise Refused(SEAL_BROKEN) from broken

    def blind(self, value: str, field: str) -> bytes:
        """The blind index of a normalised value: equal values of one field, and only those, have equal indexes."""
        return hmac.digest(self._index_key, f"{field}\0{value}".encode(), "sha256")[:BLIND_BYTES]

    def sealer(self, field: str) -> Callable[[str], bytes]:
        """``seal`` for many values of one field: the nonces are drawn in blocks. One per thread."""
        encrypt, associated, prefix = self._aead[self._current].encrypt, field.encode(), self._prefix
        nonces = self._nonces()

        def seal_one(value: str) -> bytes:
            nonce = next(nonces)
            return prefix + nonce + encrypt(nonce, value.encode(), associated)

        return seal_one

    def _nonces(self) -> Iterator[bytes]:
        while True:
            block = self._entropy(_NONCE_BYTES * 1024)
            for start in range(0, len(block), _NONCE_BYTES):
                yield block[start : start + _NONCE_BYTES]

    def blinder(self, field: str) -> Callable[[str], bytes]:
        """``blind`` for many values of one field: both halves of the HMAC (RFC 2104) begin from a state kept ready."""
        key = self._index_key.ljust(_HASH_BLOCK, b"\0")
        inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + f"{field}\0".encode()).copy
        outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key)).copy

        def blind_one(value: str) -> bytes:
            first, second = inner(), outer()
            first.update(value.encode())
            second.update(first.digest())
            return second.digest()[:BLIND_BYTES]

        return blind_one


@lru_cache(maxsize=1)
def keys() -> KeyRing:
    """The running city's ring, from its settings."""
    from django.conf import settings

    return KeyRing(settings.KANGQU_KEYS, max(settings.KANGQU_KEYS))


def seal(value: str, field: str) -> bytes:
    return keys().seal(value, field)


def unseal(sealed: bytes | memoryview, field: str) -> str:
    return keys().open(sealed, field)


def blind(value: str, field: str) -> bytes:
    return keys().blind(value, field)
