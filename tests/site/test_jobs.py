"""Failed jobs: retried or dropped by the operator alone, once, with a trace; and what the operator's page says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.models import HouseFact
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.codes.keys import forget_keys
from kangqu.kernel.trace.actor import Actor
from kangqu.kernel.trace.models import TraceEntry
from kangqu.site import state
from kangqu.site.jobs import JOB_GONE, JOB_WAITS, failed_jobs, forget_job, retry_job
from kangqu.site.upkeep import prepare
from tests.administration.conftest import town  # noqa: F401 - a fixture
from tests.conftest import NINE

pytestmark = pytest.mark.django_db

OPERATOR = Actor(account_id=7, role="system_admin")


def _job(status="failed", lock=None):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts, queueing_lock)"
            " VALUES ('house', 'test.job', %s, %s, 3, %s) RETURNING id",
            ['{"person": 12345678}', status, lock],
        )
        return cursor.fetchone()[0]


def _status(number):
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text, attempts FROM procrastinate_jobs WHERE id = %s", [number])
        return cursor.fetchone()


def test_a_failed_job_goes_back_into_the_queue_once():
    number = _job()
    assert [job.number for job in failed_jobs()] == [number]
    retry_job(number, by=OPERATOR, at=NINE)
    assert _status(number) == ("todo", 4)
    assert failed_jobs() == []
    with pytest.raises(Refused) as refused:
        retry_job(number, by=OPERATOR, at=NINE)
    assert refused.value.why is JOB_GONE
    (told,) = TraceEntry.objects.filter(action="job.retry")
    assert (told.object_id, told.actor_id, told.facts) == (number, 7, {"task": "test.job"})


def test_a_dropped_job_is_gone_and_the_trace_says_by_whom():
    number = _job("aborted")
    forget_job(number, by=OPERATOR, at=NINE)
    assert _status(number) is None
    assert TraceEntry.objects.get(action="job.forget").actor_id == 7
    with pytest.raises(Refused) as refused:
        forget_job(number, by=OPERATOR, at=NINE)
    assert refused.value.why is JOB_GONE


@pytest.mark.parametrize("status", ["todo", "doing", "succeeded", "cancelled"])
def test_only_failed_jobs_are_touched(status):
    number = _job(status)
    for verb in (retry_job, forget_job):
        with pytest.raises(Refused):
            verb(number, by=OPERATOR, at=NINE)
    assert _status(number) == (status, 3)


def test_a_job_whose_like_waits_is_not_put_beside_it():
    number = _job(lock="house.prepare")
    _job("todo", lock="house.prepare")
    with pytest.raises(Refused) as refused:
        retry_job(number, by=OPERATOR, at=NINE)
    assert refused.value.why is JOB_WAITS
    assert _status(number) == ("failed", 3)
    assert not TraceEntry.objects.filter(action="job.retry").exists()


def test_the_operator_does_it_on_the_page_and_nobody_else(town):  # noqa: F811
    number = _job()
    operator = town.client(Role.SYSTEM_ADMIN)
    page = operator.get("/a/system").content.decode()
    assert f"/a/system/jobs/{number}/retry" in page
    assert "12345678" not in page
    for role in (Role.SECURITY_ADMIN, Role.AUDIT_ADMIN, Role.DOCTOR):
        assert town.client(role).post(f"/a/system/jobs/{number}/forget").status_code in (403, 404)
    assert f"任务 {number}" in operator.get(f"/a/system/jobs/{number}/retry").content.decode()
    assert _status(number) == ("failed", 3)
    assert operator.post(f"/a/system/jobs/{number}/retry").status_code == 302
    assert operator.post(f"/a/system/jobs/{number}/retry").status_code == 409
    assert operator.post(f"/a/system/jobs/{'9' * 40}/forget").status_code == 409
    assert _status(number) == ("todo", 4)


def test_what_is_red_says_what_to_do_and_turns_green():
    now = timezone.now() + timedelta(days=1_000)  # a day for which no other test made partitions
    forget_keys()

    def lines():
        return {line.name: line for line in state.lines(now)}

    red = lines()
    for name in ("明天的分区", "动态码签发密钥", "纸质卡签发密钥", "后台进程"):
        assert red[name].kind == "bad", name
    assert all(line.advice for line in red.values() if line.kind != "ok")
    assert red["最近的恢复演练"].kind == "warn"
    prepare(now)
    HouseFact.objects.create(name=state.REHEARSED, value=(now - timedelta(days=3)).isoformat())
    green = lines()
    for name in ("明天的分区", "动态码签发密钥", "纸质卡签发密钥", "最近的恢复演练"):
        assert green[name].kind == "ok", name
    assert green["动态码签发密钥"].value == "还有 92 天"
    forget_keys()
