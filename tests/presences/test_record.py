"""Presences: kept twice, counted once, in the day they happened, and never of a code that is not good."""

from __future__ import annotations

import random
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from kangqu.kernel.access.proof import Outdated, Proof
from kangqu.kernel.basis.ids import new_code
from kangqu.kernel.basis.refusals import BAD_INPUT, KEY_REUSED
from kangqu.kernel.people.codes import actions as cards
from kangqu.kernel.people.codes import words
from kangqu.kernel.people.codes.models import CardKind
from kangqu.kernel.people.codes.scanning import read_scan
from kangqu.kernel.trace.presences import (
    Mark,
    check_both,
    check_presences,
    forget_keys_before,
    presences_at_place,
    presences_of_person,
)
from kangqu.systems.venue_check import refusals, taking
from kangqu.systems.venue_check.actions import record_presences
from kangqu.systems.venue_check.reports import Seen
from tests.basis.plans import generic_plan
from tests.conftest import NINE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("tables", "keys")]


def _soon(seconds):
    return NINE + timedelta(seconds=seconds)


def _seen(station, key="k1", at=NINE, **more):
    return Seen(key=key, at=at, institution_id=station.institution_id, station_id=station.pk, **more)


@pytest.fixture
def code(keys, resident, registrar, rng):
    return cards.show_code(resident.pk, by=registrar, at=NINE, rng=rng).code


@pytest.fixture
def public(resident):
    resident.public_code = new_code("R", random.Random(3))
    resident.save()
    return resident.public_code


def _run(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _everything(person):
    return presences_of_person([person.pk], since=NINE - timedelta(days=9), until=NINE + timedelta(days=9))


def test_a_scan_at_the_gate_is_kept_for_both_questions(code, resident, gate, device):
    (answer,) = record_presences([_seen(gate, text=code, degrees=36.5)], by=device, at=_soon(1))
    (kept,) = _everything(resident)
    assert (kept.id, kept.at, kept.temperature, kept.means) == (answer.presence_id, NINE, 365, "code")
    assert presences_at_place(gate.institution_id, since=NINE, until=_soon(1)) == [kept]
    assert presences_at_place(gate.institution_id, station_id=gate.pk, since=NINE, until=_soon(1)) == [kept]
    assert presences_at_place(gate.institution_id, station_id=gate.pk + 1, since=NINE, until=_soon(1)) == []
    assert [*check_presences(), *check_both()] == []


def test_a_public_code_serves_where_nothing_can_be_scanned(public, resident, gate, device):
    reports = [_seen(gate, resident=public.lower()), _seen(gate, "k2", resident=public[:-1] + "0")]
    good, bad = record_presences(reports, by=device, at=NINE)
    assert good.presence_id and bad.why is refusals.RESIDENT_UNKNOWN
    assert [kept.means for kept in _everything(resident)] == ["resident"]


def test_the_same_key_is_one_presence_and_another_report_under_it_is_refused(
    code, resident, gate, device, other_device
):
    first = record_presences([_seen(gate, text=code)], by=device, at=NINE)
    again = record_presences([_seen(gate, text=code)], by=device, at=_soon(3600))
    assert again[0].repeated and again[0].presence_id == first[0].presence_id
    other = record_presences([_seen(gate, text=code, degrees=39.0)], by=device, at=_soon(3600))
    assert other[0].why is KEY_REUSED
    assert len(_everything(resident)) == 1
    stranger = record_presences([_seen(gate, text=code, at=_soon(80))], by=other_device, at=_soon(90))
    assert not stranger[0].repeated and len(_everything(resident)) == 2


def test_a_gate_that_scans_twice_counts_once_and_another_venue_is_told(
    code, resident, gate, other_desk, device, other_device
):
    record_presences([_seen(gate, text=code)], by=device, at=NINE)
    (again,) = record_presences([_seen(gate, "k2", _soon(4), text=code)], by=device, at=_soon(4))
    assert again.flags == ("again",) and len(_everything(resident)) == 1
    (elsewhere,) = record_presences([_seen(other_desk, "k3", _soon(30), text=code)], by=other_device, at=_soon(30))
    assert elsewhere.flags == ("elsewhere",)
    assert [kept.flag for kept in _everything(resident)] == ["", "elsewhere"]
    assert [*check_presences(), *check_both()] == []


def test_a_batch_answers_each_report_for_itself(code, public, resident, gate, device, registrar, rng):
    paper = cards.paper_code(cards.issue_card(resident.pk, CardKind.PAPER, by=registrar, at=NINE, rng=rng), at=NINE)
    reports = [
        _seen(gate, "a", text=code),
        _seen(gate, "a", text=code),
        _seen(gate, "b", _soon(91), text=code),
        _seen(gate, "c", _soon(-10), text=code),
        _seen(gate, "d", text=code[:-1]),
        _seen(gate, "e", text=paper.code),
        _seen(gate, "f", resident=public),
        _seen(gate, "g", text=code, resident=public),
        _seen(gate, "h"),
        _seen(gate, "i", _soon(400), text=code),
        _seen(gate, "j", NINE - timedelta(days=4), resident=public),
        _seen(gate, "k", resident=public, degrees=12.0),
        _seen(gate, "l\0", resident=public),
        _seen(gate, "m", _soon(5), resident=public, degrees=37.3),
    ]
    answers = record_presences(reports, by=device, at=_soon(200))
    why = [answer.why for answer in answers]
    assert why == [
        None,
        None,
        words.CODE_EXPIRED,
        words.CODE_EARLY,
        words.CODE_UNREADABLE,
        None,
        None,
        refusals.WHO_IS_IT,
        refusals.WHO_IS_IT,
        refusals.PRESENCE_FUTURE,
        refusals.PRESENCE_TOO_OLD,
        refusals.TEMPERATURE_DOUBTFUL,
        BAD_INPUT,
        None,
    ]
    assert [answer.repeated for answer in answers[:2]] == [False, True] and answers[-1].flags == ("fever",)
    assert sorted(kept.means for kept in _everything(resident)) == ["code", "paper", "resident", "resident"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT facts->>'code_expired', facts->>'who_is_it' FROM trace_entry WHERE action = 'presence.refuse'"
        )
        assert cursor.fetchall() == [("1", "2")]


def test_the_same_batch_twice_at_once_is_kept_once(public, resident, gate, device):
    reports = [_seen(gate, f"k{n}", _soon(n), resident=public) for n in range(300)]
    taken, barrier = [], threading.Barrier(2)

    def send():
        barrier.wait()
        try:
            taken.append(record_presences(reports, by=device, at=_soon(400)))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(answer.presence_id for answers in taken for answer in answers)
    assert sorted(sum(answer.repeated for answer in answers) for answers in taken) == [0, 300]
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM presence_by_person), (SELECT count(*) FROM presence_by_place)")
        assert cursor.fetchone() == (300, 300)


def test_midnight_in_the_city_parts_the_days(public, resident, gate, device):
    midnight = NINE.replace(hour=0)
    instants = [midnight - timedelta(microseconds=1), midnight, midnight + timedelta(microseconds=1)]
    record_presences([_seen(gate, f"k{n}", at, resident=public) for n, at in enumerate(instants)], by=device, at=NINE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM presence_by_place ORDER BY at")
        assert [name for (name,) in cursor.fetchall()] == [f"presence_by_place_202611{day}" for day in (22, 23, 23)]
    assert [kept.at for kept in presences_of_person([resident.pk], since=midnight, until=NINE)] == instants[1:]


def test_pages_go_on_where_they_ended(public, resident, gate, device):
    record_presences([_seen(gate, f"k{n}", _soon(n // 3), resident=public) for n in range(20)], by=device, at=_soon(60))
    mark, seen = None, []
    while page := presences_at_place(gate.institution_id, since=NINE, until=_soon(60), after=mark, limit=7):
        seen += page
        mark = Mark(page[-1].at, page[-1].id)
    assert len(seen) == 20 == len({kept.id for kept in seen})
    assert [(kept.at, kept.id) for kept in seen] == sorted((kept.at, kept.id) for kept in seen)


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE presence_by_place SET temperature = 365",
        "UPDATE presence_by_person SET flag = 'elsewhere'",
        "UPDATE presence_by_place SET received_at = received_at + interval '1 microsecond'",
        "UPDATE presence_by_person SET mac = set_byte(mac, 31, get_byte(mac, 31) # 1)",
    ],
)
def test_a_changed_row_is_found(public, gate, device, edit):
    record_presences([_seen(gate, resident=public, degrees=38.0)], by=device, at=NINE)
    assert list(check_presences()) == []
    _run(edit)
    assert len(list(check_presences())) == 1


@pytest.mark.parametrize("table", ["presence_by_person", "presence_by_place"])
def test_a_row_removed_from_one_table_is_missed_by_the_other(public, gate, device, table):
    record_presences([_seen(gate, resident=public)], by=device, at=NINE)
    _run(f"DELETE FROM {table}")
    (finding,) = check_both()
    assert table in finding.what


def test_keys_are_forgotten_once_they_are_too_old_to_matter(public, gate, device):
    record_presences([_seen(gate, resident=public)], by=device, at=NINE)
    assert forget_keys_before(NINE) == 0
    assert forget_keys_before(_soon(1)) == 1


def test_killed_in_the_middle_nothing_is_kept(code, resident, gate, device, monkeypatch):
    whole = taking._WRITE
    monkeypatch.setattr(taking, "_WRITE", whole.replace("SELECT id, outcome FROM", "SELECT id, 1 / 0 FROM"))
    with pytest.raises(Exception, match="division"):
        record_presences([_seen(gate, text=code)], by=device, at=NINE)
    assert _everything(resident) == []
    monkeypatch.setattr(taking, "_WRITE", whole)
    (answer,) = record_presences([_seen(gate, text=code)], by=device, at=NINE)
    assert answer.presence_id and not answer.repeated and not answer.flags


@pytest.mark.parametrize(("name", "indexes"), [("_CARDS", 2), ("_RESIDENTS", 1), ("_STORED", 1)])
def test_look_ups_go_by_index_however_young_the_tables_are(db, name, indexes):
    with transaction.atomic():
        plan = generic_plan(getattr(taking, name), ["{}"])
    assert plan.count("Index") >= indexes
    assert "Hash" not in plan and "Merge" not in plan


def test_a_picture_and_its_barcode_in_one_batch_are_one_presence(keys, resident, registrar, rng, gate, device):
    shown = cards.show_code(resident.pk, by=registrar, at=NINE, rng=rng)
    reports = [_seen(gate, text=shown.code), _seen(gate, "k2", _soon(1), text=shown.barcode)]
    first, second = record_presences(reports, by=device, at=_soon(2))
    assert (first.flags, second.flags) == ((), ("again",))
    assert [kept.means for kept in _everything(resident)] == ["code"]


def _asked(actor, *reports, proof=None):
    drafts = [taking.Draft(report, read_scan(report.text, at=NINE, now=NINE), None, None) for report in reports]
    return taking.Device(actor.account_id, NINE, proof), drafts


def test_devices_that_ask_together_are_answered_each_for_its_own(
    code, resident, mother, registrar, rng, gate, other_desk, device, other_device
):
    hers = cards.show_code(mother.pk, by=registrar, at=NINE, rng=rng).code
    bad = _seen(gate, "bad", text=code[:-1] + ("A" if code[-1] != "A" else "B"))
    at_the_gate, at_the_desk = taking.take_all(
        [
            _asked(device, _seen(gate, "same key", text=code), _seen(gate, "unknown", text=bad.text)),
            _asked(other_device, _seen(other_desk, "same key", text=hers)),
        ]
    )
    assert isinstance(at_the_gate, list) and isinstance(at_the_desk, list)
    (one, refused), (other,) = at_the_gate, at_the_desk
    assert refused.refused and one.presence_id and other.presence_id
    assert [(kept.device_id, kept.institution_id) for kept in _everything(resident)] == [(71, gate.institution_id)]
    assert [(kept.device_id, kept.institution_id) for kept in _everything(mother)] == [(72, other_desk.institution_id)]
    assert [*check_presences(), *check_both()] == []


def test_of_devices_that_ask_together_only_one_whose_proof_fails_is_told_so(
    code, resident, mother, registrar, rng, gate, other_desk, device, other_device
):
    hers = cards.show_code(mother.pk, by=registrar, at=NINE, rng=rng).code
    ended = Proof(b"\1" * 32, 71, gate.pk, gate.institution_id, gate.institution.path)
    gone, good = taking.take_all(
        [_asked(device, _seen(gate, text=code), proof=ended), _asked(other_device, _seen(other_desk, text=hers))]
    )
    assert isinstance(gone, Outdated) and isinstance(good, list)
    assert good[0].presence_id
    assert _everything(resident) == [] and len(_everything(mother)) == 1
