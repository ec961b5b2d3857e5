"""Whether each dose of a history counts in a series, and where that leaves the person.

Doses are taken in the order of their days. Each is held against the rules of the version in force on its day, in the state
in which the doses before it left the person: it counts if a rule calls for it and age, interval and gaps are kept. A dose
that does not count stays a dose that was given: the next one keeps its interval from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from kangqu.systems.vaccination.forecast.answer import Judged, Validity
from kangqu.systems.vaccination.forecast.between import Between
from kangqu.systems.vaccination.forecast.person import Dose
from kangqu.systems.vaccination.forecast.products import PRODUCTS
from kangqu.systems.vaccination.forecast.reasons import Reason
from kangqu.systems.vaccination.forecast.schedule import Effect, Family, Outcome, Rule, Version, matching
from kangqu.systems.vaccination.forecast.spans import plus

_DAY: Final = timedelta(days=1)


@dataclass(slots=True)
class Standing:
    """Where somebody stands in a series: what counted so far, and the days that intervals are counted from."""

    counts: list[int]
    first: date | None = None  # the first dose that counted
    last: date | None = None  # the last dose that was given
    last_counted: bool = False
    counted_on: date | None = None
    counted: int = 0
    full_on: date | None = None

    def copy(self) -> Standing:
        return Standing(
            self.counts[:], self.first, self.last, self.last_counted, self.counted_on, self.counted, self.full_on
        )

    def take(self, rule: Rule, adds: tuple[int, ...], on: date) -> None:
        """Count a dose given under ``rule``."""
        for at in (*adds, *rule.tally):
            self.counts[at] += 1
        self.first = self.first or on
        self.last, self.last_counted, self.counted_on = on, True, on
        self.counted += 1
        if rule.full and self.full_on is None:
            self.full_on = on


@dataclass(slots=True)
class Reading:
    """A family held against one person: the rules whose facts are so (or not known) by version."""

    family: Family
    born: date
    facts: Mapping[str, Any]
    between: Between
    answers: dict[str, bool | None]  # what each condition came to, shared by the families of one question
    unsure: dict[Rule, tuple[str, ...]] = field(default_factory=dict)
    _rules: dict[Version, tuple[Rule, ...]] = field(default_factory=dict)

    def rules(self, version: Version) -> tuple[Rule, ...]:
        """The rules of ``version`` that may hold for this person; those that lack a fact stand in ``unsure`` too."""
        if not version.conditional:
            return version.rules
        found = self._rules.get(version)
        if found is None:
            found = self._rules[version] = tuple(rule for rule in version.rules if self._may_hold(rule))
        return found

    def _may_hold(self, rule: Rule) -> bool:
        if not rule.condition:
            return True
        if rule.condition not in self.answers:
            self.answers[rule.condition] = rule.row.holds(self.facts)
        answer = self.answers[rule.condition]
        if answer is None:
            self.unsure[rule] = rule.row.lacks(self.facts)
        return answer is not False

    def fitting(self, version: Version, standing: Standing) -> tuple[Rule, ...]:
        """The rules that speak of where the person stands, whatever the age."""
        return matching(self.rules(version), tuple(standing.counts))

    def in_window(self, rule: Rule, day: date) -> bool:
        """Whether ``day`` lies in the ages the rule speaks of."""
        return (rule.opens is None or day >= plus(self.born, rule.opens)) and (
            rule.closes is None or day < plus(self.born, rule.closes)
        )


def judge(reading: Reading, given: Sequence[tuple[int, Dose]]) -> tuple[Standing, tuple[Judged, ...]]:
    """The doses of this series, one after the other."""
    standing = Standing([0] * len(reading.family.names))
    told: list[Judged] = []
    seen: set[Dose] = set()
    waiting = list(given)
    while waiting:
        position, dose = waiting.pop(_first(reading, standing, waiting))
        version = reading.family.on(dose.on)
        if dose in seen:
            told.append(_told(position, dose, Validity.NOT_COUNTED, None, version, (Reason("DUPLICATE"),)))
            continue
        seen.add(dose)
        told.append(_judge_one(reading, standing, version, position, dose))
    return standing, tuple(told)


def _first(reading: Reading, standing: Standing, waiting: Sequence[tuple[int, Dose]]) -> int:
    """Which of the waiting doses is judged next: of several on one day the one the schedule names first counts."""
    on = waiting[0][1].on
    if len(waiting) == 1 or waiting[1][1].on != on:
        return 0
    version = reading.family.on(on)
    products: dict[str, int] = {}
    for at, (_, dose) in enumerate(waiting):
        if dose.on != on:
            break
        products.setdefault(dose.product, at)
    if len(products) == 1:
        return 0
    return min(products.values(), key=lambda at: (_place(reading, standing, version, waiting[at][1]), at))


def _place(reading: Reading, standing: Standing, version: Version, dose: Dose) -> tuple[int, int]:
    """Where in the schedule the rule stands that ``dose`` would satisfy; with more parts comes first."""
    rule = _held(reading, standing, version, dose)[0]
    at = len(version.rules) if rule is None else version.rules.index(rule)
    return at, -len(PRODUCTS[dose.product].acts_as)


def _judge_one(reading: Reading, standing: Standing, version: Version, position: int, dose: Dose) -> Judged:
    rule, validity, reasons = _held(reading, standing, version, dose)
    if rule is None:
        standing.last, standing.last_counted = dose.on, False
        return _told(position, dose, validity, None, version, reasons)
    late = late_from(rule, standing, reading.born)
    short = rule.accept is not None and _too_soon(rule, standing, dose.on, rule.interval)
    standing.take(rule, reading.family.adds[dose.product], dose.on)
    number = rule.number or standing.counts[0]
    if short:
        reason = Reason("VALID_SHORT", rule.id, rule.interval_source, length=rule.interval, number=number)
    elif late is not None and dose.on >= late:
        reason = Reason("VALID_LATE", rule.id, rule.by_source, late, number=number)
    else:
        reason = Reason("VALID", rule.id, rule.source, number=number)
    return _told(position, dose, Validity.VALID, number, version, (reason, *reasons))


def _told(
    position: int, dose: Dose, validity: Validity, number: int | None, version: Version, reasons: tuple[Reason, ...]
) -> Judged:
    return Judged(position, dose.product, dose.on, validity, number, version.label, reasons)


def _held(
    reading: Reading, standing: Standing, version: Version, dose: Dose
) -> tuple[Rule | None, Validity, tuple[Reason, ...]]:
    """The rule that a dose satisfies (with notes), or none, and why not."""
    acts_as = PRODUCTS[dose.product].acts_as
    failure: tuple[Validity, Reason] | None = None
    for rule in reading.fitting(version, standing):
        if rule in reading.unsure:
            continue
        if rule.outcome is Outcome.COMPLETE and reading.in_window(rule, dose.on):
            return None, Validity.NOT_COUNTED, (Reason("EXTRA", rule.id, rule.source),)
        if rule.outcome is not Outcome.DOSE or acts_as.isdisjoint(rule.vaccines):
            continue
        found = _failing(reading, standing, version, rule, dose)
        if found is None:
            return _gaps_kept(reading, rule, dose)
        if failure is None or failure[0] is Validity.NOT_FOR_AGE:
            failure = found
    if failure is None:
        return None, Validity.NOT_COUNTED, (Reason("OTHER_PRODUCT"),)
    return None, failure[0], (failure[1],)


def _gaps_kept(reading: Reading, rule: Rule, dose: Dose) -> tuple[Rule | None, Validity, tuple[Reason, ...]]:
    broken = reading.between.broken(dose)
    invalid = tuple(reason for effect, reason in broken if effect is Effect.INVALID)
    if invalid:
        return None, Validity.INVALID_GAP, invalid
    notes = tuple(Reason("NOTE", each.rule, each.source, because=each.because) for _, each in broken)
    return rule, Validity.VALID, notes


def _failing(
    reading: Reading, standing: Standing, version: Version, rule: Rule, dose: Dose
) -> tuple[Validity, Reason] | None:
    """Why ``dose`` does not satisfy ``rule`` by age or interval, or None."""
    on, born = dose.on, reading.born
    if rule.closes is not None and on >= plus(born, rule.closes):
        return Validity.NOT_FOR_AGE, Reason("NOT_FOR_AGE", rule.id, rule.source)
    opens = max(plus(born, rule.age), plus(born, rule.opens) if rule.opens else born)
    if on < opens:
        return Validity.INVALID_EARLY, Reason("EARLY_AGE", rule.id, rule.age_source, opens)
    length = _interval(rule, standing, version)
    if length is not None and standing.last is not None and on < (free := plus(standing.last, length)):
        reason = Reason("EARLY_INTERVAL", rule.id, rule.interval_source, free, length)
        return Validity.INVALID_EARLY, reason
    if rule.since_first is not None and standing.first is not None:
        free = plus(standing.first, rule.since_first)
        if on < free:
            reason = Reason("EARLY_INTERVAL", rule.id, rule.interval_source, free, rule.since_first)
            return Validity.INVALID_EARLY, reason
    return None


def _interval(rule: Rule, standing: Standing, version: Version) -> Any:
    """The shortest interval after the dose before: after one that does not count, the whole one."""
    if not standing.last_counted:
        return rule.interval or version.again
    return rule.accept or rule.interval


def _too_soon(rule: Rule, standing: Standing, on: date, length: Any) -> bool:
    return length is not None and standing.last is not None and on < plus(standing.last, length)


def late_from(rule: Rule, standing: Standing, born: date) -> date | None:
    """The first day on which the dose of ``rule`` is late, or None."""
    days = []
    if rule.by is not None:
        days.append(plus(born, rule.by))
    if rule.by_interval is not None and standing.last is not None:
        days.append(plus(standing.last, rule.by_interval) + _DAY)
    if rule.by_first is not None and standing.first is not None:
        days.append(plus(standing.first, rule.by_first) + _DAY)
    return min(days) if days else None
