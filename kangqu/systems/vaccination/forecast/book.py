"""The schedule files, read once: each a version of a programme with its dates, laid over the files before it.

A new version is a new file in ``schedules``. Its rules replace those with the same id, field by field; ``replaces`` names
series of which nothing earlier is kept; a rule with ``gone = true`` is dropped. Mistakes in the data stop the start.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from kangqu.kernel.rules.source import Mark, Source
from kangqu.kernel.rules.table import Row, rows_of
from kangqu.systems.vaccination.forecast.products import PACKAGE, PRODUCTS
from kangqu.systems.vaccination.forecast.schedule import (
    Advice,
    Bar,
    Effect,
    Family,
    Gap,
    Outcome,
    Programme,
    Rule,
    Version,
)
from kangqu.systems.vaccination.forecast.spans import Span, span

_HEAD: Final = ("document", "clause", "version", "mark", "starts")
# fmt: off
_RULE_FIELDS: Final = frozenset({
    "id", "series", "outcome", "dose", "vaccines", "have", "from", "below", "age", "due", "interval",
    "due_interval", "accept", "since_first", "due_since_first", "by", "by_interval", "by_first", "offer", "instead",
    "tally", "full", "asks", "zh", "en", "when", "document", "clause", "mark", "interval_mark", "age_mark",
    "gone",
})
# fmt: on
_MOST: Final = 1_000_000
Data = dict[str, Any]


@lru_cache(maxsize=1)
def programmes() -> Mapping[str, Programme]:
    """Every programme there is a file of, by code."""
    found: dict[str, list[Data]] = {}
    for file in sorted(files(PACKAGE).joinpath("schedules").iterdir(), key=lambda each: each.name):
        if file.name.endswith(".toml"):
            data = tomllib.loads(file.read_text(encoding="utf-8"))
            found.setdefault(data["programme"], []).append(data)
    return {code: programme_of(versions) for code, versions in found.items()}


def programme_of(versions: Iterable[Data]) -> Programme:
    """A programme made of its files' data, the earliest first."""
    ordered = sorted(versions, key=lambda each: each["starts"])
    first = ordered[0]
    return Programme(
        code=first["programme"],
        zh=first.get("zh", ""),
        en=first.get("en", ""),
        default=first.get("default", False),
        always=first.get("always", False),
        historical=first.get("historical", False),
        starts=first["starts"],
        families=_families(ordered),
        gaps=tuple(_gap(row) for row in _latest(ordered, "gap")),
        bars=tuple(_bar(row) for row in _latest(ordered, "bar")),
        advice=tuple(_advice(row) for row in _latest(ordered, "advice")),
    )


def _latest(ordered: list[Data], kind: str) -> tuple[Row, ...]:
    rows = {row["id"]: _headed(data, row) for data in ordered for row in data.get(kind, ())}
    return rows_of({"rule": list(rows.values())})


def _headed(data: Data, row: Data) -> Data:
    return {name: data[name] for name in _HEAD if name in data} | row


def _families(ordered: list[Data]) -> tuple[Family, ...]:
    """Each series with a snapshot of its rules for every file that changes it."""
    about: dict[str, Data] = {}
    rules: dict[str, dict[str, Data]] = {}
    snapshots: dict[str, list[tuple[Data, Data, list[Data]]]] = {}
    for data in ordered:
        for series in data.get("replaces", ()):
            rules[series] = {}
        about |= {row["id"]: row for row in data.get("series", ())}
        touched = {row["id"] for row in data.get("series", ())}
        for row in data.get("rule", ()):
            touched.add(row["series"])
            _lay(rules.setdefault(row["series"], {}), data, row)
        for series in sorted(touched):
            snapshots.setdefault(series, []).append((data, about[series], list(rules[series].values())))
    return tuple(_family(series, snapshots[series]) for series in about)


def _lay(rules: dict[str, Data], data: Data, row: Data) -> None:
    """Put a row over the one with its id; one that says only until when a dose is in time leaves the rest its source."""
    if unknown := set(row) - _RULE_FIELDS:
        raise ValueError(f"{row['id']}: no rule has {unknown}")
    before, new = rules.get(row["id"]), _headed(data, row)
    if row.get("gone"):
        del rules[row["id"]]
    elif before is None:
        rules[row["id"]] = new
    elif set(row) <= {"id", "series", "by"}:
        late = {"by_document": new["document"], "by_clause": new.get("clause", ""), "by_mark": new["mark"]}
        rules[row["id"]] = before | {"by": row["by"]} | late
    else:
        rules[row["id"]] = before | new


def _family(series: str, snapshots: list[tuple[Data, Data, list[Data]]]) -> Family:
    codes = {code for _, about, _ in snapshots for code in about["codes"]}
    products = [each for each in PRODUCTS.values() if each.acts_as & codes]
    tallies = {name for _, _, rows in snapshots for row in rows for name in row.get("tally", ())}
    acted = set().union(*(each.acts_as for each in products))
    names = ("total", *sorted(acted | codes | tallies))
    data, about, _ = snapshots[-1]
    return Family(
        programme=data["programme"],
        series=series,
        zh=about["zh"],
        en=about["en"],
        historical=data.get("historical", False),
        names=names,
        adds={each.code: (0, *(names.index(code) for code in sorted(each.acts_as))) for each in products},
        versions=tuple(_version(*snapshot, names) for snapshot in snapshots),
    )


def _version(data: Data, about: Data, rows: list[Data], names: tuple[str, ...]) -> Version:
    rules = tuple(_rule(row, names) for row in rows)
    return Version(
        starts=data["starts"],
        label=data["version"],
        rules=rules,
        conditional=any(rule.row.when for rule in rules),
        below=_span(about, "below"),
        again=span(about["again"]),
        source=Source(data["document"], data.get("clause", ""), Mark(data["mark"])),
    )


def _rule(data: Data, names: tuple[str, ...]) -> Rule:
    row = rows_of({"rule": [data]})[0]
    outcome = Outcome(data.get("outcome", "DOSE"))
    number = data.get("dose")
    if outcome is Outcome.DOSE and not (data.get("vaccines") and "age" in data and number):
        raise ValueError(f"{row.id}: a dose has vaccines, a minimum age and a number")
    age = span(data.get("age", "0d"))
    return Rule(
        id=row.id,
        outcome=outcome,
        number=number if isinstance(number, int) else None,
        vaccines=tuple(data.get("vaccines", ())),
        have=tuple(_count(names.index(name), asked) for name, asked in data.get("have", {}).items()),
        opens=_span(data, "from"),
        closes=_span(data, "below"),
        age=age,
        due=_span(data, "due") or age,
        interval=_span(data, "interval"),
        due_interval=_span(data, "due_interval"),
        accept=_span(data, "accept"),
        since_first=_span(data, "since_first"),
        due_since_first=_span(data, "due_since_first"),
        by=_span(data, "by"),
        by_interval=_span(data, "by_interval"),
        by_first=_span(data, "by_first"),
        offered=data.get("offer", True),
        instead=data.get("instead", False),
        tally=tuple(names.index(name) for name in data.get("tally", ())),
        full=data.get("full", False),
        asks=data.get("asks", ""),
        words=(data.get("zh", ""), data.get("en", "")),
        version=row.version,
        row=row,
        condition=repr(sorted(row.when.items())) if row.when else "",
        age_source=_marked(row.source, data.get("age_mark")),
        interval_source=_marked(row.source, data.get("interval_mark")),
        by_source=_source_of_by(row.source, data),
    )


def _count(at: int, asked: int | Mapping[str, int]) -> tuple[int, int, int]:
    if isinstance(asked, int):
        return at, asked, asked + 1
    return at, asked.get("at_least", 0), asked.get("below", _MOST)


def _span(data: Mapping[str, Any], name: str) -> Span | None:
    return span(data[name]) if name in data else None


def _marked(source: Source, mark: str | None) -> Source:
    return Source(source.document, source.clause, Mark(mark)) if mark else source


def _source_of_by(source: Source, data: Data) -> Source:
    if "by_document" not in data:
        return source
    return Source(data["by_document"], data["by_clause"], Mark(data["by_mark"]))


def _words(row: Row) -> tuple[str, str]:
    return row.fields["zh"], row.fields["en"]


def _products(asked: Mapping[str, Any]) -> frozenset[str]:
    """The products a gap or bar means: by code, of a group, of none of some groups; ``*`` every vaccine."""
    if unknown := set(asked.get("codes", ())) - set(PRODUCTS):
        raise ValueError(f"no products: {unknown}")
    group, spared = asked.get("group"), asked.get("other_than")
    return frozenset(
        each.code
        for each in PRODUCTS.values()
        if each.code in asked.get("codes", ())
        or (group is not None and (group in each.groups or (group == "*" and each.vaccine)))
        or (spared is not None and not each.groups & set(spared))
    )


def _gap(row: Row) -> Gap:
    return Gap(
        id=row.id,
        after=_products(row.fields["after"]),
        then=_products(row.fields["then"]),
        wait=span(row.fields["wait"]),
        same_day=row.fields["same_day"],
        effect=Effect(row.fields.get("effect", "INVALID")),
        words=_words(row),
        source=row.source,
    )


def _bar(row: Row) -> Bar:
    return Bar(
        id=row.id,
        products=_products({"codes": row.fields.get("vaccines", ()), "group": row.fields.get("group")}),
        allergy=row.fields.get("allergy", False),
        effect=Effect(row.fields["effect"]),
        words=_words(row),
        row=row,
    )


def _advice(row: Row) -> Advice:
    return Advice(
        id=row.id,
        series=row.fields.get("series", ""),
        before_dose=row.fields.get("before_dose"),
        when_complete=row.fields.get("when_complete", False),
        due_together=row.fields.get("due_together", False),
        words=_words(row),
        row=row,
    )
