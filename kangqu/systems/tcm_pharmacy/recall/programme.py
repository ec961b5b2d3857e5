"""The way of a recall: begun, everybody told, what was fetched back written down, ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from kangqu.kernel.access.roles import Purpose, Role
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.forms import Choice, Form, Option, Text
from kangqu.kernel.cases.programme import Deadline, Guard, Programme, Situation, State, Step, Tier
from kangqu.kernel.cases.registry import declare
from kangqu.systems.tcm_pharmacy.refusals import CALLS_OPEN, RECALL_HELD

CODE: Final = "tcm_recall"
CALLS: Final = frozenset({Role.PHARMACIST, Role.PHARMACY_MANAGER})
MANAGERS: Final = frozenset({Role.PHARMACY_MANAGER})


def _called(now: Situation) -> Refused | None:
    from kangqu.systems.tcm_pharmacy.recall.reads import open_contacts, waiting

    left = open_contacts(now.case.id) + waiting(now.case)
    return Refused(CALLS_OPEN, count=left) if left else None


def _none_held(now: Situation) -> Refused | None:
    from kangqu.systems.tcm_pharmacy.recall.reads import held_at, holding

    left = sum(held_at(now.case).values()) + holding(now.case)
    return Refused(RECALL_HELD, count=left) if left else None


ALL_CALLED: Final = Guard("人人已联系上，或写明原因", "Everybody was reached, or there is a reason", _called)
NONE_HELD: Final = Guard("没有暂扣的处方", "Nothing is held on the line", _none_held)

RESULT: Final = Form(
    fields=(
        Choice(
            name="cause",
            label="原因",
            label_en="Cause",
            options=(
                Option("quality", "饮片质量", "Quality of the herb"),
                Option("wrong_herb", "错品种", "Wrong herb"),
                Option("contaminated", "污染", "Contamination"),
                Option("notice", "监管通知", "Notice of the regulator"),
                Option("other", "其他", "Other"),
            ),
        ),
        Text(name="summary", label="处理情况", label_en="What was done", max_length=1000, multiline=True),
    )
)  # fmt: skip

RECALL: Final = declare(
    Programme(
        code=CODE,
        title="中药召回",
        title_en="Recall of TCM medicine",
        first="telling",
        final=frozenset({"ended"}),
        about_person=False,
        purpose=Purpose.CARE,
        sees=CALLS | {Role.INSPECTOR, Role.COMMISSION_OFFICER},
        states=(
            State(
                code="telling",
                title="通知患者中",
                title_en="Telling patients",
                deadline=Deadline(
                    within=timedelta(hours=24),
                    head_start=timedelta(days=7),
                    tiers=(
                        Tier(timedelta(0), Role.PHARMACY_MANAGER),
                        Tier(timedelta(hours=24), Role.COMMISSION_OFFICER, levels_up=9),
                    ),
                ),
            ),
            State(code="ended", title="已结束", title_en="Ended"),
        ),
        steps=(
            Step(
                code="end", title="结束召回", title_en="End the recall", sources=("telling",), target="ended",
                roles=MANAGERS, form=RESULT, guards=(ALL_CALLED, NONE_HELD), grave=True,
            ),
        ),
    )
)  # fmt: skip
