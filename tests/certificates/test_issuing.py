"""A certificate of a recorded fact: once, kept sealed, revoked for good, and proved by what is published."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.certificates.actions import card_of, issue, revoke, revoke_of
from kangqu.kernel.certificates.card import numeric
from kangqu.kernel.certificates.keys import published_keys, published_list, signing_key, withdraw_key
from kangqu.kernel.certificates.models import Certificate, CertificateKey
from kangqu.kernel.certificates.verifying import Trust, Verdict, Word, verify
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.models import TraceEntry
from tests.access import cast

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 24, 0, 0, 5, tzinfo=CITY)
BY = the_house()


@pytest.fixture
def person() -> int:
    return cast.resident("𠮷演示", at=AT).pk


def issued(person: int, number: int = 7, at: datetime = AT, **more: object) -> Certificate:
    patient = {"resourceType": "Patient", "birthDate": "2013-05-01"}
    return issue("test", person, ("dose", number), [patient], by=BY, at=at, **more)  # type: ignore[arg-type]


def judged(text: str, at: datetime = AT) -> Verdict:
    keys = published_keys()
    lists = {key["kid"]: published_list(key["kid"], at) for key in keys["keys"]}
    return verify(text, Trust(keys, lists), at)


def test_the_same_fact_has_one_certificate(person: int) -> None:
    first, again, other = issued(person), issued(person, at=AT + timedelta(days=1)), issued(person, 8)
    assert first.code == again.code != other.code
    assert first.code[0] == "Z"
    assert TraceEntry.objects.filter(action="certificate.issue", person_id=person).count() == 2


def test_it_verifies_by_what_is_published_until_it_is_revoked(person: int) -> None:
    made, other = issued(person), issued(person, 8)
    text, second = numeric(card_of(made)), card_of(other)
    assert judged(text).word is judged(second).word is Word.VALID
    assert revoke(person, made.code, why="录错了", by=BY, at=AT)
    assert not revoke(person, made.code, why="再撤", by=BY, at=AT)
    assert judged(text).word is Word.REVOKED
    assert judged(second).word is Word.VALID
    made.refresh_from_db()
    with pytest.raises(Refused) as refused:
        card_of(made)
    assert refused.value.why.name == "certificate_not_issued"


def test_the_counter_of_the_list_moves_with_each_revocation(person: int) -> None:
    made = issued(person)
    assert published_keys()["keys"][0]["crlVersion"] == 1
    assert revoke_of(person, ("dose", 7), why="冲正", by=BY, at=AT) == 1
    assert revoke_of(person, ("dose", 7), why="冲正", by=BY, at=AT) == 0
    assert published_keys()["keys"][0]["crlVersion"] == 2
    listed = published_list(made.key_id, AT)
    assert (listed["ctr"], listed["rids"]) == (2, [made.rid])


def test_what_was_revoked_can_be_certified_anew(person: int) -> None:
    made = issued(person)
    revoke(person, made.code, why="名字改了", by=BY, at=AT)
    anew = issued(person)
    assert anew.code != made.code
    assert judged(card_of(anew)).word is Word.VALID


def test_nobody_revokes_by_a_code_of_somebody_else(person: int) -> None:
    made, stranger = issued(person), cast.resident("另一人", at=AT).pk
    with pytest.raises(Refused) as refused:
        revoke(stranger, made.code, why="x", by=BY, at=AT)
    assert refused.value.why.name == "not_found"


def test_no_private_half_is_published_and_none_lies_open(person: int) -> None:
    issued(person)
    assert set(published_keys()["keys"][0]) == {"kty", "crv", "x", "y", "use", "alg", "kid", "crlVersion"}
    row, key = signing_key(AT)
    assert key["d"].encode() not in bytes(row.sealed)
    assert b"2013" not in bytes(Certificate.objects.get().card)


def test_keys_turn_over_and_old_certificates_stay_good(person: int) -> None:
    made, later = issued(person), AT + timedelta(days=366)
    newer = issued(person, 9, later)
    assert newer.key_id != made.key_id
    assert judged(card_of(made), later).word is judged(card_of(newer), later).word is Word.VALID


def test_what_a_withdrawn_key_signed_is_good_no_more(person: int) -> None:
    made = issued(person)
    withdraw_key(made.key_id, why="可能泄露", by=BY, at=AT)
    assert judged(card_of(made)).word is Word.UNKNOWN_KEY
    with pytest.raises(Refused):
        published_list(made.key_id, AT)
    with pytest.raises(Refused):
        withdraw_key(made.key_id, why="再停", by=BY, at=AT)
    assert issued(person, 9).key_id != made.key_id
    assert CertificateKey.objects.count() == 2


def test_what_does_not_fit_into_a_qr_is_not_issued(person: int) -> None:
    import secrets

    entries = [{"resourceType": "Patient", "x": secrets.token_hex(1_200)}]
    with pytest.raises(Refused) as refused:
        issue("test", person, ("dose", 1), entries, by=BY, at=AT)
    assert refused.value.why.name == "certificate_too_large"
    assert not Certificate.objects.exists()
