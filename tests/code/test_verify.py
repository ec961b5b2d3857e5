"""What a desk scans: accepted once, refused by its word, flagged when shown elsewhere, traced whatever it was."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from kangqu.kernel.access.models import Encounter
from kangqu.kernel.access.proof import Outdated, Proof
from kangqu.kernel.basis.refusals import BAD_INPUT, KEY_REUSED
from kangqu.kernel.basis.together import Together
from kangqu.kernel.people.codes import actions as cards
from kangqu.kernel.people.codes import encoding, words
from kangqu.kernel.people.codes import keys as code_keys
from kangqu.kernel.people.codes.models import CardKind, CodeScan, CodeUse
from kangqu.kernel.people.codes.scanning import scan_reader
from kangqu.kernel.people.codes.signing import Use
from kangqu.kernel.people.codes.words import Flag, Word
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.sealing import check_rows
from kangqu.systems.one_code import taking
from kangqu.systems.one_code.actions import verify, verify_all
from kangqu.systems.one_code.scans import Place, Scan
from tests.basis.plans import generic_plan
from tests.conftest import NINE

pytestmark = pytest.mark.django_db(transaction=True)


def _soon(seconds):
    return NINE + timedelta(seconds=seconds)


def _at(station):
    return Place(station.pk, station.institution_id)


@pytest.fixture
def code(keys, resident, registrar, rng):
    return cards.show_code(resident.pk, by=registrar, at=NINE, rng=rng).code


def _scan(text, key="k1", at=NINE):
    return Scan(key, text, at)


def _whose(answer):
    assert answer.resident is not None
    return answer.resident.person_id


def _rows(action):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT stream, result, reason, person_id, actor_id FROM trace_entry WHERE action = %s ORDER BY at, id",
            [action],
        )
        return cursor.fetchall()


def test_a_genuine_code_opens_the_resident_for_the_day(code, resident, desk, registrar):
    answer = verify(_scan(code), place=_at(desk), by=registrar, at=NINE)
    assert answer.word is Word.GENUINE and answer.refused is None and _whose(answer) == resident.pk
    assert answer.flags == (Flag.TEMPORARY,)
    assert Encounter.objects.get().institution_id == desk.institution_id
    assert _rows("code.scan") == [("look", "seen", "", resident.pk, registrar.account_id)]
    assert list(check_rows()) == []


def test_a_barcode_works_like_the_code_and_is_the_same_code(
    keys, resident, registrar, rng, desk, other_desk, other_registrar
):
    shown = cards.show_code(resident.pk, by=registrar, at=NINE, rng=rng)
    answer = verify(_scan(shown.barcode), place=_at(desk), by=registrar, at=_soon(3))
    assert _whose(answer) == resident.pk and Flag.BARCODE in answer.flags
    elsewhere = verify(_scan(shown.code, at=_soon(9)), place=_at(other_desk), by=other_registrar, at=_soon(9))
    assert elsewhere.why is words.CODE_REPLAYED


def test_the_same_code_at_the_same_desk_is_counted_once(code, resident, desk, registrar):
    verify(_scan(code), place=_at(desk), by=registrar, at=NINE)
    again = verify(_scan(code, "k2", _soon(3)), place=_at(desk), by=registrar, at=_soon(3))
    assert Flag.AGAIN in again.flags and _whose(again) == resident.pk
    assert Encounter.objects.count() == 1


def test_the_same_code_at_another_institution_within_a_minute_opens_nobody(
    code, resident, desk, other_desk, registrar, other_registrar
):
    verify(_scan(code), place=_at(desk), by=registrar, at=NINE)
    answer = verify(_scan(code, at=_soon(59)), place=_at(other_desk), by=other_registrar, at=_soon(59))
    assert (answer.word, answer.why) == (Word.GENUINE, words.CODE_REPLAYED)
    assert Flag.ELSEWHERE in answer.flags and answer.resident is None
    assert not Encounter.objects.filter(institution_id=other_desk.institution_id).exists()
    assert _rows("code.refuse") == [("security", "refused", "elsewhere", resident.pk, other_registrar.account_id)]


def test_at_another_desk_of_the_same_hospital_it_is_only_mentioned(code, desk, gate, registrar):
    verify(_scan(code), place=_at(gate), by=registrar, at=NINE)
    answer = verify(_scan(code, "k2", _soon(30)), place=_at(desk), by=registrar, at=_soon(30))
    assert answer.refused is None and Flag.NEARBY in answer.flags


def test_after_a_minute_elsewhere_is_an_ordinary_scan(code, desk, other_desk, registrar, other_registrar):
    verify(_scan(code), place=_at(desk), by=registrar, at=NINE)
    answer = verify(_scan(code, at=_soon(61)), place=_at(other_desk), by=other_registrar, at=_soon(61))
    assert answer.refused is None and answer.flags == (Flag.TEMPORARY,)


def test_a_scan_sent_later_meets_the_use_made_meanwhile(code, desk, other_desk, registrar, other_registrar):
    """The other desk was offline: its scan comes after, and was made before."""
    verify(_scan(code, at=_soon(40)), place=_at(desk), by=registrar, at=_soon(40))
    late = verify(_scan(code, at=_soon(5)), place=_at(other_desk), by=other_registrar, at=NINE + timedelta(hours=3))
    assert late.why is words.CODE_REPLAYED


def test_two_desks_at_once_one_is_told(code, desk, other_desk, registrar, other_registrar):
    answers, barrier = [], threading.Barrier(2)

    def scan(station, by):
        barrier.wait()
        try:
            answers.append(verify(_scan(code), place=_at(station), by=by, at=NINE))
        finally:
            connection.close()

    threads = [threading.Thread(target=scan, args=pair) for pair in ((desk, registrar), (other_desk, other_registrar))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.refused is not None for answer in answers) == [False, True]
    assert CodeUse.objects.get().uses == 2


def test_a_use_that_comes_between_look_up_and_writing_is_told(
    code, mother, desk, other_desk, registrar, other_registrar, keys, rng, monkeypatch
):
    look_up = taking._look_up
    hers = cards.show_code(mother.pk, by=registrar, at=NINE, rng=rng).code

    def overtaken(*arguments):
        known = look_up(*arguments)
        monkeypatch.setattr(taking, "_look_up", look_up)
        monkeypatch.setattr(taking, "_TOGETHER", Together(taking.take_all))  # somebody at another process
        verify(_scan(code, "first"), place=_at(other_desk), by=other_registrar, at=NINE)
        return known

    monkeypatch.setattr(taking, "_look_up", overtaken)
    late, free = verify_all([_scan(code, "k1"), _scan(hers, "k2")], place=_at(desk), by=registrar, at=NINE)
    assert late.why is words.CODE_REPLAYED and Flag.ELSEWHERE in late.flags
    assert _whose(free) == mother.pk
    assert _rows("code.refuse") and len(_rows("code.scan")) == 2
    assert list(check_rows()) == []


def test_a_key_is_answered_once_and_for_all(code, desk, registrar):
    first = verify(_scan(code), place=_at(desk), by=registrar, at=NINE)
    card = cards.card_of(_whose(first), CardKind.DYNAMIC)
    cards.revoke_card(card, why="丢失", by=registrar, at=_soon(1))
    again = verify(_scan(code), place=_at(desk), by=registrar, at=_soon(600))
    assert again.repeated and (again.word, again.flags, again.resident) == (first.word, first.flags, first.resident)
    assert len(_rows("code.scan")) == 1 and CodeUse.objects.get().uses == 1
    other = verify(_scan(code, at=_soon(1)), place=_at(desk), by=registrar, at=_soon(2))
    assert other.why is KEY_REUSED


def test_the_same_batch_twice_at_once_is_taken_once(keys, resident, mother, desk, registrar, rng):
    scans = [
        _scan(
            cards.show_code(who.pk, by=registrar, at=_soon(second), rng=rng).code, f"k{who.pk}-{second}", _soon(second)
        )
        for who in (resident, mother)
        for second in range(0, 40, 2)
    ]
    taken, barrier = [], threading.Barrier(2)

    def send():
        barrier.wait()
        try:
            taken.append(verify_all(scans, place=_at(desk), by=registrar, at=_soon(60)))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [[a.word for a in answers] for answers in taken] == [[Word.GENUINE] * 40] * 2
    assert [a.resident for a in taken[0]] == [a.resident for a in taken[1]]
    assert sorted(any(a.repeated for a in answers) for answers in taken) == [False, True]
    assert (CodeScan.objects.count(), len(_rows("code.scan")), CodeUse.objects.count()) == (40, 40, 40)
    assert Encounter.objects.count() == 2


def test_a_batch_may_hold_the_same_key_and_the_same_code_twice(code, desk, registrar):
    scans = [_scan(code), _scan(code), _scan(code, "k2"), _scan("R00", "k3")]
    answers = verify_all(scans, place=_at(desk), by=registrar, at=NINE)
    assert [answer.repeated for answer in answers] == [False, True, False, False]
    assert Flag.AGAIN in answers[2].flags and answers[3].word is Word.UNREADABLE
    assert CodeScan.objects.count() == 3


def _forged(code):
    content = encoding.read(code)
    assert isinstance(content, bytes)
    return encoding.write(content[:-1] + bytes([content[-1] ^ 1]))


@pytest.mark.parametrize(
    ("spoil", "seconds", "word"),
    [
        (lambda code: "hello", 0, Word.UNREADABLE),
        (lambda code: "R\0" + code[2:], 0, Word.UNREADABLE),
        (lambda code: "\ud800" * 117, 0, Word.UNREADABLE),
        (lambda code: "R" * 10_000_000, 0, Word.UNREADABLE),
        (lambda code: code[:60] + ("A" if code[60] != "A" else "B") + code[61:], 0, Word.ALTERED),
        (_forged, 0, Word.FORGED),
        (lambda code: code, -10, Word.EARLY),
        (lambda code: code, 91, Word.EXPIRED),
    ],
)
def test_every_refusal_has_its_word_and_its_trace(code, desk, registrar, resident, spoil, seconds, word):
    at = _soon(seconds)
    answer = verify(_scan(spoil(code), at=at), place=_at(desk), by=registrar, at=at)
    assert (answer.word, answer.why, answer.resident) == (word, words.REFUSAL_OF[word], None)
    whose = resident.pk if word in (Word.EARLY, Word.EXPIRED) else None
    assert _rows("code.refuse") == [("security", "refused", word, whose, registrar.account_id)]
    assert not Encounter.objects.exists() and not CodeUse.objects.exists()
    assert list(check_rows()) == []


def test_revoked_suspended_and_unknown_cards(code, resident, desk, registrar, rng):
    card = cards.card_of(resident.pk, CardKind.DYNAMIC)
    cards.suspend_card(card, why="本人要求", by=registrar, at=_soon(10))
    assert verify(_scan(code, "a", _soon(9)), place=_at(desk), by=registrar, at=_soon(20)).word is Word.GENUINE
    assert verify(_scan(code, "b", _soon(10)), place=_at(desk), by=registrar, at=_soon(20)).word is Word.SUSPENDED
    cards.revoke_card(card, why="丢失", by=registrar, at=_soon(15))
    assert verify(_scan(code, "c", _soon(15)), place=_at(desk), by=registrar, at=_soon(20)).word is Word.REVOKED
    card.delete()
    assert verify(_scan(code, "d", _soon(15)), place=_at(desk), by=registrar, at=_soon(20)).word is Word.UNKNOWN


def test_a_paper_card_is_flagged_and_a_copy_elsewhere_is_found(
    keys, resident, registrar, other_registrar, rng, desk, other_desk
):
    card = cards.issue_card(resident.pk, CardKind.PAPER, by=registrar, at=NINE, rng=rng)
    code = cards.paper_code(card, at=NINE).code
    later = NINE + timedelta(days=2)
    first = verify(_scan(code, at=later), place=_at(desk), by=registrar, at=later)
    assert Flag.PAPER in first.flags and first.refused is None
    soon = later + timedelta(seconds=30)
    copy = verify(_scan(code, at=soon), place=_at(other_desk), by=other_registrar, at=soon)
    assert copy.why is words.CODE_REPLAYED
    day_after = later + timedelta(days=1)
    assert verify(_scan(code, "z", day_after), place=_at(desk), by=registrar, at=day_after).refused is None


def test_clocks_and_keys_are_bounded(code, desk, registrar):
    def why(scan, at=NINE):
        return verify(scan, place=_at(desk), by=registrar, at=at).why

    assert why(_scan(code, at=_soon(121))) is words.SCAN_FUTURE
    assert why(_scan(code), NINE + timedelta(hours=72, seconds=1)) is words.SCAN_TOO_OLD
    for key in ("", "x" * 65, "键", "a\0b", "a\nb"):
        assert why(_scan(code, key)) is BAD_INPUT
    assert not CodeScan.objects.exists()


def test_a_scan_made_before_midnight_and_sent_after_counts_for_its_own_day(keys, resident, registrar, rng, desk):
    night = NINE.replace(hour=23, minute=59, second=50)
    code = cards.show_code(resident.pk, by=registrar, at=night, rng=rng).code
    verify(_scan(code, at=night), place=_at(desk), by=registrar, at=night + timedelta(minutes=5))
    verify(
        _scan(code, "k2", night + timedelta(seconds=20)), place=_at(desk), by=registrar, at=night + timedelta(minutes=5)
    )
    days = sorted(Encounter.objects.values_list("day", flat=True))
    assert days == [night.date(), night.date() + timedelta(days=1)]


def test_killed_before_the_commit_nothing_is_left(code, desk, registrar, monkeypatch):
    whole = taking._WRITE
    monkeypatch.setattr(
        taking, "_WRITE", whole.replace("SELECT scan.n, judged.outcome FROM", "SELECT scan.n, 1 / 0 FROM")
    )
    with pytest.raises(Exception, match="division"):
        verify(_scan(code), place=_at(desk), by=registrar, at=NINE)
    assert not (
        CodeScan.objects.exists() or CodeUse.objects.exists() or Encounter.objects.exists() or _rows("code.scan")
    )
    monkeypatch.setattr(taking, "_WRITE", whole)
    assert verify(_scan(code), place=_at(desk), by=registrar, at=NINE).resident


def test_a_merged_record_s_code_opens_the_survivor(code, resident, mother, desk, registrar):
    resident.status, resident.merged_into = "merged", mother
    resident.save()
    assert _whose(verify(_scan(code), place=_at(desk), by=registrar, at=NINE)) == mother.pk


def test_codes_of_a_turned_over_key_stay_good_for_their_minute(code, desk, registrar):
    code_keys.make_key(Use.DYNAMIC, by=registrar, at=_soon(1))
    assert verify(_scan(code, at=_soon(60)), place=_at(desk), by=registrar, at=_soon(60)).word is Word.GENUINE


def test_the_look_up_goes_by_index_however_young_the_tables_are(db):
    with transaction.atomic():
        plan = generic_plan(taking._LOOK_UP, {"asked": "[]", "first": NINE, "last": NINE})
    assert plan.count("Index") >= 5
    assert "Hash" not in plan and "Merge" not in plan


def test_a_picture_and_its_barcode_in_one_batch_are_one_code_used_twice(keys, resident, registrar, rng, desk):
    shown = cards.show_code(resident.pk, by=registrar, at=NINE, rng=rng)
    scans = [_scan(shown.code, "k1"), _scan(shown.barcode, "k2", _soon(1))]
    first, second = verify_all(scans, place=_at(desk), by=registrar, at=_soon(2))
    assert _whose(first) == _whose(second) == resident.pk
    assert Flag.AGAIN in second.flags and Flag.BARCODE in second.flags
    assert CodeUse.objects.get().uses == 2


def _asked(station, by, *scans, proof=None):
    read = scan_reader(NINE)
    return taking.Desk(_at(station), by, NINE, proof), [taking.Read(scan, read(scan.text, scan.at)) for scan in scans]


def test_desks_that_ask_together_are_answered_each_for_its_own_place(
    code, mother, desk, other_desk, registrar, other_registrar, keys, rng
):
    hers = cards.show_code(mother.pk, by=registrar, at=NINE, rng=rng).code
    one, other = taking.take_all(
        [
            _asked(desk, registrar, _scan(code, "same key"), _scan("R1", "nothing")),
            _asked(other_desk, other_registrar, _scan(hers, "same key")),
        ]
    )
    assert isinstance(one, list) and isinstance(other, list)
    assert [answer.word for answer in one] == [Word.GENUINE, Word.UNREADABLE]
    assert [_whose(answer) for answer in other] == [mother.pk]
    kept = CodeScan.objects.order_by("scanner_id", "key").values_list("scanner_id", "key", "place_id", "institution_id")
    assert list(kept) == [
        (registrar.account_id, "nothing", desk.pk, desk.institution_id),
        (registrar.account_id, "same key", desk.pk, desk.institution_id),
        (other_registrar.account_id, "same key", other_desk.pk, other_desk.institution_id),
    ]
    assert sorted(Encounter.objects.values_list("institution_id", "person_id")) == [
        (desk.institution_id, _whose(one[0])),
        (other_desk.institution_id, mother.pk),
    ]
    assert sorted(row[4] for row in _rows("code.scan")) == [registrar.account_id, other_registrar.account_id]
    assert list(check_rows()) == []


def test_of_desks_that_ask_together_only_one_whose_proof_fails_is_told_so(
    code, mother, desk, other_desk, registrar, other_registrar, keys, rng
):
    hers = cards.show_code(mother.pk, by=registrar, at=NINE, rng=rng).code
    ended = Proof(b"\1" * 32, 1, desk.pk, desk.institution_id, desk.institution.path)
    gone, good = taking.take_all(
        [
            _asked(desk, registrar, _scan(code), proof=ended),
            _asked(other_desk, other_registrar, _scan(hers)),
        ]
    )
    assert isinstance(gone, Outdated) and isinstance(good, list)
    assert [_whose(answer) for answer in good] == [mother.pk]
    assert CodeUse.objects.count() == CodeScan.objects.count() == len(_rows("code.scan")) == 1


def test_many_desks_at_once_count_every_use_once(keys, resident, mother, desk, other_desk, registrar, rng):
    codes = [
        cards.show_code(who.pk, by=registrar, at=_soon(second), rng=rng).code
        for who in (resident, mother)
        for second in range(6)
    ]
    answers: list[tuple[int, int, str]] = []

    def scan(number):
        by = Actor(account_id=100 + number, role="registrar", institution_id=desk.institution_id, purpose="care")
        try:
            for index, code in enumerate(codes):
                answer = verify(_scan(code, f"k{index}", _soon(9)), place=_at(desk), by=by, at=_soon(9))
                answers.append((index, number, " ".join(answer.flags)))
        finally:
            connection.close()

    threads = [threading.Thread(target=scan, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(CodeUse.objects.values_list("uses", flat=True)) == [6] * 12
    first = [index for index, _, flags in answers if Flag.AGAIN not in flags]
    assert sorted(first) == list(range(12)) and len(answers) == 72
    assert CodeScan.objects.count() == len(_rows("code.scan")) == 72
    assert list(check_rows()) == []
