"""The registration desk: ask the index first, then open a record, then propose what may be one person."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.ids import Random
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.actions import NewResident, register_person
from kangqu.kernel.people.index import Found, Sought, find, propose
from kangqu.kernel.people.matching import Decision
from kangqu.kernel.people.models import Keyed, Person
from kangqu.kernel.people.refusals import KNOWN_ALREADY
from kangqu.kernel.trace.actor import Actor


def sought(new: NewResident, mother_name: str = "") -> Sought:
    """A new resident as the index is asked about her."""
    return Sought(
        name=new.name,
        sex=new.sex,
        birth_date=new.birth_date,
        address=new.address,
        phones=[given.number for given in new.phones],
        documents=list(new.documents),
        mother_name=mother_name,
    )


def known_as(new: NewResident, *, at: datetime, mother_name: str = "") -> Found:
    """Who in the index this resident may be: shown to the desk before it registers her."""
    return find(sought(new, mother_name), on=city_day(at))


def admit(
    new: NewResident,
    *,
    by: Actor,
    at: datetime,
    rng: Random,
    key: str | None = None,
    anyway: bool = False,
    mother_name: str = "",
) -> Person:
    """Register a resident, unless the index knows her: then ``known_already``, and the desk opens the record it has.

    ``anyway``: the desk compared and is sure that she is another. Everybody she may be all the same is put before the
    review desk in the same transaction.
    """
    with transaction.atomic():
        retried = key is not None and Keyed.objects.filter(pk=key).exists()
        found = known_as(new, at=at, mother_name=mother_name)
        if found.decision is Decision.SAME and not anyway and not retried:
            raise Refused(KNOWN_ALREADY)
        person = register_person(new, by=by, at=at, rng=rng, key=key)
        if not retried:
            propose(person.pk, found, at=at)
        return person
