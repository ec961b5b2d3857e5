"""Two officers and what they propose."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from kangqu.kernel.basis.clock import CITY
from kangqu.kernel.policies import actions
from kangqu.kernel.policies.actions import Paper
from kangqu.kernel.policies.models import PolicyVersion
from kangqu.kernel.trace.actor import Actor

HER, HIM = Actor(71, "commission_officer", 5), Actor(72, "commission_officer", 5)
NOON = datetime(2026, 11, 23, 12, tzinfo=CITY)
TOLERANCE = "tcm.line.tolerance"
PAPER = Paper("市中药饮片称量管理通知", "淄卫中医〔2026〕8号", "第三条", "V", "先在市级药房执行")


def proposed(value=3, starts: date = date(2026, 12, 1), *, policy=TOLERANCE, at=NOON) -> PolicyVersion:
    return actions.propose(policy, value, starts, PAPER, by=HER, at=at)


def adopted(value=3, starts: date = date(2026, 12, 1), *, policy=TOLERANCE, at=NOON) -> PolicyVersion:
    return actions.approve(proposed(value, starts, policy=policy, at=at).pk, by=HIM, at=at + timedelta(seconds=1))
