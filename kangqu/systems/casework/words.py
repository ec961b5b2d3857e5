"""How cases are told: titles in the reader's language, deadlines and spans in words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Protocol

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import Refused
from kangqu.web.formats import in_english, show_day, show_time

_SOON: Final = timedelta(hours=1)


class Titled(Protocol):
    @property
    def title(self) -> str: ...

    @property
    def title_en(self) -> str: ...


def called(thing: Titled | None) -> str:
    """The title of a programme, a state or a step in the reader's language."""
    if thing is None:
        return ""
    return thing.title_en if in_english() else thing.title


def role_word(role: str) -> str:
    """A role by its code in the reader's language; what is no role of ours stands as it is."""
    if role not in Role._value2member_map_:
        return ""
    return Role(role).label_en if in_english() else Role(role).label


def sentence(refused: Refused) -> str:
    """Why not, with the code the help desk looks up, in the reader's language."""
    return f"{refused.sentence('en' if in_english() else 'zh')}（{refused.why.code}）"


def span_word(span: timedelta) -> str:
    """A span in its largest unit, to the nearest: days from two on, hours from two on, else minutes (at least one)."""
    minutes = max(1, round(span.total_seconds() / 60))
    if minutes >= 2 * 24 * 60:
        days = round(minutes / (24 * 60))
        return ngettext("%(num)d 天", "%(num)d 天", days) % {"num": days}
    if minutes >= 120:
        hours = round(minutes / 60)
        return ngettext("%(num)d 小时", "%(num)d 小时", hours) % {"num": hours}
    return ngettext("%(num)d 分钟", "%(num)d 分钟", minutes) % {"num": minutes}


def due_mark(due_at: datetime | None, *, suspended: bool, at: datetime) -> tuple[str, str]:
    """How a deadline is marked and said: (ok | info | warn | bad, words)."""
    if suspended:
        return "info", _("已暂停")
    if due_at is None:
        return "info", _("不限时")
    if due_at < at:
        return "bad", _("超时 %(span)s") % {"span": span_word(at - due_at)}
    if due_at - at < _SOON:
        return "warn", _("还有 %(span)s") % {"span": span_word(due_at - at)}
    if city_day(due_at) == city_day(at):
        return "warn", _("今天 %(time)s") % {"time": show_time(due_at)}
    if due_at - at < timedelta(days=2):
        return "info", _("还有 %(span)s") % {"span": span_word(due_at - at)}
    return "info", _("%(day)s前") % {"day": show_day(due_at)}


def due_sentence(due_at: datetime | None, *, suspended_at: datetime | None, at: datetime) -> str:
    """The deadline in a sentence, for the page of one case."""
    if due_at is None:
        return _("这一步不限时。")
    when = f"{show_day(due_at)} {show_time(due_at)}"
    if suspended_at is not None:
        return _("暂停中，恢复后还剩 %(span)s。") % {"span": span_word(due_at - suspended_at)}
    if due_at < at:
        return _("应在 %(when)s 前办完，已超时 %(span)s。") % {"when": when, "span": span_word(at - due_at)}
    return _("请在 %(when)s 前办完，还有 %(span)s。") % {"when": when, "span": span_word(due_at - at)}
