"""What holds of every history: ages and intervals are kept, order does not matter, a dose never sets anybody back."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from kangqu.systems.vaccination.forecast import (
    PRODUCTS,
    Asked,
    Dose,
    Forecast,
    Person,
    SeriesForecast,
    Status,
    Validity,
    forecast,
)
from kangqu.systems.vaccination.forecast.book import programmes
from kangqu.systems.vaccination.forecast.schedule import Rule
from kangqu.systems.vaccination.forecast.spans import plus

PROGRAMMES = sorted(code for code, each in programmes().items() if not each.always)
DAYS = settings(deadline=None, max_examples=100)
POOLS = [
    sorted(PRODUCTS),
    ["DTAP", "DT", "DTAP_IPV_HIB", "IPV", "BOPV"],
    ["MMR", "MR", "MEASLES", "MUMPS", "JEL", "JEI"],
    ["MPSVA", "MPSVAC", "HEPAL", "HEPAI"],
    ["HEPB", "BCG", "HPV2"],
    ["COVID_INACT", "COVID_AD5", "COVID_SUB"],
]
ENDED = {Status.COMPLETE, Status.AGED_OUT, Status.NOT_RECOMMENDED}


@st.composite
def questions(draw: st.DrawFn) -> Asked:
    born = draw(st.dates(date(2003, 1, 1), date(2026, 10, 1)))
    as_of = draw(st.dates(max(born, date(2021, 3, 1)), date(2027, 6, 1)))
    lived = (as_of - born).days
    products = st.sampled_from(draw(st.sampled_from(POOLS)))
    ages = st.integers(0, lived) | st.integers(0, min(lived, 800))
    doses = draw(st.lists(st.builds(lambda code, age: Dose(code, born + timedelta(age)), products, ages), max_size=14))
    person = Person(
        born,
        sex=draw(st.sampled_from([None, "male", "female"])),
        birth_weight_g=draw(st.sampled_from([None, 1800, 3200])),
        ppd=draw(st.sampled_from([None, "positive", "negative"])),
        hiv=draw(st.sampled_from([None, None, "exposed", "excluded"])),
        immune_deficiency=draw(st.sampled_from([None, False, False, True])),
        severe_allergy=frozenset(draw(st.lists(products, max_size=1))),
    )
    asked = frozenset(draw(st.sampled_from([("national",), tuple(PROGRAMMES)])))
    return Asked(person, as_of, tuple(doses), asked, frozenset(draw(st.lists(products, max_size=2))))


def rules_by_id() -> dict[tuple[str, str, str], list[Rule]]:
    found: dict[tuple[str, str, str], list[Rule]] = {}
    for programme in programmes().values():
        for family in programme.families:
            for version in family.versions:
                for rule in version.rules:
                    found.setdefault((programme.code, family.series, rule.id), []).append(rule)
    return found


RULES = rules_by_id()


def shortest(one: SeriesForecast, rule: str) -> list[Rule]:
    return RULES[one.programme, one.series, rule]


@DAYS
@given(questions())
def test_no_dose_counts_before_its_minimum_age_or_interval(asked: Asked) -> None:
    for one in forecast(asked).series:
        before: date | None = None
        for judged in one.doses:
            if judged.validity is Validity.VALID:
                rules = shortest(one, judged.reasons[0].rule)
                assert judged.on >= min(plus(asked.person.born, rule.age) for rule in rules)
                waits = [rule.accept or rule.interval for rule in rules]
                if before is not None and all(waits):
                    assert judged.on >= min(plus(before, wait) for wait in waits if wait)
            before = judged.on


@DAYS
@given(questions())
def test_no_dose_is_offered_before_its_minimum_age_or_interval(asked: Asked) -> None:
    for one in forecast(asked).series:
        last = one.doses[-1].on if one.doses else None
        for offer in [each for each in (one.next, *one.alternatives) if each]:
            rules = [rule for rule in shortest(one, offer.rule) if rule.version == offer.version] or shortest(
                one, offer.rule
            )
            assert offer.earliest >= min(plus(asked.person.born, rule.age) for rule in rules)
            if last is not None:
                assert offer.earliest >= min(plus(last, rule.interval) if rule.interval else last for rule in rules)
            assert offer.earliest <= offer.recommended
            assert offer.overdue is None or offer.overdue >= offer.recommended
            assert not offer.today or offer.earliest <= asked.as_of


@DAYS
@given(questions())
def test_what_is_offered_today_counts_when_it_is_given_today(asked: Asked) -> None:
    """And a dose that counts never brings an earlier one, or an earlier day, back."""
    before = forecast(asked)
    for one in before.series:
        if one.next is None or not one.next.today:
            continue
        given_now = Dose(one.next.vaccine, asked.as_of)
        if given_now in asked.history:
            continue
        after = _again(asked, given_now)
        same = next(each for each in after.series if (each.programme, each.series) == (one.programme, one.series))
        now = next(each for each in same.doses if each.position == len(asked.history))
        assert now.validity is Validity.VALID, (one, now)
        assert same.counted == one.counted + 1
        assert same.next is None or same.next.earliest > asked.as_of
        if same.next is not None and same.next.vaccine == one.next.vaccine:
            assert same.next.number > one.next.number


def _again(asked: Asked, dose: Dose) -> Forecast:
    return forecast(Asked(asked.person, asked.as_of, (*asked.history, dose), asked.programmes, asked.preferred))


@DAYS
@given(questions())
def test_a_dose_that_counts_leaves_a_finished_series_finished(asked: Asked) -> None:
    before = {(one.programme, one.series): one for one in forecast(asked).series}
    for code in ("HEPB", "MMR", "DTAP", "DT", "IPV", "JEL", "JEI", "MPSVA", "MPSVAC", "HEPAL", "HEPAI", "BCG"):
        dose = Dose(code, asked.as_of)
        if dose in asked.history:
            continue
        for one in _again(asked, dose).series:
            was = before[one.programme, one.series]
            if was.status is Status.COMPLETE:
                assert one.status is Status.COMPLETE
            assert one.counted >= was.counted


@DAYS
@given(questions(), st.randoms(use_true_random=False))
def test_the_order_of_the_history_does_not_matter(asked: Asked, chance) -> None:
    history = list(asked.history)
    chance.shuffle(history)
    turned = forecast(Asked(asked.person, asked.as_of, tuple(history), asked.programmes, asked.preferred))
    told = forecast(asked)
    assert [(one.status, one.counted, one.next, one.later) for one in turned.series] == [
        (one.status, one.counted, one.next, one.later) for one in told.series
    ]


@DAYS
@given(questions())
def test_the_plan_goes_forward(asked: Asked) -> None:
    for one in forecast(asked).series:
        days = [each.recommended for each in (one.next, *one.later) if each is not None]
        assert days == sorted(days)
        assert one.status not in ENDED or (one.next is None and not one.later)


@DAYS
@given(questions(), st.data())
def test_a_dose_found_later_sets_nobody_back(asked: Asked, data: st.DataObject) -> None:
    """A dose of the past that counts, written down afterwards: no earlier number comes of it.

    And no earlier day, if it is the last one; one before the first moves what is counted from dose 1.
    """
    code = data.draw(st.sampled_from(sorted({each.product for each in asked.history} or {"DTAP"})))
    dose = Dose(code, data.draw(st.dates(asked.person.born, asked.as_of)))
    if dose in asked.history:
        return
    before = {(one.programme, one.series): one for one in forecast(asked).series}
    for one in _again(asked, dose).series:
        was = before[one.programme, one.series]
        mine = [each for each in one.doses if each.position == len(asked.history)]
        if not mine or mine[0].validity is not Validity.VALID:
            continue
        if one.next is not None and was.next is not None and one.next.vaccine == was.next.vaccine:
            assert one.next.number >= was.next.number
            if mine[0] == one.doses[-1]:
                assert max(one.next.earliest, asked.as_of) >= max(was.next.earliest, asked.as_of)
        if len({each.product for each in one.doses}) == 1:  # a live dose soon after an inactivated one does not count
            assert one.counted >= was.counted
            assert was.status is not Status.COMPLETE or one.status is Status.COMPLETE
