"""A code is believed only as it was issued: every changed bit, every other spelling and every wrong time is refused."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangqu.kernel.people.codes import encoding, reading, signing
from kangqu.kernel.people.codes.limits import limits_at
from kangqu.kernel.people.codes.signing import Algorithm, Key, Use
from kangqu.kernel.people.codes.words import Word
from tests.conftest import NINE

LIMITS = limits_at(NINE)
HANDLE = 0x1234_5678_9ABC


def _key(algorithm=Algorithm.ES256, number=3, use=Use.DYNAMIC, **more):
    secret = signing.new_secret(algorithm)
    public = signing.public_of(algorithm, secret)
    dates = {
        "signs_from": NINE - timedelta(days=9),
        "signs_until": NINE + timedelta(days=9),
        "withdrawn_at": None,
    } | more
    key = Key(number, use, algorithm, public, **dates, verifier=signing.verifier(algorithm, public))
    return key, signing.signer(algorithm, secret)


def _code(signer, number=3, handle=HANDLE, at=NINE):
    return reading.write_code(key=number, signer=signer, handle=handle, issued_at=at)


def _word(code, *keys, at=NINE, **more):
    return reading.read_code(code, keys={key.number: key for key in keys}, at=at, limits=LIMITS, **more).word


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_code_reads_back_what_was_written(algorithm):
    key, signer = _key(algorithm)
    code = _code(signer)
    read = reading.read_code(code, keys={3: key}, at=NINE, limits=LIMITS)
    assert (read.word, read.handle, read.issued_at, read.key) == (Word.GENUINE, HANDLE, NINE, 3)
    assert len(code) == 117 and set(code) <= set(encoding.ALPHABET) and code[0] == "R"
    assert signing.from_jwk(key.jwk()).verifier.verify(*_parts(code))


def _content(code: str) -> bytes:
    content = encoding.read(code)
    assert isinstance(content, bytes)
    return content


def _values(symbols: str) -> bytes:
    values = encoding.values_of(symbols)
    assert values is not None
    return values


def _parts(code):
    content = _content(code)
    return content[: reading.HEAD_BYTES], content[reading.HEAD_BYTES :]


@pytest.mark.parametrize("algorithm", [Algorithm.ES256, Algorithm.ED25519])
def test_every_flipped_bit_of_every_byte_is_a_forgery(algorithm):
    key, signer = _key(algorithm)
    content = _content(_code(signer))
    keys = dict.fromkeys(range(256), key)  # so that a flip of the key's number meets a key, too
    for bit in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        code = encoding.write(bytes(flipped))
        assert reading.read_code(code, keys=keys, at=NINE, limits=LIMITS).word is Word.FORGED, bit


def test_every_flipped_bit_of_every_symbol_is_found_without_any_key():
    _, signer = _key()
    code = _code(signer)
    for position, symbol in enumerate(code):
        for bit in range(8):
            flipped = code[:position] + chr(ord(symbol) ^ 1 << bit) + code[position + 1 :]
            assert _word(flipped) in (Word.UNREADABLE, Word.ALTERED), (position, bit)


def test_every_wrong_symbol_at_every_place_is_named_as_altered():
    key, signer = _key()
    code = _code(signer)
    for position in range(1, len(code)):
        for symbol in encoding.ALPHABET.replace(code[position], ""):
            assert _word(code[:position] + symbol + code[position + 1 :], key) is Word.ALTERED


@pytest.mark.parametrize(
    "spoil",
    [
        str.lower,
        lambda code: " " + code,
        lambda code: code + "\n",
        lambda code: code[:50] + " " + code[50:],
        lambda code: "0" + code,
        lambda code: "R0" + code[1:],
        lambda code: code[:-1],
        lambda code: "P" + code[1:],
        lambda code: code.replace(code[5], "Ａ"),
        lambda code: code + "\0",
        lambda code: "",
        lambda code: "R",
        lambda code: "𠮷" * 117,
        lambda code: "R" * 10_000_000,
    ],
)
def test_any_other_spelling_is_unreadable(spoil):
    key, signer = _key()
    assert _word(spoil(_code(signer)), key) is Word.UNREADABLE


def test_a_number_beyond_the_75_bytes_is_unreadable():
    key, signer = _key()
    number = int.from_bytes(_content(_code(signer)), "big")
    symbols = encoding.to_symbols(number + (1 << 600), 115)
    check = encoding.ALPHABET[encoding.check_value(_values(symbols))]
    assert _word("R" + symbols + check, key) is Word.UNREADABLE


def test_the_other_form_of_a_signature_is_refused():
    key, signer = _key()
    head, signature = _parts(_code(signer))
    s = signing._P256_ORDER - int.from_bytes(signature[32:], "big")
    assert _word(encoding.write(head + signature[:32] + s.to_bytes(32, "big")), key) is Word.FORGED
    for fraction in (bytes(64), b"\xff" * 64, signature[:32] + bytes(32), bytes(32) + signature[32:]):
        assert _word(encoding.write(head + fraction), key) is Word.FORGED


def test_a_stranger_s_signature_is_a_forgery_and_so_is_an_unknown_key():
    key, _ = _key()
    _, stranger = _key()
    assert _word(_code(stranger), key) is Word.FORGED
    assert _word(_code(stranger, number=9), key) is Word.FORGED


@pytest.mark.parametrize(
    ("seconds", "word"),
    [
        (-6, Word.EARLY),
        (-5, Word.GENUINE),
        (0, Word.GENUINE),
        (90, Word.GENUINE),
        (90.001, Word.EXPIRED),
        (1e8, Word.EXPIRED),
    ],
)
def test_a_dynamic_code_is_good_for_ninety_seconds(seconds, word):
    key, signer = _key()
    assert _word(_code(signer), key, at=NINE + timedelta(seconds=seconds)) is word


def test_a_paper_card_is_good_for_years_and_only_a_paper_key_makes_one():
    dynamic, signer = _key()
    later = NINE + timedelta(days=1000)
    assert _word(_code(signer), dynamic, at=later) is Word.EXPIRED
    paper, signer = _key(use=Use.PAPER)
    assert _word(_code(signer), paper, at=later) is Word.GENUINE
    assert _word(_code(signer), paper, at=NINE + timedelta(days=1827)) is Word.EXPIRED
    assert _word(_code(signer), paper, at=later, revoked=lambda handle, at: handle == HANDLE) is Word.REVOKED


def test_a_key_signs_only_within_its_dates_and_not_once_withdrawn():
    key, signer = _key()
    for days in (-10, 9, 10):
        at = NINE + timedelta(days=days)
        assert _word(_code(signer, at=at), key, at=at) is Word.RETIRED
    lost, signer = _key(withdrawn_at=NINE + timedelta(seconds=10))
    assert _word(_code(signer), lost, at=NINE + timedelta(seconds=9)) is Word.GENUINE
    assert _word(_code(signer), lost, at=NINE + timedelta(seconds=10)) is Word.RETIRED


@given(st.binary(min_size=75, max_size=75))
def test_spelling_is_one_to_one(content):
    assert encoding.read(encoding.write(content)) == content


@given(st.text(max_size=130))
def test_whatever_is_scanned_gets_a_word(text):
    assert _word(text) in (Word.UNREADABLE, Word.ALTERED)
    assert reading.read_barcode(text, keys=[b"k"], at=NINE, limits=LIMITS).word in (Word.UNREADABLE, Word.FORGED)


class TestBarcode:
    KEYS = (b"new", b"old")

    def _read(self, text, seconds=0.0):
        return reading.read_barcode(text, keys=self.KEYS, at=NINE + timedelta(seconds=seconds), limits=LIMITS)

    @pytest.mark.parametrize(
        ("seconds", "word"),
        [
            (-7200, Word.EARLY),
            (-6, Word.EARLY),
            (-5, Word.GENUINE),
            (90, Word.GENUINE),
            (91, Word.EXPIRED),
            (72 * 3600, Word.EXPIRED),
            (30 * 86400, Word.FORGED),
        ],
    )
    def test_is_good_for_ninety_seconds(self, seconds, word):
        text = reading.write_barcode(key=b"old", handle=HANDLE, issued_at=NINE)
        assert self._read(text, seconds).word is word
        assert len(text) == 22

    def test_says_the_same_instant_as_the_code_beside_it(self):
        for offset in random.Random(1).choices(range(10**8), k=300):
            issued_at = NINE + timedelta(seconds=offset)
            text = reading.write_barcode(key=b"new", handle=HANDLE, issued_at=issued_at)
            read = reading.read_barcode(text, keys=self.KEYS, at=issued_at + timedelta(seconds=70), limits=LIMITS)
            assert (read.word, read.handle, read.issued_at) == (Word.GENUINE, HANDLE, issued_at)

    def test_every_flipped_bit_is_refused(self):
        text = reading.write_barcode(key=b"new", handle=HANDLE, issued_at=NINE)
        number = encoding.number_of(_values(text[1:]))
        for bit in range(110):
            assert self._read("R" + encoding.to_symbols(number ^ 1 << bit, 21)).word is Word.FORGED
        for position, symbol in enumerate(text):
            for bit in range(8):
                flipped = text[:position] + chr(ord(symbol) ^ 1 << bit) + text[position + 1 :]
                assert self._read(flipped).word in (Word.FORGED, Word.UNREADABLE)
