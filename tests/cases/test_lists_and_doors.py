"""Work lists, search, the door to a case, its documents."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from PIL import Image

from kangqu.kernel.access.models import AccountKind
from kangqu.kernel.access.roles import Role
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, TOO_LARGE, Refused
from kangqu.kernel.cases import keeping
from kangqu.kernel.cases.checks import check_clock, check_ends, check_programmes, check_trace
from kangqu.kernel.cases.documents import add_document, document_of
from kangqu.kernel.cases.doors import access_case, reached, steps_open_to
from kangqu.kernel.cases.models import Case, Document
from kangqu.kernel.cases.reads import AT_PLACES, case_numbered, cases_at
from kangqu.kernel.cases.refusals import BAD_DOCUMENT
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.cases.worklists import states_for, tasks_of_account, tasks_of_post, waiting
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.models import TraceEntry
from tests.basis.plans import generic_plan
from tests.cases.conftest import House
from tests.conftest import NINE

HOUR = timedelta(hours=1)
NURSES = frozenset({Role.NURSE})


def viewer(role: Role, place: Institution, number: int = 5) -> Viewer:
    held = Held(role, place.pk, place.path)
    return Viewer(principal_id=number, account_id=number, kind=AccountKind.STAFF, grants=(held,))


def test_a_list_is_in_the_order_of_harm(house: House) -> None:
    slow, soon, hurt = (house.lamp() for _ in range(3))
    for case, hours in ((soon, 2), (hurt, 3), (slow, 9)):
        take_step(case.id, "look", by=house.nurse, at=NINE, facts={"promised": (NINE + hours * HOUR).isoformat()})
    new = house.lamp()  # due in an hour, without the head start of two that those looked at have
    where = states_for(NURSES, programme="test_lamp")
    listed = tasks_of_post(where, [house.ward.pk])
    assert [task.id for task in listed] == [soon.id, hurt.id, new.id, slow.id]
    assert [task.late(NINE + 2.5 * HOUR) for task in listed] == [True, False, True, False]
    page = tasks_of_post(where, [house.ward.pk], limit=2)
    rest = tasks_of_post(where, [house.ward.pk], after=page[-1].mark)
    assert [task.id for task in (*page, *rest)] == [task.id for task in listed]
    assert tasks_of_post(where, [house.other.pk]) == [] == tasks_of_post(where, [])
    counted = {each.state: (each.count, each.late) for each in waiting(where, [house.ward.pk], at=NINE + 2.5 * HOUR)}
    assert counted == {"reported": (1, 1), "looked_at": (3, 1)}


def test_a_list_of_ones_own_and_of_what_is_free(house: House) -> None:
    mine, free = house.lamp(), house.lamp()
    keeping.claim(mine.id, by=house.nurse, at=NINE)
    where = states_for(NURSES, programme="test_lamp")
    assert [task.id for task in tasks_of_account(house.nurse.account_id or 0)] == [mine.id]
    assert [task.id for task in tasks_of_post(where, [house.ward.pk], free=True)] == [free.id]
    take_step(mine.id, "look", by=house.nurse, at=NINE)
    assert tasks_of_account(house.nurse.account_id or 0) == []
    assert not states_for({Role.DOCTOR}, programme="test_lamp")


def test_cases_are_paged_latest_first(house: House) -> None:
    cases = [house.lamp() for _ in range(5)]
    page = cases_at([house.ward.pk], ["test_lamp"], limit=2)
    seen = [row.pk for row in page.rows]
    while page.after:
        page = cases_at([house.ward.pk], ["test_lamp"], limit=2, after=page.after)
        seen += [row.pk for row in page.rows]
    assert seen == [case.id for case in reversed(cases)]
    assert cases_at([house.ward.pk], ["test_lamp"], since=NINE + HOUR).rows == []
    Case.objects.filter(pk=cases[2].id).update(number="RX-1")
    assert [row.pk for row in case_numbered("RX-1", ["test_lamp"])] == [cases[2].id]
    assert case_numbered("RX-1", ["other"]) == case_numbered("", ["test_lamp"]) == case_numbered("\0", ["test_lamp"])


def test_cases_of_many_institutions_are_one_list(house: House) -> None:
    """Whatever is asked, the pages together are the cases in the order of their opening: each once, none left out."""
    places = [house.ward, house.other, house.top]
    for number, hours in enumerate((5, 3, 3, 9, 1, 3, 7)):
        case = house.lamp(place=places[number % 3], at=NINE - hours * HOUR)
        if number % 2:
            take_step(case.id, "look", by=replace(house.nurse, institution_id=places[number % 3].pk), at=NINE)
    numbers = [place.pk for place in places]
    questions: list[dict[str, Any]] = [
        {},
        {"states": ["looked_at"]},
        {"states": ["looked_at", "reported"]},
        {"opened": True},
        {"opened": True, "states": ["reported"]},
        {"since": NINE - 5 * HOUR, "until": NINE - HOUR},
    ]
    for asked in questions:
        rows = Case.objects.filter(programme="test_lamp", institution_id__in=numbers)
        if "states" in asked:
            rows = rows.filter(state__in=asked["states"])
        if "since" in asked:
            rows = rows.filter(opened_at__gte=asked["since"], opened_at__lt=asked["until"])
        wanted = list(rows.order_by("-opened_at", "-id").values_list("pk", flat=True))
        assert len(wanted) > 2
        for limit in (1, 2, 3, 50):
            page = cases_at(numbers, ["test_lamp", "nothing"], limit=limit, **asked)
            seen = [row.pk for row in page.rows]
            while page.after:
                page = cases_at(numbers, ["test_lamp", "nothing"], limit=limit, after=page.after, **asked)
                seen += [row.pk for row in page.rows]
            assert seen == wanted, asked
    assert cases_at([], ["test_lamp"]).rows == cases_at(numbers, []).rows == []


@pytest.mark.parametrize(
    ("opened", "by_state", "index"),
    [
        (False, False, "case_of_institution"),
        (True, False, "case_of_origin"),
        (False, True, "case_in_state"),
        (True, True, "case_of_origin_in_state"),
    ],
)
def test_every_list_is_read_by_its_index(house: House, opened: bool, by_state: bool, index: str) -> None:
    """Both times: for its latest case, and for the page; never sorted, never read whole."""
    given = {
        "institutions": [1, 2], "programmes": ["test_lamp"], "states": ["reported"], "at": NINE, "number": 0,
        "since": NINE, "limit": 51,
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_MANY, [house.ward.pk, house.ward.pk])
        cursor.execute("ANALYZE cases_case")
        plan = generic_plan(AT_PLACES[opened, by_state], given)
    assert len(re.findall(rf"using {index} on cases_case", plan)) == 2, plan
    assert "Seq Scan on cases_case" not in plan


_MANY = """
INSERT INTO cases_case (code, programme, version, state, came_from, seq, institution_id, origin_id, key, number, facts, opened_at,
  changed_at, rank_at, tier)
SELECT 'K' || n, 'test_lamp', 1, CASE WHEN mod(n, 9) > 0 THEN 'mended' ELSE 'reported' END, '', 1, %s, %s, 'k' || n, '', '{}', t.at,
       t.at, t.at, 0
  FROM generate_series(1, 3000) AS n, LATERAL (SELECT now() - n * interval '1 hour' AS at) AS t
"""


def test_the_door_opens_for_posts_that_reach_the_case_and_leaves_a_trace(house: House) -> None:
    case = house.lamp()
    for role, place in (
        (Role.NURSE, house.ward),
        (Role.COMMISSION_OFFICER, house.top),
        (Role.INSTITUTION_MANAGER, house.top),
    ):
        assert access_case(viewer(role, place), case.code, at=NINE).case.id == case.id
    assert TraceEntry.objects.filter(action="case.look", object_id=case.id).count() == 3
    for role, place in ((Role.NURSE, house.other), (Role.DOCTOR, house.ward), (Role.GATE_KEEPER, house.top)):
        with pytest.raises(Refused) as refused:
            access_case(viewer(role, place), case.code, at=NINE)
        assert refused.value.why is NOT_FOUND
    for code in ("K" + "0" * 13, "", "x" * 500, "\0", case.code[:-1] + "?"):
        with pytest.raises(Refused):
            access_case(viewer(Role.NURSE, house.ward), code, at=NINE)
    with pytest.raises(Refused):
        access_case(Viewer(), case.code, at=NINE)


def test_buttons_are_the_steps_one_may_take(house: House) -> None:
    case = house.lamp()
    nurse, chief = viewer(Role.NURSE, house.ward), viewer(Role.INSTITUTION_MANAGER, house.ward)

    def buttons(who: Viewer) -> list[str]:
        return [step.code for step in steps_open_to(access_case(who, case.id, at=NINE), who)]

    assert buttons(nurse) == ["look", "pass_on"]
    assert buttons(chief) == ["write_off", "pass_on"]
    keeping.claim(case.id, by=house.nurse, at=NINE)
    assert buttons(nurse) == []
    take_step(case.id, "look", by=house.nurse, at=NINE)
    assert buttons(nurse) == ["mend", "park"]
    take_step(case.id, "mend", by=house.nurse, at=NINE)
    assert buttons(nurse) == []


def test_a_batch_reaches_what_its_posts_reach(house: House) -> None:
    case = house.lamp()
    found = reached(viewer(Role.NURSE, house.ward), [case.code.lower(), "K1", ""], NURSES)
    assert {given: number for given, (number, _) in found.items()} == {case.code.lower(): case.id}
    assert reached(viewer(Role.NURSE, house.other), [case.code], NURSES) == {}


def picture(kind: str = "JPEG", **options: Any) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (20, 10), (200, 30, 30)).save(written, kind, **options)
    return written.getvalue()


def test_a_picture_is_kept_once_sealed_and_without_where_it_was_taken(house: House) -> None:
    case = house.lamp()
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "home of the patient"
    content = picture(exif=exif)
    kept = add_document(case.id, content, title=" 灯 ", by=house.nurse, at=NINE)
    assert add_document(case.id, content, title="again", by=house.nurse, at=NINE).pk == kept.pk
    shown, clear = document_of(case.id, kept.pk)
    assert (shown.title, shown.kind) == ("灯", "image/jpeg")
    assert b"patient" not in clear and Image.open(io.BytesIO(clear)).size == (10, 20)
    assert clear[:20] not in bytes(Document.objects.get().sealed)
    for other in (house.lamp().id, 0, 2**70):
        with pytest.raises(Refused):
            document_of(other, kept.pk)


BAD: dict[str, bytes] = {
    "nothing": b"",
    "text": b"hello",
    "half a picture": picture()[:200],
    "a web page": b"<html><script>alert(1)</script>",
    "an svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "half a PDF": b"%PDF-1.7 ...",
    "a GIF": picture("GIF"),
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_what_is_no_whole_picture_is_refused(house: House, content: bytes) -> None:
    case = house.lamp()
    with pytest.raises(Refused) as refused:
        add_document(case.id, content, title="x", by=house.nurse, at=NINE)
    assert refused.value.why is BAD_DOCUMENT
    assert not Document.objects.exists()


def test_ten_megabytes_are_too_many(house: House) -> None:
    with pytest.raises(Refused) as refused:
        add_document(house.lamp().id, b"%PDF-" + bytes(10_000_000) + b"%%EOF", title="x", by=house.nurse, at=NINE)
    assert refused.value.why is TOO_LARGE


def test_what_holds_among_cases_is_checked(house: House) -> None:
    case = house.lamp()
    for broken in (check_programmes, check_ends, check_trace, check_clock):
        assert list(broken()) == []
    Case.objects.filter(pk=case.id).update(act_at=None)
    assert len(list(check_clock())) == 1
    Case.objects.filter(pk=case.id).update(state="mended")
    assert len(list(check_ends())) == 1
    Case.objects.filter(pk=case.id).update(state="gone", seq=4)
    assert len(list(check_trace())) == 1
    assert len(list(check_programmes())) == 1


def test_a_clock_that_went_back_hides_no_row_of_the_trace(house: House) -> None:
    case = house.lamp()
    Case.objects.filter(pk=case.id).update(changed_at=NINE - timedelta(hours=3), opened_at=NINE - timedelta(hours=3))
    assert list(check_trace()) == []
