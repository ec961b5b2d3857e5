"""Signatures on codes: ES256 by default, Ed25519 and SM2 by the key's own kind. All make 64 bytes.

* ES256: ECDSA on P-256 with SHA-256 (FIPS 186-5), r ‖ s. The nonce follows from key and message (RFC 6979) and s is
  the lower of its two forms, so that one content has one signature; the higher form is refused.
* Ed25519 (RFC 8032).
* SM2 with SM3 (GB/T 32918.2), r ‖ s, from the extra ``gm``; pure Python, for single codes, not for streams.

A city checks its own codes by signing their content again and comparing: half the work of a verification. Codes signed
by somebody else's hand with the same key (a hardware module) do not compare and are verified in full.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.codes.words import ALGORITHM_MISSING

SIGNATURE_BYTES: Final = 64
_HALF: Final = 32
_CONTEXT: Final = b"kangqu code\0"  # a signature on a code is never one on anything else
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ECDSA: Final = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
_SM2_ORDER: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123


class Algorithm(StrEnum):
    ES256 = "ES256"
    ED25519 = "EdDSA"
    SM2 = "SM2"


class Verifier(Protocol):
    def verify(self, content: bytes, signature: bytes) -> bool:
        """Whether ``signature`` (64 bytes) is this key's on ``content``. Never raises on hostile bytes."""


class Signer(Verifier, Protocol):
    def sign(self, content: bytes) -> bytes:
        """The 64 bytes of this key's signature on ``content``."""


class Es256Verifier:
    def __init__(self, public: bytes) -> None:
        self._public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)

    def verify(self, content: bytes, signature: bytes) -> bool:
        r, s = int.from_bytes(signature[:_HALF], "big"), int.from_bytes(signature[_HALF:], "big")
        if not 0 < r < _P256_ORDER or not 0 < s <= _P256_ORDER // 2:
            return False
        try:
            self._public.verify(encode_dss_signature(r, s), _CONTEXT + content, _ECDSA)
        except InvalidSignature:
            return False
        return True


class Es256Signer(Es256Verifier):
    def __init__(self, secret: bytes) -> None:
        self._secret = ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1())
        self._public = self._secret.public_key()

    def sign(self, content: bytes) -> bytes:
        r, s = decode_dss_signature(self._secret.sign(_CONTEXT + content, _ECDSA))
        return r.to_bytes(_HALF, "big") + min(s, _P256_ORDER - s).to_bytes(_HALF, "big")

    def verify(self, content: bytes, signature: bytes) -> bool:
        return hmac.compare_digest(self.sign(content), signature) or super().verify(content, signature)


class Ed25519Verifier:
    def __init__(self, public: bytes) -> None:
        self._public = ed25519.Ed25519PublicKey.from_public_bytes(public)

    def verify(self, content: bytes, signature: bytes) -> bool:
        try:
            self._public.verify(signature, _CONTEXT + content)
        except InvalidSignature:
            return False
        return True


class Ed25519Signer(Ed25519Verifier):
    def __init__(self, secret: bytes) -> None:
        self._secret = ed25519.Ed25519PrivateKey.from_private_bytes(secret)
        self._public = self._secret.public_key()

    def sign(self, content: bytes) -> bytes:
        return self._secret.sign(_CONTEXT + content)

    def verify(self, content: bytes, signature: bytes) -> bool:
        return hmac.compare_digest(self.sign(content), signature) or super().verify(content, signature)


def _sm2(**keys: bytes) -> Any:
    try:
        from gmalg import SM2
    except ImportError:
        raise Refused(ALGORITHM_MISSING, name="SM2") from None
    return SM2(uid=b"1234567812345678", **keys)  # the default identity of GB/T 32918


class Sm2Verifier:
    def __init__(self, public: bytes) -> None:
        self._sm2 = _sm2(pk=public)

    def verify(self, content: bytes, signature: bytes) -> bool:
        r, s = int.from_bytes(signature[:_HALF], "big"), int.from_bytes(signature[_HALF:], "big")
        if not 0 < r < _SM2_ORDER or not 0 < s < _SM2_ORDER:
            return False
        try:
            return bool(self._sm2.verify(_CONTEXT + content, signature[:_HALF], signature[_HALF:]))
        except Exception:  # noqa: BLE001 - the library raises its own kinds on hostile points
            return False


class Sm2Signer(Sm2Verifier):
    def __init__(self, secret: bytes) -> None:
        self._sm2 = _sm2(sk=secret)

    def sign(self, content: bytes) -> bytes:
        r, s = self._sm2.sign(_CONTEXT + content)
        return bytes(r).rjust(_HALF, b"\0") + bytes(s).rjust(_HALF, b"\0")


def new_secret(algorithm: Algorithm) -> bytes:
    """A new private key: 32 bytes, from the cryptographic library's own source of chance."""
    if algorithm is Algorithm.ES256:
        return ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(_HALF, "big")
    if algorithm is Algorithm.ED25519:
        return ed25519.Ed25519PrivateKey.generate().private_bytes_raw()
    return bytes(_sm2().generate_keypair()[0]).rjust(_HALF, b"\0")


def public_of(algorithm: Algorithm, secret: bytes) -> bytes:
    """The public key of ``secret``: an uncompressed point (65 bytes), or 32 bytes for Ed25519."""
    if algorithm is Algorithm.ES256:
        numbers = ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1()).public_key().public_numbers()
        return b"\4" + numbers.x.to_bytes(_HALF, "big") + numbers.y.to_bytes(_HALF, "big")
    if algorithm is Algorithm.ED25519:
        return ed25519.Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    return bytes(_sm2().generate_pk(secret))


def verifier(algorithm: Algorithm, public: bytes) -> Verifier:
    kinds: dict[Algorithm, type[Any]] = {
        Algorithm.ES256: Es256Verifier,
        Algorithm.ED25519: Ed25519Verifier,
        Algorithm.SM2: Sm2Verifier,
    }
    return kinds[algorithm](public)


def signer(algorithm: Algorithm, secret: bytes) -> Signer:
    kinds: dict[Algorithm, type[Any]] = {
        Algorithm.ES256: Es256Signer,
        Algorithm.ED25519: Ed25519Signer,
        Algorithm.SM2: Sm2Signer,
    }
    return kinds[algorithm](secret)


class Use(StrEnum):
    """What a key signs. A code's use is that of the key it names, and of nothing written in the code itself."""

    DYNAMIC = "dynamic"
    PAPER = "paper"


@dataclass(frozen=True, slots=True)
class Key:
    """A key as a reader needs it. It signs within [``signs_from``, ``signs_until``) and is void from ``withdrawn_at``."""

    number: int
    use: Use
    algorithm: Algorithm
    public: bytes
    signs_from: datetime
    signs_until: datetime
    withdrawn_at: datetime | None
    verifier: Verifier

    def jwk(self) -> dict[str, Any]:
        """The public key as JSON Web Key (RFC 7517, RFC 8037); members of our own begin with ``kq_``."""
        shape: dict[str, Any]
        if self.algorithm is Algorithm.ED25519:
            shape = {"kty": "OKP", "crv": "Ed25519", "x": _b64(self.public)}
        else:
            curve = "P-256" if self.algorithm is Algorithm.ES256 else "SM2"
            shape = {"kty": "EC", "crv": curve, "x": _b64(self.public[1:33]), "y": _b64(self.public[33:])}
        return {
            **shape,
            "kid": str(self.number),
            "alg": str(self.algorithm),
            "use": "sig",
            "kq_use": str(self.use),
            "kq_signs_from": self.signs_from.isoformat(),
            "kq_signs_until": self.signs_until.isoformat(),
            "kq_withdrawn_at": self.withdrawn_at.isoformat() if self.withdrawn_at else None,
        }


def from_jwk(jwk: dict[str, Any]) -> Key:
    """A key from its published form. ``ValueError`` or ``KeyError`` when it is not one."""
    algorithm = Algorithm(jwk["alg"])
    public = _unb64(jwk["x"]) if algorithm is Algorithm.ED25519 else b"\4" + _unb64(jwk["x"]) + _unb64(jwk["y"])
    withdrawn = jwk.get("kq_withdrawn_at")
    return Key(
        number=int(jwk["kid"]),
        use=Use(jwk["kq_use"]),
        algorithm=algorithm,
        public=public,
        signs_from=datetime.fromisoformat(jwk["kq_signs_from"]),
        signs_until=datetime.fromisoformat(jwk["kq_signs_until"]),
        withdrawn_at=datetime.fromisoformat(withdrawn) if withdrawn else None,
        verifier=verifier(algorithm, public),
    )


def _b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _unb64(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
