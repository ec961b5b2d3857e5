"""What certificates there are, declared by the systems that issue them, and what their codes are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, NamedTuple

Words = tuple[str, str]  # Chinese, English


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of certificate. ``codes``: system → code → Chinese, English, for what stands coded in its entries."""

    code: str
    title: str
    title_en: str
    codes: Mapping[str, Mapping[str, Words]] = field(default_factory=lambda: MappingProxyType({}))


class Line(NamedTuple):
    """One line of what is certified: what it is (Chinese, English), and its value in both."""

    label: Words
    value: Words


_KINDS: dict[str, Kind] = {}
NAME: Final[Words] = ("姓名", "Name")
BORN: Final[Words] = ("出生日期", "Born")
VACCINE: Final[Words] = ("疫苗", "Vaccine")
DOSE: Final[Words] = ("第几剂", "Dose")
GIVEN_ON: Final[Words] = ("接种日期", "Given on")
LOT: Final[Words] = ("批号", "Lot")
GIVEN_AT: Final[Words] = ("接种单位", "Given at")


def declare(kind: Kind) -> Kind:
    """Make ``kind`` known. A code declared otherwise is a mistake in the code and stops the import."""
    if _KINDS.setdefault(kind.code, kind) != kind:
        raise ValueError(f"the kind {kind.code} is declared twice")
    return kind


def find(code: str) -> Kind | None:
    return _KINDS.get(code)


def all_codes() -> dict[str, dict[str, Words]]:
    """What the codes of all kinds are called, by system."""
    names: dict[str, dict[str, Words]] = {}
    for kind in _KINDS.values():
        for system, codes in kind.codes.items():
            names.setdefault(system, {}).update(codes)
    return names


def told(entries: Sequence[Mapping[str, Any]]) -> list[Line]:
    """What a certificate says, line by line. What is no FHIR of ours is passed over; nothing raises."""
    lines = list[Line]()
    for entry in entries:
        if isinstance(entry, Mapping):
            read = {"Patient": _patient, "Immunization": _immunization}.get(str(entry.get("resourceType", "")))
            lines += [Line(label, value) for label, value in read(entry) if value[0]] if read is not None else []
    return lines


def _patient(entry: Mapping[str, Any]) -> Iterator[tuple[Words, Words]]:
    name = _first(entry.get("name"))
    yield NAME, _same(name.get("text") or "".join((str(name.get("family", "")), *map(str, _list(name.get("given"))))))
    yield BORN, _same(entry.get("birthDate"))


def _immunization(entry: Mapping[str, Any]) -> Iterator[tuple[Words, Words]]:
    vaccine = entry.get("vaccineCode")
    coding = _first(vaccine.get("coding")) if isinstance(vaccine, Mapping) else {}
    code = str(coding.get("code", ""))
    yield VACCINE, all_codes().get(str(coding.get("system", "")), {}).get(code, (code, code))
    yield DOSE, _same(_first(entry.get("protocolApplied")).get("doseNumberPositiveInt"))
    yield GIVEN_ON, _same(entry.get("occurrenceDateTime"))
    yield LOT, _same(entry.get("lotNumber"))
    actor = _first(entry.get("performer")).get("actor")
    yield GIVEN_AT, _same(actor.get("display") if isinstance(actor, Mapping) else "")


def _same(value: Any) -> Words:
    text = str(value)[:200] if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text, text


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _first(value: Any) -> Mapping[str, Any]:
    found = _list(value)[:1]
    return found[0] if found and isinstance(found[0], Mapping) else {}
