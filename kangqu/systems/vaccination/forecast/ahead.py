"""What is next in a series: which rule, which vaccine, from when until when, and why not sooner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from kangqu.kernel.rules.source import Source
from kangqu.systems.vaccination.forecast.answer import Next, Status
from kangqu.systems.vaccination.forecast.judging import Reading, Standing, late_from
from kangqu.systems.vaccination.forecast.reasons import Reason
from kangqu.systems.vaccination.forecast.schedule import Bar, Effect, Outcome, Rule, Version
from kangqu.systems.vaccination.forecast.spans import plus

_DAY: Final = timedelta(days=1)
_MOST_WINDOWS: Final = 8
_MOST_DOSES: Final = 8
_BY_OUTCOME: Final = {
    Outcome.COMPLETE: Status.COMPLETE,
    Outcome.NEVER: Status.NOT_RECOMMENDED,
    Outcome.ASK: Status.ASK,
}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the choice between vaccines looks at: the day judged, bars that hold by product, products preferred."""

    as_of: date
    bars: Mapping[str, Bar]
    preferred: frozenset[str]


@dataclass(slots=True)
class Ahead:
    """What stands ahead: a status, the next dose and what else might be given in its place."""

    status: Status
    next: Next | None = None
    rule: Rule | None = None
    alternatives: tuple[Next, ...] = ()
    reasons: tuple[Reason, ...] = ()
    lacking: dict[str, list[str]] = field(default_factory=dict)


def look_ahead(reading: Reading, version: Version, standing: Standing, wishes: Wishes, day: date) -> Ahead:
    """What ``version`` says of somebody who stands so, on ``day``.

    A rule whose earliest day lies beyond the ages it speaks of gives way to the rule of that later age.
    """
    fitting = reading.fitting(version, standing)
    lacking: dict[str, list[str]] = {}
    for _ in range(_MOST_WINDOWS):
        open_now = [rule for rule in fitting if reading.in_window(rule, day)]
        _note_lacking(reading, open_now, lacking)
        options = [rule for rule in open_now if rule.offered and rule not in reading.unsure]
        ended = _ended(reading, version, options, wishes, day)
        if ended is not None:
            ended.lacking = lacking
            return ended
        doses = [rule for rule in options if rule.outcome is Outcome.DOSE]
        rule, product = _choose(doses, wishes)
        found = _next(reading, version, standing, rule, product, wishes)
        target = max(found.earliest, day)
        if rule.closes is None or target < (closes := plus(reading.born, rule.closes)):
            return _ahead(reading, version, standing, doses, (rule, product, found), wishes, target, lacking)
        day = closes
    return Ahead(Status.NOT_RECOMMENDED, reasons=(Reason("NONE", source=version.source),), lacking=lacking)


def _note_lacking(reading: Reading, rules: list[Rule], lacking: dict[str, list[str]]) -> None:
    for rule in rules:
        for fact in reading.unsure.get(rule, ()) if reading.unsure else ():
            lacking.setdefault(fact, []).append(rule.id)
        if rule.asks and rule not in reading.unsure:
            lacking.setdefault(rule.asks, []).append(rule.id)


def _ended(reading: Reading, version: Version, options: list[Rule], wishes: Wishes, day: date) -> Ahead | None:
    """The answer where no dose is offered: complete, never, too old, to be asked first."""
    first = options[0] if options else None
    if first is not None and first.outcome in (Outcome.COMPLETE, Outcome.NEVER):
        code = "COMPLETE" if first.outcome is Outcome.COMPLETE else "RULE"
        reasons = [Reason("COMPLETE", first.id, first.source)] if code == "COMPLETE" else []
        if first.words[0]:
            reasons.append(Reason("RULE", first.id, first.source, because=first.words))
        return Ahead(_BY_OUTCOME[first.outcome], rule=first, reasons=tuple(reasons))
    if version.below is not None and day >= (out := plus(reading.born, version.below)):
        return Ahead(Status.AGED_OUT, reasons=(Reason("AGED_OUT", "AGE-CAP", version.source, out - _DAY),))
    if first is None:
        return Ahead(Status.NOT_RECOMMENDED, reasons=(Reason("NONE", source=version.source),))
    if first.outcome is Outcome.ASK:
        bars = [wishes.bars.get(code) for code in first.vaccines]
        if bars and (bar := bars[0]) is not None and all(each and each.effect is Effect.NEVER for each in bars):
            return Ahead(Status.CONTRAINDICATED, reasons=(_barred(bar),))
        because = Reason("RULE", first.id, first.source, because=first.words)
        return Ahead(Status.ASK, rule=first, reasons=(because,))
    return None


def _choose(doses: list[Rule], wishes: Wishes) -> tuple[Rule, str]:
    """The rule and the product to offer: one that was asked for, else the schedule's first, barred ones last."""
    if len(doses) == 1 and len(doses[0].vaccines) == 1:
        return doses[0], doses[0].vaccines[0]
    offers = [(rule, code) for rule in doses for code in rule.vaccines]
    free = [offer for offer in offers if offer[1] not in wishes.bars]
    usual = [offer for offer in free if not offer[0].instead]
    wanted = [offer for offer in usual if offer[1] in wishes.preferred]
    return (wanted or usual or free or offers)[0]


def _ahead(
    reading: Reading,
    version: Version,
    standing: Standing,
    doses: list[Rule],
    chosen: tuple[Rule, str, Next],
    wishes: Wishes,
    target: date,
    lacking: dict[str, list[str]],
) -> Ahead:
    rule, product, found = chosen
    if version.below is not None and target >= (out := plus(reading.born, version.below)):
        reasons = (Reason("AGED_OUT", "AGE-CAP", version.source, out - _DAY),)
        return Ahead(Status.AGED_OUT, reasons=reasons, lacking=lacking)
    bar = wishes.bars.get(product)
    if bar is not None:
        if bar.effect is Effect.NEVER:
            return Ahead(Status.CONTRAINDICATED, reasons=(_barred(bar),), lacking=lacking)
        return Ahead(Status.POSTPONED, found, rule, reasons=(_barred(bar),), lacking=lacking)
    others = tuple(
        _next(reading, version, standing, other, code, wishes)
        for other in doses
        if other is not rule and not other.instead
        for code in other.vaccines[:1]
        if code not in wishes.bars and code != product
    )
    return Ahead(_status(found, wishes.as_of), found, rule, others, (), lacking)


def _barred(bar: Bar) -> Reason:
    return Reason("BARRED", bar.id, bar.row.source, because=bar.words)


def _status(found: Next, as_of: date) -> Status:
    if found.overdue is not None and as_of >= found.overdue:
        return Status.OVERDUE
    return Status.DUE if as_of >= found.recommended else Status.FUTURE


def _next(reading: Reading, version: Version, standing: Standing, rule: Rule, product: str, wishes: Wishes) -> Next:
    """The days of a dose of ``rule``, and what keeps it from being given on the day judged."""
    born, as_of = reading.born, wishes.as_of
    limits = _limits(reading, version, standing, rule)
    base = max(limit.until for limit in limits if limit.until is not None)
    limits += [
        Reason("WAIT", gap.id, gap.source, free, because=gap.words)
        for free, gap in reading.between.holds(product, max(base, born))
    ]
    earliest = max(limit.until for limit in limits if limit.until is not None)
    recommended = max(earliest, plus(born, rule.due))
    if rule.due_interval is not None and standing.last is not None:
        recommended = max(recommended, plus(standing.last, rule.due_interval))
    if rule.due_since_first is not None and standing.first is not None:
        recommended = max(recommended, plus(standing.first, rule.due_since_first))
    late = late_from(rule, standing, born)
    ends = [plus(born, end) for end in (rule.closes, version.below) if end is not None]
    latest = min(ends) - _DAY if ends else None
    reasons = [limit for limit in limits if limit.until is not None and limit.until > as_of]
    if late is not None and max(as_of, recommended) >= late:
        reasons.append(Reason("CATCH_UP", rule.id, rule.by_source, late))
    if product in wishes.preferred:
        reasons.append(Reason("PREFERRED", product=product))
    if rule.words[0]:
        reasons.append(Reason("RULE", rule.id, rule.source, because=rule.words))
    return Next(
        vaccine=product,
        number=rule.number or standing.counts[0] + 1,
        rule=rule.id,
        version=rule.version,
        earliest=earliest,
        recommended=recommended,
        overdue=max(late, recommended) if late is not None else None,
        latest=latest,
        today=earliest <= as_of and (latest is None or as_of <= latest) and product not in wishes.bars,
        reasons=tuple(reasons),
        sources=_sources(rule, standing, late),
    )


def _sources(rule: Rule, standing: Standing, late: date | None) -> tuple[tuple[str, Source], ...]:
    interval = (("interval", rule.interval_source),) if standing.last is not None else ()
    overdue = (("overdue", rule.by_source),) if late is not None else ()
    return (("age", rule.age_source), *interval, *overdue)


def _limits(reading: Reading, version: Version, standing: Standing, rule: Rule) -> list[Reason]:
    """What keeps a dose back: minimum age, interval from the dose before, from the first."""
    opens = plus(reading.born, rule.age)
    if rule.opens is not None:
        opens = max(opens, plus(reading.born, rule.opens))
    limits = [Reason("MIN_AGE", rule.id, rule.age_source, opens, rule.age)]
    last = standing.last
    if last is not None and not standing.last_counted:
        length = rule.interval or version.again
        limits.append(Reason("REPEAT", rule.id, rule.interval_source, plus(last, length), length))
    elif last is not None and rule.interval is not None:
        free = plus(last, rule.interval)
        limits.append(Reason("MIN_INTERVAL", rule.id, rule.interval_source, free, rule.interval))
    if rule.since_first is not None and standing.first is not None:
        free = plus(standing.first, rule.since_first)
        limits.append(Reason("MIN_FIRST", rule.id, rule.interval_source, free, rule.since_first))
    return limits


def later_doses(
    reading: Reading, version: Version, standing: Standing, ahead: Ahead, wishes: Wishes
) -> tuple[Next, ...]:
    """The doses after the next one, each planned as if those before it were given on their best days."""
    found: list[Next] = []
    then = standing.copy()
    while ahead.next is not None and ahead.rule is not None and len(found) < _MOST_DOSES:
        on = max(ahead.next.recommended, wishes.as_of)
        then.take(ahead.rule, reading.family.adds[ahead.next.vaccine], on)
        ahead = look_ahead(reading, version, then, wishes, on)
        if ahead.next is not None and ahead.status is not Status.POSTPONED:
            found.append(ahead.next)
        else:
            break
    return tuple(found)
