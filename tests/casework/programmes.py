"""A programme about a resident: a home visit is asked for, planned, made or refused; she may cancel it herself."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases.forms import Choice, Form, Option, Text, Whole, YesNo
from kangqu.kernel.cases.programme import Deadline, Pause, Programme, RollBack, State, Step, Tier
from kangqu.kernel.cases.registry import declare

VISITORS = frozenset({Role.VILLAGE_DOCTOR, Role.NURSE})
ASKERS = frozenset({Role.NURSE, Role.REGISTRAR, Role.VILLAGE_DOCTOR})

WHY = Form(
    fields=(
        Choice(
            name="why",
            label="为什么上门",
            label_en="Why at home",
            options=(Option("old", "行动不便", "Cannot walk far"), Option("wound", "换药", "Dressing")),
        ),
        Text(name="wish", label="希望时间", label_en="Wished for", required=False),
    )
)
PRESSURE = Form(
    fields=(
        Whole(
            name="systolic",
            label="收缩压",
            label_en="Systolic pressure",
            unit="mmHg",
            at_least=Decimal(60),
            at_most=Decimal(260),
        ),
        YesNo(name="well", label="精神好", label_en="Feels well"),
    )
)

VISIT = declare(
    Programme(
        code="test_visit",
        title="上门访视",
        title_en="Home visit",
        first="asked",
        final=frozenset({"done", "cancelled"}),
        states=(
            State(
                code="asked",
                title="待安排",
                title_en="To be planned",
                deadline=Deadline(within=timedelta(hours=4), tiers=(Tier(timedelta(0), Role.NURSE),)),
            ),
            State(code="planned", title="待上门", title_en="To be made", deadline=Deadline(within=timedelta(days=3))),
            State(code="done", title="已访视", title_en="Visited"),
            State(code="cancelled", title="已取消", title_en="Cancelled"),
        ),
        steps=(
            Step(code="plan", title="安排", title_en="Plan", sources=("asked",), target="planned", roles=VISITORS),
            Step(
                code="visit",
                title="记录访视",
                title_en="Record the visit",
                sources=("planned",),
                target="done",
                roles=VISITORS,
                form=PRESSURE,
                emits=("test.visit.made",),
            ),
            Step(
                code="cancel",
                title="取消访视",
                title_en="Cancel the visit",
                sources=("asked", "planned"),
                target="cancelled",
                roles=VISITORS,
                own=True,
                grave=True,
            ),
        ),
        emits=frozenset({"test.visit.made"}),
        sees=frozenset({Role.INSTITUTION_MANAGER}),
        opened_by=ASKERS,
        opening=WHY,
        shown_to_person=True,
        pause=Pause(roles=VISITORS),
        roll_back=RollBack(roles=VISITORS, states=frozenset({"planned"})),
    )
)
