"""The master index on real rows: who is found, who is proposed, what a rerun leaves alone."""

from __future__ import annotations

from datetime import date

import pytest

from kangqu.kernel.people import index, rerun
from kangqu.kernel.people.index import Sought, find, propose
from kangqu.kernel.people.matching import Decision
from kangqu.kernel.people.merging import merge
from kangqu.kernel.people.models import MatchKey, MatchRun, Person, Review
from kangqu.kernel.people.papers import Paper
from kangqu.kernel.people.reads import open_reviews
from kangqu.kernel.people.reviews import decide_different
from tests.conftest import NINE
from tests.people.conftest import KEEPER, LATER, resident_id

pytestmark = pytest.mark.django_db
BORN = date(1980, 3, 12)
TODAY = date(2026, 11, 23)
NUMBER = resident_id(BORN, 12)


def paper(number=NUMBER):
    return [Paper(kind="01", number=number)]


def test_a_document_decides(register):
    known = register("王芳", None, number=NUMBER)
    answer = find(Sought(name="王芳", birth_date=BORN, documents=paper()), on=TODAY)
    assert (answer.decision, answer.person_id) == (Decision.SAME, known.pk)
    assert find(Sought(name="王芳", documents=paper(NUMBER.lower())), on=TODAY).person_id == known.pk


def test_a_document_under_another_name_goes_to_the_desk(register):
    known = register("王芳", None, number=NUMBER)
    answer = find(Sought(name="赵大力", sex="1", birth_date=date(1999, 9, 9), documents=paper()), on=TODAY)
    assert answer.decision is Decision.REVIEW and answer.person_id is None
    assert [each.person_id for each in answer.candidates] == [known.pk]


def test_a_stranger_is_new(register):
    register("王芳", None, number=NUMBER)
    answer = find(Sought(name="赵大力", sex="1", birth_date=date(1999, 9, 9)), on=TODAY)
    assert (answer.decision, answer.person_id, answer.candidates) == (Decision.NEW, None, ())
    assert find(Sought(), on=TODAY).decision is Decision.NEW


@pytest.mark.parametrize(
    "sought",
    [
        Sought(name="王小名", sex="2", birth_date=BORN, phones=["13800000001"], address="淄川区般阳路 1 号"),
        Sought(name="王明小", sex="2", birth_date=BORN, phones=["13800000001"], address="淄川区般阳路 1 号"),
        Sought(name="Wang Xiaoming", sex="2", birth_date=BORN, phones=["13800000001"]),
        Sought(
            name="王小明", sex="2", birth_date=date(1980, 12, 3), phones=["13800000001"], address="淄川区般阳路 1 号"
        ),
    ],
)
def test_somebody_without_papers_is_found_by_the_rest(register, sought):
    known = register("王小明", "1980-03-12", sex="2", phone="13800000001", address="淄川区般阳路 1 号")
    answer = find(sought, on=TODAY)
    assert answer.decision is not Decision.NEW
    assert answer.candidates[0].person_id == known.pk
    assert any(reason.startswith("given:") for reason in answer.candidates[0].reasons)


def test_twins_are_never_the_same(register):
    register("王大双", None, number=resident_id(BORN, 11), phone="13800000001")
    twin = Sought(
        name="王小双", sex="1", birth_date=BORN, documents=paper(resident_id(BORN, 13)), phones=["13800000001"]
    )
    assert find(twin, on=TODAY).decision is not Decision.SAME


def test_merged_records_count_as_one_resident(register):
    one = register("王小明", "1980-03-12", sex="2", phone="13800000001", address="般阳路 1 号")
    two = register("王小明", "1980-03-12", sex="2", phone="13800000001", address="般阳路 1 号")
    merge(survivor_id=one.pk, absorbed_id=two.pk, by=KEEPER, at=NINE, reason="同一人")
    sought = Sought(name="王小明", sex="2", birth_date=BORN, phones=["13800000001"], address="般阳路 1 号")
    answer = find(sought, on=TODAY)
    assert {each.person_id for each in answer.candidates} == {one.pk}
    assert find(sought, on=TODAY, without=[one.pk]).candidates == ()


def test_a_newborn_is_found_by_mother_and_day(register):
    known = register("李芳之女", "2026-11-20", sex="2", phone="13800000001")
    sought = Sought(name="李芳之女", sex="2", birth_date=date(2026, 11, 20), phones=["13800000001"], mother_name="李芳")
    answer = find(sought, on=TODAY)
    assert [each.person_id for each in answer.candidates] == [known.pk]
    assert answer.decision is Decision.REVIEW  # a twin may be called the same


def test_a_name_half_the_city_bears_is_bounded(register):
    known = register("王芳", "1980-03-12", sex="2")
    (key, *_) = MatchKey.objects.filter(person_id=known.pk).values_list("key", flat=True)
    others = [register("王芳", "1980-03-12", sex="2").pk for _ in range(45)]
    assert MatchKey.objects.filter(key=key).count() == len(others) + 1
    found_under = index._candidates(Sought(name="王芳", sex="2", birth_date=BORN), TODAY)
    assert len(found_under) == 40  # three keys, each bounded, all leading to the same forty


def test_hostile_input_finds_nobody(register):
    register("王芳", None, number=NUMBER)
    for text in ("\0", "x" * 100_000, "😀", "'; DROP TABLE people_person; --", chr(0xD800)):
        sought = Sought(
            name=text, address=text, phones=[text], documents=[Paper(kind="01", number=text)], mother_name=text
        )
        assert find(sought, on=TODAY).decision is Decision.NEW


def twins_in_the_index(register):
    one = register("王小明", "1980-03-12", sex="2", phone="13800000001", address="般阳路 1 号")
    two = register("王晓明", "1980-03-12", sex="2", phone="13800000001", address="般阳路 1 号")
    register("赵大力", "1999-09-09", sex="1")
    return one, two


def test_registering_all_the_same_is_proposed(register):
    one, two = twins_in_the_index(register)
    sought = Sought(name="王晓明", sex="2", birth_date=BORN, phones=["13800000001"], address="般阳路 1 号")
    assert propose(two.pk, find(sought, on=TODAY, without=[two.pk]), at=NINE) == 1
    assert [(pair.left.pk, pair.right.pk) for pair in open_reviews()] == [(one.pk, two.pk)]
    assert propose(two.pk, find(sought, on=TODAY), at=LATER) == 0


def test_a_rerun_finds_pairs_once_and_leaves_decisions_alone(register):
    one, two = twins_in_the_index(register)
    state = rerun.run(by=KEEPER, at=NINE, chunk=2)
    assert (state.looked_at, state.found, state.finished_at) == (3, 1, NINE)
    review = Review.objects.get()
    assert (review.left_id, review.right_id) == (one.pk, two.pk)
    decide_different(review.pk, by=KEEPER, at=NINE)
    assert rerun.run(by=KEEPER, at=LATER).found == 0
    assert Review.objects.get().state == "different"
    assert not Person.objects.filter(status="merged").exists()


def test_a_stopped_rerun_goes_on_where_it_was(register):
    twins_in_the_index(register)
    first = next(rerun.steps(by=KEEPER, at=NINE, chunk=1))
    assert (first.looked_at, first.finished_at) == (1, None)
    state = rerun.run(by=KEEPER, at=LATER, chunk=1)
    assert (state.pk, state.looked_at, state.found) == (first.pk, 3, 1)
    assert MatchRun.objects.count() == 1


def test_the_weekly_job_is_one_pass(register):
    from kangqu.kernel.people.tasks import match_again

    one, two = twins_in_the_index(register)
    match_again(timestamp=0)
    match_again(timestamp=0)
    assert [(row.left_id, row.right_id) for row in Review.objects.all()] == [(one.pk, two.pk)]
    assert MatchRun.objects.filter(finished_at=None).count() == 0
