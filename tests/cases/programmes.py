"""A small programme of the tests: a broken lamp is reported, looked at, mended or written off."""

from __future__ import annotations

from datetime import timedelta

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.refusals import BAD_INPUT, Refused
from kangqu.kernel.cases.programme import Deadline, Guard, Pause, Programme, RollBack, Situation, State, Step, Tier
from kangqu.kernel.cases.registry import declare

NO_BULB = BAD_INPUT


def _bulb(situation: Situation) -> Refused | None:
    return None if situation.case.facts.get("bulbs", 1) else Refused(NO_BULB, detail="bulbs")


MENDERS = frozenset({Role.NURSE})
CHIEFS = frozenset({Role.INSTITUTION_MANAGER})

LAMP = declare(
    Programme(
        code="test_lamp",
        title="修灯",
        title_en="Mending a lamp",
        first="reported",
        final=frozenset({"mended", "written_off", "expired"}),
        about_person=False,
        states=(
            State(
                code="reported",
                title="已报修",
                title_en="Reported",
                deadline=Deadline(
                    within=timedelta(hours=1),
                    tiers=(
                        Tier(timedelta(0), Role.NURSE),
                        Tier(timedelta(hours=1), Role.INSTITUTION_MANAGER),
                        Tier(timedelta(hours=5), Role.COMMISSION_OFFICER, levels_up=9),
                    ),
                ),
            ),
            State(
                code="looked_at",
                title="已查看",
                title_en="Looked at",
                deadline=Deadline(
                    fact="promised", head_start=timedelta(hours=2), tiers=(Tier(timedelta(0), Role.NURSE),)
                ),
            ),
            State(
                code="parked",
                title="待料",
                title_en="Waiting for parts",
                deadline=Deadline(within=timedelta(days=1), then="expire"),
            ),
            State(code="mended", title="已修好", title_en="Mended"),
            State(code="written_off", title="已报废", title_en="Written off"),
            State(code="expired", title="已过期", title_en="Expired"),
        ),
        steps=(
            Step(
                code="look",
                title="查看",
                title_en="Look at it",
                sources=("reported",),
                target="looked_at",
                roles=MENDERS,
                emits=("test.lamp.seen",),
            ),
            Step(
                code="mend",
                title="修好",
                title_en="Mend",
                sources=("looked_at", "parked"),
                target="mended",
                roles=MENDERS,
                guards=(Guard("有灯泡", "There is a bulb", _bulb),),
                emits=("test.lamp.mended",),
            ),
            Step(code="park", title="待料", title_en="Wait", sources=("looked_at",), target="parked", roles=MENDERS),
            Step(code="expire", title="过期", title_en="Expire", sources=("parked",), target="expired", automatic=True),
            Step(
                code="write_off",
                title="报废",
                title_en="Write off",
                sources=("reported", "looked_at"),
                target="written_off",
                roles=CHIEFS,
                grave=True,
            ),
            Step(
                code="pass_on",
                title="转交",
                title_en="Pass on",
                sources=("reported",),
                target="reported",
                roles=MENDERS | CHIEFS,
                moves=True,
            ),
        ),
        emits=frozenset({"test.lamp.seen", "test.lamp.mended"}),
        pause=Pause(roles=MENDERS, states=frozenset({"looked_at"})),
        roll_back=RollBack(roles=CHIEFS, states=frozenset({"looked_at"})),
    )
)
