"""Lists come in: every format, every answer, twice, half, stopped, taken back."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest

from kangqu.kernel.basis.checks import all_checks
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.documents import blind_of
from kangqu.kernel.people.importing import actions, phases, reads, refusals
from kangqu.kernel.people.importing.models import (
    ImportKey,
    ImportMode,
    ImportPart,
    ImportRow,
    ImportState,
    ResidentImport,
)
from kangqu.kernel.people.importing.running import run
from kangqu.kernel.people.loading import Loader, NewIdentifier, NewPerson
from kangqu.kernel.people.models import (
    Identifier,
    IdentifierDirectory,
    MatchKey,
    Person,
    PersonName,
    Phone,
    Residence,
    Review,
)
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.models import TraceEntry
from tests.importing.lists import HEADER, as_csv, as_ndjson, as_xlsx, number_of, resident, residents

pytestmark = pytest.mark.django_db
CLERK = Actor(account_id=None, role="registrar", purpose="import", ip="127.0.0.1")


@pytest.fixture
def bring(nine):
    """Import a file's bytes as a clerk would, to its end."""

    def bring(content: bytes, *, mode=ImportMode.GOOD, preview=False, at=nine, by=CLERK, **more) -> ResidentImport:
        job = actions.start_import(file_name="名单", blocks=[content], by=by, at=at, mode=mode, preview=preview, **more)
        return run(job.pk, by=by, clock=lambda: at)

    return bring


def codes_of(job: ResidentImport) -> list[list[str]]:
    rows = ImportRow.objects.filter(import_id=job.pk, outcome="error").order_by("line")
    return [[code for code, _, _ in row.errors] for row in rows]


def everything() -> dict[str, int]:
    tables = (Person, Identifier, IdentifierDirectory, Phone, Residence, PersonName, MatchKey, Review)
    return {table.__name__: table.objects.count() for table in tables}


GB = [resident(1, name="𠮷田"), resident(2, name="䶮玥"), resident(3, name="阿依古丽·买买提")]


@pytest.mark.parametrize(
    ("content", "kind", "encoding"),
    [
        (as_csv(GB), "csv", "utf-8"),
        (as_csv(GB, encoding="utf-8-sig"), "csv", "utf-8"),
        (as_csv(GB, encoding="gb18030"), "csv", "gb18030"),
        (as_ndjson(GB), "ndjson", "utf-8"),
        (as_xlsx(GB), "xlsx", ""),
    ],
    ids=["utf-8", "bom", "gb18030", "ndjson", "xlsx"],
)
def test_every_format_gives_the_same_residents(bring, content, kind, encoding):
    job = bring(content)
    assert (job.state, job.format, job.encoding, job.counts) == (ImportState.DONE, kind, encoding, {"new": 3})
    assert set(Person.objects.values_list("name", "birth_date")) == {(row[0], date.fromisoformat(row[2])) for row in GB}
    for row in GB:
        holder = IdentifierDirectory.objects.get(blind=blind_of("01", row[4]))
        assert Person.objects.get(pk=holder.person_id).name == row[0]
    assert Phone.objects.count() == 3
    for title, holds in all_checks().values():
        assert list(holds()) == [], title


def test_english_headers_and_bare_minimum(bring):
    job = bring(as_csv([["Wang Wei", "1990-02-03"]], header=["Name", "Date of Birth"]))
    assert job.counts == {"new": 1}
    assert Person.objects.get().birth_date == date(1990, 2, 3)


def test_the_same_list_again_changes_nothing(bring):
    bring(as_csv(residents(40)))
    before = everything(), set(Person.objects.values_list("id", "version"))
    again = bring(as_csv(residents(40)))
    assert again.counts == {"same": 40}
    assert (everything(), set(Person.objects.values_list("id", "version"))) == before
    assert "已经导入过" in reads.summary(again)


def test_unknown_columns_are_named(bring):
    job = bring(as_csv([[*resident(1), "x"]], header=[*HEADER, "爱好"]))
    assert job.unknown == ["爱好"] and job.counts == {"new": 1}


def test_every_wrong_cell_is_told_with_its_code(bring):
    rows = [
        resident(1, name=""),
        resident(2, name="王\ufffd"),
        resident(3, number="370302190001010002"),
        resident(4, number="3.70302E+17"),
        resident(5, number="370302199001010000"),
        resident(6, birth_date="1990-02-30"),
        resident(7, birth_date="1950-01-01"),
        resident(8, sex="男女"),
        resident(9, sex="女" if resident(9)[1] == "男" else "男"),
        resident(10, phone="123"),
        resident(11, region="999999"),
        resident(12, address="长" * 201),
        resident(13, ethnicity="火星族"),
        resident(14, nationality="中華"),
        resident(15, kind="", number="X1"),
        resident(16, kind="身份", number=number_of(16)),
        resident(17, number="", birth_date=""),
    ]
    job = bring(as_csv(rows))
    assert codes_of(job) == [
        ["KQ-1411"], ["KQ-1413"], ["KQ-1404"], ["KQ-1521"], ["KQ-1521"], ["KQ-1522"], ["KQ-1523"], ["KQ-1524"],
        ["KQ-1405"], ["KQ-1409"], ["KQ-1526"], ["KQ-1527"], ["KQ-1529"], ["KQ-1530"], ["KQ-1525"], ["KQ-1408"],
        ["KQ-1531"],
    ]  # fmt: skip
    assert job.counts == {"error": 17} and Person.objects.count() == 0
    for shown in reads.first_rows(job, "en", count=20, wrong=True):
        assert all(sentence and "{" not in sentence for _, _, sentence in shown.errors)


@pytest.mark.parametrize("spreadsheet", [False, True])
def test_the_error_file_comes_back_corrected(bring, spreadsheet):
    rows = [*residents(5), resident(6, number="370302190001010002"), resident(7, phone="1")]
    job = bring(as_csv([[*row, "备注"] for row in rows], header=[*HEADER, "附注"]))
    assert job.counts == {"error": 2, "new": 5}
    out = io.BytesIO()
    reads.write_errors(job, out, spreadsheet=spreadsheet)
    again = bring(out.getvalue())
    assert again.counts == {"error": 2} and again.unknown == ["附注"]
    if not spreadsheet:
        corrected = out.getvalue().decode("utf-8-sig").replace("370302190001010002", number_of(6))
        corrected = corrected.replace(",1,般阳路7号", ",13900000007,般阳路7号")
        last = bring(corrected.encode())
        assert last.counts == {"new": 2} and Person.objects.count() == 7


def test_all_or_nothing_leaves_nothing(bring):
    job = bring(as_csv([*residents(30), resident(31, phone="1")]), mode=ImportMode.ALL)
    assert (job.state, job.failure) == (ImportState.FAILED, "KQ-1510")
    assert not any(everything().values())


def test_all_or_nothing_finds_what_only_the_index_knows(bring):
    Loader().write(
        [NewPerson(name="欧阳锋", sex="1", identifiers=[NewIdentifier("01", number_of(3))])], by=CLERK, at=date_at()
    )
    before = everything()
    job = bring(as_csv(residents(30)), mode=ImportMode.ALL)
    assert (job.state, job.failure, job.counts) == (ImportState.FAILED, "KQ-1510", {"error": 1})
    assert codes_of(job) == [["KQ-1541"]] and everything() == before
    assert bring(as_csv(residents(2)), mode=ImportMode.ALL).counts == {"new": 2}


def date_at():
    from tests.conftest import NINE

    return NINE


def test_a_document_twice_in_a_file(bring):
    first, again, other = resident(1), resident(1), resident(1, phone="13700000000")
    job = bring(as_csv([first, again, other]))
    assert job.counts == {"new": 1, "same": 1, "error": 1} and codes_of(job) == [["KQ-1540"]]


def test_what_a_list_adds_and_what_it_leaves(bring, nine):
    bring(as_csv([resident(1, ethnicity="")]))
    job = bring(as_csv([resident(1, phone="13700000000", address="新村二路 8 号", name="王" + resident(1)[0][1:])]))
    assert job.counts == {"changed": 1}
    person = Person.objects.get()
    assert (person.address, person.ethnicity, person.version, person.name) == ("新村二路 8 号", "01", 2, resident(1)[0])
    assert Phone.objects.count() == 2
    assert set(Residence.objects.values_list("address", "to_on")) == {
        ("般阳路1号", date(2026, 11, 23)),
        ("新村二路 8 号", None),
    }
    assert TraceEntry.objects.filter(person_id=person.pk, action="people.import").count() == 2


def test_someone_without_a_document_is_linked_or_shown_to_a_human(bring):
    bring(as_csv([resident(1)]))
    linked = bring(as_csv([resident(1, number="", kind="")]))
    assert linked.counts == {"linked": 1} and Person.objects.count() == 1
    asked = bring(as_csv([resident(1, number="", kind="", phone="", address="", sex="")]))
    assert set(asked.counts) <= {"linked", "review"}


def test_a_newcomer_twice_in_a_file_without_a_document_is_one(bring):
    row = resident(1, number="", kind="", name="欧阳慕容")
    job = bring(as_csv([row, row]))
    assert job.counts == {"new": 1, "linked": 1} and Person.objects.count() == 1
    assert bring(as_csv([row, row])).counts == {"linked": 2}


@pytest.mark.parametrize("chunk", [2, 5000])
def test_a_preview_finds_who_stands_twice_however_far_apart(bring, monkeypatch, nine, chunk):
    monkeypatch.setattr(phases, "CHUNK", chunk)
    newcomer = resident(50, number="", kind="", name="欧阳慕容")
    half = resident(50, number="", kind="", name="欧阳慕容", phone="", address="", sex="")
    rows = [newcomer, *residents(9), newcomer, resident(3, number="", kind=""), half]
    job = bring(as_csv(rows), preview=True)
    assert job.counts in ({"new": 10, "linked": 3}, {"new": 10, "linked": 2, "review": 1})
    assert not ImportKey.objects.exists() and not Person.objects.exists()
    foreseen = job.counts
    actions.confirm(job, by=CLERK, at=nine)
    assert run(job.pk, by=CLERK, clock=lambda: nine).counts == foreseen


def test_a_list_in_which_all_have_one_telephone(bring, monkeypatch):
    monkeypatch.setattr(phases, "CHUNK", 40)
    rows = [resident(place, number="", kind="", phone="13900000000") for place in range(120)]
    counts = bring(as_csv(rows), preview=True).counts
    assert counts["new"] > 100 and sum(counts.values()) == counts["new"] + counts.get("review", 0) == 120


def test_a_preview_writes_nobody_and_confirming_does(bring, nine):
    bring(as_csv(residents(3)))
    before = everything()
    job = bring(as_csv([*residents(5), resident(9, phone="1")]), preview=True)
    assert (job.state, job.counts) == (ImportState.READY, {"same": 3, "new": 2, "error": 1})
    assert everything() == before
    shown = reads.first_rows(job, "zh", count=10)
    assert [row.outcome for row in shown] == ["same", "same", "same", "new", "new", "error"]
    assert all("*" in row.cells[4] for row in shown)
    actions.confirm(job, by=CLERK, at=nine)
    done = run(job.pk, by=CLERK, clock=lambda: nine)
    assert (done.state, done.counts) == (ImportState.DONE, {"same": 3, "new": 2, "error": 1})
    with pytest.raises(Refused) as refused:
        actions.confirm(done, by=CLERK, at=nine)
    assert refused.value.why is refusals.WRONG_STEP


def test_an_import_is_undone_within_a_day(bring, nine):
    bring(as_csv([resident(1)]))
    before = everything(), Person.objects.values_list("address", "ethnicity", "sex").get()
    job = bring(as_csv([resident(1, phone="13700000000", address="新村"), *residents(20, first=5)]))
    assert job.counts == {"changed": 1, "new": 20}
    actions.undo(job, by=CLERK, at=nine + timedelta(hours=23))
    undone = run(job.pk, by=CLERK, clock=lambda: nine + timedelta(hours=23))
    assert (undone.state, undone.counts["undone"], undone.counts["kept"]) == (ImportState.UNDONE, 21, 0)
    assert (everything(), Person.objects.values_list("address", "ethnicity", "sex").get()) == before
    assert list(Residence.objects.values_list("to_on")) == [(None,)]
    assert bring(as_csv(residents(20, first=5))).counts == {"new": 20}


def test_undoing_keeps_whom_somebody_worked_on(bring, nine):
    from kangqu.kernel.trace.actions import record

    job = bring(as_csv(residents(3)))
    touched = Person.objects.order_by("id")[1]
    record(CLERK.did("people.set_phone", at=nine + timedelta(minutes=1), person_id=touched.pk))
    actions.undo(job, by=CLERK, at=nine)
    undone = run(job.pk, by=CLERK, clock=lambda: nine)
    assert (undone.counts["undone"], undone.counts["kept"]) == (2, 1)
    assert Person.objects.get() == touched


def test_an_old_import_is_not_undone(bring, nine):
    job = bring(as_csv(residents(3)))
    with pytest.raises(Refused) as refused:
        actions.undo(job, by=CLERK, at=nine + timedelta(hours=25))
    assert refused.value.why is refusals.UNDO_LATE


def test_one_file_is_imported_once_at_a_time(bring, nine):
    job = bring(as_csv(residents(3)), preview=True)
    with pytest.raises(Refused) as refused:
        bring(as_csv(residents(3)))
    assert refused.value.why is refusals.UNDER_WAY and refused.value.facts["code"] == job.code
    actions.stop(job, by=CLERK, at=nine)
    assert bring(as_csv(residents(3))).counts == {"new": 3}


def test_nothing_of_a_list_lies_open_in_the_database(bring):
    bring(as_csv([resident(1), resident(2, phone="错错错错")]), preview=True)
    stored = b"".join(bytes(each) for each in ImportRow.objects.values_list("sealed", flat=True))
    stored += b"".join(bytes(each) for each in ImportPart.objects.values_list("sealed", flat=True))
    for secret in (number_of(1), number_of(2), "13900000001", "般阳路", "错错"):
        assert secret.encode() not in stored


def test_every_write_is_traced(bring):
    job = bring(as_csv(residents(3)))
    assert TraceEntry.objects.filter(action="people.import", object_id=job.pk).count() == 3
    assert set(TraceEntry.objects.filter(object_id=job.pk).values_list("action", flat=True)) == {
        "people.import.start", "people.import.chunk", "people.import", "people.import.done",
    }  # fmt: skip


def test_old_imports_forget_their_rows(bring, nine):
    job = bring(as_csv(residents(3)))
    assert actions.forget(before=nine) == 0
    assert actions.forget(before=nine + timedelta(days=7)) == 1
    assert not ImportRow.objects.exists() and not ImportPart.objects.exists()
    assert ResidentImport.objects.get().pk == job.pk and Person.objects.count() == 3
