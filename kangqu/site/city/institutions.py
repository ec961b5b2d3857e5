"""The institutions of a synthetic city: the tree, what stands in it, who serves whom. Built as rows, written in bulk."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from django.db import models

from kangqu.kernel.basis.ids import Random, new_code, take_ids
from kangqu.kernel.places.actions import INSTITUTION_LETTER, STATION_LETTER
from kangqu.kernel.places.codes import make_institution_code, make_uscc, organisation_check
from kangqu.kernel.places.divisions import CITIES
from kangqu.kernel.places.models import (
    Consortium,
    ConsortiumMember,
    Department,
    Device,
    Institution,
    Licence,
    Post,
    ServedRegion,
    Station,
    institution_path,
)
from kangqu.kernel.places.words import pinyin_of
from kangqu.site.city.ground import FULL_TOWNSHIPS_AT, County, Ground, Village

Entropy = Callable[[int], bytes]

DEMO: Final = "（演示）"
_ECONOMIC: Final = {"12": "11", "11": "11", "91": "15", "92": "17", "52": "17"}
_OPENED: Final = date(2015, 6, 1)
_WITH_DEVICE: Final = frozenset({"hospital", "venue", "port", "school"})


@cache
def tables() -> dict[str, Any]:
    """``institutions.toml`` beside this file."""
    return tomllib.loads(files(__package__).joinpath("institutions.toml").read_text(encoding="utf-8"))


@dataclass(slots=True)
class Built:
    """Rows of the city's institutions, parents before children, and what later steps look up in them."""

    institutions: list[Institution] = field(default_factory=list)
    others: dict[type[models.Model], list[Any]] = field(default_factory=dict)
    keepers: dict[str, int] = field(default_factory=dict)
    posts: list[Post] = field(default_factory=list)

    def write(self) -> int:
        """Insert every row, in the caller's transaction; return how many institutions there are."""
        Institution.objects.bulk_create(self.institutions, batch_size=1_000)
        kinds: tuple[type[models.Model], ...] = (Licence, Department, Post, Station, Device, ServedRegion, Consortium)
        ordered: list[type[models.Model]] = [*kinds, ConsortiumMember]
        for model in ordered:
            model._default_manager.bulk_create(self.others.get(model, []), batch_size=2_000)
        return len(self.institutions)


def institutions_of(ground: Ground, people: int, *, at: datetime, rng: Random, entropy: Entropy) -> Built:
    """The institutions of a city of ``people`` residents: all of them from 300,000 on, a share of them below."""
    builder = _Builder(ground, min(1.0, people / FULL_TOWNSHIPS_AT), at, rng, entropy)
    builder.build()
    return builder.built


class _Builder:
    def __init__(self, ground: Ground, share: float, at: datetime, rng: Random, entropy: Entropy) -> None:
        self.ground, self.share, self.at, self.rng, self.entropy = ground, share, at, rng, entropy
        self.built = Built()
        self.city_name = CITIES[ground.city]
        self._ids = self._numbers()
        self._registered = 0
        self._licences = 0

    def _numbers(self) -> Any:
        while True:
            yield from take_ids(5_000)

    def _add(self, row: models.Model) -> None:
        self.built.others.setdefault(type(row), []).append(row)

    def build(self) -> None:
        top = self.institution("commission", f"{self.city_name}卫生健康委员会", self.ground.city, None, registrar="11")
        welfare = self.institution("civil_affairs", f"{self.city_name}民政局", self.ground.city, None, registrar="11")
        leaders: list[Institution] = []
        for kind, name, grade, category in tables()["city"]["rows"]:
            county = self.ground.counties[0 if kind != "hospital" else len(leaders) % len(self.ground.counties)]
            where = self.ground.city if kind != "hospital" else county.townships[0][0]
            made = self.institution(kind, self.city_name + name, where, top, grade=grade, category=category)
            leaders += [made] if kind == "hospital" else []
        bureaus = {county.code: self.county(county, top) for county in self.ground.counties}
        for row in tables()["spread"]["rows"]:
            self.spread(row, bureaus, welfare)
        self.alliances(leaders)

    def county(self, county: County, top: Institution) -> Institution:
        bureau = self.institution("commission", f"{county.name}卫生健康局", county.code, top, registrar="11")
        self.serve(bureau, county.code)
        first: Institution | None = None
        for place, (kind, name, grade, category) in enumerate(tables()["county"]["rows"]):
            where = county.townships[place % len(county.townships)][0]
            private = "民营" in name
            made = self.institution(
                kind, county.name + name, where, bureau, grade=grade, category=category, private=private,
                registrar="52" if private else "12",
            )  # fmt: skip
            first = first or made
            self.serve(made, county.code)
        centres = [self.centre(county, code, name, bureau) for code, name in county.townships]
        self.clinics(county, centres)
        if first is not None:
            self.consortium(Consortium.Kind.COUNTY, f"{county.name}紧密型医共体", first, centres)
        return bureau

    def centre(self, county: County, code: str, name: str, bureau: Institution) -> Institution:
        """The township's health centre, or the street's community centre: it keeps the township's records."""
        street = code[6] == "0"
        kind, category = ("community_centre", "B100") if street else ("township_centre", "C220")
        title = f"{county.name}{name}{'社区卫生服务中心' if street else '中心卫生院'}"
        made = self.institution(kind, title, code, bureau, category=category)
        self.built.keepers[code] = made.pk
        self.serve(made, code)
        return made

    def clinics(self, county: County, centres: Sequence[Institution]) -> None:
        """Clinics in the villages, stations in the communities; some villages have none and see a round team."""
        centre_of = {centre.region_id: centre for centre in centres}
        rural = [village for village in county.villages if not village.urban]
        urban = [village for village in county.villages if village.urban]
        for village in _even(rural, self._clinics_in(county, len(rural))):
            self._grassroots("village_clinic", "卫生室", "D600", village, centre_of[village.township], "12")
        for village in _even(urban, -(-len(urban) // 3)):
            self._grassroots("community_station", "卫生服务站", "B200", village, centre_of[village.township], "12")

    def _clinics_in(self, county: County, rural: int) -> int:
        """The county's part of the city's village clinics; the last county takes what rounding left."""
        everywhere = [sum(not village.urban for village in each.villages) for each in self.ground.counties]
        full = tables()["clinics"].get(self.ground.city) if self.share == 1 else None
        wanted = full or round(sum(everywhere) * tables()["village_clinics_per_village"])
        place = self.ground.counties.index(county)
        before, total = sum(everywhere[:place]), max(1, sum(everywhere))
        return min(rural, wanted * (before + rural) // total - wanted * before // total)

    def _grassroots(
        self, kind: str, name: str, category: str, village: Village, centre: Institution, registrar: str
    ) -> None:
        title = f"{village.line[len(self.city_name) :]}{name}"
        made = self.institution(kind, title, village.code, centre, category=category, registrar=registrar)
        self.serve(made, village.code)

    def spread(self, row: Sequence[Any], bureaus: dict[str, Institution], welfare: Institution) -> None:
        kind, name, full, fewest, category, registrar = row
        for number in range(1, max(fewest, round(full * self.share)) + 1):
            county = self.ground.counties[number % len(self.ground.counties)]
            code, township = county.townships[number // len(self.ground.counties) % len(county.townships)]
            parent = welfare if kind == "elder_home" else None if kind == "bank" else bureaus[county.code]
            title = f"{county.name}{township}{name.format(n=number)}"
            self.institution(
                kind,
                title,
                code,
                parent,
                category=category,
                registrar=registrar,
                private=registrar in ("91", "92", "52"),
            )

    def alliances(self, leaders: Sequence[Institution]) -> None:
        county_hospitals = [each for each in self.built.institutions if each.kind == "hospital" and each not in leaders]
        for place, name in enumerate(tables()["alliances"]["names"].split()):
            leader = leaders[place % len(leaders)]
            members = [each for each in county_hospitals if self.rng.random() < 0.5]
            self.consortium(Consortium.Kind.SPECIALTY, f"{self.city_name}{name}专科联盟", leader, members)
        self.consortium(Consortium.Kind.CITY, f"{self.city_name}城市医联体", leaders[0], county_hospitals)

    def consortium(self, kind: str, name: str, leader: Institution, members: Sequence[Institution]) -> None:
        consortium = Consortium(id=next(self._ids), kind=kind, name=name + DEMO, leader=leader)
        self._add(consortium)
        for member in (leader, *members):
            self._add(ConsortiumMember(consortium=consortium, institution=member, joined_on=date(2022, 1, 1)))

    def serve(self, institution: Institution, region: str) -> None:
        self._add(ServedRegion(institution=institution, region_id=region))

    def institution(
        self,
        kind: str,
        name: str,
        region: str,
        parent: Institution | None,
        *,
        grade: str = "",
        category: str = "",
        registrar: str = "12",
        private: bool = False,
    ) -> Institution:
        self._registered += 1
        body = f"KQ{self._registered:06d}"
        organisation = body + organisation_check(body)
        seat = region[:6] if len(region) >= 6 else f"{region}00"
        economic, management = _ECONOMIC[registrar], "2" if registrar in ("91", "92") else "1"
        number = next(self._ids)
        pinyin, initials = pinyin_of(name)
        made = Institution(
            id=number,
            code=new_code(INSTITUTION_LETTER, self.rng),
            parent=parent,
            path=institution_path(parent, number),
            kind=kind,
            grade=grade,
            private=private,
            name=name + DEMO,
            name_pinyin=pinyin,
            name_initials=initials,
            uscc=make_uscc(registrar, seat, organisation),
            institution_code=make_institution_code(organisation, seat, economic, category, management)
            if category
            else "",
            category=category,
            region_id=region,
            opened_on=_OPENED,
            demo=True,
        )
        self.built.institutions.append(made)
        self._furnish(made)
        return made

    def _furnish(self, institution: Institution) -> None:
        kind, table = institution.kind, tables()
        if kind in table["licences"]:
            self._add(self._licence(institution, table["licences"][kind]))
        departments = []
        for line in table["departments"].get(kind, ()):
            code, name = line.split(" ")
            departments.append(Department(id=next(self._ids), institution=institution, code=code, name=name))
            self._add(departments[-1])
        for place, (role, title, seats) in enumerate(table["posts"].get(kind, ())):
            at_bedside = role in ("doctor", "family_doctor", "village_doctor")
            department = departments[place % len(departments)] if departments and at_bedside else None
            post = Post(
                id=next(self._ids), institution=institution, department=department, role=role, title=title, places=seats
            )
            self._add(post)
            self.built.posts.append(post)
        for name in table["stations"].get(kind, ()):
            station = Station(
                id=next(self._ids), institution=institution, name=name, code=new_code(STATION_LETTER, self.rng)
            )
            self._add(station)
            if kind in _WITH_DEVICE:
                # Nobody holds this token: a device is put into use by registering it anew.
                digest = hashlib.sha256(self.entropy(32)).digest()
                self._add(
                    Device(
                        id=next(self._ids), station=station, name="扫码枪", token_sha256=digest, registered_at=self.at
                    )
                )

    def _licence(self, institution: Institution, kind: str) -> Licence:
        self._licences += 1
        number = f"鲁演示{self._licences:06d}"
        if kind == "clinic_register":
            # 6 region + 4 unit + kind + owner: a village clinic of a collective, a private clinic.
            attribute = "33" if institution.kind == "village_clinic" else "15"
            number = f"{institution.region_id[:6]}{self._licences % 9999 + 1:04d}{attribute}"
        return Licence(
            id=next(self._ids), institution=institution, kind=kind, number=number, issued_by=f"主管部门{DEMO}",
            valid_from=date(2024, 1, 1), valid_to=date(2028, 12, 31),
        )  # fmt: skip


def _even(rows: Sequence[Village], count: int) -> list[Village]:
    count = min(count, len(rows))
    return [rows[place * len(rows) // count] for place in range(count)]
