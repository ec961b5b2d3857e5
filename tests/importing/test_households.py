"""Households of a list, as docs/algorithms/import.md tables them: one household a number, whatever the lines."""

from __future__ import annotations

import io
import random
from datetime import timedelta

import pytest
from django.utils.translation import override

from kangqu.kernel.basis.checks import all_checks
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.people.actions import record_death
from kangqu.kernel.people.families import form_household, join_household, leave_household
from kangqu.kernel.people.importing import actions, phases, reads
from kangqu.kernel.people.importing.exporting import ListFormat, export_residents
from kangqu.kernel.people.importing.models import ImportMode, ImportRow, ImportState, ResidentImport
from kangqu.kernel.people.importing.running import run
from kangqu.kernel.people.models import Household, HouseholdMember, HouseholdNumber, Person
from kangqu.kernel.places.models import Region
from kangqu.kernel.trace.actor import Actor, the_house
from tests.access import cast
from tests.importing.lists import HEADER, as_csv, as_ndjson, as_xlsx, resident

pytestmark = pytest.mark.django_db
BY = the_house("operator")
HOME = ("户号", "与户主关系")


def row(place: int, number: str, relation: str, **other: str) -> list[str]:
    return [*resident(place, **other), number, relation]


def listed(*rows: list[str]) -> bytes:
    return as_csv(rows, header=[*HEADER, *HOME])


@pytest.fixture
def bring(nine):
    def bring(content: bytes, *, mode=ImportMode.GOOD, preview=False, at=nine) -> ResidentImport:
        job = actions.start_import(file_name="常住人口", blocks=[content], by=BY, at=at, mode=mode, preview=preview)
        return run(job.pk, by=BY, clock=lambda: at)

    return bring


def name(place: int) -> str:
    return resident(place)[0]


def homes() -> dict[str, tuple[str | None, str, dict[str, str]]]:
    """Address → (head's name, address, name → relation), of the households that stand."""
    people = dict(Person.objects.values_list("pk", "name"))
    found = {}
    for home in Household.objects.filter(dissolved_at=None):
        members = HouseholdMember.objects.filter(household_id=home.pk, to_on=None)
        relations = {people[each.person_id]: each.relation for each in members}
        found[home.address] = (people.get(home.head_id or 0), home.address, relations)
    return found


def codes_of(job: ResidentImport) -> dict[int, list[str]]:
    rows = ImportRow.objects.filter(import_id=job.pk, outcome="error").order_by("line")
    return {each.line: [code for code, _, _ in each.errors] for each in rows}


def everything():
    return (
        sorted(Household.objects.values_list("code", "head_id", "address", "region_id", "dissolved_at")),
        sorted(HouseholdMember.objects.values_list("person_id", "id", "household_id", "relation", "to_on")),
        HouseholdNumber.objects.count(),
        set(Person.objects.values_list("id", "version")),
    )


def sound() -> None:
    for title, holds in all_checks().values():
        assert list(holds()) == [], title


FAMILY = [
    row(1, "101", "户主"),
    row(2, "101", "妻"),
    row(3, "102", "长女"),
    row(4, "101", "长子"),
    row(5, "102", "户主"),
]


@pytest.mark.parametrize("chunk", [1, 2, 5000])
def test_one_number_one_household_however_far_apart(bring, monkeypatch, chunk):
    monkeypatch.setattr(phases, "CHUNK", chunk)
    assert bring(listed(*FAMILY)).counts == {"new": 5}
    assert homes() == {
        "般阳路1号": (name(1), "般阳路1号", {name(1): "0", name(2): "1", name(4): "2"}),
        "般阳路5号": (name(5), "般阳路5号", {name(5): "0", name(3): "3"}),
    }
    sound()
    before = everything()
    assert bring(listed(*FAMILY)).counts == {"same": 5}
    assert everything() == before


@pytest.mark.parametrize("make", [as_csv, as_ndjson, as_xlsx])
def test_every_format_and_an_english_header(bring, make):
    header = [*HEADER, "Household Number", "Relation to head"]
    assert bring(make([row(1, "A-１０1", "Head"), row(2, "a-101", "12")], header=header)).counts == {"new": 2}
    assert homes() == {"般阳路1号": (name(1), "般阳路1号", {name(1): "0", name(2): "1"})}


def test_all_or_nothing_forms_all_or_none(bring, monkeypatch):
    monkeypatch.setattr(phases, "CHUNK", 2)
    wrong = bring(listed(*FAMILY, row(6, "103", "干儿子")), mode=ImportMode.ALL)
    assert wrong.state == ImportState.FAILED and not Household.objects.exists()
    assert bring(listed(*FAMILY), mode=ImportMode.ALL).counts == {"new": 5}
    assert len(homes()) == 2


def test_what_cannot_be_is_told(bring):
    job = bring(
        listed(
            row(1, "101", "户主"), row(2, "101", "户主"), row(3, "101", ""), row(4, "", "妻"), row(5, "101", "1"),
            row(6, "1.2E+11", "妻"), row(7, "x" * 31, "妻"), row(8, "10;1", "妻"),
        )
    )  # fmt: skip
    assert codes_of(job) == {
        3: ["KQ-1544"], 4: ["KQ-1534"], 5: ["KQ-1535"], 6: ["KQ-1533"], 7: ["KQ-1536"], 8: ["KQ-1536"], 9: ["KQ-1536"],
    }  # fmt: skip
    for shown in reads.first_rows(job, "en", count=20, wrong=True):
        assert all("{" not in sentence for _, _, sentence in shown.errors)


def test_a_second_head_is_found_far_away_before_anything_is_written(bring, monkeypatch):
    monkeypatch.setattr(phases, "CHUNK", 2)
    job = bring(listed(*FAMILY, row(6, "101", "户主")), preview=True)
    assert job.counts == {"new": 5, "error": 1} and codes_of(job) == {7: ["KQ-1544"]}
    assert not Household.objects.exists()


def test_a_relation_alone_is_a_column_not_imported(bring):
    job = bring(as_csv([[*resident(1), "户主"]], header=[*HEADER, "与户主关系"]))
    assert (job.counts, job.unknown) == ({"new": 1}, ["与户主关系"]) and not Household.objects.exists()


def test_who_moves_leaves_one_household_and_enters_another(bring, nine):
    bring(listed(row(1, "101", "户主"), row(2, "101", "妻"), row(3, "102", "户主")))
    before = everything()
    job = bring(listed(row(1, "102", "父"), row(2, "101", "户主"), row(3, "102", "户主")))
    assert job.counts == {"changed": 2, "same": 1}
    assert homes() == {
        "般阳路2号": (name(2), "般阳路2号", {name(2): "0"}),
        "般阳路3号": (name(3), "般阳路3号", {name(3): "0", name(1): "5"}),
    }
    sound()
    actions.undo(job, by=BY, at=nine)
    assert run(job.pk, by=BY, clock=lambda: nine).counts["kept"] == 0
    assert everything()[:3] == before[:3]
    sound()


def test_the_last_one_out_dissolves_it_and_undoing_restores_it(bring, nine):
    bring(listed(row(1, "101", "户主"), row(2, "102", "户主")))
    before = everything()
    job = bring(listed(row(1, "102", "父")))
    assert list(homes()) == ["般阳路2号"]
    sound()
    actions.undo(job, by=BY, at=nine)
    run(job.pk, by=BY, clock=lambda: nine)
    assert everything()[:3] == before[:3]


@pytest.mark.parametrize("chunk", [1, 5000])
def test_undoing_takes_households_away_that_the_list_formed(bring, nine, monkeypatch, chunk):
    monkeypatch.setattr(phases, "CHUNK", chunk)
    empty = everything()
    job = bring(listed(*FAMILY))
    actions.undo(job, by=BY, at=nine)
    assert run(job.pk, by=BY, clock=lambda: nine).state == ImportState.UNDONE
    assert everything() == empty and bring(listed(*FAMILY)).counts == {"new": 5}


def test_undoing_keeps_the_household_of_whom_somebody_worked_on(bring, nine):
    job = bring(listed(*FAMILY))
    wife = Person.objects.get(name=name(2))
    from kangqu.kernel.trace.actions import record

    record(BY.did("people.set_phone", at=nine + timedelta(minutes=1), person_id=wife.pk))
    actions.undo(job, by=BY, at=nine)
    assert run(job.pk, by=BY, clock=lambda: nine).counts["kept"] == 1
    assert homes() == {"般阳路1号": (None, "般阳路1号", {name(2): "1"})}
    sound()


def test_another_head_needs_the_former_ones_own_row(bring, monkeypatch):
    bring(listed(row(1, "101", "户主"), row(2, "101", "妻")))
    assert codes_of(bring(listed(row(2, "101", "户主")))) == {2: ["KQ-1545"]}
    for chunk, rows in ((5000, [2, 1]), (1, [1, 2])):
        monkeypatch.setattr(phases, "CHUNK", chunk)
        head, other = rows
        job = bring(listed(row(head, "101", "户主"), row(other, "101", "配偶")))
        assert job.counts.get("changed", 0) >= 1 and "error" not in job.counts
        assert homes().popitem()[1][0] == name(head)
        assert set(HouseholdMember.objects.filter(to_on=None).values_list("relation", flat=True)) == {"0", "1"}
        sound()
        assert bring(listed(row(head, "101", "户主"), row(other, "101", "配偶"))).counts == {"same": 2}


def test_a_head_who_died_is_followed(bring, nine):
    bring(listed(row(1, "101", "户主"), row(2, "101", "妻")))
    dead = Person.objects.get(name=name(1))
    record_death(dead.pk, on=city_day(nine), by=BY, at=nine)
    job = bring(listed(row(2, "101", "户主"), row(3, "102", "户主")))
    assert job.counts == {"changed": 1, "new": 1} and homes()["般阳路2号"][0] == name(2)
    assert codes_of(bring(listed(row(1, "102", "父")))) == {2: ["KQ-1546"]}


def test_a_household_of_the_desk_gets_the_number_of_its_head(bring, nine):
    bring(as_csv([resident(1), resident(2)]))
    head, wife = (Person.objects.get(name=name(place)) for place in (1, 2))
    home = form_household(head.pk, region=None, address="旧址", by=BY, at=nine, rng=random.Random(1))
    join_household(wife.pk, home.pk, relation="1", by=BY, at=nine)
    job = bring(listed(row(3, "7", "长子"), row(1, "7", "户主"), row(2, "7", "妻")))
    assert job.counts == {"new": 1, "same": 2}
    assert homes() == {"旧址": (name(1), "旧址", {name(1): "0", name(2): "1", name(3): "2"})}
    leave_household(wife.pk, by=BY, at=nine + timedelta(hours=1))
    actions.undo(job, by=BY, at=nine)
    run(job.pk, by=BY, clock=lambda: nine)
    assert Household.objects.get().pk == home.pk and not HouseholdNumber.objects.exists()


def test_a_number_of_another_village_is_another_household(bring):
    for code in ("370302001001", "370302001002"):
        Region.objects.create(code=code, name="村", level="village")
    bring(listed(row(1, "7", "户主", region="370302001001")))
    job = bring(listed(row(2, "7", "妻", region="370302001002"), row(3, "7", "妻")))
    assert codes_of(job) == {2: ["KQ-1547"]} and job.counts == {"error": 1, "new": 1}


def test_numbers_are_an_institutions_own(nine):
    region = Region.objects.create(code="370302001", name="街道", level="township")
    for place in (1, 2):
        own = cast.institution(f"卫生院{place}", "township_hospital", region)
        by = Actor(None, role="registrar", institution_id=own.pk, purpose="registration")
        job = actions.start_import(
            file_name="x", blocks=[listed(row(place, "7", "户主"))], by=by, at=nine, preview=False
        )
        assert run(job.pk, by=by, clock=lambda: nine).counts == {"new": 1}
    assert set(homes()) == {"般阳路1号", "般阳路2号"}


@pytest.mark.parametrize("kind", list(ListFormat))
def test_what_goes_out_comes_in_again_households_and_all(bring, nine, kind):
    bring(listed(*FAMILY))
    bring(as_csv([resident(9)]))
    form_household(
        Person.objects.get(name=name(9)).pk, region=None, address="九号", by=BY, at=nine, rng=random.Random(1)
    )
    before = everything()
    out = io.BytesIO()
    assert export_residents(out, purpose="核对", by=BY, at=nine, kind=kind, with_numbers=True) == 6
    again = bring(out.getvalue())
    assert (again.counts, again.unknown) == ({"same": 6}, []) and everything() == before


def test_words_of_lists_are_chinese_whoever_asks(bring, nine):
    with override("en"):
        job = bring(listed(*FAMILY, row(6, "102", "户主")))
        wrong, out = io.BytesIO(), io.BytesIO()
        reads.write_errors(job, wrong, language="en")
        export_residents(out, purpose="核对", by=BY, at=nine, with_numbers=True)
    assert "户主" in wrong.getvalue().decode("utf-8-sig") and "配偶" in out.getvalue().decode("utf-8-sig")
    assert bring(out.getvalue()).counts == {"same": 5}


def test_an_unknown_code_is_told(bring):
    home = as_csv([[*resident(1), "H9999999999999", "户主"]], header=[*HEADER, "户编码", "与户主关系"])
    assert codes_of(bring(home)) == {2: ["KQ-1543"]}
