"""SMART Health Cards: FHIR facts, deflated, signed (ES256) as a compact JWS, shown as one QR. Pure: bytes in, bytes out.

Source: HL7 SMART Health Cards and Links IG 1.0.0, "Health Cards Specification"; RFC 7515, 7518, 7638, 1951.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from jwcrypto.common import base64url_decode
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

MOST_IN_QR: Final = 1195
"""Symbols of a card that one QR (version 22, level L) shows."""
MOST_READ: Final = 100_000
PREFIX: Final = "shc:/"
TYPE: Final = "https://smarthealth.cards#health-card"
FHIR_VERSION: Final = "4.0.1"
_RAW: Final = -15  # DEFLATE without a head (RFC 1951)
_OFFSET: Final = ord("-")  # the least character of a card; each becomes two digits
_LEFT_OUT: Final = frozenset({"id", "text", "display"})
_KEPT: Final = frozenset({("name", "text"), ("actor", "display")})
_JWS: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class NoCard(ValueError):
    """What was read is not a health card."""


def new_key() -> JWK:
    """A new private key on P-256 whose ``kid`` is its thumbprint."""
    key = JWK.generate(kty="EC", crv="P-256", use="sig", alg="ES256")
    key.update(kid=key.thumbprint())
    return key


def claims(
    *, issuer: str, not_before: int, rid: str, entries: Sequence[Mapping[str, Any]], expires: int | None = None
) -> dict[str, Any]:
    """What a card says: ``entries`` are FHIR resources; they refer to each other as ``resource:0``, ``resource:1`` …

    Raises ValueError for members that cards leave out (id, text, display).
    """
    if found := _left_out(entries):
        raise ValueError(f"a card has no {found!r}")
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": f"resource:{number}", "resource": each} for number, each in enumerate(entries)],
    }
    subject = {"fhirVersion": FHIR_VERSION, "fhirBundle": bundle}
    said: dict[str, Any] = {"iss": issuer, "nbf": not_before}
    if expires is not None:
        said["exp"] = expires
    return {**said, "vc": {"type": [TYPE], "credentialSubject": subject, "rid": rid}}


def _left_out(value: Any, within: str = "") -> str:
    """The first member that a card may not have: "" when there is none. A person's name is text, an actor is named."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            if name in _LEFT_OUT and (within, name) not in _KEPT:
                return str(name)
            if found := _left_out(each, name):
                return found
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for each in value:
            if found := _left_out(each, within):
                return found
    return ""


def sign(said: Mapping[str, Any], key: JWK) -> str:
    """The card: a compact JWS over the deflated claims."""
    body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    packer = zlib.compressobj(9, zlib.DEFLATED, _RAW)
    made = JWS(packer.compress(body) + packer.flush())
    head = {"zip": "DEF", "alg": "ES256", "kid": key["kid"]}
    made.add_signature(key, alg="ES256", protected=json.dumps(head, separators=(",", ":")))
    return str(made.serialize(compact=True))


def numeric(card: str) -> str:
    """The card as a QR carries it: ``shc:/`` and two digits a symbol."""
    return PREFIX + "".join(f"{ord(symbol) - _OFFSET:02d}" for symbol in card)


def card_of(text: str) -> str:
    """The card in what a reader read, a file held or somebody pasted. Raises NoCard."""
    told = text.strip()
    if len(told) > MOST_READ:
        raise NoCard(text[:20])
    if told[: len(PREFIX)].lower() == PREFIX:
        digits = told[len(PREFIX) :]
        if len(digits) % 2 or not digits.isascii() or not digits.isdigit():
            raise NoCard(text[:20])
        told = "".join(chr(int(digits[at : at + 2]) + _OFFSET) for at in range(0, len(digits), 2))
    if _JWS.fullmatch(told) is None:
        raise NoCard(text[:20])
    return told


def head_of(card: str) -> Mapping[str, Any]:
    """What the card says of its key. Raises NoCard."""
    return _object(_bytes(card.split(".")[0]))


def claims_of(card: str) -> Mapping[str, Any]:
    """What the card says, proved or not. Raises NoCard, also for what would unpack to more than any card."""
    unpacker = zlib.decompressobj(_RAW)
    try:
        body = unpacker.decompress(_bytes(card.split(".")[1]), MOST_READ)
    except zlib.error:
        raise NoCard("deflate") from None
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise NoCard("deflate")
    return _object(body)


def _bytes(part: str) -> bytes:
    try:
        return bytes(base64url_decode(part))
    except ValueError:
        raise NoCard("base64url") from None


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise NoCard("json") from None
    if not isinstance(found, dict):
        raise NoCard("json")
    return found
