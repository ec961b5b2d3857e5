"""Proposing, deciding, withdrawing: two people, only the future, within bounds; every process hears of it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.basis.refusals import BAD_INPUT, NOT_FOUND, Refused
from kangqu.kernel.policies import actions
from kangqu.kernel.policies import refusals as no
from kangqu.kernel.policies.actions import Paper
from kangqu.kernel.policies.catalogue import catalogue, definition_of
from kangqu.kernel.policies.checks import check_adopted, check_trace
from kangqu.kernel.policies.known import know
from kangqu.kernel.policies.models import Edition, PolicyVersion, VersionState
from kangqu.kernel.rules.policy import adopt, edition
from kangqu.kernel.trace.actor import Actor, the_house
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.tcm_pharmacy.policy import number
from kangqu.systems.venue_check.reports import limits_on
from tests.policies.cast import HER, HIM, NOON, PAPER, TOLERANCE, adopted, proposed

pytestmark = pytest.mark.django_db
DECEMBER = date(2026, 12, 1)


def refused(why, do, *args, **kwargs) -> Refused:
    with pytest.raises(Refused) as caught, transaction.atomic():
        do(*args, **kwargs)
    assert caught.value.why is why
    return caught.value


def test_proposed_by_one_approved_by_another_in_force_from_its_day():
    version = adopted()
    know()
    assert version.state == VersionState.ADOPTED and (version.proposed_by, version.decided_by) == (71, 72)
    eve = datetime(2026, 11, 30, 23, 59, 59, tzinfo=CITY)
    assert number(TOLERANCE, eve) == 5 and number(TOLERANCE, eve + timedelta(seconds=1)) == 3
    kept = definition_of(TOLERANCE).in_force(DECEMBER)
    assert (kept.source.document, kept.source.clause, kept.source.mark) == (PAPER.document, "第三条", "V")
    told = dict(TraceEntry.objects.filter(object_id=version.pk).values_list("action", "actor_id"))
    assert told == {"policies.propose": 71, "policies.approve": 72}
    assert not [*check_adopted(), *check_trace()]


def test_what_is_proposed_or_refused_is_not_in_force():
    actions.refuse(proposed().pk, "依据不足", by=HIM, at=NOON)
    proposed(4)
    know()
    assert number(TOLERANCE, NOON + timedelta(days=60)) == 5 and edition() == 0


def test_who_proposed_does_not_decide():
    version = proposed()
    for decide in (
        lambda: actions.approve(version.pk, by=HER, at=NOON),
        lambda: actions.refuse(version.pk, "x", by=HER, at=NOON),
    ):
        refused(no.OWN_PROPOSAL, decide)
    refused(no.OWN_PROPOSAL, actions.approve, version.pk, by=the_house(), at=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyVersion.objects.filter(pk=version.pk).update(state="adopted", decided_by=71, decided_at=NOON)


@pytest.mark.parametrize(
    ("at", "starts", "why"),
    [
        ("2026-11-23 12:00", "2026-11-22", no.TOO_SOON),
        ("2026-11-23 12:00", "2026-11-23", no.TOO_SOON),
        ("2026-11-23 00:00", "2026-11-23", no.TOO_SOON),
        ("2026-11-23 00:00", "2026-11-24", None),
        ("2026-11-23 23:58:59", "2026-11-24", None),
        ("2026-11-23 23:59:00", "2026-11-24", no.TOO_SOON),
        ("2026-11-23 23:59:00", "2026-11-25", None),
        ("2026-11-23 12:00", "2029-11-24", no.TOO_FAR),
        ("2026-11-23 12:00", "9999-12-31", no.TOO_FAR),
    ],
)
def test_a_version_starts_tomorrow_or_later(at, starts, why):
    at = datetime.fromisoformat(at).replace(tzinfo=CITY)
    if why is None:
        assert proposed(starts=date.fromisoformat(starts), at=at)
    else:
        refused(why, proposed, starts=date.fromisoformat(starts), at=at)


def test_what_was_proposed_in_time_is_not_approved_too_late():
    version = proposed(starts=date(2026, 11, 24))
    refused(no.TOO_SOON, actions.approve, version.pk, by=HIM, at=NOON + timedelta(hours=12))


@pytest.mark.parametrize(
    ("value", "why"),
    [(0, no.OUT_OF_BOUNDS), (11, no.OUT_OF_BOUNDS), (10**30, no.OUT_OF_BOUNDS), (-1, no.OUT_OF_BOUNDS)]
    + [(each, no.WRONG_TYPE) for each in (3.0, "3", True, None, [3], {"a": 1})],
)
def test_type_and_bounds_are_the_definitions(value, why):
    refused(why, proposed, value)


def test_a_list_holds_only_the_words_that_are_known():
    rights = "people.import.guardian_rights"
    assert proposed(["reports", "code"], policy=rights).value == ["code", "reports"]
    for wrong in (["pay"], ["code", "code"]):
        refused(no.OUT_OF_BOUNDS, proposed, wrong, date(2026, 12, 2), policy=rights)
    refused(no.WRONG_TYPE, proposed, "code", date(2026, 12, 2), policy=rights)


@pytest.mark.parametrize("text", ["nan", "1e3", "５", "1_0", "", "9" * 10_000_000, "3.0", "𠮷", "0x3"])
def test_what_is_typed_must_be_a_value(text):
    with pytest.raises(Refused):
        definition_of(TOLERANCE).read(text)
    assert definition_of(TOLERANCE).read(" 3 ") == 3


@pytest.mark.parametrize(
    ("paper", "why"),
    [
        (Paper(""), no.DOCUMENT_NEEDED),
        (Paper("  "), no.DOCUMENT_NEEDED),
        (Paper("文", mark="Z"), no.MARK_UNKNOWN),
        (Paper("文", mark=""), no.MARK_UNKNOWN),
        (Paper("文", note="长" * 10_000_000), BAD_INPUT),
        (Paper("文", note="a\x00b"), BAD_INPUT),
        (Paper("文" * 201), BAD_INPUT),
        (Paper("文", number="\ud800"), BAD_INPUT),
    ],
)
def test_a_version_says_what_it_rests_on(paper, why):
    refused(why, actions.propose, TOLERANCE, 3, DECEMBER, paper, by=HER, at=NOON)
    assert actions.propose(TOLERANCE, 3, DECEMBER, Paper("𠮷县通知"), by=HER, at=NOON).document == "𠮷县通知"


def test_unknown_policies_and_versions():
    refused(no.POLICY_UNKNOWN, proposed, policy="no.such")
    for number_ in (0, -1, 2**70):
        refused(NOT_FOUND, actions.approve, number_, by=HIM, at=NOON)


def test_two_versions_of_a_day():
    adopted()
    refused(no.DAY_TAKEN, proposed, 4)
    assert adopted(4, DECEMBER + timedelta(days=1))


def test_withdrawn_before_it_starts_and_never_after():
    first, second = adopted(), adopted(4, date(2026, 12, 10))
    know()
    assert number(TOLERANCE, NOON + timedelta(days=30)) == 4
    last = datetime(2026, 12, 9, 23, 58, 59, tzinfo=CITY)
    refused(no.IN_FORCE, actions.withdraw, second.pk, "x", by=HER, at=last + timedelta(seconds=1))
    actions.withdraw(second.pk, "通知撤销", by=HER, at=last)
    know()
    assert number(TOLERANCE, NOON + timedelta(days=30)) == 3
    refused(no.IN_FORCE, actions.withdraw, first.pk, "x", by=HER, at=last)
    refused(no.DECIDED, actions.withdraw, second.pk, "x", by=HER, at=last)
    assert adopted(2, date(2026, 12, 10), at=NOON).pk != second.pk


def test_what_is_remembered_by_day_is_remembered_by_edition_too():
    later = NOON + timedelta(days=20)
    assert limits_on(later).fever == 373
    adopted(375, policy="presence.fever")
    know()
    assert limits_on(later).fever == 375


def test_every_policy_can_be_changed_within_bounds_it_states():
    unbounded = [each.id for each in catalogue().values() if None in each.bounds and not each.words]
    assert not unbounded and len(catalogue()) > 60


def test_reading_asks_nothing(django_assert_num_queries):
    adopted()
    know()
    with django_assert_num_queries(0):
        for _ in range(100):
            number(TOLERANCE, NOON)
    with django_assert_num_queries(1):
        assert not know()


def test_an_older_edition_after_a_restore_is_read_too():
    adopted()
    know()
    PolicyVersion.objects.all().delete()
    Edition.objects.update(number=0)
    assert know() and number(TOLERANCE, NOON + timedelta(days=60)) == 5


def test_a_check_finds_what_does_not_hold():
    version = adopted()
    PolicyVersion.objects.filter(pk=version.pk).update(value=99, decided_at=NOON + timedelta(days=30), decided_by=9)
    assert len(list(check_adopted())) == 2 and len(list(check_trace())) == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_two_who_approve_at_once_one_does_and_other_processes_hear_of_it():
    version, codes = proposed(), []

    def decide(account: int) -> None:
        try:
            actions.approve(version.pk, by=Actor(account), at=NOON)
            codes.append("done")
        except Refused as trouble:
            codes.append(trouble.why.name)
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=(number_,)) for number_ in (72, 73)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["done", "policy_decided"]
    assert Edition.objects.get().number == 1 and number(TOLERANCE, NOON + timedelta(days=30)) == 3
    assert TraceEntry.objects.filter(action="policies.approve").count() == 1
    assert _asked_elsewhere() == "3.0"


@pytest.mark.django_db(transaction=True)
def test_killed_between_leaves_nothing():
    version = proposed()

    def killed_before_the_commit() -> None:
        with transaction.atomic():
            actions.approve(version.pk, by=HIM, at=NOON)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        killed_before_the_commit()
    assert not know() and edition() == 0
    version.refresh_from_db()
    assert version.state == "proposed" and not TraceEntry.objects.filter(action="policies.approve").exists()


def _asked_elsewhere() -> str:
    """What another process answers, which has only the database."""
    asked = (
        "import django; django.setup(); from django.db import connection; connection.ensure_connection();"
        "from datetime import datetime, timezone; from kangqu.systems.tcm_pharmacy.policy import number;"
        f"print(number('{TOLERANCE}', datetime(2026, 12, 5, tzinfo=timezone.utc)))"
    )
    settings = connection.settings_dict
    url = f"postgresql://{settings['USER']}:{settings['PASSWORD']}@/{settings['NAME']}?host={settings['HOST']}&port={settings['PORT']}"
    home = {**os.environ, "KANGQU_DATABASE_URL": url}
    done = subprocess.run([sys.executable, "-c", asked], env=home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(autouse=True)
def begins_unread(db: None) -> None:
    adopt((), edition=0)
    Edition.objects.update_or_create(single=True, defaults={"number": 0})
