"""The doors to a resident: who sees her, why, what is left behind, and who sees nothing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from kangqu.kernel.access import doors
from kangqu.kernel.access.consent import (
    GUARDIAN_NEEDED,
    TEXT_NOT_IN_FORCE,
    consent_text,
    give_consent,
    withdraw_consent,
)
from kangqu.kernel.access.doors import Hidden, Relation, access_person, open_list, reveal, search_people
from kangqu.kernel.access.emergency import (
    ALREADY_REVIEWED,
    NOT_ONES_OWN,
    Reason,
    break_glass_queue,
    open_break_glass,
    overdue_reviews,
    review_break_glass,
)
from kangqu.kernel.access.looks import who_looked
from kangqu.kernel.access.models import AccountKind, BreakGlass, Encounter
from kangqu.kernel.access.roles import Purpose, Right, Role
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.clock import CITY, city_day
from kangqu.kernel.basis.refusals import BAD_INPUT, NOT_FOUND, NOT_YOURS, Refused
from kangqu.kernel.people.documents import blind_of, seal_number
from kangqu.kernel.people.models import Identifier, IdentifierDirectory, Person, Phone, Proxy
from kangqu.kernel.people.phones import phone_blind, seal_phone
from tests.access import cast
from tests.conftest import NINE

pytestmark = pytest.mark.django_db


class World:
    """Two cities; in the first a county with a hospital, a township centre and two village clinics."""

    def __init__(self) -> None:
        city, other_city = cast.region("3703", "淄博"), cast.region("3701", "济南")
        cast.region("370302", "淄川")
        cast.region("370302100", "洪山")
        self.village = cast.region("370302100201", "东村")
        self.other_village = cast.region("370302100202", "西村")
        self.commission = cast.institution("市卫健委", "commission", city, serves=True)
        self.hospital = cast.institution("县医院", "hospital", cast.region("370302", "淄川"), self.commission)
        self.centre = cast.institution("卫生院", "township_centre", cast.region("370302100", "洪山"), self.commission)
        self.clinic = cast.institution("东村卫生室", "village_clinic", self.village, self.centre, serves=True)
        self.other_clinic = cast.institution(
            "西村卫生室", "village_clinic", self.other_village, self.centre, serves=True
        )
        self.next_city = cast.institution("邻市卫健委", "commission", other_city, serves=True)
        self.mother = cast.resident("王𠮷祥", at=NINE, where=self.village, kept_by=self.centre)
        self.daughter = cast.resident("李丽", at=NINE, where=self.other_village, kept_by=self.other_clinic)

    def staff(self, role: Role, where, number: int = 900) -> Viewer:
        return Viewer(
            principal_id=number,
            account_id=number,
            kind=AccountKind.STAFF,
            grants=(Held(role, where.pk, where.path),),
            request_id="r",
        )

    def resident(self, person: Person, number: int = 800) -> Viewer:
        return Viewer(principal_id=number, account_id=number, kind=AccountKind.RESIDENT, person_id=person.pk)


@pytest.fixture
def world() -> World:
    return World()


def traced(action: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT actor_id, person_id, result, facts ->> 'relation' FROM trace_entry WHERE action = %s ORDER BY id",
            [action],
        )
        return cursor.fetchall()


def closed(viewer: Viewer, person: Person | str, to: Purpose, at: datetime = NINE) -> None:
    code = person if isinstance(person, str) else person.public_code
    with pytest.raises(Refused) as refused:
        access_person(viewer, code, to=to, at=at)
    assert refused.value.why is NOT_FOUND


@pytest.mark.parametrize(
    ("role", "where", "to", "relation"),
    [
        (Role.VILLAGE_DOCTOR, "clinic", Purpose.CARE, Relation.SERVED),
        (Role.VILLAGE_DOCTOR, "other_clinic", Purpose.CARE, None),
        (Role.FAMILY_DOCTOR, "centre", Purpose.CARE, Relation.KEPT),
        (Role.DOCTOR, "centre", Purpose.CARE, Relation.KEPT),
        (Role.DOCTOR, "hospital", Purpose.CARE, None),
        (Role.INDEX_KEEPER, "commission", Purpose.INDEX, Relation.KEPT),
        (Role.INDEX_KEEPER, "commission", Purpose.CARE, None),
        (Role.VILLAGE_DOCTOR, "clinic", Purpose.INDEX, None),
        (Role.VILLAGE_DOCTOR, "clinic", Purpose.SELF, None),
        (Role.CDC_OFFICER, "commission", Purpose.PUBLIC_HEALTH, Relation.KEPT),
        (Role.SYSTEM_ADMIN, "commission", Purpose.CARE, None),
        (Role.SECURITY_ADMIN, "commission", Purpose.CARE, None),
        (Role.GATE_KEEPER, "centre", Purpose.ENTRY, None),
        (Role.INDEX_KEEPER, "next_city", Purpose.INDEX, None),
        (Role.CDC_OFFICER, "next_city", Purpose.PUBLIC_HEALTH, None),
    ],
)
def test_a_post_reaches_whom_it_serves(world, role, where, to, relation):
    viewer = world.staff(role, getattr(world, where))
    if relation is None:
        closed(viewer, world.mother, to)
    else:
        opened = access_person(viewer, world.mother.public_code, to=to, at=NINE)
        assert (opened.relation, opened.person) == (relation, world.mother)
        assert traced("person.open") == [(900, world.mother.pk, "seen", relation.value)]


def test_missing_and_forbidden_answer_alike(world, django_assert_num_queries):
    viewer = world.staff(Role.DOCTOR, world.hospital)
    answers = []
    for code in (world.mother.public_code, "R0000000000000", "x\x00", "", "R" * 9999):
        with pytest.raises(Hidden) as refused, django_assert_num_queries(2):
            access_person(viewer, code, to=Purpose.CARE, at=NINE)
        answers.append((refused.value.why, refused.value.sentence("zh"), refused.value.entry.result))
    assert len(set(answers)) == 1


def test_she_showed_her_code_here_today_and_not_yesterday(world):
    doctor = world.staff(Role.DOCTOR, world.hospital)
    almost_midnight = datetime(2026, 11, 23, 23, 59, tzinfo=CITY)
    Encounter.objects.create(
        person=world.mother, institution_id=world.hospital.pk, day=city_day(almost_midnight), at=almost_midnight
    )
    assert access_person(doctor, world.mother.pk, to=Purpose.CARE, at=almost_midnight).relation is Relation.PRESENT
    closed(doctor, world.mother, Purpose.CARE, at=almost_midnight + timedelta(minutes=1))
    gate = world.staff(Role.GATE_KEEPER, world.hospital)
    assert access_person(gate, world.mother.pk, to=Purpose.ENTRY, at=almost_midnight).relation is Relation.PRESENT


def test_the_family_opens_what_it_was_given(world):
    mother, daughter = world.resident(world.mother), world.resident(world.daughter, 801)
    assert access_person(mother, world.mother.public_code, to=Purpose.SELF, at=NINE).relation is Relation.SELF
    closed(daughter, world.mother, Purpose.SELF)
    proxy = Proxy.objects.create(
        person=world.mother,
        agent_id=world.daughter.pk,
        kind="proxy",
        relation="子女",
        rights=["code"],
        consent="phone",
        starts_at=NINE,
        ends_at=NINE + timedelta(days=30),
    )
    code = world.mother.public_code
    assert access_person(daughter, code, to=Purpose.SELF, at=NINE, right=Right.CODE).relation is Relation.PROXY
    for right, at in ((Right.REPORTS, NINE), (None, NINE), (Right.CODE, NINE + timedelta(days=30))):
        with pytest.raises(Refused):
            access_person(daughter, code, to=Purpose.SELF, at=at, right=right)
    Proxy.objects.filter(pk=proxy.pk).update(revoked_at=NINE)
    with pytest.raises(Refused):
        access_person(daughter, code, to=Purpose.SELF, at=NINE, right=Right.CODE)
    closed(mother, world.mother, Purpose.CARE)


def test_a_merged_record_is_opened_through_the_one_that_speaks_for_it(world):
    Person.objects.filter(pk=world.daughter.pk).update(merged_into=world.mother, status="merged")
    viewer = world.staff(Role.VILLAGE_DOCTOR, world.clinic)
    assert access_person(viewer, world.daughter.public_code, to=Purpose.CARE, at=NINE).person == world.mother


def test_consent_opens_and_its_withdrawal_closes(world):
    mother, doctor = world.resident(world.mother), world.staff(Role.DOCTOR, world.hospital)
    Person.objects.filter(pk=world.mother.pk).update(birth_date=date(1962, 3, 1))
    asked: dict[str, Any] = {
        "purpose": Purpose.CARE,
        "until": date(2026, 12, 31),
        "institution_code": world.hospital.code,
    }
    with pytest.raises(Refused) as refused:
        give_consent(mother, world.mother.public_code, text_version="2019-01", at=NINE, **asked)
    assert refused.value.why is TEXT_NOT_IN_FORCE
    version = consent_text(Purpose.CARE, on=city_day(NINE)).version
    given = give_consent(mother, world.mother.public_code, text_version=version, at=NINE, **asked)
    assert access_person(doctor, world.mother.pk, to=Purpose.CARE, at=NINE).relation is Relation.CONSENT
    closed(world.staff(Role.DOCTOR, world.next_city), world.mother, Purpose.CARE)
    closed(doctor, world.mother, Purpose.REGISTRATION)
    last = datetime(2026, 12, 31, 23, 59, tzinfo=CITY)
    assert access_person(doctor, world.mother.pk, to=Purpose.CARE, at=last).relation is Relation.CONSENT
    closed(doctor, world.mother, Purpose.CARE, at=last + timedelta(minutes=1))
    with pytest.raises(Refused):
        withdraw_consent(world.resident(world.daughter), world.mother.public_code, consent_id=given.id, at=NINE)
    for _ in range(2):
        withdraw_consent(mother, world.mother.public_code, consent_id=given.id, at=NINE)
    closed(doctor, world.mother, Purpose.CARE)
    assert len(traced("consent.withdraw")) == 1


def test_a_child_does_not_consent_for_herself(world):
    Person.objects.filter(pk=world.daughter.pk).update(birth_date=date(2014, 1, 1))
    asked: dict[str, Any] = {
        "purpose": Purpose.CARE,
        "until": date(2026, 12, 31),
        "text_version": "2026-01",
        "at": NINE,
    }
    with pytest.raises(Refused) as refused:
        give_consent(world.resident(world.daughter), world.daughter.public_code, **asked)
    assert refused.value.why is GUARDIAN_NEEDED
    Proxy.objects.create(
        person=world.daughter,
        agent_id=world.mother.pk,
        kind="guardian",
        relation="父母",
        rights=[],
        consent="guardian",
        starts_at=NINE,
        ends_at=NINE + timedelta(days=900),
    )
    assert (
        give_consent(world.resident(world.mother), world.daughter.public_code, **asked).person_id == world.daughter.pk
    )


def test_an_emergency_opens_for_hours_is_seen_and_is_reviewed_by_another(world):
    doctor = world.staff(Role.DOCTOR, world.hospital)
    code = world.mother.public_code
    with pytest.raises(Refused):
        open_break_glass(doctor, code, reason=Reason.UNCONSCIOUS, note="急", at=NINE)
    with pytest.raises(Refused) as refused:
        open_break_glass(
            world.staff(Role.REGISTRAR, world.hospital), code, reason=Reason.OUTBREAK, note="疫情处置", at=NINE
        )
    assert refused.value.why is NOT_YOURS
    opened = open_break_glass(doctor, code, reason=Reason.UNCONSCIOUS, note="车祸昏迷送医", at=NINE)
    assert open_break_glass(doctor, code, reason=Reason.UNCONSCIOUS, note="车祸昏迷送医", at=NINE).id == opened.id
    assert access_person(doctor, code, to=Purpose.CARE, at=NINE).relation is Relation.EMERGENCY
    closed(world.staff(Role.DOCTOR, world.hospital, 901), world.mother, Purpose.CARE)
    closed(doctor, world.mother, Purpose.CARE, at=NINE + timedelta(hours=4))
    looks = who_looked(world.mother.pk, at=NINE + timedelta(days=1)).rows
    assert {look.action for look in looks} == {"break_glass.open", "person.open"}
    assert looks[0].institution == "县医院"

    auditor = world.staff(Role.AUDIT_ADMIN, world.commission, 902)
    assert [row.id for row in break_glass_queue(auditor, at=NINE)] == [opened.id]
    assert break_glass_queue(world.staff(Role.AUDIT_ADMIN, world.next_city), at=NINE) == []
    assert overdue_reviews(NINE) == 0 and overdue_reviews(NINE + timedelta(hours=25)) == 1
    said: dict[str, Any] = {
        "break_glass_id": opened.id,
        "outcome": BreakGlass.Outcome.JUSTIFIED,
        "note": "属实",
        "at": NINE,
    }
    with pytest.raises(Refused) as refused:
        review_break_glass(world.staff(Role.AUDIT_ADMIN, world.commission, 900), code, **said)
    assert refused.value.why is NOT_ONES_OWN
    with pytest.raises(Refused) as refused:
        review_break_glass(doctor, code, **said)
    assert refused.value.why is NOT_YOURS
    review_break_glass(auditor, code, **said)
    with pytest.raises(Refused) as refused:
        review_break_glass(auditor, code, **said)
    assert refused.value.why is ALREADY_REVIEWED


def _number(person: Person, number: str) -> Identifier:
    IdentifierDirectory.objects.create(blind=blind_of("01", number), kind="01", person_id=person.pk)
    return Identifier.objects.create(
        person=person,
        kind="01",
        sealed=seal_number(number),
        blind=blind_of("01", number),
        shown="3703**",
        recorded_at=NINE,
    )


def test_a_search_finds_only_those_in_scope_and_is_traced_without_the_question(world):
    number = "370302196001010020"
    row = _number(world.mother, number)
    Phone.objects.create(
        person=world.mother, sealed=seal_phone("+8613800000000"), blind=phone_blind("+8613800000000"), shown="138****0000",
        recorded_at=NINE,
    )  # fmt: skip
    village = world.staff(Role.VILLAGE_DOCTOR, world.clinic)
    other = world.staff(Role.VILLAGE_DOCTOR, world.other_clinic)
    for text in (number, "13800000000", "王𠮷", world.mother.public_code):
        (found,) = search_people(village, text, to=Purpose.CARE, at=NINE)
        assert (found.code, found.identifier, found.phone) == (world.mother.public_code, "3703**", "138****0000")
        assert search_people(other, text, to=Purpose.CARE, at=NINE) == []
    for text in ("", "x" * 101, "a\x00"):
        with pytest.raises(Refused) as refused:
            search_people(village, text, to=Purpose.CARE, at=NINE)
        assert refused.value.why is BAD_INPUT
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(facts::text, '') FROM trace_entry")
        (said,) = cursor.fetchone()
    assert number not in said and "13800000000" not in said and "王" not in said
    shown = reveal(village, world.mother.public_code, what="identifier", row_id=row.id, to=Purpose.CARE, at=NINE)
    assert (shown.number, shown.until) == (number, NINE + timedelta(seconds=30))
    assert traced("person.reveal_identifier") == [(900, world.mother.pk, "seen", "served")]
    with pytest.raises(Refused):
        reveal(other, world.mother.public_code, what="identifier", row_id=row.id, to=Purpose.CARE, at=NINE)


def test_lists_are_cut_to_scope_and_exports_say_why(world):
    def names(role, where):
        return set(
            open_list(world.staff(role, where), to=Purpose.REGISTRATION, at=NINE, action="people.list").values_list(
                "name", flat=True
            )
        )

    assert names(Role.VILLAGE_DOCTOR, world.clinic) == {"王𠮷祥"}
    assert names(Role.REGISTRAR, world.centre) == {"王𠮷祥", "李丽"}
    assert names(Role.REGISTRAR, world.hospital) == set()
    assert names(Role.REGISTRAR, world.commission) == {"王𠮷祥", "李丽"}
    assert names(Role.REGISTRAR, world.next_city) == set()
    nowhere = cast.resident("无名氏", at=NINE)
    assert names(Role.REGISTRAR, world.commission) == {"王𠮷祥", "李丽", "无名氏"}
    assert access_person(
        world.staff(Role.REGISTRAR, world.commission), nowhere.public_code, to=Purpose.REGISTRATION, at=NINE
    ).held
    with pytest.raises(Refused):
        open_list(world.staff(Role.REGISTRAR, world.centre), to=Purpose.REGISTRATION, at=NINE, action="people.export")
    assert len(traced("people.list")) == 6


def test_masks(world):
    masked = doors.shown_people(world.staff(Role.GATE_KEEPER, world.hospital), [world.mother])[0]
    assert (masked.name, masked.address, masked.birth_date) == ("王**", "", None)


def test_who_looked_pages_without_losing_or_repeating(world):
    viewer = world.staff(Role.VILLAGE_DOCTOR, world.clinic)
    for minute in range(5):
        access_person(viewer, world.mother.pk, to=Purpose.CARE, at=NINE + timedelta(minutes=minute // 2))
    seen, after = [], None
    while True:
        page = who_looked(world.mother.pk, at=NINE + timedelta(days=1), limit=2, after=after)
        seen += [look.at for look in page.rows]
        after = page.after
        if after is None:
            break
    assert len(seen) == 5 and seen == sorted(seen, reverse=True)
