"""What a card is, and that every way of it not being one is found, with the published keys and lists alone."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jwcrypto.common import base64url_decode, base64url_encode

from kangqu.kernel.certificates.card import (
    MOST_IN_QR,
    NoCard,
    card_of,
    claims,
    claims_of,
    head_of,
    new_key,
    numeric,
    sign,
)
from kangqu.kernel.certificates.verifying import Trust, Word, verify

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
KEY, OTHER = new_key(), new_key()
PATIENT = {"resourceType": "Patient", "name": [{"text": "演示"}], "birthDate": "2013-05-01"}
SHOT = {
    "resourceType": "Immunization",
    "status": "completed",
    "patient": {"reference": "resource:0"},
    "occurrenceDateTime": "2026-11-20",
    "performer": [{"actor": {"display": "演示接种门诊"}}],
}


def made(key: Any = KEY, **changed: Any) -> str:
    given = {
        "issuer": "https://city.example", "not_before": int(AT.timestamp()) - 60, "rid": "abc", "entries": [PATIENT, SHOT], **changed,
    }  # fmt: skip
    return sign(claims(**given), key)


def trust(*rids: str, age: timedelta = timedelta(hours=1), keys: Any = (KEY,)) -> Trust:
    published = {"keys": [{**key.export_public(as_dict=True), "crlVersion": 1} for key in keys]}
    lists = {
        key["kid"]: {"kid": key["kid"], "method": "rid", "ctr": 1, "rids": list(rids), "kq_made_at": (AT - age).isoformat()}
        for key in keys
    }  # fmt: skip
    return Trust(published, lists)


def word(text: str, with_: Trust | None = None, at: datetime = AT) -> Word:
    return verify(text, with_ or trust(), at).word


def test_a_card_is_as_the_standard_has_it() -> None:
    card = made()
    assert head_of(card) == {"zip": "DEF", "alg": "ES256", "kid": KEY.thumbprint()}
    body = zlib.decompress(base64url_decode(card.split(".")[1]), -15).decode()
    assert ", " not in body
    assert ": " not in body
    said = json.loads(body)
    assert said["vc"]["type"] == ["https://smarthealth.cards#health-card"]
    assert said["vc"]["credentialSubject"]["fhirBundle"]["entry"][1]["fullUrl"] == "resource:1"
    assert len(card) < MOST_IN_QR


def test_a_qr_carries_two_digits_a_symbol() -> None:
    assert numeric("eyJ-") == "shc:/56762900"
    card = made()
    assert card_of(numeric(card)) == card_of(f"  {card}\n") == card


def test_a_card_says_who_what_and_since_when() -> None:
    verdict = verify(numeric(made()), trust(), AT)
    assert verdict.word is Word.VALID
    assert verdict.entries == (PATIENT, SHOT)
    assert (verdict.issuer, verdict.issued_at) == ("https://city.example", AT - timedelta(minutes=1))


def test_another_key_does_not_pass() -> None:
    assert word(made(OTHER)) is Word.UNKNOWN_KEY
    head, body, _ = made().split(".")
    assert word(".".join((head, body, made(OTHER).split(".")[2]))) is Word.FORGED


def test_a_changed_word_does_not_pass() -> None:
    head, body, signature = made().split(".")
    said = zlib.decompress(base64url_decode(body), -15).replace(b"2026-11-20", b"2026-11-21")
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    forged = base64url_encode(packer.compress(said) + packer.flush())
    assert word(f"{head}.{forged}.{signature}") is Word.FORGED


@pytest.mark.parametrize("alg", ["none", "HS256"])
def test_the_head_does_not_choose_how_it_is_proved(alg: str) -> None:
    _, body, signature = made().split(".")
    head = base64url_encode(json.dumps({"zip": "DEF", "alg": alg, "kid": KEY["kid"]}).encode())
    assert word(f"{head}.{body}.{signature}") is Word.FORGED


def test_a_revoked_card_stops_verifying() -> None:
    assert word(made(), trust("xyz")) is Word.VALID
    assert word(made(), trust("xyz", "abc")) is Word.REVOKED
    second = int(AT.timestamp())
    assert word(made(), trust(f"abc.{second}")) is Word.REVOKED
    assert word(made(), trust(f"abc.{second - 60}")) is Word.VALID


def test_without_a_fresh_list_nothing_is_said_to_be_valid() -> None:
    assert word(made(), Trust(trust().keys, {})) is Word.LIST_MISSING
    assert word(made(), trust(age=timedelta(hours=24))) is Word.VALID
    assert word(made(), trust(age=timedelta(hours=24, seconds=1))) is Word.LIST_OLD
    assert word(made(), trust("abc", age=timedelta(days=30))) is Word.REVOKED
    other = trust(keys=(OTHER,)).lists[OTHER["kid"]]
    assert word(made(), Trust(trust().keys, {KEY["kid"]: other})) is Word.LIST_MISSING


def test_before_and_after_its_time() -> None:
    assert word(made(not_before=int(AT.timestamp()) + 1)) is Word.NOT_YET
    assert word(made(expires=int(AT.timestamp()))) is Word.EXPIRED
    assert word(made(expires=int(AT.timestamp()) + 1)) is Word.VALID


@pytest.mark.parametrize(
    "entry", [{"id": "1"}, {"text": "x"}, {"a": [{"text": "x"}]}, {"coding": [{"code": "1", "display": "x"}]}]
)
def test_what_cards_leave_out_is_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a card has no"):
        made(entries=[entry])


def test_a_bomb_does_not_unpack() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = base64url_encode(packer.compress(b"[" * 50_000_000) + packer.flush())
    with pytest.raises(NoCard):
        claims_of(f"e30.{body}.AA")
    assert word(f"{made().split('.')[0]}.{body}.AA") is Word.UNREADABLE


@pytest.mark.parametrize(
    "text", ["", "shc:/", "shc:/1", "shc:/abc", "shc:/００", "a.b.c", "x" * 200_000, "shc:/" + "9" * 90_000, "𠮷.𠮷.𠮷"]
)
def test_what_is_no_card_is_unreadable(text: str) -> None:
    assert word(text) is Word.UNREADABLE


@given(st.text(max_size=300) | st.from_regex(r"shc:/([0-9]{2}){1,100}", fullmatch=True))
def test_no_text_raises(text: str) -> None:
    assert word(text) in set(Word) - {Word.VALID}


NAMES = ("iss", "nbf", "exp", "vc", "type", "credentialSubject", "fhirBundle", "entry", "resource", "rid")
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
SAID = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
)


@given(st.dictionaries(st.sampled_from(NAMES), SAID, max_size=6))
def test_no_claims_raise(said: dict[str, Any]) -> None:
    assert word(sign(said, KEY)) is not Word.VALID
