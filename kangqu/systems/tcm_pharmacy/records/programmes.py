"""The pharmacy's records as programmes (``domain/tcm.md`` §1: DC13–DC20). Where no national number was found the deadline
is a policy with its mark."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Final

from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases.forms import Choice, Equals, Form, Number, OneOf, Option, Text, Whole, YesNo
from kangqu.kernel.cases.programme import Deadline, PolicyMinutes, Programme, State, Step, Tier
from kangqu.kernel.cases.registry import declare
from kangqu.systems.tcm_pharmacy.policy import POLICIES
from kangqu.systems.tcm_pharmacy.records.fields import prescription_code, words

WORKERS: Final = frozenset({Role.DECOCTION_WORKER})
PHARMACISTS: Final = frozenset({Role.PHARMACIST})
MANAGERS: Final = frozenset({Role.PHARMACY_MANAGER})
COUNTER: Final = frozenset({Role.PHARMACIST, Role.DISPENSER, Role.PHARMACY_MANAGER})
OVERSEES: Final = frozenset({Role.INSPECTOR, Role.COMMISSION_OFFICER})
_MANAGER_AT_ONCE: Final = (Tier(timedelta(0), Role.PHARMACY_MANAGER),)
_PASSED: Final = (Option("good", "合格", "Passed"), Option("bad", "不合格", "Failed"))

SAMPLE: Final = declare(
    Programme(
        code="tcm_sample",
        title="留样",
        title_en="Retained sample",
        first="kept",
        final=frozenset({"discarded"}),
        page="tcm-sample",
        about_person=False,
        opened_by=WORKERS | PHARMACISTS,
        sees=MANAGERS | OVERSEES,
        opening=Form(
            fields=(
                prescription_code(),
                Whole(name="bags", label="留样袋数", label_en="Bags kept", unit="袋", at_least=Decimal(1), at_most=Decimal(10)),
                Text(name="place", label="存放位置", label_en="Kept at", max_length=60),
                Number(name="celsius", label="冷藏温度", label_en="Temperature", unit="℃", at_least=Decimal(-10),
                       at_most=Decimal(30), usual=(Decimal(2), Decimal(8))),
            )
        ),
        states=(
            State(code="kept", title="留样中", title_en="Kept",
                  deadline=Deadline(within=PolicyMinutes(POLICIES, "tcm.records.sample"), tiers=_MANAGER_AT_ONCE)),
            State(code="discarded", title="已处理", title_en="Disposed of"),
        ),
        steps=(
            Step(code="look", title="查看留样", title_en="Look at the sample", sources=("kept",), target="kept",
                 roles=WORKERS | PHARMACISTS,
                 form=Form(fields=(
                     Choice(name="looks", label="性状", label_en="Appearance", options=_PASSED),
                     words("finding", "异常情况", "What is wrong", required=False),
                 ))),
            Step(code="discard", title="到期处理", title_en="Dispose of it", sources=("kept",), target="discarded",
                 roles=WORKERS | PHARMACISTS, form=Form(fields=(words("how", "处理方式", "How"),)), grave=True),
        ),
    )
)  # fmt: skip

CLEANING: Final = declare(
    Programme(
        code="tcm_cleaning",
        title="清洁消毒记录",
        title_en="Cleaning and disinfection",
        first="done",
        final=frozenset({"confirmed"}),
        about_person=False,
        opened_by=WORKERS,
        sees=OVERSEES,
        opening=Form(
            fields=(
                Choice(name="what", label="清洁对象", label_en="What was cleaned", options=(
                    Option("pot", "煎药机", "Decoction machine"),
                    Option("packer", "包装机", "Packing machine"),
                    Option("tub", "浸泡桶、用具", "Tubs and tools"),
                    Option("room", "煎药室", "Decoction room"),
                    Option("store", "库房", "Store room"),
                )),
                Text(name="name", label="名称或编号", label_en="Which one", max_length=60),
                Choice(name="kind", label="方式", label_en="How", options=(
                    Option("rinse", "清水冲洗", "Rinsed"),
                    Option("wash", "洗涤剂清洗", "Washed"),
                    Option("disinfect", "消毒", "Disinfected"),
                )),
                Text(name="agent", label="消毒剂及浓度", label_en="Disinfectant and strength", max_length=60,
                     when=Equals("kind", "disinfect")),
                Whole(name="minutes", label="作用时间", label_en="Minutes", unit="分钟", at_least=Decimal(1),
                      at_most=Decimal(600), when=Equals("kind", "disinfect")),
            )
        ),
        states=(
            State(code="done", title="待确认", title_en="To be confirmed",
                  deadline=Deadline(within=timedelta(hours=24), tiers=_MANAGER_AT_ONCE)),
            State(code="confirmed", title="已确认", title_en="Confirmed"),
        ),
        steps=(
            Step(code="confirm", title="确认合格", title_en="Confirm", sources=("done",), target="confirmed",
                 roles=MANAGERS | PHARMACISTS),
            Step(code="again", title="重新清洁", title_en="Clean again", sources=("done",), target="done",
                 roles=MANAGERS | PHARMACISTS, form=Form(fields=(words("why", "不合格原因", "Why"),))),
        ),
    )
)  # fmt: skip

CALIBRATION: Final = declare(
    Programme(
        code="tcm_calibration",
        title="设备校准",
        title_en="Calibration",
        first="due",
        final=frozenset({"passed", "retired"}),
        about_person=False,
        opened_by=MANAGERS,
        sees=OVERSEES,
        opening=Form(
            fields=(
                Choice(name="kind", label="设备", label_en="Machine", options=(
                    Option("scale", "电子秤", "Scale"),
                    Option("thermometer", "温度探头", "Thermometer"),
                    Option("timer", "计时器", "Timer"),
                    Option("pot", "煎药机", "Decoction machine"),
                )),
                Text(name="name", label="名称或编号", label_en="Which one", max_length=60),
            )
        ),
        states=(
            State(code="due", title="待校准", title_en="Due",
                  deadline=Deadline(within=PolicyMinutes(POLICIES, "tcm.records.calibration"), tiers=_MANAGER_AT_ONCE)),
            State(code="failed", title="不合格待修", title_en="Failed, to be mended",
                  deadline=Deadline(within=timedelta(days=3), tiers=_MANAGER_AT_ONCE)),
            State(code="passed", title="合格", title_en="Passed"),
            State(code="retired", title="已报废", title_en="Retired"),
        ),
        steps=(
            Step(code="passes", title="校准合格", title_en="Passes", sources=("due", "failed"), target="passed",
                 roles=MANAGERS, form=Form(fields=(
                     Number(name="standard", label="标准值", label_en="Standard", places=3, at_least=Decimal(0), at_most=Decimal(100000)),
                     Number(name="measured", label="示值", label_en="Reading", places=3, at_least=Decimal(0), at_most=Decimal(100000)),
                     Text(name="certificate", label="证书编号", label_en="Certificate", max_length=60, required=False),
                 ))),
            Step(code="fails", title="不合格", title_en="Fails", sources=("due",), target="failed", roles=MANAGERS,
                 form=Form(fields=(words("why", "偏差情况", "How far off"),))),
            Step(code="retire", title="报废", title_en="Retire", sources=("due", "failed"), target="retired",
                 roles=MANAGERS, form=Form(fields=(words("why", "原因", "Why"),)), grave=True),
        ),
    )
)  # fmt: skip

COMPLAINT: Final = declare(
    Programme(
        code="tcm_complaint",
        title="中药投诉",
        title_en="Complaint about medicine",
        first="received",
        final=frozenset({"closed"}),
        shown_to_person=True,
        sees=OVERSEES | COUNTER,
        page="tcm-complaint",
        own_page="tcm-own-complaint",
        emits=frozenset({"tcm.complaint.answered"}),
        opening=Form(
            fields=(
                prescription_code(),
                Choice(name="about", label="投诉内容", label_en="About", options=(
                    Option("taste", "性状、气味异常", "Taste, smell, appearance"),
                    Option("bag", "破袋、漏液", "Broken or leaking bags"),
                    Option("count", "袋数或剂数不符", "Wrong number"),
                    Option("wrong", "错药、错人", "Wrong medicine or person"),
                    Option("harm", "服后不适", "Felt unwell"),
                    Option("late", "送药晚", "Late"),
                    Option("service", "服务态度", "Service"),
                )),
                YesNo(name="stopped", label="已请患者停服", label_en="The patient was told to stop",
                      when=OneOf("about", ("taste", "bag", "wrong", "harm"))),
                words("said", "患者所述", "What the patient says"),
            )
        ),
        states=(
            State(code="received", title="待调查", title_en="To be looked into",
                  deadline=Deadline(within=timedelta(hours=24), head_start=timedelta(hours=12), tiers=(
                      *_MANAGER_AT_ONCE, Tier(timedelta(hours=24), Role.COMMISSION_OFFICER, levels_up=9)))),
            State(code="found", title="待答复", title_en="To be answered",
                  deadline=Deadline(within=timedelta(days=3), tiers=_MANAGER_AT_ONCE)),
            State(code="answered", title="已答复", title_en="Answered",
                  deadline=Deadline(within=timedelta(days=15), then="rest")),
            State(code="closed", title="已结案", title_en="Closed"),
        ),
        steps=(
            Step(code="look_into", title="调查", title_en="Look into it", sources=("received",), target="found",
                 roles=PHARMACISTS | MANAGERS, form=Form(fields=(
                     YesNo(name="justified", label="投诉成立", label_en="Justified"),
                     YesNo(name="recall", label="需要召回", label_en="A recall is needed", when=Equals("justified", True)),
                     words("finding", "调查结果", "Finding"),
                 ))),
            Step(code="answer", title="答复患者", title_en="Answer", sources=("found",), target="answered",
                 roles=MANAGERS, form=Form(fields=(words("answer", "答复", "Answer"),)), emits=("tcm.complaint.answered",)),
            Step(code="accept", title="患者认可", title_en="The patient accepts", sources=("answered",), target="closed",
                 roles=COUNTER, own=True),
            Step(code="disagree", title="患者不认可", title_en="The patient disagrees", sources=("answered",),
                 target="received", roles=COUNTER, own=True, form=Form(fields=(words("why", "理由", "Why"),))),
            Step(code="rest", title="期满结案", title_en="Close after the term", sources=("answered",), target="closed",
                 automatic=True),
        ),
    )
)  # fmt: skip
