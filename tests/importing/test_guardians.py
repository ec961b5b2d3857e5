"""Guardians and next of kin of a list, and lists whose residents were merged since."""

from __future__ import annotations

import io

import pytest

from kangqu.kernel.basis.checks import all_checks
from kangqu.kernel.people.documents import check_digit
from kangqu.kernel.people.importing import actions, phases, reads
from kangqu.kernel.people.importing.exporting import ListFormat, export_residents
from kangqu.kernel.people.importing.models import ImportMode, ImportRow, ImportState, ResidentImport
from kangqu.kernel.people.importing.running import run
from kangqu.kernel.people.merging import merge, unmerge
from kangqu.kernel.people.models import Contact, Person, Proxy
from kangqu.kernel.people.papers import end_phone
from kangqu.kernel.people.phones import open_phone
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.models import TraceEntry
from tests.importing.lists import HEADER, as_csv, number_of, resident

pytestmark = pytest.mark.django_db
BY = the_house("operator")
KIN = ("监护人姓名", "监护人证件号码", "与监护人关系", "监护人电话")


def child(place: int, **other: str) -> list[str]:
    body = f"3703022018{place % 12 + 1:02}15{place % 899 + 101:03}"
    number = body + check_digit(body)
    sex = "男" if int(number[16]) % 2 else "女"
    return resident(place, number=number, birth_date="", sex=sex, name="王小" + chr(0x4E00 + place), phone="", **other)


def ward(row: list[str], guardian: int | None, **told: str) -> list[str]:
    kin = {"name": resident(guardian)[0], "number": number_of(guardian), "relation": "母亲", "phone": ""} if guardian else {
        "name": "", "number": "", "relation": "", "phone": ""
    }  # fmt: skip
    return [*row, *(kin | told).values()]


def plain(place: int) -> list[str]:
    return [*resident(place), "", "", "", ""]


def listed(*rows: list[str]) -> bytes:
    return as_csv(rows, header=[*HEADER, *KIN])


@pytest.fixture
def bring(nine):
    def bring(content: bytes, *, mode=ImportMode.GOOD, preview=False) -> ResidentImport:
        job = actions.start_import(file_name="儿童", blocks=[content], by=BY, at=nine, mode=mode, preview=preview)
        return run(job.pk, by=BY, clock=lambda: nine)

    return bring


def codes_of(job: ResidentImport) -> dict[int, list[str]]:
    rows = ImportRow.objects.filter(import_id=job.pk).order_by("line")
    return {row.line: [code for code, _, _ in row.errors] for row in rows if row.errors}


def guardians() -> set[tuple[str, str, str]]:
    people = dict(Person.objects.values_list("pk", "name"))
    return {
        (people[row.person_id], people[row.agent_id], row.relation) for row in Proxy.objects.filter(revoked_at=None)
    }


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["guardian later", "guardian first"])
@pytest.mark.parametrize("chunk", [1, 5000])
def test_a_guardian_in_the_list_is_tied_whichever_line_comes_first(bring, monkeypatch, nine, order, chunk):
    monkeypatch.setattr(phases, "CHUNK", chunk)
    rows = (ward(child(1), 7), plain(7))
    assert bring(listed(*(rows[place] for place in order))).counts == {"new": 2}
    assert guardians() == {(child(1)[0], resident(7)[0], "母亲")}
    grant = Proxy.objects.get()
    assert (grant.kind, grant.rights, grant.consent) == ("guardian", ["book", "code", "reports"], "guardian")
    assert (grant.starts_at, grant.ends_at.year) == (nine, 2036) and grant.evidence.startswith("名单 N")
    assert TraceEntry.objects.filter(action="people.grant_guardian").count() == 2
    assert bring(listed(*rows)).counts == {"same": 2} and Proxy.objects.count() == 1
    for title, holds in all_checks().values():
        assert list(holds()) == [], title


def test_a_known_guardian_of_a_known_child(bring, nine):
    bring(as_csv([child(1), resident(7)]))
    job = bring(listed(ward(child(1), 7)))
    assert job.counts == {"changed": 1} and len(guardians()) == 1
    actions.undo(job, by=BY, at=nine)
    assert run(job.pk, by=BY, clock=lambda: nine).state == ImportState.UNDONE
    assert guardians() == set() and Person.objects.count() == 2


def test_undoing_takes_the_guardian_of_the_list_away_too(bring, nine):
    job = bring(listed(plain(7), ward(child(1), 7, phone="13711111111")))
    assert Contact.objects.get().agent_id is not None
    actions.undo(job, by=BY, at=nine)
    run(job.pk, by=BY, clock=lambda: nine)
    assert not Person.objects.exists() and not Proxy.objects.exists() and not Contact.objects.exists()


def test_who_cannot_be_a_guardian_is_told(bring):
    bring(as_csv([resident(7)]))
    other = child(8)
    job = bring(
        listed(
            ward(child(1), None, number=number_of(9), name="谁"),
            ward(child(2), 7, name="错名"),
            ward(child(3), None, number=child(3)[4], name=child(3)[0]),
            ward(child(4), None, number=other[4], name=other[0]),
            ward(child(5), None, relation="母亲"),
            ward(child(6), 7, number="3.7E+17"),
            [*other, "", "", "", ""],
        )
    )
    assert codes_of(job) == {
        2: ["KQ-1552"], 3: ["KQ-1553"], 4: ["KQ-1554"], 5: ["KQ-1554"], 6: ["KQ-1551"], 7: ["KQ-1521"],
    }  # fmt: skip
    assert guardians() == set() and job.counts == {"error": 6, "new": 1}


def test_kin_without_a_document_and_of_an_adult(bring):
    rows = [
        ward(child(1), None, name="李奶奶", relation="祖母", phone="13711111111"),
        ward(resident(2), 7),
        plain(7),
    ]
    assert bring(listed(*rows)).counts == {"new": 3}
    told = {(row.name, row.relation, open_phone(row.sealed) if row.sealed else "", bool(row.agent_id))
            for row in Contact.objects.all()}  # fmt: skip
    assert told == {("李奶奶", "祖母", "+8613711111111", False), (resident(7)[0], "母亲", "", True)}
    assert not Proxy.objects.exists() and b"13711111111" not in b"".join(
        bytes(row.sealed or b"") for row in Contact.objects.all()
    )
    assert bring(listed(*rows)).counts == {"same": 3} and Contact.objects.count() == 2


def test_a_guardian_whose_own_row_is_wrong_leaves_the_ward_told(bring, monkeypatch):
    monkeypatch.setattr(phases, "CHUNK", 1)
    bring(as_csv([resident(20, number=number_of(7), name="欧阳锋", sex="", birth_date="")]))
    bring(as_csv([resident(30)]))
    header = [*HEADER, *KIN, "户号", "与户主关系"]
    rows = [[*ward(child(1), 8), "", ""], [*plain(9), "1", "户主"], [*plain(8), "1", "户主"]]
    job = bring(as_csv(rows, header=header))
    assert job.counts == {"new": 2, "error": 1, "untied": 1}
    assert codes_of(job) == {2: ["KQ-1552"], 4: ["KQ-1544"]} and guardians() == set()
    out = io.BytesIO()
    reads.write_errors(job, out)
    corrected = out.getvalue().decode("utf-8-sig").replace(",1,户主", ",1,妻")
    assert bring(corrected.encode()).counts == {"changed": 1, "new": 1} and len(guardians()) == 1
    whole = bring(
        as_csv([[*ward(child(2), 18), "", ""], [*plain(18), "1", "户主"]], header=header), mode=ImportMode.ALL
    )
    assert (whole.state, whole.failure) == (ImportState.FAILED, "KQ-1510") and Person.objects.count() == 5


@pytest.mark.parametrize("kind", list(ListFormat))
def test_guardians_go_out_and_come_in_again(bring, nine, kind):
    bring(
        listed(
            plain(7), ward(child(1), 7, phone="13711111111"), ward(child(2), 7),
            ward(child(3), None, name="李奶奶", relation="祖母", phone="13722222222"), ward(resident(4), 7),
        )
    )  # fmt: skip
    before = (Proxy.objects.count(), Contact.objects.count())
    out = io.BytesIO()
    export_residents(out, purpose="核对", by=BY, at=nine, kind=kind, with_numbers=True)
    assert bring(out.getvalue()).counts == {"same": 5}
    assert (Proxy.objects.count(), Contact.objects.count()) == before


def test_lists_of_residents_merged_since_change_nothing(bring, nine):
    rows = [resident(1), resident(2, phone="13733333333"), resident(3)]
    bring(as_csv(rows))
    first, second = (Person.objects.get(name=row[0]) for row in rows[:2])
    event = merge(survivor_id=first.pk, absorbed_id=second.pk, by=BY, at=nine, reason="同一人")
    before = set(Person.objects.values_list("id", "version", "address"))
    out = io.BytesIO()
    assert export_residents(out, purpose="核对", by=BY, at=nine, with_numbers=True) == 2
    assert bring(out.getvalue()).counts == {"same": 2}
    assert bring(as_csv(rows)).counts == {"same": 3}
    assert set(Person.objects.values_list("id", "version", "address")) == before
    unmerge(event.pk, by=BY, at=nine, reason="看错了")
    assert bring(as_csv(rows)).counts == {"same": 3} and Person.objects.count() == 3


def test_a_phone_the_desk_ended_does_not_come_back(bring, nine):
    bring(as_csv([resident(1)]))
    person = Person.objects.get()
    from kangqu.kernel.people.models import Phone

    end_phone(person.pk, Phone.objects.get().id, by=BY, at=nine)
    assert bring(as_csv([resident(1)])).counts == {"same": 1}
    assert Phone.objects.get().ended_at is not None
