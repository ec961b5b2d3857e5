"""A clinic with two lots of vaccine, its nurse and doctor, and people of every age."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.vaccination.models import Counted, Dose, OpenVial, VaccineLot, VialStock
from kangqu.systems.vaccination.records.asked import Injection, Recorded
from kangqu.systems.vaccination.records.giving import give
from kangqu.systems.vaccination.records.questions import QUESTIONS
from tests.access import cast

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=CITY)
NO = dict.fromkeys(QUESTIONS, False)
_keys = itertools.count(1)


@dataclass
class VaccinationClinic:
    place: Institution
    nurse: Actor
    doctor: Actor
    lots: dict[str, VaccineLot] = field(default_factory=dict)
    girls: dict[str, Person] = field(default_factory=dict)

    def girl(self, name: str, born: date = date(2012, 3, 1)) -> Person:
        """A resident by name, made when first asked for."""
        if name not in self.girls:
            person = cast.resident(name, at=NOW - timedelta(days=1))
            Person.objects.filter(pk=person.pk).update(sex="2", birth_date=born)
            person.refresh_from_db()
            self.girls[name] = person
        return self.girls[name]

    def stock(
        self, number: str, vaccine: str = "HPV2", *, vials: int = 2, doses: int = 2, expires: date = date(2026, 12, 31)
    ) -> VaccineLot:
        """A lot, with vials in this clinic's fridge."""
        lot = VaccineLot.objects.create(
            vaccine=vaccine, maker="演示生物", number=number, expires_on=expires, doses_per_vial=doses
        )
        VialStock.objects.create(institution=self.place, lot=lot, fridge="1", vials=vials)
        self.lots[number] = lot
        return lot

    def inject(
        self,
        who: str,
        lot: str = "A",
        at: datetime = NOW,
        vaccine: str = "HPV2",
        *,
        by: Actor | None = None,
        answers: Mapping[str, bool] | None = NO,
        **more: object,
    ) -> Recorded:
        asked = Injection(
            person_id=self.girl(who).pk, vaccine=vaccine, lot=lot, given_at=at, answers=answers,
            **{"key": f"k{next(_keys)}", **more},  # type: ignore[arg-type]
        )  # fmt: skip
        return give(asked, institution_id=self.place.pk, by=by or self.nurse, at=at)

    def refused(self, who: str, lot: str = "A", at: datetime = NOW, vaccine: str = "HPV2", **more: object) -> str:
        return refused(lambda: self.inject(who, lot, at, vaccine, **more))  # type: ignore[arg-type]

    def left(self) -> tuple[int, int]:
        """Closed vials, doses in open ones."""
        vials = sum(VialStock.objects.values_list("vials", flat=True))
        return vials, sum(OpenVial.objects.values_list("doses_left", flat=True))

    def numbers(self, who: str, series: str = "HPV") -> list[tuple[str, int | None]]:
        """The doses that stand and what they count as, by day."""
        doses = Dose.objects.filter(person=self.girl(who), status="completed").order_by("given_on", "id")
        rows = {
            row.dose_id: row.number
            for row in Counted.objects.filter(person=self.girl(who), series=series, programme="national")
        }
        return [(each.given_on.isoformat(), rows.get(each.id)) for each in doses]


def refused(work: Callable[[], object]) -> str:
    with pytest.raises(Refused) as found:
        work()
    return found.value.why.name


def make_clinic() -> VaccinationClinic:
    place = cast.institution("演示接种门诊", "health_centre", cast.region("3703", "淄博市"))

    def actor(role: Role) -> Actor:
        account = cast.staff(f"{role}{next(_keys)}", role, place, at=NOW)
        return Actor(account.pk, str(role), place.pk, purpose="public_health")

    return VaccinationClinic(place, actor(Role.NURSE), actor(Role.DOCTOR))


@pytest.fixture
def clinic(db: None) -> VaccinationClinic:
    made = make_clinic()
    made.stock("A")
    return made
