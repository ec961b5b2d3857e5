"""疑似预防接种异常反应 as a kind of case: found, reported to the county CDC, investigated, classed (``windows.toml``, policies)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from kangqu.kernel.access.roles import Purpose, Role
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.cases.forms import Choice, Form, Option, Text, Whole, YesNo
from kangqu.kernel.cases.programme import Deadline, Guard, PolicyMinutes, Programme, Situation, State, Step, Tier
from kangqu.kernel.cases.registry import declare
from kangqu.systems.vaccination.adverse.windows import SYMPTOMS
from kangqu.systems.vaccination.definition import VACCINATORS
from kangqu.systems.vaccination.policy import POLICIES
from kangqu.systems.vaccination.refusals import NOT_SIMPLE

CODE: Final = "vaccination_adverse"
CDC: Final = frozenset({Role.CDC_OFFICER})
_CDC_AT_ONCE: Final = (Tier(timedelta(0), Role.CDC_OFFICER, 9),)
SEVERITY: Final = (
    Option("mild", "轻微（一般反应）", "Mild"),
    Option("severe", "严重", "Severe"),
    Option("death", "死亡", "Death"),
    Option("disability", "严重残疾", "Severe disability"),
    Option("cluster", "群体性，或社会影响重大", "A cluster, or of great public concern"),
)
GRAVE: Final = frozenset({"death", "disability", "cluster"})
"""Told to the county CDC within hours (policy ``vaccination.adverse_grave_minutes``)."""
CAUSES: Final = (
    Option("general", "不良反应：一般反应", "Adverse reaction: common"),
    Option("abnormal", "不良反应：异常反应", "Adverse reaction: abnormal"),
    Option("quality", "疫苗质量事故", "Vaccine quality event"),
    Option("error", "接种事故", "Inoculation error"),
    Option("coincident", "偶合症", "Coincident"),
    Option("psychogenic", "心因性反应", "Psychogenic"),
    Option("unknown", "待定", "Unknown"),
)
OUTCOMES: Final = (
    Option("recovered", "痊愈", "Recovered"),
    Option("better", "好转", "Better"),
    Option("sequelae", "后遗症", "Sequelae"),
    Option("died", "死亡", "Died"),
    Option("unknown", "不详", "Not known"),
)
_SYMPTOM: Final = Choice(
    name="symptom",
    label="症状",
    label_en="Symptom",
    options=tuple(Option(s.code, s.zh, s.en) for s in SYMPTOMS.values()),
)


def _is_simple(at: Situation) -> Refused | None:
    """Fever, redness or induration, mild: no investigation is needed."""
    found: Any = SYMPTOMS.get(str(at.case.facts.get("symptom")))
    if found is not None and found.simple and at.case.facts.get("severity") == "mild":
        return None
    return Refused(NOT_SIMPLE)


def _words(name: str, label: str, label_en: str, *, required: bool = True) -> Text:
    return Text(name=name, label=label, label_en=label_en, max_length=500, multiline=True, required=required)


def _ends(name: str = "outcome") -> Choice:
    return Choice(name=name, label="转归", label_en="Outcome", options=OUTCOMES)


ADVERSE: Final = declare(
    Programme(
        code=CODE,
        title="疑似预防接种异常反应",
        title_en="Adverse event after vaccination",
        first="found",
        final=frozenset({"concluded", "dismissed"}),
        purpose=Purpose.PUBLIC_HEALTH,
        sees=VACCINATORS | CDC | {Role.COMMISSION_OFFICER},
        states=(
            State(code="found", title="待报告", title_en="To be reported",
                  deadline=Deadline(fact="report_by", tiers=_CDC_AT_ONCE, head_start=timedelta(days=7))),
            State(code="reported", title="待调查", title_en="To be investigated",
                  deadline=Deadline(within=PolicyMinutes(POLICIES, "vaccination.adverse_investigate_minutes"), tiers=_CDC_AT_ONCE)),
            State(code="investigating", title="调查中", title_en="Under investigation",
                  deadline=Deadline(within=PolicyMinutes(POLICIES, "vaccination.adverse_conclude_minutes"), tiers=_CDC_AT_ONCE)),
            State(code="concluded", title="已分类", title_en="Classed"),
            State(code="dismissed", title="录入错误", title_en="Entered in error"),
        ),
        steps=(
            Step(code="report", title="报告县级疾控", title_en="Report to the county CDC", sources=("found",), target="reported",
                 roles=VACCINATORS, who="reported_by", when="reported_at",
                 form=Form(fields=(_words("account", "经过和处置", "What happened and was done"),))),
            Step(code="investigate", title="开始调查", title_en="Begin the investigation", sources=("reported",),
                 target="investigating", roles=CDC, when="investigated_at"),
            Step(code="settle", title="一般反应，不需调查", title_en="Common reaction, no investigation", sources=("reported",),
                 target="concluded", roles=CDC, guards=(Guard("轻微的发热、红肿或硬结", "Mild fever, redness or induration", _is_simple),),
                 form=Form(fields=(_ends(),))),
            Step(code="conclude", title="调查结论", title_en="Conclude", sources=("investigating",), target="concluded", roles=CDC,
                 when="concluded_at", form=Form(fields=(
                     Choice(name="cause", label="分类", label_en="Class", options=CAUSES),
                     _ends(),
                     _words("findings", "调查情况", "Findings"),
                     YesNo(name="compensated", label="需要补偿", label_en="Compensation is due"),
                     Whole(name="hospital_days", label="住院天数", label_en="Days in hospital", unit="天", required=False,
                           at_least=Decimal(0), at_most=Decimal(3650)),
                 ))),
            Step(code="dismiss", title="撤销（录入错误）", title_en="Entered in error", sources=("found", "reported"), target="dismissed",
                 roles=CDC, grave=True, form=Form(fields=(_words("why", "原因", "Why"),))),
        ),
    )
)  # fmt: skip
