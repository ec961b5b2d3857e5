"""The running house at a glance: what works, what waits, what needs a hand, each with what to do about it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils.translation import gettext as _

from kangqu.kernel.access.emergency import overdue_reviews
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.models import HouseFact
from kangqu.kernel.notices.reads import outbox_state
from kangqu.kernel.people.codes.models import CodeKey
from kangqu.kernel.people.codes.signing import Use
from kangqu.kernel.trace.partitions import STREAM_TABLES, partition_name
from kangqu.site.mqtt import LOCK, STATE
from kangqu.systems.tcm_pharmacy.store.messages import refused_of
from kangqu.web.formats import show_datetime

_UNSEALED_FOR: Final = timedelta(minutes=10)
_BACKUP_AGE: Final = timedelta(days=1)
_DISK_FREE: Final = 0.1
_KEY_LEFT: Final = timedelta(minutes=30)
_REHEARSAL_AGE: Final = timedelta(days=31)
REHEARSED: Final = "restore.rehearsed"
"""The house's fact that says when a backup was last restored and proved (ISO 8601)."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing: ``kind`` is ok, warn or bad; ``advice`` says what to do when it is not ok."""

    name: str
    value: str
    kind: str = "ok"
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Backup:
    file: str
    made_at: datetime
    size: int


def backups(home: Path) -> list[Backup]:
    """The backups kept in the home of the city, newest first."""
    found = [path for path in (home / "backups").glob("*.kangqu") if path.is_file()]
    made = [Backup(path.name, datetime.fromtimestamp(path.stat().st_mtime, UTC), path.stat().st_size) for path in found]
    return sorted(made, key=lambda each: each.made_at, reverse=True)


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of one task: how many wait, run, and failed for good."""

    task: str
    waiting: int
    running: int
    failed: int


def jobs() -> list[Jobs]:
    """The queue by task; tasks that only ever succeeded are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, count(*) FILTER (WHERE status = 'todo'), count(*) FILTER (WHERE status = 'doing'),"
            " count(*) FILTER (WHERE status IN ('failed', 'aborted')) FROM procrastinate_jobs"
            " WHERE status <> 'succeeded' GROUP BY 1 ORDER BY 4 DESC, 2 DESC, 1 LIMIT 50"
        )
        return [Jobs(*row) for row in cursor.fetchall()]


def lines(at: datetime) -> list[Line]:
    """Everything the operator looks at in the morning."""
    return [
        *_program(), *_queue(), *_trace(at), *_ahead(at), *_keys(at), *_notices(at), *_machines(at), *_backups(at), *_rehearsal(at),
        *_disk(),
    ]  # fmt: skip


def _program() -> Iterator[Line]:
    yield Line(_("版本"), version("kangqu"))
    (server, size, people) = _row(
        "SELECT current_setting('server_version'), pg_size_pretty(pg_database_size(current_database())),"
        " (SELECT reltuples::bigint FROM pg_class WHERE oid = 'people_person'::regclass)"
    )
    yield Line(_("数据库"), f"PostgreSQL {server} · {size}")
    yield Line(_("居民数（估计）"), f"{max(people, 0):,}")


def _queue() -> Iterator[Line]:
    (beating,) = _row("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '30 s'")
    advice = _("没有后台进程：短信、导入、封存都停着。请运行 kangqu worker。")
    yield Line(_("后台进程"), str(beating), "ok" if beating else "bad", "" if beating else advice)
    (failed,) = _row("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('failed', 'aborted')")
    advice = _("有任务失败，请看下面的任务表和日志。")
    yield Line(_("失败的任务"), str(failed), "warn" if failed else "ok", advice if failed else "")


def _trace(at: datetime) -> Iterator[Line]:
    (sealed_at, unsealed) = _row(
        "SELECT (SELECT max(sealed_at) FROM trace_seal), (SELECT count(*) FROM trace_entry"
        " WHERE position >= (SELECT coalesce(max(to_position), 0) FROM trace_seal))"
    )
    late = unsealed > 0 and (sealed_at is None or at - sealed_at > _UNSEALED_FOR)
    advice = _("痕迹超过 10 分钟没有封存，请检查后台进程。")
    yield Line(_("未封存的痕迹"), f"{unsealed:,}", "bad" if late else "ok", advice if late else "")


def _ahead(at: datetime) -> Iterator[Line]:
    """Whether tomorrow's partitions are there: without them tomorrow's rows wait in the rest."""
    tomorrow = city_day(at + timedelta(days=1))
    names = [partition_name(table, tomorrow) for table in STREAM_TABLES]
    (missing,) = _row("SELECT count(*) FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NULL", [names])
    advice = _("明天的分区还没有建，请检查后台进程；它每小时建一次。")
    yield Line(
        _("明天的分区"),
        _("缺 %s 个") % missing if missing else _("已备好"),
        "bad" if missing else "ok",
        advice if missing else "",
    )


def _keys(at: datetime) -> Iterator[Line]:
    """How long the keys that sign codes still sign; the next one is made an hour before the last ends."""
    for use, name in ((Use.DYNAMIC, _("动态码签发密钥")), (Use.PAPER, _("纸质卡签发密钥"))):
        last = CodeKey.objects.filter(use=use, withdrawn_at=None).order_by("-signs_until").first()
        left = last.signs_until - at if last is not None else timedelta(0)
        late = left < _KEY_LEFT
        advice = _("签发密钥没有按时更换，请检查后台进程。")
        yield Line(name, _("还有 %s 天") % max(left.days, 0), "bad" if late else "ok", advice if late else "")


def _notices(at: datetime) -> Iterator[Line]:
    state = outbox_state()
    waiting, parked = state["waiting"] + state["failed"] + state["sending"], state["parked"]
    yield Line(_("待发消息"), f"{waiting:,}")
    advice = _("有消息没发出去，请核对短信服务的密钥和模板。")
    yield Line(_("搁置的消息"), f"{parked:,}", "warn" if parked else "ok", advice if parked else "")
    overdue = overdue_reviews(at)
    advice = _("有紧急查看超过 24 小时没有审查，请提醒审计管理员。")
    yield Line(_("超时未审的紧急查看"), str(overdue), "warn" if overdue else "ok", advice if overdue else "")


_LISTENING: Final = """
SELECT EXISTS (SELECT FROM pg_locks, hashtextextended(%s, 0) AS wanted
                WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32 | objid::bigint) = wanted)
"""


def _machines(at: datetime) -> Iterator[Line]:
    """Whether the broker of the machines is heard, and what it brought that names no machine of the house."""
    if settings.KANGQU_MQTT is None:
        return
    told = cache.get(STATE) or {"connected": False, "at": None, "why": ""}
    (alive,) = _row(_LISTENING, [LOCK])
    where = f"{settings.KANGQU_MQTT.host}:{settings.KANGQU_MQTT.port}"
    since = f" · {show_datetime(told['at'])}" if told["at"] else ""
    well = alive and told["connected"]
    why = told["why"] if alive else _("没有后台进程")
    advice = _("机器上报收不到（%s），请核对 MQTT 服务器和 kangqu worker。") % why
    yield Line(_("机器上报"), where + since, "ok" if well else "bad", "" if well else advice)
    strangers = sum(each.times for each in refused_of(None, at=at))
    advice = _("有人用没登记过的主题上报，请核对 MQTT 服务器的账号和机器设置。")
    yield Line(_("七天内来历不明的上报"), str(strangers), "warn" if strangers else "ok", advice if strangers else "")


def _backups(at: datetime) -> Iterator[Line]:
    made = backups(settings.KANGQU_HOME)
    recent = bool(made) and at - made[0].made_at <= _BACKUP_AGE
    advice = _("一天内没有备份，请运行 kangqu backup，并把文件存到别处。")
    value = show_datetime(made[0].made_at) if made else _("没有")
    yield Line(_("最近的备份"), value, "ok" if recent else "warn", "" if recent else advice)


def _rehearsal(at: datetime) -> Iterator[Line]:
    """When a backup was last restored for trial, or in earnest."""
    told = HouseFact.objects.filter(name=REHEARSED).values_list("value", flat=True).first()
    done = datetime.fromisoformat(told) if told else None
    recent = done is not None and at - done <= _REHEARSAL_AGE
    advice = _("一个月内没有试过恢复，请运行 kangqu restore --rehearse 备份文件；它不动正在用的数据。")
    value = show_datetime(done) if done else _("没有")
    yield Line(_("最近的恢复演练"), value, "ok" if recent else "warn", "" if recent else advice)


def _disk() -> Iterator[Line]:
    usage = shutil.disk_usage(settings.KANGQU_HOME)
    free = usage.free / usage.total
    advice = _("磁盘快满了，请清理或扩容。")
    yield Line(
        _("磁盘剩余"),
        f"{usage.free / 2**30:.0f} GB · {free:.0%}",
        "ok" if free > _DISK_FREE else "bad",
        "" if free > _DISK_FREE else advice,
    )


def _row(query: str, values: Sequence[Any] = ()) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return tuple(cursor.fetchone())
