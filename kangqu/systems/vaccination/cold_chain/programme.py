"""冷链异常 as a kind of case: found, reported to the CDC, decided: the vials are freed or destroyed."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from kangqu.kernel.access.roles import Purpose, Role
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.forms import Form, Text
from kangqu.kernel.cases.programme import Deadline, Guard, PolicyMinutes, Programme, Situation, State, Step, Tier
from kangqu.kernel.cases.registry import declare
from kangqu.systems.vaccination.cold_chain.models import Excursion
from kangqu.systems.vaccination.cold_chain.refusals import STILL_OUT
from kangqu.systems.vaccination.definition import VACCINATORS
from kangqu.systems.vaccination.policy import POLICIES

CODE: Final = "vaccine_excursion"
CDC: Final = frozenset({Role.CDC_OFFICER})
FREED: Final = "vaccine_excursion.freed"
DESTROYED: Final = "vaccine_excursion.destroyed"
_CDC_AT_ONCE: Final = (Tier(timedelta(0), Role.CDC_OFFICER, 9),)


def _is_over(at: Situation) -> Refused | None:
    """A decision is about an excursion that is over: until then vials go on being out of range."""
    still = Excursion.objects.filter(case_id=at.case.id, ends_at=None).exists()
    return Refused(STILL_OUT) if still else None


_OVER: Final = Guard("冰箱温度已恢复", "The fridge is back in range", _is_over)


def _form(label: str, label_en: str) -> Form:
    return Form(fields=(Text(name="basis", label=label, label_en=label_en, max_length=500, multiline=True),))


EXCURSION: Final = declare(
    Programme(
        code=CODE,
        title="疫苗冷链异常",
        title_en="Vaccine cold chain excursion",
        first="found",
        final=frozenset({"freed", "destroyed"}),
        purpose=Purpose.PUBLIC_HEALTH,
        about_person=False,
        page="vaccine-excursion",
        emits=frozenset({FREED, DESTROYED}),
        sees=VACCINATORS | CDC | {Role.COMMISSION_OFFICER},
        states=(
            State(code="found", title="待报告", title_en="To be reported",
                  deadline=Deadline(within=PolicyMinutes(POLICIES, "vaccination.cold_report_minutes"), tiers=_CDC_AT_ONCE)),
            State(code="reported", title="待决定", title_en="To be decided",
                  deadline=Deadline(within=PolicyMinutes(POLICIES, "vaccination.cold_decide_minutes"), tiers=_CDC_AT_ONCE)),
            State(code="freed", title="恢复使用", title_en="Freed"),
            State(code="destroyed", title="已销毁", title_en="Destroyed"),
        ),
        steps=(
            Step(code="report", title="报告疾控", title_en="Report to the CDC", sources=("found",), target="reported", roles=VACCINATORS,
                 who="reported_by", when="reported_at", form=_form("原因和处置", "Cause, and what was done")),
            Step(code="free", title="恢复使用", title_en="Free the vials", sources=("found", "reported"), target="freed", roles=CDC,
                 who="decided_by", when="decided_at", grave=True, guards=(_OVER,), emits=(FREED,),
                 form=_form("依据（如生产企业的稳定性资料）", "Basis (such as the maker's stability data)")),
            Step(code="destroy", title="销毁", title_en="Destroy the vials", sources=("found", "reported"), target="destroyed", roles=CDC,
                 who="decided_by", when="decided_at", grave=True, guards=(_OVER,), emits=(DESTROYED,), form=_form("依据", "Basis")),
        ),
    )
)  # fmt: skip
