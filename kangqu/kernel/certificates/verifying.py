"""Whether a certificate is good, from the issuer's published keys and lists alone: no database, no network, no clock.

Source: HL7 SMART Health Cards and Links IG 1.0.0, "Determining keys associated with an issuer" and "Revocation".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from jwcrypto.common import JWException
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from kangqu.kernel.certificates.card import TYPE, NoCard, card_of, claims_of, head_of

_LATEST: Final = 253_402_300_799  # the last second of the year 9999


class Word(StrEnum):
    """What is said of a certificate: code, and with ``WORDS`` Chinese and English."""

    VALID = "valid"
    UNREADABLE = "unreadable"
    UNKNOWN_KEY = "unknown_key"
    FORGED = "forged"
    REVOKED = "revoked"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    LIST_MISSING = "list_missing"
    LIST_OLD = "list_old"


WORDS: Final[Mapping[Word, tuple[str, str]]] = {
    Word.VALID: ("有效", "Valid"),
    Word.UNREADABLE: ("不是证明码", "Not a certificate"),
    Word.UNKNOWN_KEY: ("不是本市签发，或签发密钥已停用", "Not issued here, or by a withdrawn key"),
    Word.FORGED: ("内容与签名不符，是伪造的", "Forged: the signature does not fit"),
    Word.REVOKED: ("已撤销", "Revoked"),
    Word.NOT_YET: ("还没有生效", "Not in force yet"),
    Word.EXPIRED: ("已过期", "Expired"),
    Word.LIST_MISSING: ("没有撤销名单，不能判断，请联网更新", "No list of revocations: cannot be judged, update it online"),
    Word.LIST_OLD: ("撤销名单太旧，不能判断，请联网更新", "The list of revocations is too old: update it online"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """The word; and, where the signature holds, what is certified: FHIR resources, from when on, by whom."""

    word: Word
    entries: tuple[Mapping[str, Any], ...] = ()
    issued_at: datetime | None = None
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class Trust:
    """What a verifier has at hand: the issuer's key set as published, its lists by ``kid``, and how old these may be."""

    keys: Mapping[str, Any]
    lists: Mapping[str, Mapping[str, Any]]
    lists_good_for: timedelta = timedelta(hours=24)


def verify(text: str, trust: Trust, at: datetime) -> Verdict:
    """Judge a card (a QR's ``shc:/…`` or the JWS itself). No input raises."""
    try:
        card = card_of(text)
        head, said = head_of(card), claims_of(card)
        rid, entries, starts, ends = _parts(said)
    except (NoCard, KeyError, TypeError, ValueError, OverflowError):
        return Verdict(Word.UNREADABLE)
    key = _key(head.get("kid"), trust)
    if key is None:
        return Verdict(Word.UNKNOWN_KEY)
    if not _proved(card, key):
        return Verdict(Word.FORGED)
    word = _in_force(starts, ends, at) or _listed(key, rid, starts, trust, at)
    return Verdict(word, entries, starts, str(said.get("iss", "")))


def _parts(said: Mapping[str, Any]) -> tuple[str, tuple[Mapping[str, Any], ...], datetime, datetime | None]:
    given = said["vc"]
    if TYPE not in given["type"]:
        raise NoCard("type")
    entries = tuple(each["resource"] for each in given["credentialSubject"]["fhirBundle"]["entry"])
    ends = said.get("exp")
    return str(given.get("rid", "")), entries, _instant(said["nbf"]), None if ends is None else _instant(ends)


def _instant(seconds: Any) -> datetime:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= _LATEST:
        raise NoCard("instant")
    return datetime.fromtimestamp(seconds, UTC)


def _key(kid: Any, trust: Trust) -> Mapping[str, Any] | None:
    for key in trust.keys.get("keys", ()):
        if key.get("kid") == kid and (key.get("kty"), key.get("use"), key.get("alg")) == ("EC", "sig", "ES256"):
            return dict(key)
    return None


def _proved(card: str, key: Mapping[str, Any]) -> bool:
    read = JWS()
    read.allowed_algs = ["ES256"]
    try:
        read.deserialize(card, JWK(**{name: key[name] for name in ("kty", "crv", "x", "y")}))
    except (JWException, ValueError, TypeError, KeyError):
        return False
    return True


def _in_force(starts: datetime, ends: datetime | None, at: datetime) -> Word | None:
    if at < starts:
        return Word.NOT_YET
    return Word.EXPIRED if ends is not None and at >= ends else None


def _listed(key: Mapping[str, Any], rid: str, starts: datetime, trust: Trust, at: datetime) -> Word:
    """The word of the key's list. A city's keys all have one: without it nothing is said to be valid."""
    found = trust.lists.get(key["kid"])
    if found is None or found.get("kid") != key["kid"] or found.get("method") != "rid":
        return Word.LIST_MISSING
    for each in found.get("rids", ()):
        name, _, before = str(each).partition(".")
        if name == rid and (not before or starts.timestamp() < int(before)):
            return Word.REVOKED
    made = datetime.fromisoformat(found["kq_made_at"]) if "kq_made_at" in found else None
    if made is None or at - made > trust.lists_good_for:
        return Word.LIST_OLD
    return Word.VALID
