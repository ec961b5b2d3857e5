"""What a scan does at a station: prescriptions, drawers, pots, weights, people, commands, each understood by what it is.

``scan`` is the whole of a station: text in, answer out. Whoever works there needs no mouse and no key.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction

from kangqu.kernel.access.viewer import Held
from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import Refused, Words
from kangqu.kernel.cases.documents import add_document
from kangqu.kernel.cases.opening import LETTER as CASE
from kangqu.kernel.cases.programme import Programme
from kangqu.kernel.cases.refusals import WRONG_STATE
from kangqu.kernel.cases.registry import programme as programme_of
from kangqu.kernel.cases.snapshot import Snapshot, snapshot, snapshot_coded
from kangqu.kernel.cases.steps import take_step
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.tcm_pharmacy import programme
from kangqu.systems.tcm_pharmacy import refusals as no
from kangqu.systems.tcm_pharmacy.line import boiling, weighing
from kangqu.systems.tcm_pharmacy.line.at_hand import lot_of, prescription_of
from kangqu.systems.tcm_pharmacy.line.hand import Hand, Post
from kangqu.systems.tcm_pharmacy.line.receivers import REASONS, Receiver, noted_in, receives
from kangqu.systems.tcm_pharmacy.line.signing import is_drawn
from kangqu.systems.tcm_pharmacy.line.stock import LOT, POT
from kangqu.systems.tcm_pharmacy.line.weighing import ToWeigh
from kangqu.systems.tcm_pharmacy.models import HerbLot, Pot, Prescription

OK: Final = "KQ-CONFIRM"
CLEAR: Final = "KQ-CLEAR"
SIGNED: Final = "KQ-SIGNED"
_NUMBER: Final = re.compile(r"\d{1,6}(\.\d{1,3})?")
_WEIGHT: Final = re.compile(r"(?:ST,GS,?)?\+?\s*(\d{1,6}(?:\.\d{1,3})?)\s*(?:G|克)")


@dataclass(frozen=True, slots=True)
class Worker:
    """Who scans: as which actor, under which post of hers, when; ``signature`` is a picture drawn on her phone (PNG)."""

    by: Actor
    held: Held
    at: datetime
    signature: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the station says: large words, what is in hand now, what it waits for, and what is to be seen of it."""

    said: Words
    hand: Hand
    case: Snapshot | None = None
    prescription: Prescription | None = None
    herbs: tuple[ToWeigh, ...] = ()
    done: bool = False
    notes: tuple[Words, ...] = field(default=())


def scan(post: Post, text: str, hand: Hand, worker: Worker) -> Answer:
    """Do what ``text`` means at ``post`` with what is in ``hand``, or raise ``Refused`` with nothing done."""
    text = " ".join(unicodedata.normalize("NFKC", text[:2_000]).split())
    if text.upper() == CLEAR:
        return Answer(Words("已清空，请扫处方。", "Cleared: scan a prescription."), Hand())
    if (code := read_code(text, CASE)) is not None:
        return _prescription(post, code, worker)
    if not hand.case_id and post is not Post.BOIL:
        raise Refused(no.PRESCRIPTION_FIRST if _known(text) else no.NOT_A_CODE)
    return _SECOND[post](text, hand, worker)


def _known(text: str) -> bool:
    codes = any(read_code(text, letter) for letter in (LOT, POT))
    return codes or text.upper() == OK or _NUMBER.fullmatch(text) is not None


def held_case(hand: Hand, worker: Worker) -> tuple[Snapshot, Prescription]:
    """The prescription in hand, as it is now, if it is at the worker's pharmacy."""
    case = _here(snapshot(hand.case_id), worker)
    return case, prescription_of(case.id)


def _here(case: Snapshot | None, worker: Worker) -> Snapshot:
    if case is None or case.programme != programme.CODE or case.institution_id != worker.held.institution_id:
        raise Refused(no.NOT_HERE)
    return case


def _prescription(post: Post, code: str, worker: Worker) -> Answer:
    case = _here(snapshot_coded(code), worker)
    _stands_for(post, case)
    return _FIRST[post](case, prescription_of(case.id), worker)


_AT: Final = {
    Post.DISPENSE: ("released",),
    Post.CHECK: ("dispensed",),
    Post.SOAK: ("checked",),
    Post.BOIL: ("soaking", "decocting", "decocting_again"),
    Post.PACK: ("drawn_off", "checked"),
    Post.RELEASE: ("packed",),
    Post.HAND_OUT: ("ready",),
    Post.COURIER: ("ready", "on_the_way"),
}


def _stands_for(post: Post, case: Snapshot) -> None:
    if case.state not in _AT[post]:
        here = _of(case).state(case.state)
        raise Refused(WRONG_STATE, state=Words(here.title, here.title_en))


def _of(case: Snapshot) -> Programme:
    return programme_of(case.programme, case.version)


def step(case: Snapshot, name: str, worker: Worker, **facts: Any) -> Snapshot:
    """Take a step of the line for the worker; the case as it is then."""
    take_step(case.id, name, by=worker.by, at=worker.at, facts=facts, desk=True)
    now = snapshot(case.id)
    assert now is not None
    return now


def _done(case: Snapshot, kept: Prescription, said: Words, *notes: Words) -> Answer:
    return Answer(said, Hand(), case, kept, done=True, notes=notes)


def _lot(text: str, worker: Worker) -> HerbLot | None:
    code = read_code(text, LOT)
    if code is None:
        return None
    lot = lot_of(worker.held.institution_id, code=code)
    if lot is None:
        raise Refused(no.NOT_A_CODE)
    return lot


# Dispensing: prescription, then drawer and weight for each herb.


def _begin_dispensing(case: Snapshot, kept: Prescription, worker: Worker) -> Answer:
    _, herbs = weighing.sheet(case, kept, worker.at)
    return _next_herb(case, kept, herbs, Words("请扫药斗。", "Scan a drawer."))


def _dispense(text: str, hand: Hand, worker: Worker) -> Answer:
    case, kept = held_case(hand, worker)
    _stands_for(Post.DISPENSE, case)
    if (lot := _lot(text, worker)) is not None:
        _, herbs = weighing.sheet(case, kept, worker.at)
        each = weighing.wanted(herbs, lot.herb)
        weighing.may_dispense(lot, each, worker.at)
        asked = weighing.plain(each.grams)
        said = Words(f"{lot.herb} {asked} 克，请称量。", f"{lot.herb}: weigh {asked} g.")
        return Answer(said, Hand(case.id, lot.pk, "weight"), case, kept, tuple(herbs))
    grams = _grams(text)
    lot = lot_of(worker.held.institution_id, lot_id=hand.lot_id) if hand.lot_id else None
    if lot is None:
        raise Refused(no.LOT_FIRST)
    herbs = weighing.weigh(case, kept, lot, grams, by=worker.by, at=worker.at)
    if all(each.weighed is not None for each in herbs):
        if weighing.recalled(herbs):
            said = Words("其中有召回的批次，请整张重称。", "Something of it was recalled: weigh all of it anew.")
            return Answer(said, Hand(), case, kept, tuple(herbs))
        case = step(case, "dispense", worker, recalled=None)
        return replace(
            _done(case, kept, Words("全部称好，请送复核。", "All weighed: pass it on to be checked.")),
            herbs=tuple(herbs),
        )
    return _next_herb(case, kept, herbs, Words(f"{lot.herb}已称好。", f"{lot.herb} is weighed."))


def _next_herb(case: Snapshot, kept: Prescription, herbs: list[ToWeigh], said: Words) -> Answer:
    return Answer(said, Hand(case.id, asks="lot"), case, kept, tuple(herbs))


def _grams(text: str) -> Decimal:
    """A scale's line (``ST,GS,+  70.25 g``) or a plain number."""
    found = _WEIGHT.fullmatch(text.upper())
    if found is None and _NUMBER.fullmatch(text) is None:
        raise Refused(no.NOT_A_CODE)
    return Decimal(found[1] if found is not None else text)


# Stations where the prescription is followed by one yes.


def _show_weighed(case: Snapshot, kept: Prescription, worker: Worker) -> Answer:
    said = Words("逐味核对，无误扫“确认”。", "Compare herb by herb, then scan “confirm”.")
    return Answer(said, Hand(case.id, asks="ok"), case, kept, _weighed(case, kept, worker))


def _weighed(case: Snapshot, kept: Prescription, worker: Worker) -> tuple[ToWeigh, ...]:
    return tuple(weighing.sheet(case, kept, worker.at)[1])


def _check(text: str, hand: Hand, worker: Worker) -> Answer:
    case, kept = held_case(hand, worker)
    _says_yes(text)
    case = step(case, "check", worker)
    if case.facts.get("decocted"):
        return _done(case, kept, Words("复核通过，请送浸泡。", "Checked: pass it on to be soaked."))
    return _done(case, kept, Words("复核通过，请送包装。", "Checked: pass it on to be packed."))


def _soak(case: Snapshot, kept: Prescription, worker: Worker) -> Answer:
    case = step(case, "soak", worker)
    least = round(float(case.facts["soak_minutes"]))
    return _done(case, kept, Words(f"开始浸泡，至少 {least} 分钟。", f"Soaking: at least {least} minutes."))


def _ask_to_pass(case: Snapshot, kept: Prescription, worker: Worker) -> Answer:
    said = Words("看标签、袋数、封口，合格扫“确认”。", "Look at labels, packs and seals, then scan “confirm”.")
    return Answer(said, Hand(case.id, asks="ok"), case, kept, _weighed(case, kept, worker))


def _pass(text: str, hand: Hand, worker: Worker) -> Answer:
    case, kept = held_case(hand, worker)
    _says_yes(text)
    return _done(step(case, "release_bags", worker), kept, Words("已放行。", "Passed."))


def _says_yes(text: str) -> None:
    if text.upper() != OK:
        raise Refused(no.NOT_A_CODE)


# Boiling: prescription and pot, or the pot alone once something is in it.


def _ask_pot(case: Snapshot, kept: Prescription, worker: Worker) -> Answer:
    said = Words("请扫锅上的条码。", "Scan the pot.")
    return Answer(said, Hand(case.id, asks="pot"), case, kept, notes=boiling.notes(kept))


def _boil(text: str, hand: Hand, worker: Worker) -> Answer:
    code = read_code(text, POT)
    pot = Pot.objects.filter(code=code or "", institution_id=worker.held.institution_id).first()
    if pot is None:
        raise Refused(no.POT_FIRST if hand.case_id else no.NOT_A_CODE)
    if not hand.case_id and pot.case_id is None:
        raise Refused(no.POT_EMPTY, pot=pot.name)
    case, kept = held_case(Hand(hand.case_id or pot.case_id or 0), worker)
    _stands_for(Post.BOIL, case)
    said = boiling.at_the_pot(case, kept, pot, by=worker.by, at=worker.at)
    now = snapshot(case.id)
    return replace(_done(now or case, kept, said), notes=boiling.notes(kept))


# Packing: prescription and the number of packs counted.


def _ask_packs(case: Snapshot, kept: Prescription, worker: Worker) -> Answer:
    if not case.facts.get("decocted"):
        said = Words("按剂分包好，扫“确认”。", "Pack it dose by dose, then scan “confirm”.")
        return Answer(said, Hand(case.id, asks="ok"), case, kept)
    said = Words("请输入或扫出实际袋数。", "Scan or enter the number of packs.")
    return Answer(said, Hand(case.id, asks="packs"), case, kept)


def _pack(text: str, hand: Hand, worker: Worker) -> Answer:
    case, kept = held_case(hand, worker)
    if not case.facts.get("decocted"):
        _says_yes(text)
        return _done(
            step(case, "pack", worker), kept, Words("已包装，请送质检。", "Packed: pass it on to be looked at.")
        )
    if not text.isdecimal() or len(text) > 4:
        raise Refused(no.NOT_A_CODE)
    wanted = int(case.facts["packs"])
    if int(text) != wanted:
        raise Refused(no.PACKS_WRONG, wanted=wanted, packs=int(text))
    case = step(case, "pack", worker, packed=wanted)
    return _done(
        case, kept, Words(f"{wanted} 袋，已包装，请送质检。", f"{wanted} packs: pass them on to be looked at.")
    )


# Handing out: prescription and whoever stands there; delivering: out of the door, and at the other one.


def _ask_person(case: Snapshot, kept: Prescription, worker: Worker) -> Answer:
    said = Words("请扫取药人的健康码或卡。", "Scan the code or card of whoever fetches it.")
    return Answer(said, Hand(case.id, asks="person"), case, kept)


def _hand_out(text: str, hand: Hand, worker: Worker) -> Answer:
    case, kept = held_case(hand, worker)
    _stands_for(Post.HAND_OUT, case)
    if hand.asks == "reason":
        if (why := REASONS.get(text.upper())) is None:
            raise Refused(no.REASON_FIRST)
        return _handed_out(case, kept, noted_in(hand.receiver, at=worker.at), worker, fetch_reason=why.zh)
    who = receives(text, kept.person_id, at=worker.at)
    if who.needs_reason:
        said = Words("请核对本人或证件，再扫代取原因。", "Check the person or document, then scan the reason.")
        return Answer(said, Hand(case.id, asks="reason", receiver=who.noted()), case, kept)
    return _handed_out(case, kept, who, worker)


def _handed_out(case: Snapshot, kept: Prescription, who: Receiver, worker: Worker, **why: str) -> Answer:
    return _done(_received(case, "hand_out", who, worker, **why), kept, Words("已发药。", "Handed out."))


def _received(case: Snapshot, name: str, who: Receiver, worker: Worker, **why: str) -> Snapshot:
    """Take the step and spend the code that was shown for it, or neither."""
    with transaction.atomic():
        who.spend_code(institution_id=worker.held.institution_id, at=worker.at)
        return step(
            case, name, worker, received_by=who.relation, receiver=who.person_id, receiver_showed=who.shown, **why
        )


def _courier(case: Snapshot, kept: Prescription, worker: Worker) -> Answer:
    if case.state == "ready":
        return _done(step(case, "take_along", worker), kept, Words("已装车。", "Taken along."))
    said = Words("请收药人签名，或扫她的健康码。", "Have it signed for, or scan the receiver's code.")
    return Answer(said, Hand(case.id, asks="signature"), case, kept)


def _deliver(text: str, hand: Hand, worker: Worker) -> Answer:
    case, kept = held_case(hand, worker)
    _stands_for(Post.COURIER, case)
    if text.upper() == SIGNED:
        case = signed_for(case, worker)
        return _done(case, kept, Words("已签收。", "Signed for."))
    who = receives(text, kept.person_id, at=worker.at)
    case = _received(case, "deliver", who, worker)
    return _done(case, kept, Words("已送达。", "Delivered."))


def signed_for(case: Snapshot, worker: Worker) -> Snapshot:
    """Deliver against a signature: the picture is kept with the case, and the step taken, or neither."""
    if not is_drawn(worker.signature):
        raise Refused(no.NOT_SIGNED)
    with transaction.atomic():
        kept = add_document(case.id, worker.signature, title="收药人签名", by=worker.by, at=worker.at)
        return step(case, "deliver", worker, received_by="signature", signature=kept.pk)


_First = Callable[[Snapshot, Prescription, Worker], Answer]
_FIRST: Final[dict[Post, _First]] = {
    Post.DISPENSE: _begin_dispensing,
    Post.CHECK: _show_weighed,
    Post.SOAK: _soak,
    Post.BOIL: _ask_pot,
    Post.PACK: _ask_packs,
    Post.RELEASE: _ask_to_pass,
    Post.HAND_OUT: _ask_person,
    Post.COURIER: _courier,
}


def _nothing_more(text: str, hand: Hand, worker: Worker) -> Answer:
    raise Refused(no.NOT_A_CODE)


_SECOND: Final[dict[Post, Callable[[str, Hand, Worker], Answer]]] = {
    Post.DISPENSE: _dispense,
    Post.CHECK: _check,
    Post.SOAK: _nothing_more,
    Post.BOIL: _boil,
    Post.PACK: _pack,
    Post.RELEASE: _pass,
    Post.HAND_OUT: _hand_out,
    Post.COURIER: _deliver,
}
