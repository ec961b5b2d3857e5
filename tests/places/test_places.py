"""Places against a real database: each verb, each refusal, and two people at once."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection

from kangqu.kernel.basis.refusals import Refusal, Refused
from kangqu.kernel.places import actions, reads
from kangqu.kernel.places import refusals as no
from kangqu.kernel.places.checks import check_paths, check_regions, check_standing
from kangqu.kernel.places.divisions import RegionRow, city_rows, historic_codes, national_rows
from kangqu.kernel.places.loading import load_regions
from kangqu.kernel.places.models import Device, Institution, Region, Station
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.models import TraceEntry
from tests.conftest import NINE

pytestmark = pytest.mark.django_db

OFFICER = Actor(account_id=7, role="commission_officer", institution_id=1)
TODAY = date(2026, 11, 23)
RNG = random.Random(1)


@pytest.fixture
def zibo():
    rows = [
        RegionRow("37", "山东省"),
        RegionRow("3703", "淄博市"),
        RegionRow("370302", "淄川区"),
        RegionRow("370303", "张店区"),
        RegionRow("370302001", "般阳路街道"),
        RegionRow("370302001001", "新华社区", generated=True),
    ]
    load_regions(rows, by=OFFICER, at=NINE)


def opened(
    name: str, *, kind: str = "hospital", region: str = "370302", parent: Institution | None = None, **more: Any
) -> Institution:
    return actions.open_institution(
        kind=kind, name=name, region=region, parent=parent, by=OFFICER, at=NINE, rng=RNG, **more
    )


def refuses(why: Refusal, verb: Callable[..., Any], *arguments: Any, **keywords: Any) -> None:
    traced = TraceEntry.objects.count()
    with pytest.raises(Refused) as refused:
        verb(*arguments, **keywords)
    assert refused.value.why is why
    assert refused.value.sentence("zh") and refused.value.sentence("en")
    assert TraceEntry.objects.count() == traced


# Divisions


def test_the_shipped_divisions_load_twice_as_once():
    rows = national_rows() + city_rows(["3703"])
    first = load_regions(rows, by=OFFICER, at=NINE, historic=historic_codes())
    assert first.added == len(rows)
    again = load_regions(rows, by=OFFICER, at=NINE, historic=historic_codes())
    assert (again.added, again.changed, again.unchanged) == (0, 0, len(rows))
    assert TraceEntry.objects.filter(action="places.load_regions").count() == 1
    assert list(check_regions()) == []
    assert reads.regions_under("3703").count() == 9  # eight counties and the high-tech zone
    assert Region.objects.get(code="370371").reports_under_id == "370303"
    assert reads.reporting_county("370371001") == "370303"
    assert reads.reporting_county("370302001") == "370302"
    assert reads.region_subtree("370302").filter(level="township").count() == 13
    assert [region.name for region in reads.region_line("370302001")] == ["山东省", "淄博市", "淄川区", "般阳路街道"]


def test_a_row_without_its_parent_refuses_the_whole_load(zibo):
    rows = [RegionRow("370304", "博山区"), RegionRow("370399001", "无主街道")]
    refuses(no.REGION_ORPHAN, load_regions, rows, by=OFFICER, at=NINE)
    assert not Region.objects.filter(code="370304").exists()


@pytest.mark.parametrize("code", ["37030", "３７０３０４", "37030x", "", "3703040010011"])
def test_a_bad_code_refuses_the_load(zibo, code):
    refuses(no.REGION_BAD, load_regions, [RegionRow(code, "某区")], by=OFFICER, at=NINE)


def test_a_renamed_division_changes_in_place(zibo):
    loaded = load_regions([RegionRow("370302", "淄川新区")], by=OFFICER, at=NINE)
    assert (loaded.added, loaded.changed) == (0, 1)
    assert Region.objects.get(code="370302").name == "淄川新区"


RESOLVED = (
    ("370302", "370302", False),
    ("370300", "3703", False),
    ("370000", "37", False),
    ("371202", "370116", True),
    ("371523", "371503", True),
    ("370125", "370115", True),
    ("372828", "370323", True),
    ("370301", "3703", True),
    ("110103", "1101", True),
)


def test_codes_resolve_to_what_is_in_force():
    load_regions(national_rows(), by=OFFICER, at=NINE, historic=historic_codes())
    for code, found, warned in RESOLVED:
        resolved = reads.resolve_region(code)
        assert (resolved.region.code, bool(resolved.warning)) == (found, warned), code


def test_a_code_nobody_knows_is_refused(zibo):
    refuses(no.REGION_UNKNOWN, reads.resolve_region, "999999")


# The tree


def test_an_institution_opens_with_its_codes_and_pinyin(zibo):
    commission = opened("淄博市卫生健康委员会（演示）", kind="commission", region="3703")
    hospital = opened("淄川区第一人民医院（演示）", parent=commission, grade="3A", uscc="123703004957000083")
    assert hospital.path == f"/{commission.pk}/{hospital.pk}/"
    assert hospital.name_pinyin == "zichuanqudiyirenminyiyuanyanshi"
    assert hospital.name_initials == "zcqdyrmyyys"
    assert hospital.code[0] == "J"
    entries = TraceEntry.objects.filter(object_id=hospital.pk).values_list("action", "actor_id")
    assert list(entries) == [("places.open_institution", 7)]
    assert [each.pk for each in reads.institution_line(hospital)] == [commission.pk, hospital.pk]


def test_what_an_institution_may_not_be(zibo):
    opened("甲医院", uscc="123703004957000083")
    refuses(no.USCC_TAKEN, opened, "乙医院", uscc="123703004957000083")
    refuses(no.USCC_BAD, opened, "乙医院", uscc="123703004957000084")
    refuses(no.REGION_UNKNOWN, opened, "乙医院", region="990000")
    refuses(no.WORDS_BAD, opened, "  ")
    refuses(no.WORDS_BAD, opened, "医\0院")
    refuses(no.WORDS_BAD, opened, "医" * 10_000_000)
    refuses(no.CHOICE_BAD, opened, "乙医院", kind="castle")
    refuses(no.CHOICE_BAD, opened, "乙医院", category="Z100")
    refuses(no.CHOICE_BAD, opened, "乙医院", grade="9Z")
    refuses(no.GRADE_MISPLACED, opened, "乙药店", kind="pharmacy", grade="3A")
    assert opened("𠮷祥医院").name == "𠮷祥医院"


def test_a_change_is_traced_and_no_change_is_not(zibo):
    hospital = opened("甲医院")
    actions.change_institution(hospital, name="甲人民医院", region="370303", by=OFFICER, at=NINE)
    hospital.refresh_from_db()
    assert (hospital.name_pinyin, hospital.region_id) == ("jiarenminyiyuan", "370303")
    actions.change_institution(hospital, name="甲人民医院", by=OFFICER, at=NINE)
    assert TraceEntry.objects.filter(action="places.change_institution").count() == 1
    clinic = opened("甲诊所", kind="clinic")
    refuses(no.GRADE_MISPLACED, actions.change_institution, clinic, grade="2A", by=OFFICER, at=NINE)


def test_a_move_rewrites_the_whole_subtree(zibo):
    city, county, centre = opened("市"), opened("县"), opened("镇")
    for child, parent in ((county, city), (centre, county)):
        actions.move_institution(child, to=parent, by=OFFICER, at=NINE)
    clinic = opened("村", kind="village_clinic", parent=Institution.objects.get(pk=centre.pk))
    other = opened("邻县", parent=city)
    actions.move_institution(centre, to=other, by=OFFICER, at=NINE)
    clinic.refresh_from_db()
    assert clinic.path == f"/{city.pk}/{other.pk}/{centre.pk}/{clinic.pk}/"
    assert {each.pk for each in reads.institution_subtree(other)} == {other.pk, centre.pk, clinic.pk}
    assert [*check_paths(), *check_standing()] == []
    actions.move_institution(other, to=None, by=OFFICER, at=NINE)
    clinic.refresh_from_db()
    assert clinic.path == f"/{other.pk}/{centre.pk}/{clinic.pk}/"


def test_a_cycle_is_refused(zibo):
    top = opened("上")
    below = opened("下", parent=top)
    refuses(no.CYCLE, actions.move_institution, top, to=below, by=OFFICER, at=NINE)
    refuses(no.CYCLE, actions.move_institution, top, to=top, by=OFFICER, at=NINE)


def test_a_tree_too_deep_is_refused(zibo):
    parent = opened("层")
    while len(parent.path) + len(str(parent.pk)) < 198:
        parent = opened("层", parent=parent)
    with pytest.raises(Refused) as refused:
        opened("层", parent=opened("层", parent=parent) if len(parent.path) < 199 else parent)
    assert refused.value.why is no.TOO_DEEP


def test_the_check_finds_a_path_that_lies(zibo):
    hospital = opened("甲医院")
    Institution.objects.filter(pk=hospital.pk).update(path="/1/2/")
    assert [finding.where for finding in check_paths()] == [f"institution {hospital.pk}"]


def test_closing(zibo):
    top = opened("上")
    below = opened("下", parent=top)
    gate = actions.open_station(below, name="大门", by=OFFICER, at=NINE, rng=RNG)
    registered = actions.register_device(gate, name="闸机", by=OFFICER, at=NINE, entropy=RNG.randbytes)
    closing: dict[str, Any] = {"reason": "合并", "on": TODAY, "by": OFFICER, "at": NINE}
    refuses(no.HAS_BRANCHES, actions.close_institution, top, **closing)
    actions.close_institution(below, **closing)
    assert reads.device_of(registered.token) is None
    refuses(no.INSTITUTION_CLOSED, actions.close_institution, below, **closing)
    refuses(no.INSTITUTION_CLOSED, actions.change_institution, below, name="新名", by=OFFICER, at=NINE)
    refuses(no.PARENT_CLOSED, opened, "新院", parent=below)
    refuses(no.PARENT_CLOSED, actions.move_institution, top, to=below, by=OFFICER, at=NINE)
    assert actions.close_institution(top, **closing).closed_on == TODAY


# What stands in an institution


def test_licences_departments_posts(zibo):
    clinic, other = opened("村卫生室", kind="village_clinic"), opened("甲医院")
    who: dict[str, Any] = {"by": OFFICER, "at": NINE}
    actions.add_licence(clinic, kind="clinic_register", number="3703 0200 0135", valid_from=TODAY, **who)
    again: dict[str, Any] = {"kind": "clinic_register", "number": "370302000135", "valid_from": TODAY}
    refuses(no.LICENCE_TWICE, actions.add_licence, clinic, **again, **who)
    wrong: dict[str, Any] = {"kind": "clinic_register", "number": "370302000145", "valid_from": TODAY}
    refuses(no.LICENCE_NUMBER_BAD, actions.add_licence, clinic, **wrong, **who)
    crossed: dict[str, Any] = {"kind": "drug", "number": "鲁DA1", "valid_from": TODAY, "valid_to": date(2020, 1, 1)}
    refuses(no.DATES_CROSSED, actions.add_licence, clinic, **crossed, **who)
    general = actions.add_department(clinic, name="全科", code="02", **who)
    refuses(no.DEPARTMENT_TWICE, actions.add_department, clinic, name="全科", **who)
    actions.add_post(clinic, title="乡村医生", role="village_doctor", department=general, **who)
    refuses(no.POST_TWICE, actions.add_post, clinic, title="乡村医生", role="x", department=general, **who)
    refuses(no.DEPARTMENT_ELSEWHERE, actions.add_post, other, title="医生", role="doctor", department=general, **who)
    refuses(no.CHOICE_BAD, actions.add_post, other, title="医生", role="doctor", places=10**30, **who)


def test_consortia(zibo):
    leader, member = opened("县医院"), opened("镇卫生院", kind="township_centre")
    who: dict[str, Any] = {"on": TODAY, "by": OFFICER, "at": NINE}
    consortium = actions.form_consortium(kind="county", name="淄川区医共体", leader=leader, **who)
    actions.join_consortium(consortium, member, **who)
    refuses(no.ALREADY_MEMBER, actions.join_consortium, consortium, member, **who)
    refuses(no.CONSORTIUM_TWICE, actions.form_consortium, kind="county", name="淄川区医共体", leader=leader, **who)
    refuses(no.LEADER_STAYS, actions.leave_consortium, consortium, leader, **who)
    early = {**who, "on": date(2020, 1, 1)}
    refuses(no.DATES_CROSSED, actions.leave_consortium, consortium, member, **early)
    actions.leave_consortium(consortium, member, **who)
    refuses(no.NOT_MEMBER, actions.leave_consortium, consortium, member, **who)
    assert actions.join_consortium(consortium, member, **who).left_on is None


def test_a_device_token_is_shown_once_and_kept_as_a_hash(zibo):
    hospital = opened("甲医院")
    gate = actions.open_station(hospital, name="东门", by=OFFICER, at=NINE, rng=RNG)
    registered = actions.register_device(gate, name="闸机 1", by=OFFICER, at=NINE, entropy=RNG.randbytes)
    assert registered.token.startswith("kqd_") and len(registered.token) == 47
    assert registered.token not in repr(registered)
    device = Device.objects.get()
    assert bytes(device.token_sha256) == hashlib.sha256(registered.token.encode()).digest()
    found = reads.device_of(registered.token)
    assert found is not None and found.station.institution == hospital
    assert reads.device_of(registered.token[:-1]) is None
    assert reads.device_of("kqd_" + "x" * 10_000) is None
    actions.revoke_device(device, by=OFFICER, at=NINE)
    assert reads.device_of(registered.token) is None
    refuses(no.DEVICE_REVOKED, actions.revoke_device, device, by=OFFICER, at=NINE)
    actions.close_station(gate, by=OFFICER, at=NINE)
    actions.close_station(gate, by=OFFICER, at=NINE)
    assert not Station.objects.get().open
    late = {"name": "闸机 2", "by": OFFICER, "at": NINE, "entropy": RNG.randbytes}
    refuses(no.STATION_CLOSED, actions.register_device, gate, **late)


# Reads


def test_institutions_are_found_by_name_pinyin_initials_kind_region_and_paged(zibo):
    top = opened("淄博市卫生健康委员会", kind="commission", region="3703")
    first = opened("淄川区医院", parent=top, region="370302001")
    opened("张店区医院", region="370303")
    opened("张店药店", kind="pharmacy", region="370303")

    def names(**asked: Any) -> list[str]:
        return [each.name for each in reads.find_institutions(**asked).rows]

    assert names(text="淄川") == ["淄川区医院"]
    assert names(text="zhangdian") == ["张店区医院", "张店药店"]
    assert names(text="ZCQ") == ["淄川区医院"]
    assert names(text=first.code.lower()) == ["淄川区医院"]
    assert names(kind="pharmacy") == ["张店药店"]
    assert names(region="370302") == ["淄川区医院"]
    assert names(under=top) == ["淄博市卫生健康委员会", "淄川区医院"]
    assert names(text="%") == names(text="\0' OR 1=1") == []
    walked: list[str] = []
    after: tuple[str, int] | None = None
    while True:
        page = reads.find_institutions(after=after, limit=1)
        walked += [each.name for each in page.rows]
        if (after := page.after) is None:
            break
    assert walked == ["张店区医院", "张店药店", "淄博市卫生健康委员会", "淄川区医院"]


def test_who_serves_whom(zibo):
    county, clinic = opened("区"), opened("村卫生室", kind="village_clinic")
    who: dict[str, Any] = {"by": OFFICER, "at": NINE}
    actions.serve_region(county, region="370302", **who)
    actions.serve_region(clinic, region="370302001001", **who)
    refuses(no.ALREADY_SERVED, actions.serve_region, clinic, region="370302001001", **who)
    assert list(reads.served_by("370302001001")) == [county, clinic]
    assert list(reads.served_by("370302")) == [county]
    here = reads.lives_in_served(county, field="code")
    assert Region.objects.filter(here).count() == 3
    nobody = opened("银行", kind="bank")
    assert Region.objects.filter(reads.lives_in_served(nobody, field="code")).count() == 0


# Two at once


@pytest.mark.django_db(transaction=True)
def test_two_opposite_moves_never_close_a_circle():
    load_regions([RegionRow("37", "山东省")], by=OFFICER, at=NINE)
    left, right = opened("左", region="37"), opened("右", region="37")
    barrier, answers = threading.Barrier(2), list[object]()

    def move(what, to):
        barrier.wait()
        try:
            actions.move_institution(what, to=to, by=OFFICER, at=NINE)
            answers.append("moved")
        except Refused as refused:
            answers.append(refused.why)
        finally:
            connection.close()

    threads = [threading.Thread(target=move, args=pair) for pair in ((left, right), (right, left))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, answers)) == sorted(["moved", str(no.CYCLE)])
    assert list(check_paths()) == []


@pytest.mark.django_db(transaction=True)
def test_two_revocations_revoke_once():
    load_regions([RegionRow("37", "山东省")], by=OFFICER, at=NINE)
    gate = actions.open_station(opened("院", region="37"), name="门", by=OFFICER, at=NINE, rng=RNG)
    device = actions.register_device(gate, name="机", by=OFFICER, at=NINE, entropy=RNG.randbytes).device
    barrier, answers = threading.Barrier(2), list[object]()

    def revoke():
        barrier.wait()
        try:
            actions.revoke_device(device, by=OFFICER, at=NINE)
            answers.append("revoked")
        except Refused:
            answers.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=revoke) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, answers)) == ["refused", "revoked"]
