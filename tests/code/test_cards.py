"""Cards and keys: one card of a kind, a new one kills the old, a merged record's code is the survivor's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from kangqu.kernel.basis.refusals import BAD_INPUT, Refused
from kangqu.kernel.people.codes import actions, words
from kangqu.kernel.people.codes import keys as code_keys
from kangqu.kernel.people.codes.limits import limits_at
from kangqu.kernel.people.codes.models import Card, CardKind, CodeKey
from kangqu.kernel.people.codes.reading import read_barcode, read_code
from kangqu.kernel.people.codes.signing import Algorithm, Use
from kangqu.kernel.people.codes.words import Word
from kangqu.kernel.people.models import Identifier
from tests.conftest import NINE

pytestmark = pytest.mark.django_db

LIMITS = limits_at(NINE)


def _read(code, at=NINE):
    return read_code(code, keys=code_keys.key_set(at).keys, at=at, limits=LIMITS)


def _trace():
    with connection.cursor() as cursor:
        cursor.execute("SELECT action, reason FROM trace_entry ORDER BY at, id")
        return cursor.fetchall()


def test_a_resident_shows_her_code_and_the_barcode_says_the_same(keys, resident, registrar, rng):
    shown = actions.show_code(resident.pk, by=registrar, at=NINE, rng=rng)
    card = Card.objects.get(person_id=resident.pk)
    assert (_read(shown.code).word, _read(shown.code).handle) == (Word.GENUINE, card.handle)
    barcode = read_barcode(shown.barcode, keys=code_keys.barcode_keys(), at=NINE, limits=LIMITS)
    assert (barcode.handle, barcode.issued_at) == (card.handle, shown.issued_at)
    assert (shown.valid_until - NINE).seconds == 90 and (shown.refresh_at - NINE).seconds == 60
    again = actions.show_code(resident.pk, by=registrar, at=NINE + timedelta(seconds=60), rng=rng)
    assert again.code != shown.code and Card.objects.count() == 1


def test_a_card_is_temporary_until_a_document_is_recorded(keys, resident, registrar, rng):
    assert not actions.show_code(resident.pk, by=registrar, at=NINE, rng=rng).formal
    Identifier.objects.create(person=resident, kind="12", sealed=b"x", blind=b"y" * 16, shown="…", recorded_at=NINE)
    assert not actions.show_code(resident.pk, by=registrar, at=NINE, rng=rng).formal
    Identifier.objects.create(person=resident, kind="01", sealed=b"x", blind=b"z" * 16, shown="…", recorded_at=NINE)
    assert actions.show_code(resident.pk, by=registrar, at=NINE, rng=rng).formal
    assert ("card.formal", "") in _trace()


def test_a_new_paper_card_kills_the_old_one(keys, resident, registrar, rng):
    old = actions.issue_card(resident.pk, CardKind.PAPER, by=registrar, at=NINE, rng=rng)
    printed = actions.paper_code(old, at=NINE)
    assert actions.paper_code(old, at=NINE + timedelta(days=300)).code == printed.code
    with pytest.raises(Refused) as refused:
        actions.issue_card(resident.pk, CardKind.PAPER, by=registrar, at=NINE, rng=rng)
    assert refused.value.why is words.CARD_EXISTS
    later = NINE + timedelta(days=1)
    new = actions.reissue_card(resident.pk, CardKind.PAPER, why="丢失", by=registrar, at=later, rng=rng)
    old.refresh_from_db()
    assert (old.revoked_at, old.revoked_why) == (later, "丢失") and new.handle != old.handle
    with pytest.raises(Refused) as refused:
        actions.paper_code(old, at=later)
    assert refused.value.why is words.NO_CARD
    assert _read(actions.paper_code(new, at=later).code, later).word is Word.GENUINE
    steps = sorted(action for action, _ in _trace() if action.startswith("card."))
    assert steps == ["card.issue", "card.issue", "card.revoke"]


def test_a_suspended_card_shows_no_code_until_resumed(keys, resident, registrar, rng):
    actions.show_code(resident.pk, by=registrar, at=NINE, rng=rng)
    card = actions.card_of(resident.pk, CardKind.DYNAMIC)
    with pytest.raises(Refused) as refused:
        actions.resume_card(card, why="不曾停用", by=registrar, at=NINE)
    assert refused.value.why is words.NO_CARD
    actions.suspend_card(card, why="本人要求", by=registrar, at=NINE)
    with pytest.raises(Refused) as refused:
        actions.show_code(resident.pk, by=registrar, at=NINE, rng=rng)
    assert refused.value.why is words.CODE_SUSPENDED
    actions.resume_card(card, why="本人要求", by=registrar, at=NINE)
    assert actions.show_code(resident.pk, by=registrar, at=NINE, rng=rng).code


@pytest.mark.parametrize("why", ["", "  ", "a\0b", "x" * 201])
def test_a_card_is_not_revoked_without_a_reason(keys, resident, registrar, rng, why):
    card = actions.issue_card(resident.pk, CardKind.PAPER, by=registrar, at=NINE, rng=rng)
    with pytest.raises(Refused) as refused:
        actions.revoke_card(card, why=why, by=registrar, at=NINE)
    assert refused.value.why is BAD_INPUT and Card.objects.get().revoked_at is None


def test_the_dead_show_no_code_and_the_merged_show_the_survivor_s(keys, resident, mother, registrar, rng):
    resident.status, resident.merged_into = "merged", mother
    resident.save()
    actions.show_code(resident.pk, by=registrar, at=NINE, rng=rng)
    assert Card.objects.get().person_id == mother.pk
    mother.status, mother.deceased_on = "deceased", NINE.date()
    mother.save()
    with pytest.raises(Refused) as refused:
        actions.show_code(mother.pk, by=registrar, at=NINE, rng=rng)
    assert refused.value.why is words.NOT_SHOWABLE and "死亡" in refused.value.sentence("zh")


def test_keys_turn_over_and_old_codes_stay_readable(keys, resident, registrar, rng):
    paper = actions.issue_card(resident.pk, CardKind.PAPER, by=registrar, at=NINE, rng=rng)
    printed = actions.paper_code(paper, at=NINE).code
    assert code_keys.ensure_keys(NINE) == []
    later = NINE + timedelta(days=95)
    assert _read(actions.show_code(resident.pk, by=registrar, at=later, rng=rng).code, later).key == 3
    assert _read(printed, later).word is Word.GENUINE


def test_a_withdrawn_key_s_codes_are_refused_and_another_takes_over(keys, resident, registrar, rng):
    shown = actions.show_code(resident.pk, by=registrar, at=NINE, rng=rng)
    number = _read(shown.code).key
    code_keys.withdraw_key(number, why="备份外泄", by=registrar, at=NINE)
    assert _read(shown.code).word is Word.RETIRED
    fresh = actions.show_code(resident.pk, by=registrar, at=NINE, rng=rng)
    assert _read(fresh.code).word is Word.GENUINE and _read(fresh.code).key != number
    assert ("code_key.withdraw", "备份外泄") in _trace()


def test_a_city_may_sign_by_sm2(db, resident, registrar, rng):
    code_keys.make_key(Use.DYNAMIC, by=registrar, at=NINE, algorithm=Algorithm.SM2)
    shown = actions.show_code(resident.pk, by=registrar, at=NINE, rng=rng)
    assert _read(shown.code).word is Word.GENUINE
    assert CodeKey.objects.get().algorithm == "SM2"
