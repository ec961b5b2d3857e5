"""What a day of prescriptions is replayed in: six decoction centres with people, pots, drawers and couriers, one hospital that
signs, residents with cards, and the prescriptions of the day, all made from a seed."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

WHOLE_DAY: Final = 16_000
CENTRES: Final = 6
POTS: Final = 120
RESIDENTS: Final = 12_000
OPENS, CLOSES = 6 * 60, 24 * 60
DISTRICTS: Final = ("370302", "370303", "370304", "370305", "370306", "370321")
HANDS: Final = {"reviewers": 10, "dispensers": 26, "checkers": 10, "tenders": 6, "packers": 22, "counters": 8}
# How many of a hundred prescriptions come in which hour of the day.
_ARRIVALS: Final = {7: 4, 8: 13, 9: 15, 10: 14, 11: 9, 12: 3, 13: 6, 14: 10, 15: 10, 16: 8, 17: 4, 18: 2, 19: 2}


@dataclass(frozen=True, slots=True)
class Crew:
    """Who works at a stage of a centre: account numbers under one role."""

    role: str
    accounts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Centre:
    """A decoction centre. ``pots``: (number, code, grams, ml); ``lots``: the drawer's code by herb."""

    pk: int
    code: str
    path: str
    crews: dict[str, Crew]
    pots: tuple[tuple[int, str, int, int], ...]
    lots: dict[str, str]


@dataclass(frozen=True, slots=True)
class Resident:
    pk: int
    code: str
    handle: int


@dataclass(frozen=True, slots=True)
class Letter:
    """A prescription as the hospital sends it: when (minute of the day), the signed bytes, the signature."""

    minute: int
    body: bytes
    signature: str
    resident: int


@dataclass(frozen=True, slots=True)
class World:
    midnight: datetime
    hospital: int
    doctor: int
    centres: tuple[Centre, ...]
    residents: tuple[Resident, ...]
    letters: tuple[Letter, ...]


def make_world(today: date, prescriptions: int, decocted: float, seed: int) -> World:
    """Write the day's world into the open house. What an earlier run left plans nothing any more. Fewer prescriptions than a
    day's come to centres that are smaller in the same measure, so that they wait as long."""
    from kangqu.kernel.basis.clock import day_starts
    from kangqu.kernel.basis.ids import take_ids
    from kangqu.kernel.people.codes.keys import ensure_keys
    from kangqu.kernel.people.codes.models import CodeKey
    from kangqu.kernel.trace.partitions import STREAM_TABLES, ensure_partitions
    from kangqu.systems.tcm_pharmacy.models import Floor, Round

    rng, midnight = random.Random(seed), day_starts(today)
    Round.objects.update(ended_at=midnight)
    Floor.objects.all().delete()
    for day in range(3):
        for table in STREAM_TABLES:
            ensure_partitions(table, around=midnight + timedelta(days=day))
    CodeKey.objects.all().delete()
    ensure_keys(midnight)
    herbs = _herbs(today)
    residents = _residents(midnight, rng)
    size = min(1.0, prescriptions / WHOLE_DAY)
    centres = tuple(_centre(number, size, midnight, herbs, rng) for number in range(1, CENTRES + 1))
    hospital = _place("综合医院", "hospital", rng)
    letters = _letters(prescriptions, decocted, today, residents, hospital.pk, midnight, herbs, rng)
    return World(midnight, hospital.pk, take_ids(1)[0], centres, residents, letters)


def _herbs(today: date) -> list[Any]:
    """Herbs that may be taken with each other by anybody: the day's review is about the rest."""
    from kangqu.systems.tcm_pharmacy.herbs import HERBS, Handling
    from kangqu.systems.tcm_pharmacy.review.book import book_on

    paired = set(book_on(today).pairs)
    handled = {frozenset[Handling](), *(frozenset({each}) for each in (Handling.FIRST, Handling.LATE, Handling.WRAP))}
    return [
        each
        for each in HERBS.values()
        if each.listed and each.min_g and each.max_g and each.toxicity is None and each.pregnancy is None
        and not each.external and not each.pills and each.handling in handled and each.kin.isdisjoint(paired)
    ]  # fmt: skip


def _residents(at: datetime, rng: random.Random) -> tuple[Resident, ...]:
    from kangqu.kernel.basis.ids import new_code, take_ids
    from kangqu.kernel.people.codes.models import Card
    from kangqu.kernel.people.models import Person

    chance = random.SystemRandom()
    made = [Resident(pk, new_code("R", chance), chance.getrandbits(48)) for pk in take_ids(RESIDENTS)]
    shape = {"name": "演示居民", "name_pinyin": "yanshijumin", "name_initials": "ysjm", "demo": True}
    Person.objects.bulk_create(
        [
            Person(
                id=each.pk, public_code=each.code, registered_at=at, changed_at=at, sex=rng.choice("12"),
                birth_date=date(rng.randrange(1940, 2000), 1, 1), **shape,
            )
            for each in made
        ],
        batch_size=5_000,
    )  # fmt: skip
    Card.objects.bulk_create(
        [Card(handle=each.handle, person_id=each.pk, kind="dynamic", issued_at=at) for each in made], batch_size=5_000
    )
    return tuple(made)


def _place(name: str, kind: str, rng: random.Random) -> Any:
    from kangqu.kernel.basis.ids import new_code, take_ids
    from kangqu.kernel.places.models import Institution, Region

    region, _ = Region.objects.get_or_create(code="3703", defaults={"name": "淄博市", "level": "city"})
    (number,) = take_ids(1)
    code = new_code("G", random.SystemRandom())
    return Institution.objects.create(id=number, code=code, kind=kind, name=name, region=region, path=f"/{number}/")


def _centre(number: int, size: float, at: datetime, herbs: list[Any], rng: random.Random) -> Centre:
    from kangqu.kernel.access.roles import Role
    from kangqu.kernel.basis.ids import take_ids
    from kangqu.kernel.trace.actor import the_house
    from kangqu.systems.tcm_pharmacy.line import stock
    from kangqu.systems.tcm_pharmacy.promises.floor import add_round, set_floor

    house, place = the_house("bench"), _place(f"{number}号煎药中心", "decoction_centre", rng)
    hands = {name: max(2, round(count * size)) for name, count in HANDS.items()}
    set_floor(place.pk, hours=[[OPENS, CLOSES]] * 7, hands=hands, takes_outside=True, by=house, at=at)
    for hour in range(8, 24):
        reaches = [(each, 20 + 8 * abs(number - 1 - index)) for index, each in enumerate(DISTRICTS)]
        add_round(
            place.pk,
            name=f"{hour}点",
            weekdays="1234567",
            departs=hour * 60,
            parcels=max(10, round(150 * size)),
            reaches=reaches,
            by=house,
            at=at,
        )
    pots = []
    for each in range(1, max(4, round(POTS * size)) + 1):
        grams, ml = (2_500, 10_000) if each % 3 else (5_000, 20_000)
        pot = stock.add_pot(place.pk, name=f"{each}号机", grams=grams, ml=ml, by=house, at=at)
        pots.append((pot.pk, pot.code, grams, ml))
    lots = {
        each.name: stock.receive_lot(
            place.pk, herb=each.name, number=f"{at:%y%m%d}", grams=Decimal(5_000_000), expires_on=date(2199, 1, 1),
            by=house, at=at,
        ).code
        for each in herbs
    }  # fmt: skip
    crews = {
        name: Crew(role.value, tuple(take_ids(count)))
        for name, role, count in (
            ("review", Role.PHARMACIST, hands["reviewers"]),
            ("dispense", Role.DISPENSER, hands["dispensers"]),
            ("check", Role.PHARMACIST, hands["checkers"]),
            ("tend", Role.DECOCTION_WORKER, hands["tenders"]),
            ("pack", Role.DECOCTION_WORKER, hands["packers"]),
            ("counter", Role.DISPENSER, hands["counters"]),
            ("courier", Role.COURIER, 6),
            ("manage", Role.PHARMACY_MANAGER, 1),
        )
    }
    return Centre(place.pk, place.code, place.path, crews, tuple(pots), lots)


def _letters(
    count: int, decocted: float, today: date, residents: tuple[Resident, ...], hospital_id: int, at: datetime,
    herbs: list[Any], rng: random.Random,
) -> tuple[Letter, ...]:  # fmt: skip
    from jwcrypto.jwk import JWK

    from kangqu.kernel.trace.actor import the_house
    from kangqu.systems.tcm_pharmacy.prescriptions import signing

    key = JWK.generate(kty="OKP", crv="Ed25519")
    signing.add_key(hospital_id, name="day", jwk=json.loads(key.export_public()), by=the_house("bench"), at=at)
    hours = rng.choices(list(_ARRIVALS), list(_ARRIVALS.values()), k=count)
    made = []
    for number, minute in enumerate(sorted(hour * 60 + rng.randrange(60) for hour in hours)):
        resident = rng.randrange(len(residents))
        order = _order(number, today, residents[resident].code, decocted, herbs, rng)
        body = json.dumps(order, ensure_ascii=False).encode()
        made.append(Letter(minute, body, signing.sign(body, key, "day"), resident))
    return tuple(made)


def _order(
    number: int, today: date, patient: str, decocted: float, herbs: list[Any], rng: random.Random
) -> dict[str, Any]:
    """A prescription of 8 to 16 herbs; one in fifty holds two that do not go together, and is returned."""
    chosen = rng.sample(herbs, rng.randrange(8, 17))
    listed = [
        {
            "name": each.name,
            "grams": float(max(1, round(rng.uniform(each.min_g, each.max_g)))) if each.max_g >= 2 else each.max_g,
            "handling": sorted(each.handling),
        }
        for each in chosen
    ]
    if rng.random() < 0.02:
        listed += [{"name": "甘草", "grams": 6.0}, {"name": "海藻", "grams": 9.0}]
    how = rng.choices(("fetch", "courier", "ward"), (35, 50, 15))[0]
    delivery: dict[str, Any] = {"how": how}
    if how == "courier":
        delivery |= {
            "receiver": "演示居民",
            "phone": "13800000000",
            "address": "演示地址",
            "district": rng.choice(DISTRICTS),
        }
    priority = "ward" if how == "ward" else "express" if rng.random() < 0.06 else "ordinary"
    return {
        "number": f"DAY-{number:05}",
        "issued_on": today.isoformat(),
        "patient": {"resident": patient, "pregnant": False, "lactating": False, "menstruating": False},
        "prescriber": {"name": "演示医生", "licence": "DEMO"},
        "department": "中医科",
        "diagnoses": [{"name": "脾胃气虚"}],
        "herbs": listed,
        "doses": rng.choice((3, 5, 7, 7, 7, 14)),
        "decoct": rng.random() < decocted,
        "category": rng.choice(("GENERAL", "GENERAL", "EXTERIOR", "TONIC")),
        "taking": "饭后温服",
        "priority": priority,
        "delivery": delivery,
    }
