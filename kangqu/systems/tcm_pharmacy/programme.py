"""The way of a prescription, from the hospital's signature to the patient's door (``domain/tcm.md`` §2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases.forms import Choice, Form, Option, Text
from kangqu.kernel.cases.programme import (
    Deadline,
    PolicyMinutes,
    Programme,
    RollBack,
    State,
    Step,
    Tier,
)
from kangqu.kernel.cases.registry import declare
from kangqu.systems.tcm_pharmacy import guards
from kangqu.systems.tcm_pharmacy.policy import POLICIES

CODE: Final = "tcm_prescription"
PHARMACIST: Final = frozenset({Role.PHARMACIST})
DISPENSER: Final = frozenset({Role.DISPENSER, Role.PHARMACIST})
DECOCTION: Final = frozenset({Role.DECOCTION_WORKER})
MANAGER: Final = frozenset({Role.PHARMACY_MANAGER})
COUNTER: Final = frozenset({Role.DISPENSER, Role.PHARMACIST, Role.DECOCTION_WORKER})
COURIER: Final = frozenset({Role.COURIER})
PRESCRIBES: Final = frozenset({Role.DOCTOR, Role.VILLAGE_DOCTOR, Role.FAMILY_DOCTOR})
HOSPITAL: Final = PRESCRIBES | {Role.SYSTEM}

_SOON: Final = (
    Tier(timedelta(0), Role.PHARMACY_MANAGER),
    Tier(timedelta(hours=2), Role.COMMISSION_OFFICER, levels_up=9),
)
PROMISE: Final = "promised_at"
TURNS: Final = "_turns"


def _due(policy: str, head_start: timedelta = timedelta(0)) -> Deadline:
    within = PolicyMinutes(POLICIES, f"tcm.line.{policy}")
    return Deadline(within=within, tiers=_SOON, head_start=head_start, turns=TURNS)


_BY_PROMISE: Final = Deadline(fact=PROMISE, within=PolicyMinutes(POLICIES, "tcm.line.whole"), tiers=_SOON, turns=TURNS)

RETURN: Final = Form(
    fields=(
        Choice(
            name="ground",
            label="退回理由",
            label_en="Ground",
            options=(
                Option("incompatible", "配伍禁忌", "Incompatible herbs"),
                Option("dose", "剂量不当", "Dose"),
                Option("pregnancy", "妊娠禁忌", "Pregnancy"),
                Option("toxic", "毒性药品用量或权限", "Toxic herb: quantity or right to prescribe"),
                Option("handling", "特殊煎法未注明", "Handling not stated"),
                Option("unclear", "药名不清", "Unclear name"),
                Option("validity", "过期或超时限", "Validity or supply"),
                Option("out_of_stock", "缺药", "Out of stock"),
                Option("other", "其他", "Other"),
            ),
        ),
        Text(name="reason", label="具体说明", label_en="In words", max_length=300, multiline=True),
    )
)
ACKNOWLEDGE: Final = Form(
    fields=(Text(name="opinion", label="审核意见", label_en="Opinion", max_length=300, multiline=True, required=False),)
)
WHY: Final = Form(fields=(Text(name="why", label="原因", label_en="Why", max_length=300, multiline=True),))

PRESCRIPTION: Final = declare(
    Programme(
        code=CODE,
        title="中药处方",
        title_en="TCM prescription",
        first="received",
        final=frozenset({"returned", "void", "handed_out", "delivered"}),
        shown_to_person=True,
        sees=MANAGER | PRESCRIBES | {Role.INSPECTOR, Role.COMMISSION_OFFICER, Role.SYSTEM},
        states=(
            State(code="received", title="待审方", title_en="To be reviewed", deadline=_due("review")),
            State(code="second_signature", title="待双签", title_en="Awaiting a second signature", deadline=_due("review")),
            State(code="released", title="待调配", title_en="To be dispensed", deadline=_BY_PROMISE),
            State(code="dispensed", title="待复核", title_en="To be checked", deadline=_BY_PROMISE),
            State(code="checked", title="已复核", title_en="Checked", deadline=_BY_PROMISE),
            State(code="soaking", title="浸泡中", title_en="Soaking", deadline=_BY_PROMISE),
            State(code="decocting", title="头煎", title_en="First decoction", deadline=_BY_PROMISE),
            State(code="decocting_again", title="二煎", title_en="Second decoction", deadline=_BY_PROMISE),
            State(code="drawn_off", title="已出药液", title_en="Drawn off", deadline=_BY_PROMISE),
            State(code="packed", title="已包装", title_en="Packed", deadline=_BY_PROMISE),
            State(code="ready", title="待发放", title_en="Ready", deadline=_BY_PROMISE),
            State(code="on_the_way", title="配送中", title_en="On the way", deadline=_BY_PROMISE),
            State(code="handed_out", title="已取药", title_en="Handed out"),
            State(code="delivered", title="已送达", title_en="Delivered"),
            State(code="returned", title="已退回医生", title_en="Returned to the doctor"),
            State(code="void", title="已作废", title_en="Void"),
        ),
        steps=(
            Step(
                code="approve", title="审核通过", title_en="Approve", who="reviewer", sources=("received",), target="released",
                roles=PHARMACIST, form=ACKNOWLEDGE, emits=("tcm.prescription.released",),
                guards=(guards.LICENSED, guards.NOT_OWN, guards.IN_TIME, guards.NO_BLOCK, guards.ONE_IS_ENOUGH),
            ),
            Step(
                code="first_sign", title="第一签", title_en="First signature", who="first_signer", sources=("received",),
                target="second_signature", roles=PHARMACIST, form=WHY,
                guards=(guards.LICENSED, guards.NOT_OWN, guards.IN_TIME, guards.NO_BLOCK, guards.TWO_ARE_NEEDED),
            ),
            Step(
                code="second_sign", title="第二签", title_en="Second signature", who="reviewer", sources=("second_signature",),
                target="released", roles=PHARMACIST, form=ACKNOWLEDGE, emits=("tcm.prescription.released",),
                guards=(guards.LICENSED, guards.NOT_OWN, guards.IN_TIME, guards.ANOTHER_SIGNS),
            ),
            Step(
                code="return_to_doctor", title="退回医生", title_en="Return to the doctor",
                sources=("received", "second_signature", "released"), target="returned", roles=PHARMACIST,
                form=RETURN, emits=("tcm.prescription.returned",),
            ),
            Step(
                code="withdraw", title="作废", title_en="Withdraw", sources=("received", "second_signature", "released"),
                target="void", roles=HOSPITAL, form=WHY, grave=True, emits=("tcm.prescription.void",),
            ),
            Step(
                code="dispense", title="调配", title_en="Dispense", who="dispenser", sources=("released",), target="dispensed",
                roles=DISPENSER, desk=True,
            ),
            Step(
                code="check", title="复核", title_en="Check", who="checker", sources=("dispensed",), target="checked", roles=PHARMACIST,
                desk=True, guards=(guards.NOT_RECALLED, guards.NOT_THE_DISPENSER,),
            ),
            Step(
                code="redo", title="退回重配", title_en="Dispense again", sources=("dispensed",), target="released",
                roles=PHARMACIST, form=WHY,
            ),
            Step(
                code="soak", title="浸泡", title_en="Soak", when="soak_from", sources=("checked",), target="soaking", roles=DECOCTION,
                desk=True, guards=(guards.NOT_RECALLED, guards.IS_DECOCTED,),
            ),
            Step(
                code="boil", title="开始煎煮", title_en="Begin to boil", when="boil_from", sources=("soaking",), target="decocting",
                roles=DECOCTION, desk=True, guards=(guards.NOT_RECALLED, guards.SOAKED,),
            ),
            Step(
                code="add_rest", title="加入其余药", title_en="Add the rest", when="rest_from", sources=("decocting",),
                target="decocting", roles=DECOCTION, desk=True, guards=(guards.HAS_FIRST, guards.FIRST_BOILED),
            ),
            Step(
                code="add_late", title="加入后下药", title_en="Add the last", when="late_from", sources=("decocting",),
                target="decocting", roles=DECOCTION, desk=True, guards=(guards.REST_ADDED, guards.LATE_IN_TIME),
            ),
            Step(
                code="boil_again", title="二煎", title_en="Boil again", when="boil_again_from", sources=("decocting",), target="decocting_again",
                roles=DECOCTION, desk=True, guards=(guards.NOT_RECALLED, guards.REST_ADDED, guards.LATE_BOILED, guards.BOILED),
            ),
            Step(
                code="draw_off", title="出药液", title_en="Draw off", sources=("decocting", "decocting_again"),
                target="drawn_off", roles=DECOCTION, desk=True,
                guards=(
                    guards.NOT_RECALLED, guards.REST_ADDED, guards.LATE_BOILED, guards.BOILED, guards.TWICE_IF_ORDERED,
                ),
            ),
            Step(
                code="pack", title="包装", title_en="Pack", sources=("drawn_off", "checked"), target="packed",
                roles=DECOCTION | DISPENSER, desk=True, guards=(guards.NOT_RECALLED, guards.NOTHING_LEFT_TO_BOIL,),
            ),
            Step(
                code="release_bags", title="质检放行", title_en="Pass", sources=("packed",), target="ready",
                roles=PHARMACIST, desk=True, emits=("tcm.prescription.ready",), guards=(guards.NOT_RECALLED,),
            ),
            Step(
                code="scrap", title="报废重做", title_en="Scrap and make anew",
                sources=(
                    "dispensed", "checked", "soaking", "decocting", "decocting_again", "drawn_off", "packed", "ready",
                ), target="released",
                roles=PHARMACIST | MANAGER, form=WHY, grave=True, emits=("tcm.prescription.scrapped",),
            ),
            Step(
                code="hand_out", title="窗口发药", title_en="Hand out", sources=("ready",), target="handed_out",
                roles=COUNTER, desk=True, emits=("tcm.prescription.delivered",), guards=(guards.NOT_RECALLED, guards.IS_FETCHED,),
            ),
            Step(
                code="take_along", title="交快递员", title_en="Take along", sources=("ready",), target="on_the_way",
                roles=COURIER, desk=True, emits=("tcm.prescription.on_the_way",), guards=(guards.NOT_RECALLED, guards.IS_DELIVERED,),
            ),
            Step(
                code="bring_back", title="未送达带回", title_en="Bring back", sources=("on_the_way",), target="ready",
                roles=COURIER, form=WHY,
            ),
            Step(
                code="deliver", title="送达", title_en="Deliver", sources=("on_the_way",), target="delivered",
                roles=COURIER, desk=True, emits=("tcm.prescription.delivered",), guards=(guards.NOT_RECALLED,),
            ),
        ),
        emits=frozenset(
            {
                "tcm.prescription.released", "tcm.prescription.returned", "tcm.prescription.void",
                "tcm.prescription.ready", "tcm.prescription.scrapped", "tcm.prescription.on_the_way",
                "tcm.prescription.delivered",
            }
        ),
        roll_back=RollBack(roles=MANAGER, states=frozenset({"dispensed", "soaking"})),
        page="tcm-prescription",
        own_page="tcm-own",
    )
)  # fmt: skip
