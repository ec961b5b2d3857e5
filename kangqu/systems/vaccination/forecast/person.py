"""What goes in: when somebody was born, what is known of the person, what was given. No identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from kangqu.systems.vaccination.forecast.spans import completed_years


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose of a history: the code of a product and the day it was given."""

    product: str
    on: date


@dataclass(frozen=True, slots=True)
class Person:
    """Facts about somebody; None is not known.

    ``severe_allergy`` names products after which, or to a component of which, there was a severe allergic reaction.
    ``conditions`` are findings the schedule says are no contraindication.
    """

    born: date
    sex: str | None = None  # male, female
    mother_hbsag: str | None = None  # positive, negative, unknown
    birth_weight_g: int | None = None
    gestation_weeks: int | None = None
    ppd: str | None = None  # positive, negative, not_done
    hiv: str | None = None  # infected, exposed, excluded
    hiv_symptoms: bool | None = None
    immune_suppressed: bool | None = None
    immune_deficiency: bool | None = None
    pregnant: bool | None = None
    acute_illness: bool | None = None
    school_grade: int | None = None
    school_in_city: bool | None = None
    guardian_consent: bool | None = None
    severe_allergy: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: who, what was given, judged on which day, of which programmes, with which products preferred."""

    person: Person
    as_of: date
    history: tuple[Dose, ...] = ()
    programmes: frozenset[str] = field(default_factory=lambda: frozenset({"national"}))
    preferred: frozenset[str] = frozenset()


ASKED_AS: Final[Mapping[str, str]] = {
    "symptomatic_or_suppressed": "hiv_symptoms",
    "hiv_not_excluded": "hiv",
    "school_grade_is_7": "school_grade",
}
"""Facts made of others, and what to ask for when one of them is missing."""


def facts_of(person: Person, as_of: date) -> dict[str, Any]:
    """What the rules' ``when`` may ask, missing ones left out."""
    told = {
        "born": person.born,
        "age_years": completed_years(person.born, as_of),
        "sex": person.sex,
        "sex_not_known": person.sex is None,
        "mother_hbsag": person.mother_hbsag,
        "mother_hbsag_not_negative": person.mother_hbsag != "negative",
        "birth_weight_g": person.birth_weight_g,
        "birth_weight_g_is_low": person.birth_weight_g is not None and person.birth_weight_g < 2000,
        "gestation_weeks": person.gestation_weeks,
        "ppd": person.ppd if person.ppd != "not_done" else "unknown",
        "ppd_not_known": person.ppd not in ("positive", "negative"),
        "hiv": person.hiv,
        "hiv_not_excluded": None if person.hiv is None else person.hiv != "excluded",
        "symptomatic_or_suppressed": _either(person.hiv_symptoms, person.immune_suppressed),
        "immune_deficiency": person.immune_deficiency,
        "pregnant": person.pregnant,
        "acute_illness": person.acute_illness,
        "school_grade_is_7": None if person.school_grade is None else person.school_grade == 7,
        "school_in_city": person.school_in_city,
        "guardian_consent": person.guardian_consent,
        "school_not_known": None in (person.school_grade, person.school_in_city, person.guardian_consent),
        "condition_no_contraindication": bool(person.conditions),
    }
    return {name: value for name, value in told.items() if value is not None}


def _either(one: bool | None, other: bool | None) -> bool | None:
    if one or other:
        return True
    return None if one is None or other is None else False
