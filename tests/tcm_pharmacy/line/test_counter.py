"""At the counter: a code shown now hands out once; a card, an identity card or another person with a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.snapshot import Snapshot, snapshot
from kangqu.kernel.people.codes import actions as cards
from kangqu.kernel.people.codes import keys as code_keys
from kangqu.kernel.people.codes.models import CardKind, CodeUse
from kangqu.kernel.people.codes.scanning import read_scan
from kangqu.kernel.people.codes.spending import Spent, spend
from kangqu.kernel.people.models import Proxy, ProxyKind
from kangqu.kernel.trace.actor import the_house
from kangqu.systems.tcm_pharmacy.line.hand import Hand, Post
from kangqu.systems.tcm_pharmacy.line.stations import scan
from tests.access import cast
from tests.cases.test_at_once import all_at_once
from tests.tcm_pharmacy.cast import ID_NUMBER, Pharmacy
from tests.tcm_pharmacy.line.test_stations import RNG, Floor, code_of, ready
from tests.tcm_pharmacy.line.test_stations import floor as floor
from tests.tcm_pharmacy.store.test_store import browser


def facts(case: Snapshot) -> dict[str, Any]:
    now = snapshot(case.id)
    assert now is not None
    return dict(now.facts)


def paper_card(floor: Floor) -> str:
    code_keys.ensure_keys(floor.at - timedelta(days=1))
    patient = floor.pharmacy.patient.pk
    try:
        card = cards.card_of(patient, CardKind.PAPER)
    except Refused:
        card = cards.issue_card(patient, CardKind.PAPER, by=the_house(), at=floor.at, rng=RNG)
    return cards.paper_code(card, at=floor.at).code


def test_a_live_code_hands_out_once(floor: Floor) -> None:
    first, second = ready(floor, number="RX-1"), ready(floor, number="RX-2")
    code = code_of(floor, floor.pharmacy.patient)
    floor.scan(Post.HAND_OUT, "dispenser", first.code, code)
    assert (facts(first)["received_by"], facts(first)["receiver_showed"]) == ("self", "live")
    floor.scan(Post.HAND_OUT, "dispenser", second.code)
    floor.refuses("KQ-3336", Post.HAND_OUT, "dispenser", code)
    assert floor.state(second) == "ready"
    floor.minutes += 1
    assert floor.scan(Post.HAND_OUT, "dispenser", code_of(floor, floor.pharmacy.patient)).done


def test_a_code_that_is_refused_is_not_spent(floor: Floor) -> None:
    delivery = {"how": "courier", "receiver": "王", "phone": "13800000000", "address": "人民路1号"}
    parcel, case = ready(floor, number="RX-1", delivery=delivery), ready(floor, number="RX-2")
    code = code_of(floor, floor.pharmacy.patient)
    floor.scan(Post.HAND_OUT, "dispenser", parcel.code)
    floor.refuses("KQ-3207", Post.HAND_OUT, "dispenser", code)
    assert floor.scan(Post.HAND_OUT, "dispenser", case.code, code).done


def test_a_code_just_shown_elsewhere_hands_nothing_out(floor: Floor) -> None:
    case = ready(floor)
    code = code_of(floor, floor.pharmacy.patient)
    reading = read_scan(code, at=floor.at, now=floor.at)
    assert reading.handle is not None and reading.issued_at is not None
    CodeUse.objects.create(
        issued_at=reading.issued_at, handle=reading.handle, place_id=1, at=floor.at,
        institution_id=floor.pharmacy.elsewhere.pk,
    )  # fmt: skip
    floor.scan(Post.HAND_OUT, "dispenser", case.code)
    floor.refuses("KQ-1810", Post.HAND_OUT, "dispenser", code)
    floor.minutes += 1.1
    assert floor.scan(Post.HAND_OUT, "dispenser", code).done, "verified before, and not within the minute"


def test_without_a_phone_her_card_or_her_identity_card_and_why(floor: Floor) -> None:
    for number, shown, kind in (("RX-1", paper_card(floor), "card"), ("RX-2", ID_NUMBER, "document")):
        case = ready(floor, number=number)
        floor.hand = Hand()
        assert floor.scan(Post.HAND_OUT, "dispenser", case.code, shown).hand.asks == "reason"
        floor.scan(Post.HAND_OUT, "dispenser", "KQ-WHY-PHONE")
        told = facts(case)
        assert (told["received_by"], told["receiver_showed"], told["fetch_reason"]) == ("self", kind, "没有手机")
    again = ready(floor, number="RX-3")
    floor.scan(Post.HAND_OUT, "dispenser", again.code, paper_card(floor), "KQ-WHY-PHONE")
    assert floor.state(again) == "handed_out", "a card is printed once and shown often"


def test_a_strangers_identity_card_takes_nothing(floor: Floor) -> None:
    case = ready(floor)
    floor.scan(Post.HAND_OUT, "dispenser", case.code)
    for number in ("370303199001011234", "37030319900101123x", "𠮷" * 18, "0" * 200):
        with pytest.raises(Refused):
            floor.scan(Post.HAND_OUT, "dispenser", number)
    assert floor.state(case) == "ready"


def test_a_reason_comes_at_once_or_everything_is_scanned_again(floor: Floor) -> None:
    case = ready(floor)
    floor.scan(Post.HAND_OUT, "dispenser", case.code, ID_NUMBER)
    floor.minutes += 6
    floor.refuses("KQ-3338", Post.HAND_OUT, "dispenser", "KQ-WHY-PHONE")
    floor.hand = Hand(case.id, asks="reason")
    floor.refuses("KQ-3338", Post.HAND_OUT, "dispenser", "KQ-WHY-PHONE")
    floor.hand = Hand(case.id, asks="person")
    floor.refuses("KQ-3213", Post.HAND_OUT, "dispenser", "KQ-WHY-PHONE")


def test_the_reason_is_asked_by_buttons_too(floor: Floor) -> None:
    case = ready(floor)
    client = browser(floor.pharmacy, "dispenser")

    def sent(scanned: str, hand: str = "") -> str:
        return client.post("/c/tcm/line/hand_out", {"scan": scanned, "hand": hand}).content.decode()

    def hand_in(page: str) -> str:
        return page.split('name="hand" value="')[1].split('"')[0]

    asked = sent(ID_NUMBER, hand_in(sent(case.code)))
    assert 'value="KQ-WHY-PHONE"' in asked and "没有手机" in asked and ID_NUMBER not in asked
    sent("KQ-WHY-PHONE", hand_in(asked))
    assert floor.state(case) == "handed_out"


def at_two_counters(floor: Floor, cases: list[Snapshot], text: str, hand: Callable[[Snapshot], Hand]) -> dict[str, int]:
    worker = floor.worker("dispenser")

    def hands_out(case: Snapshot) -> Callable[[], object]:
        return lambda: scan(Post.HAND_OUT, text, hand(case), worker).done

    return dict(all_at_once([hands_out(case) for case in cases]))


@pytest.mark.django_db(transaction=True)
def test_of_two_counters_at_once_one_hands_out(pharmacy: Pharmacy) -> None:
    floor = Floor(pharmacy)
    floor.drawer("黄芪")
    floor.drawer("当归")
    cases = [ready(floor, number=f"RX-{number}") for number in range(4)]
    code = code_of(floor, pharmacy.patient)
    came = at_two_counters(floor, cases, code, lambda case: Hand(case.id, asks="person"))
    assert came == {"True": 1, "tcm_code_spent": 3}
    assert sorted(floor.state(case) for case in cases) == ["handed_out", "ready", "ready", "ready"]
    left = [case for case in cases if floor.state(case) == "ready"]
    daughter = cast.resident("女儿", at=floor.at)
    Proxy.objects.create(
        person=pharmacy.patient, agent_id=daughter.pk, kind=ProxyKind.PROXY, rights=[], relation="2",
        starts_at=floor.at - timedelta(days=1), ends_at=floor.at + timedelta(days=9),
    )  # fmt: skip
    shown = code_of(floor, daughter)
    held = {case.id: floor.scan(Post.HAND_OUT, "dispenser", case.code, shown).hand for case in left}
    came = at_two_counters(floor, left, "KQ-WHY-WALK", lambda case: held[case.id])
    assert came == {"True": 1, "tcm_code_spent": 2}, "spent when the medicine goes over the counter"


@pytest.mark.django_db
def test_a_code_is_spent_by_its_own_row_of_use(nine: Any) -> None:
    def spends(institution: int, minutes: int) -> Spent:
        return spend(handle=7, issued_at=nine, institution_id=institution, at=nine + timedelta(minutes=minutes))

    CodeUse.objects.create(issued_at=nine, handle=7, place_id=1, institution_id=5, at=nine)
    assert spends(5, 0) is Spent.NOW
    assert [spends(5, 1), spends(6, 9)] == [Spent.BEFORE, Spent.BEFORE]
    row = CodeUse.objects.get()
    assert (row.uses, row.previous_institution_id, row.spent_at) == (2, 5, nine)
