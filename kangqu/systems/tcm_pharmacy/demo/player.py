"""One moment of the demo's pharmacy: a prescription may come in, and those that wait go on by the same scans people make."""

from __future__ import annotations

import io
import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from jwcrypto.jwk import JWK
from PIL import Image, ImageDraw

from kangqu.kernel.access.models import Grant
from kangqu.kernel.access.roles import Role
from kangqu.kernel.access.viewer import Held
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.ids import Random
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.basis.sealing import derive
from kangqu.kernel.cases.delivering import deliver_due
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actor import Actor, the_house
from kangqu.systems.tcm_pharmacy import programme
from kangqu.systems.tcm_pharmacy.demo.furnishing import furnish
from kangqu.systems.tcm_pharmacy.demo.machines import report
from kangqu.systems.tcm_pharmacy.demo.rating import rate_one
from kangqu.systems.tcm_pharmacy.demo.switch import is_on
from kangqu.systems.tcm_pharmacy.line import stock
from kangqu.systems.tcm_pharmacy.line.hand import Hand, Post
from kangqu.systems.tcm_pharmacy.line.stations import Worker, scan
from kangqu.systems.tcm_pharmacy.models import HerbLot, Pot
from kangqu.systems.tcm_pharmacy.prescriptions import signing
from kangqu.systems.tcm_pharmacy.prescriptions.intake import Signed, take
from kangqu.systems.tcm_pharmacy.prescriptions.order import OrderIn

MOST_OPEN: Final = 24
_KID: Final = "demo"
_DWELL: Final = timedelta(seconds=45)
_FIRST_HOURS: Final = timedelta(hours=3)
_STEP: Final = timedelta(minutes=3)
_HOUSE: Final = the_house("demo")


@dataclass(frozen=True, slots=True)
class Crew:
    """Who works in the demo's pharmacy, by role, and the hospital that sends."""

    centre: Institution
    hospital: Institution
    by_role: dict[Role, Actor]

    def worker(self, role: Role, at: datetime, signature: bytes = b"") -> Worker:
        return Worker(self.by_role[role], Held(role, self.centre.pk, self.centre.path), at, signature)


def play(at: datetime, rng: Random) -> int:
    """Let a moment pass, if the switch is on; how many things were done. A pharmacy that is new lives through its first hours at
    once, so that whoever opens the demo sees it at work."""
    if not is_on() or (crew := _crew(at)) is None:
        return 0
    done = 0
    if furnish(crew.centre, at - _FIRST_HOURS):
        for minutes in range(round(_FIRST_HOURS / _STEP), 0, -1):
            done += _moment(crew, at - minutes * _STEP, rng) + deliver_due(at - minutes * _STEP)
    return done + _moment(crew, at, rng)


def _moment(crew: Crew, at: datetime, rng: Random) -> int:
    done = 0
    open_cases = Case.objects.filter(programme=programme.CODE, institution_id=crew.centre.pk, closed_at=None)
    if open_cases.count() < MOST_OPEN and rng.random() < 0.4:
        done += _send(crew, at, rng)
    waiting = open_cases.filter(changed_at__lte=at - _DWELL, number__startswith="DEMO-").order_by("changed_at")
    for number in waiting.values_list("pk", flat=True):
        case = snapshot(number)
        if case is not None and case.state in _GOES_ON:
            done += _on(case, crew, at, rng)
    return done + report(crew.centre.pk, at, rng) + rate_one(crew.centre.pk, at, rng)


def _crew(at: datetime) -> Crew | None:
    centre = Institution.objects.filter(kind="decoction_centre", demo=True).order_by("pk").first()
    hospital = Institution.objects.filter(kind="hospital", demo=True).order_by("pk").first()
    if centre is None or hospital is None:
        return None
    wanted = (Role.PHARMACIST, Role.DISPENSER, Role.DECOCTION_WORKER, Role.COURIER)
    grants = Grant.objects.filter(institution_id=centre.pk, role__in=wanted, starts_at__lte=at, ends_at=None)
    found = {
        Role(row.role): Actor(row.account_id, row.role, centre.pk, purpose="care") for row in grants.order_by("-pk")
    }
    return Crew(centre, hospital, found) if set(found) == set(wanted) else None


# The hospital


@lru_cache(maxsize=1)
def _formulas() -> list[dict[str, Any]]:
    return list(tomllib.loads(files(__package__).joinpath("formulas.toml").read_text(encoding="utf-8"))["formula"])


def _key() -> JWK:
    """The demo hospital's key, the same in every process of this house."""
    secret = settings.KANGQU_KEYS[min(settings.KANGQU_KEYS)]
    return JWK.from_pyca(Ed25519PrivateKey.from_private_bytes(derive(secret, "kangqu/tcm/demo-hospital")))


def _send(crew: Crew, at: datetime, rng: Random) -> int:
    """A signed prescription of the demo's hospital for one of the demo's residents."""
    patient = _somebody(rng)
    if patient is None:
        return 0
    key = _key()
    signing.add_key(crew.hospital.pk, name=_KID, jwk=json.loads(key.export_public()), by=_HOUSE, at=at)
    body = json.dumps(_order(patient, crew, at, rng), ensure_ascii=False).encode()
    signature = signing.sign(body, key, _KID)
    signed = Signed(body, signature, signing.verify(body, signature, institution_id=crew.hospital.pk, at=at))
    try:
        take(OrderIn.model_validate_json(body), signed=signed, hospital_id=crew.hospital.pk, by=_HOUSE, at=at)
    except Refused:
        return 0  # a month ago at this second one bore the same number
    return 1


def _somebody(rng: Random) -> Person | None:
    """A living adult among the demo's residents: from a place of chance in their numbers on."""
    adults = Person.objects.filter(
        demo=True, status="active", merged_into=None, birth_date__lte="2005-01-01", birth_date__gte="1965-01-01"
    ).order_by("pk")
    ends = (adults.first(), adults.last())
    if ends[0] is None or ends[1] is None:
        return None
    return adults.filter(pk__gte=rng.randrange(ends[0].pk, ends[1].pk + 1)).first()


def _order(patient: Person, crew: Crew, at: datetime, rng: Random) -> dict[str, Any]:
    formula = rng.choice(_formulas())
    herbs = [
        {"name": name, "grams": grams, "handling": [str(each) for each in handling]}
        for name, grams, *handling in formula["herbs"]
    ]
    return {
        "number": f"DEMO-{at:%d%H%M%S}",
        "issued_on": city_day(at).isoformat(),
        "patient": {"resident": patient.public_code, "pregnant": False},
        "prescriber": {"name": "演示医生", "licence": "DEMO"},
        "department": "中医科",
        "diagnoses": [{"name": formula["diagnosis"]}],
        "herbs": herbs,
        "doses": rng.choice((3, 5, 7)),
        "category": formula["category"],
        "taking": "饭后温服",
        "delivery": {"how": "courier", "receiver": patient.name, "phone": "13800000000", "address": "演示地址"},
        "pharmacy": crew.centre.code,
    }


# The pharmacy


def _on(case: Snapshot, crew: Crew, at: datetime, rng: Random) -> int:
    """Do what is next for a prescription. What is refused (too early, no pot free) waits for another moment."""
    try:
        _GOES_ON[case.state](case, crew, at, rng)
    except Refused:
        return 0
    return 1


def _review(case: Snapshot, crew: Crew, at: datetime, rng: Random) -> None:
    by = crew.by_role[Role.PHARMACIST]
    if case.facts.get("blocked") or case.facts.get("two_signatures"):
        values = {"ground": "other", "reason": "演示：请医生核对"}
        take_step(case.id, "return_to_doctor", by=by, at=at, values=values)
    else:
        take_step(case.id, "approve", by=by, at=at)


def _dispense(case: Snapshot, crew: Crew, at: datetime, rng: Random) -> None:
    """Weigh one herb after the other, each a little off."""
    worker = crew.worker(Role.DISPENSER, at)
    begun = scan(Post.DISPENSE, case.code, Hand(), worker)
    hand = begun.hand
    for each in [herb for herb in begun.herbs if herb.weighed is None]:
        lot = _lot(each.herb, each.grams, crew, at)
        hand = scan(Post.DISPENSE, lot.code, hand, worker).hand
        grams = each.grams * Decimal(100 + rng.randrange(-2, 3)) / 100
        hand = scan(Post.DISPENSE, f"{grams:.2f} g", hand, worker).hand


def _lot(herb: str, grams: Decimal, crew: Crew, at: datetime) -> HerbLot:
    enough = HerbLot.objects.filter(
        institution_id=crew.centre.pk,
        herb=herb,
        blocked_at=None,
        expires_on__gt=city_day(at),
        grams_left__gte=grams * 2,
    )
    found = enough.order_by("expires_on").first()
    return found or stock.receive_lot(
        crew.centre.pk, herb=herb, number=f"DEMO{at:%y%m%d%H%M%S}", grams=Decimal(20_000), maker="演示饮片厂",
        expires_on=city_day(at) + timedelta(days=700), by=_HOUSE, at=at,
    )  # fmt: skip


def _scan_through(post: Post, role: Role, *texts: str) -> Callable[[Snapshot, Crew, datetime, Random], None]:
    def work(case: Snapshot, crew: Crew, at: datetime, rng: Random) -> None:
        hand = Hand()
        for text in (case.code, *texts):
            hand = scan(post, text or str(case.facts.get("packs", "")), hand, crew.worker(role, at)).hand

    return work


def _boil(case: Snapshot, crew: Crew, at: datetime, rng: Random) -> None:
    pots = Pot.objects.filter(institution_id=crew.centre.pk, failed_at=None)
    pot = pots.filter(case_id=case.id).first() or pots.filter(case=None).order_by("name").first()
    if pot is not None:
        hand = scan(Post.BOIL, case.code, Hand(), crew.worker(Role.DECOCTION_WORKER, at)).hand
        scan(Post.BOIL, pot.code, hand, crew.worker(Role.DECOCTION_WORKER, at))


def _deliver(case: Snapshot, crew: Crew, at: datetime, rng: Random) -> None:
    worker = crew.worker(Role.COURIER, at, scribble(rng))
    hand = scan(Post.COURIER, case.code, Hand(), worker).hand
    scan(Post.COURIER, "KQ-SIGNED", hand, worker)


def scribble(rng: Random) -> bytes:
    """A signature nobody can read, as PNG."""
    picture = Image.new("L", (300, 120), 255)
    points = [(20 + n * 22, rng.randrange(25, 95)) for n in range(12)]
    ImageDraw.Draw(picture).line(points, fill=0, width=4)
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


_GOES_ON: Final[dict[str, Callable[[Snapshot, Crew, datetime, Random], None]]] = {
    "received": _review,
    "released": _dispense,
    "dispensed": _scan_through(Post.CHECK, Role.PHARMACIST, "KQ-CONFIRM"),
    "checked": _scan_through(Post.SOAK, Role.DECOCTION_WORKER),
    "soaking": _boil,
    "decocting": _boil,
    "decocting_again": _boil,
    "drawn_off": _scan_through(Post.PACK, Role.DECOCTION_WORKER, ""),
    "packed": _scan_through(Post.RELEASE, Role.PHARMACIST, "KQ-CONFIRM"),
    "ready": _scan_through(Post.COURIER, Role.COURIER),
    "on_the_way": _deliver,
}
