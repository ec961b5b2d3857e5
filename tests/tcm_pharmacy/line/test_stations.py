"""The line by scans alone: the right one is done and said in large words, every wrong one is refused with its reason."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kangqu.kernel.access.roles import Role
from kangqu.kernel.access.viewer import Held
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.delivering import deliver_due
from kangqu.kernel.cases.listening import Heard
from kangqu.kernel.cases.models import Document
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.people.codes import actions as cards
from kangqu.kernel.people.codes import keys as code_keys
from kangqu.kernel.people.models import Person, Proxy, ProxyKind
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.tcm_pharmacy.line import stock
from kangqu.systems.tcm_pharmacy.line.boiling import on_scrapped
from kangqu.systems.tcm_pharmacy.line.hand import Hand, Post, opened
from kangqu.systems.tcm_pharmacy.line.stations import Answer, Worker, scan
from kangqu.systems.tcm_pharmacy.models import HerbLot, Pot, Weighing
from kangqu.systems.tcm_pharmacy.prescriptions.intake import Signed, take
from tests.access import cast
from tests.tcm_pharmacy.cast import Pharmacy

RNG = random.Random(3)
HEAT = 10  # minutes until a pot boils


@dataclass
class Floor:
    """The pharmacy's floor: drawers, pots, a clock that is wound on, and a hand at each station."""

    pharmacy: Pharmacy
    lots: dict[str, HerbLot] = field(default_factory=dict)
    pots: dict[str, Pot] = field(default_factory=dict)
    minutes: float = 0
    hand: Hand = field(default_factory=Hand)

    @property
    def at(self) -> Any:
        return self.pharmacy.now + timedelta(minutes=self.minutes)

    def drawer(self, herb: str, number: str = "A1", grams: int = 5_000, expires: str = "2199-01-01") -> HerbLot:
        lot = stock.receive_lot(
            self.pharmacy.centre.pk, herb=herb, number=number, grams=Decimal(grams),
            expires_on=date.fromisoformat(expires), by=self.pharmacy.people["manager"], at=self.at, rng=RNG,
        )  # fmt: skip
        self.lots[f"{herb} {number}"] = self.lots[herb] = lot
        return lot

    def pot(self, name: str, grams: int = 2_000, *, external: bool = False) -> Pot:
        self.pots[name] = stock.add_pot(
            self.pharmacy.centre.pk, name=name, grams=grams, ml=8_000, external=external,
            by=self.pharmacy.people["manager"], at=self.at, rng=RNG,
        )  # fmt: skip
        return self.pots[name]

    def prescription(self, number: str = "RX-1", **changed: Any) -> Snapshot:
        order = self.pharmacy.parsed(**{"number": number, "issued_on": city_day(self.at).isoformat()} | changed)
        signed = Signed(order.model_dump_json().encode(), "", None)
        by = self.pharmacy.people["doctor"]
        case = take(order, signed=signed, hospital_id=self.pharmacy.hospital.pk, by=by, at=self.at).case
        take_step(case.id, "approve", by=self.pharmacy.people["second"], at=self.at)
        return case

    def worker(self, who: str) -> Worker:
        by = self.pharmacy.people[who]
        centre = self.pharmacy.centre
        return Worker(by, Held(Role(by.role), by.institution_id or centre.pk, centre.path), self.at)

    def scan(self, post: Post, who: str, *texts: str) -> Answer:
        """Scan one after the other; the last answer."""
        for text in texts:
            answer = scan(post, text, opened(self.hand.sealed()), self.worker(who))
            self.hand = answer.hand
        return answer

    def refuses(self, code: str, post: Post, who: str, *texts: str) -> str:
        with pytest.raises(Refused) as refused:
            self.scan(post, who, *texts)
        assert refused.value.why.code == code, refused.value.sentence("zh")
        assert refused.value.sentence("en")
        return refused.value.sentence("zh")

    def dispensed(self, case: Snapshot) -> None:
        self.hand = Hand()
        self.scan(Post.DISPENSE, "dispenser", case.code, self.lots["黄芪"].code, "105 g", self.lots["当归"].code, "70")

    def soaking(self, case: Snapshot) -> None:
        self.dispensed(case)
        self.scan(Post.CHECK, "pharmacist", case.code, "KQ-CONFIRM")
        self.scan(Post.SOAK, "decocter", case.code)

    def state(self, case: Snapshot) -> str:
        now = snapshot(case.id)
        assert now is not None
        return now.state


@pytest.fixture
def floor(pharmacy: Pharmacy) -> Floor:
    made = Floor(pharmacy)
    made.drawer("黄芪")
    made.drawer("当归")
    made.pot("1号机")
    made.pot("2号机")
    return made


def test_a_prescription_goes_down_the_line_by_scans_alone(floor: Floor) -> None:
    case = floor.prescription()
    first = floor.scan(Post.DISPENSE, "dispenser", case.code)
    assert [(each.herb, each.grams) for each in first.herbs] == [("黄芪", Decimal(105)), ("当归", Decimal(70))]
    drawer = floor.scan(Post.DISPENSE, "dispenser", floor.lots["黄芪"].code)
    assert "105 克" in drawer.said.zh and drawer.hand.asks == "weight"
    floor.scan(Post.DISPENSE, "dispenser", "ST,GS,+ 105.25 g", floor.lots["当归"].code)
    assert floor.scan(Post.DISPENSE, "dispenser", "70.5").done
    assert floor.state(case) == "dispensed"
    sheet = floor.scan(Post.CHECK, "pharmacist", case.code)
    assert [each.weighed.grams for each in sheet.herbs if each.weighed] == [Decimal("105.25"), Decimal("70.50")]
    floor.scan(Post.CHECK, "pharmacist", "kq-confirm")
    floor.scan(Post.SOAK, "decocter", case.code)
    floor.minutes += 30
    floor.scan(Post.BOIL, "decocter", case.code, floor.pots["1号机"].code)
    assert Pot.objects.get(name="1号机").case_id == case.id
    floor.minutes += HEAT + 20
    floor.scan(Post.BOIL, "decocter", floor.pots["1号机"].code)
    assert floor.state(case) == "decocting_again"
    floor.minutes += 14
    floor.scan(Post.BOIL, "decocter", floor.pots["1号机"].code)
    assert (floor.state(case), Pot.objects.get(name="1号机").case_id) == ("drawn_off", None)
    floor.scan(Post.PACK, "decocter", case.code, "14")
    floor.scan(Post.RELEASE, "pharmacist", case.code, "KQ-CONFIRM")
    code_keys.ensure_keys(floor.at - timedelta(days=1))
    shown = cards.show_code(floor.pharmacy.patient.pk, by=the_house(), at=floor.at, rng=RNG).code
    assert floor.scan(Post.HAND_OUT, "dispenser", case.code, shown).done
    assert floor.state(case) == "handed_out"
    left = dict(HerbLot.objects.values_list("herb", "grams_left"))
    assert left == {"黄芪": Decimal("4894.75"), "当归": Decimal("4929.50")}
    assert TraceEntry.objects.filter(action="tcm.weigh", object_id=case.id).count() == 2


def test_a_drawer_that_is_wrong_is_refused(floor: Floor) -> None:
    case = floor.prescription()
    other, over, blocked, short = (
        floor.drawer("甘草"),
        floor.drawer("当归", "OLD", expires="2026-01-01"),
        floor.drawer("当归", "BAD"),
        floor.drawer("当归", "LITTLE", grams=20),
    )
    centre, manager = floor.pharmacy.centre.pk, floor.pharmacy.people["manager"]
    stock.block_lot(blocked.pk, institution_id=centre, by=manager, at=floor.at, reason="召回")
    floor.refuses("KQ-3215", Post.DISPENSE, "dispenser", other.code)
    floor.scan(Post.DISPENSE, "dispenser", case.code)
    assert "甘草" in floor.refuses("KQ-3217", Post.DISPENSE, "dispenser", other.code)
    floor.refuses("KQ-3219", Post.DISPENSE, "dispenser", over.code)
    floor.refuses("KQ-3220", Post.DISPENSE, "dispenser", blocked.code)
    floor.refuses("KQ-3221", Post.DISPENSE, "dispenser", short.code)
    floor.refuses("KQ-3216", Post.DISPENSE, "dispenser", "70")
    floor.refuses("KQ-3213", Post.DISPENSE, "dispenser", "L" + "0" * 13)
    assert not Weighing.objects.exists()


WEIGHTS = {"99.74": False, "99.75": True, "105": True, "110.25": True, "110.26": False, "0": False, "999999": False}


@pytest.mark.parametrize(("grams", "taken"), WEIGHTS.items())
def test_a_weight_lies_within_five_percent(floor: Floor, grams: str, taken: bool) -> None:
    case = floor.prescription()
    floor.scan(Post.DISPENSE, "dispenser", case.code, floor.lots["黄芪"].code)
    if taken:
        floor.scan(Post.DISPENSE, "dispenser", grams)
        assert Weighing.objects.get().grams == Decimal(grams)
    else:
        said = floor.refuses("KQ-3222", Post.DISPENSE, "dispenser", grams)
        assert "99.75" in said and "110.25" in said
        assert HerbLot.objects.get(herb="黄芪").grams_left == 5_000


def test_a_herb_is_weighed_once(floor: Floor) -> None:
    case = floor.prescription()
    floor.scan(Post.DISPENSE, "dispenser", case.code, floor.lots["黄芪"].code, "105")
    floor.refuses("KQ-3218", Post.DISPENSE, "dispenser", floor.lots["黄芪"].code)


def test_dispensing_goes_on_where_it_was_left(floor: Floor) -> None:
    case = floor.prescription()
    floor.scan(Post.DISPENSE, "dispenser", case.code, floor.lots["黄芪"].code, "105", "KQ-CLEAR")
    back = floor.scan(Post.DISPENSE, "dispenser", case.code)
    assert [each.weighed is not None for each in back.herbs] == [True, False]


def test_what_is_dispensed_anew_is_weighed_anew(floor: Floor) -> None:
    case = floor.prescription()
    floor.dispensed(case)
    take_step(case.id, "redo", by=floor.pharmacy.people["pharmacist"], at=floor.at, values={"why": "当归有虫蛀"})
    again = floor.scan(Post.DISPENSE, "dispenser", case.code)
    assert [each.weighed for each in again.herbs] == [None, None]
    floor.dispensed(case)
    assert floor.state(case) == "dispensed"
    assert sorted(Weighing.objects.values_list("round", "place")) == [(1, 0), (1, 1), (2, 0), (2, 1)]


def test_nobody_checks_what_she_weighed(floor: Floor) -> None:
    case = floor.prescription()
    floor.scan(Post.DISPENSE, "pharmacist", case.code, floor.lots["黄芪"].code, "105", floor.lots["当归"].code, "70")
    floor.scan(Post.CHECK, "pharmacist", case.code)
    floor.refuses("KQ-3201", Post.CHECK, "pharmacist", "KQ-CONFIRM")
    assert floor.scan(Post.CHECK, "second", case.code, "KQ-CONFIRM").done


def test_too_early_and_the_wrong_order_are_refused(floor: Floor) -> None:
    case = floor.prescription()
    floor.refuses("KQ-3001", Post.CHECK, "pharmacist", case.code)
    floor.refuses("KQ-3001", Post.SOAK, "decocter", case.code)
    floor.soaking(case)
    floor.minutes += 28
    floor.scan(Post.BOIL, "decocter", case.code)
    assert "2 分钟" in floor.refuses("KQ-3203", Post.BOIL, "decocter", floor.pots["1号机"].code)
    assert Pot.objects.get(name="1号机").case_id is None, "a pot that was not charged is free"
    floor.minutes += 2
    floor.scan(Post.BOIL, "decocter", floor.pots["1号机"].code)
    floor.minutes += HEAT + 19
    floor.refuses("KQ-3204", Post.BOIL, "decocter", floor.pots["1号机"].code)
    floor.refuses("KQ-3001", Post.PACK, "decocter", case.code)


def test_a_pot_that_is_wrong_is_refused(floor: Floor) -> None:
    one, two = floor.prescription(), floor.prescription("RX-2")
    for case in (one, two):
        floor.soaking(case)
    floor.minutes += 30
    small, outer, failed = floor.pot("小锅", 100), floor.pot("外用锅", external=True), floor.pot("坏锅")
    centre, manager = floor.pharmacy.centre.pk, floor.pharmacy.people["manager"]
    stock.pot_fails(failed.pk, institution_id=centre, by=manager, at=floor.at)
    floor.scan(Post.BOIL, "decocter", one.code)
    for pot, code in ((small, "KQ-3225"), (outer, "KQ-3226"), (failed, "KQ-3224")):
        floor.refuses(code, Post.BOIL, "decocter", pot.code)
    floor.refuses("KQ-3228", Post.BOIL, "decocter", floor.lots["黄芪"].code)
    floor.scan(Post.BOIL, "decocter", floor.pots["1号机"].code)
    floor.scan(Post.BOIL, "decocter", two.code)
    floor.refuses("KQ-3223", Post.BOIL, "decocter", floor.pots["1号机"].code)
    floor.scan(Post.BOIL, "decocter", floor.pots["2号机"].code)
    floor.minutes += HEAT + 20
    floor.scan(Post.BOIL, "decocter", two.code)
    assert "2号机" in floor.refuses("KQ-3227", Post.BOIL, "decocter", floor.pots["1号机"].code)
    floor.hand = Hand()
    floor.refuses("KQ-3231", Post.BOIL, "decocter", small.code)
    stock.pot_mended(failed.pk, institution_id=centre, by=manager, at=floor.at)
    assert Pot.objects.get(pk=failed.pk).failed_at is None


def test_what_is_boiled_first_and_what_is_added_last(floor: Floor) -> None:
    floor.drawer("牡蛎")
    floor.drawer("薄荷")
    herbs = [{"name": "牡蛎", "grams": 20, "handling": ["FIRST"]}, {"name": "薄荷", "grams": 5, "handling": ["LATE"]}]
    case = floor.prescription(herbs=herbs, once=True)
    floor.scan(Post.DISPENSE, "dispenser", case.code, floor.lots["牡蛎"].code, "140", floor.lots["薄荷"].code, "35")
    floor.scan(Post.CHECK, "pharmacist", case.code, "KQ-CONFIRM")
    floor.scan(Post.SOAK, "decocter", case.code)
    floor.minutes += 30
    pot = floor.pots["1号机"].code
    charged = floor.scan(Post.BOIL, "decocter", case.code, pot)
    assert "15 分钟" in charged.said.zh and [note.zh for note in charged.notes] == ["先煎：牡蛎", "后下：薄荷"]
    floor.minutes += HEAT + 14
    floor.refuses("KQ-3212", Post.BOIL, "decocter", pot)
    floor.minutes += 1
    floor.scan(Post.BOIL, "decocter", pot)  # the rest is in
    floor.minutes += 9
    floor.refuses("KQ-3209", Post.BOIL, "decocter", pot)
    floor.minutes += 3
    floor.scan(Post.BOIL, "decocter", pot)  # the last is in, 8 minutes before the end
    floor.minutes += 4
    floor.refuses("KQ-3210", Post.BOIL, "decocter", pot)
    floor.minutes += 4
    floor.scan(Post.BOIL, "decocter", pot)
    assert floor.state(case) == "drawn_off"


def test_packs_are_counted(floor: Floor) -> None:
    case = floor.prescription(once=True)
    floor.soaking(case)
    floor.minutes += 30
    floor.scan(Post.BOIL, "decocter", case.code, floor.pots["1号机"].code)
    floor.minutes += HEAT + 20
    floor.scan(Post.BOIL, "decocter", floor.pots["1号机"].code)
    floor.scan(Post.PACK, "decocter", case.code)
    assert "14" in floor.refuses("KQ-3229", Post.PACK, "decocter", "13")
    for nonsense in ("many", "-14", "1e1", "14.0"):
        floor.refuses("KQ-3213", Post.PACK, "decocter", nonsense)
    assert floor.scan(Post.PACK, "decocter", "14").done


def ready(floor: Floor, **changed: Any) -> Snapshot:
    case = floor.prescription(decoct=False, **changed)
    floor.dispensed(case)
    floor.scan(Post.CHECK, "pharmacist", case.code, "KQ-CONFIRM")
    floor.scan(Post.PACK, "dispenser", case.code, "KQ-CONFIRM")
    floor.scan(Post.RELEASE, "pharmacist", case.code, "KQ-CONFIRM")
    return case


def code_of(floor: Floor, person: Person) -> str:
    code_keys.ensure_keys(floor.at - timedelta(days=1))
    return cards.show_code(person.pk, by=the_house(), at=floor.at, rng=RNG).code


def test_who_was_two_takes_what_was_prescribed_to_either(floor: Floor) -> None:
    case = ready(floor)
    herself, daughter = cast.resident("王秀英", at=floor.at), cast.resident("女儿", at=floor.at)
    Proxy.objects.create(
        person=floor.pharmacy.patient, agent_id=daughter.pk, kind=ProxyKind.PROXY, rights=["code"], relation="2",
        starts_at=floor.at - timedelta(days=1), ends_at=floor.at + timedelta(days=9),
    )  # fmt: skip
    floor.scan(Post.HAND_OUT, "dispenser", case.code)
    floor.refuses("KQ-3230", Post.HAND_OUT, "dispenser", code_of(floor, herself))
    Person.objects.filter(pk=floor.pharmacy.patient.pk).update(status="merged", merged_into=herself)
    assert floor.scan(Post.HAND_OUT, "dispenser", code_of(floor, daughter)).hand.asks == "reason"
    floor.scan(Post.HAND_OUT, "dispenser", case.code, code_of(floor, herself))
    assert floor.state(case) == "handed_out"


def test_only_the_patient_and_who_stands_for_her_take_it(floor: Floor) -> None:
    case = ready(floor)
    neighbour, daughter = cast.resident("邻居", at=floor.at), cast.resident("女儿", at=floor.at)
    Proxy.objects.create(
        person=floor.pharmacy.patient, agent_id=daughter.pk, kind=ProxyKind.PROXY, rights=["code"], relation="2",
        starts_at=floor.at - timedelta(days=1), ends_at=floor.at + timedelta(days=9),
    )  # fmt: skip
    floor.scan(Post.HAND_OUT, "dispenser", case.code)
    floor.refuses("KQ-3230", Post.HAND_OUT, "dispenser", code_of(floor, neighbour))
    floor.refuses("KQ-3213", Post.HAND_OUT, "dispenser", "hello")
    old = code_of(floor, daughter)
    floor.minutes += 60
    with pytest.raises(Refused):
        floor.scan(Post.HAND_OUT, "dispenser", old)
    assert floor.state(case) == "ready"
    floor.scan(Post.HAND_OUT, "dispenser", code_of(floor, daughter))
    assert floor.state(case) == "ready", "the reason is asked first"
    floor.refuses("KQ-3337", Post.HAND_OUT, "dispenser", "KQ-CONFIRM")
    floor.scan(Post.HAND_OUT, "dispenser", "kq-why-walk")
    now = snapshot(case.id)
    assert now is not None and (now.state, now.facts["received_by"]) == ("handed_out", "proxy")
    assert (now.facts["receiver"], now.facts["fetch_reason"]) == (daughter.pk, "行动不便")


def test_a_courier_takes_it_along_and_delivers_it(floor: Floor) -> None:
    delivery = {"how": "courier", "receiver": "王", "phone": "13800000000", "address": "人民路1号"}
    case = ready(floor, delivery=delivery)
    floor.scan(Post.HAND_OUT, "dispenser", case.code)
    floor.refuses("KQ-3207", Post.HAND_OUT, "dispenser", code_of(floor, floor.pharmacy.patient))
    floor.scan(Post.COURIER, "courier", case.code)
    assert floor.state(case) == "on_the_way"
    floor.scan(Post.COURIER, "courier", case.code, code_of(floor, floor.pharmacy.patient))
    assert floor.state(case) == "delivered"


def test_a_prescription_of_another_pharmacy_is_not_found(floor: Floor) -> None:
    case = floor.prescription()
    other = cast.institution("2号", "decoction_centre", floor.pharmacy.centre.region)
    away = Worker(floor.pharmacy.people["dispenser"], Held(Role.DISPENSER, other.pk, other.path), floor.at)
    for text in (case.code, "K" + "0" * 13):
        with pytest.raises(Refused) as refused:
            scan(Post.DISPENSE, text, Hand(), away)
        assert refused.value.why.code in ("KQ-3214", "KQ-3213")


def test_a_hand_nobody_sealed_holds_nothing(floor: Floor) -> None:
    case = floor.prescription()
    sealed = Hand(case.id).sealed()
    assert opened(sealed) == Hand(case.id)
    for text in ("", "x", sealed[:-1], sealed + "x", "\0", "a" * 10_000):
        assert opened(text) == Hand()


@pytest.mark.parametrize(
    "text", ["", " ", "\0", "𠮷", "a" * 100_000, "K" * 14, "KQ-CONFIRM", "1" * 400, "'; --", "ＫＱ－ＣＯＮＦＩＲＭ"]
)
@pytest.mark.parametrize("post", list(Post))
def test_no_scan_breaks_a_station(floor: Floor, post: Post, text: str) -> None:
    with pytest.raises(Refused):
        scan(post, text, Hand(), floor.worker("pharmacist"))


def drawing(ink: int = 40) -> bytes:
    import io

    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (300, 200), "white")
    if ink:
        ImageDraw.Draw(picture).line((20, 20, 20 + ink * 4, 150), fill="black", width=4)
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


def test_a_courier_delivers_against_a_signature(floor: Floor) -> None:
    delivery = {"how": "courier", "receiver": "王", "phone": "13800000000", "address": "人民路1号"}
    case = ready(floor, delivery=delivery)
    floor.scan(Post.COURIER, "courier", case.code)
    asked = floor.scan(Post.COURIER, "courier", case.code)
    assert asked.hand.asks == "signature"
    for nothing in (b"", b"x", drawing(0), drawing()[:80]):
        with pytest.raises(Refused) as refused:
            scan(Post.COURIER, "KQ-SIGNED", asked.hand, replace(floor.worker("courier"), signature=nothing))
        assert refused.value.why.code == "KQ-3261"
    assert floor.state(case) == "on_the_way"
    done = scan(Post.COURIER, "KQ-SIGNED", asked.hand, replace(floor.worker("courier"), signature=drawing()))
    assert done.done and floor.state(case) == "delivered"
    (kept,) = Document.objects.filter(case_id=case.id)
    now = snapshot(case.id)
    assert kept.title == "收药人签名" and now is not None and now.facts["signature"] == kept.pk
    with pytest.raises(Refused):
        scan(Post.COURIER, "KQ-SIGNED", asked.hand, replace(floor.worker("courier"), signature=drawing()))


def test_what_is_scrapped_leaves_its_pot(floor: Floor) -> None:
    case, pot = floor.prescription(), floor.pots["1号机"]
    floor.soaking(case)
    floor.minutes += 30
    floor.scan(Post.BOIL, "decocter", case.code, pot.code)
    stock.pot_fails(pot.pk, institution_id=floor.pharmacy.centre.pk, by=floor.pharmacy.people["manager"], at=floor.at)
    take_step(case.id, "scrap", by=floor.pharmacy.people["pharmacist"], at=floor.at, values={"why": "机器故障"})
    deliver_due(floor.at)
    assert Pot.objects.get(pk=pot.pk).case_id is None
    floor.soaking(case)
    floor.minutes += 30
    floor.scan(Post.BOIL, "decocter", case.code, floor.pots["2号机"].code)
    on_scrapped(Heard(1, "tcm.prescription.scrapped", case.id, 1, None, case.institution_id, {}, {}, floor.at))
    assert Pot.objects.get(name="2号机").case_id == case.id  # told late, it does not empty the new pot
