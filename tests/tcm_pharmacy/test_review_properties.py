"""Whatever is written: a review comes, the same one twice, and whatever the order of the herbs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from kangqu.systems.tcm_pharmacy.herbs import AMBIGUOUS, BANNED, HERBS, Handling
from kangqu.systems.tcm_pharmacy.herbs.names import ALIASES
from kangqu.systems.tcm_pharmacy.review import (
    Coverage,
    Form,
    Item,
    Kind,
    Patient,
    Prescription,
    RecordKind,
    Route,
    Sex,
    review,
)

MAYBE = st.none() | st.booleans()
NAMES = st.sampled_from([*HERBS, *ALIASES, *AMBIGUOUS, *BANNED]) | st.text(max_size=70)
ITEMS = st.builds(
    Item,
    name=NAMES,
    grams=st.floats(0.001, 1000),
    handling=st.lists(st.sampled_from(Handling), max_size=2).map(tuple),
)
PATIENTS = st.builds(
    Patient,
    sex=st.none() | st.sampled_from(Sex),
    age_years=st.none() | st.integers(0, 150),
    pregnant=MAYBE,
    glaucoma=MAYBE,
    liver_impaired=MAYBE,
)
DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))
PRESCRIPTIONS = st.builds(
    Prescription,
    items=st.lists(ITEMS, max_size=12).map(tuple),
    doses=st.integers(1, 90),
    issued_on=DAYS,
    today=DAYS,
    doses_per_day=st.sampled_from([0.1, 0.5, 1, 2, 10]),
    times_per_day=st.none() | st.integers(1, 24),
    route=st.sampled_from(Route),
    form=st.sampled_from(Form),
    kind=st.sampled_from(Kind),
    extension_days=st.integers(0, 365),
    patient=PATIENTS,
    diagnoses=st.lists(st.sampled_from(["A17.07", "B03.01.04", "ZZXP60", "x"]), max_size=3).map(tuple),
    record=st.none() | st.sampled_from(RecordKind),
    narcotic_right=MAYBE,
    packs_per_dose=st.none() | st.integers(1, 24),
    ml_per_pack=st.none() | st.integers(1, 5000),
    internet=st.booleans(),
)


@settings(max_examples=150)
@given(PRESCRIPTIONS)
def test_whatever_is_written_is_answered_alike_in_any_order(prescription):
    found = review(prescription)
    assert review(prescription) == found
    turned = review(replace(prescription, items=prescription.items[::-1]))
    assert {(each.rule, frozenset(each.herbs)) for each in turned.findings} == {
        (each.rule, frozenset(each.herbs)) for each in found.findings
    }
    assert turned.coverage is found.coverage
    if found.missing or found.not_covered:
        assert found.coverage is not Coverage.SUPPORTED


@settings(max_examples=100)
@given(PRESCRIPTIONS, ITEMS)
def test_one_more_herb_takes_no_finding_of_another_away(prescription, item):
    """What is said of two herbs or of the patient stays when a third is added; only what is added up may change."""
    kept = {"pair", "people", "internet"}
    before = {(each.rule, herb) for each in review(prescription).findings if each.family in kept for herb in each.herbs}
    more = review(replace(prescription, items=(*prescription.items, item)))
    assert before <= {(each.rule, herb) for each in more.findings for herb in each.herbs}
