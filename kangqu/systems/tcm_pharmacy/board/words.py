"""How the board says things: spans, lateness, pots and their temperature. Chinese first, English beside."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kangqu.systems.tcm_pharmacy.board.floor import Marked
from kangqu.systems.tcm_pharmacy.board.pots import PotShown
from kangqu.web.formats import show_datetime, show_time

_LOOKS: Final = {"free": "ok", "failed": "bad", "dirty": "warn", "done": "warn"}


def span(spent: timedelta) -> str:
    """Whole minutes below two hours, then hours and minutes, days from two on."""
    minutes = max(0, int(spent.total_seconds() // 60))
    if minutes < 120:
        return ngettext("%(num)d 分钟", "%(num)d 分钟", minutes) % {"num": minutes}
    if minutes < 2 * 1440:
        return _("%(hours)d 小时 %(minutes)d 分") % {"hours": minutes // 60, "minutes": minutes % 60}
    days = minutes // 1440
    return ngettext("%(num)d 天", "%(num)d 天", days) % {"num": days}


def marked_words(one: Marked) -> str:
    """Late by how much, or when it will be ready instead of when it was promised."""
    due = show_time(one.due)
    if one.by is not None:
        asked = _("约定 %(due)s") if one.promised else _("应在 %(due)s 前审完")
        return _("%(asked)s，已晚 %(span)s") % {"asked": asked % {"due": due}, "span": span(one.by)}
    if one.expected is None:
        return _("约定 %(due)s，排不下") % {"due": due}
    return _("约定 %(due)s，预计 %(expected)s") % {"due": due, "expected": show_time(one.expected)}


def pot_status(pot: PotShown) -> tuple[str, str]:
    """How a pot is marked (ok, info, warn, bad), and its state in a word or two."""
    said = {
        "free": _("空闲"),
        "first": _("先煎中"),
        "boil": _("头煎中"),
        "again": _("二煎中"),
        "done": _("时间到"),
        "failed": _("故障"),
        "dirty": _("待清洗"),
    }
    return _LOOKS.get(pot.kind, "info"), said[pot.kind]


def pot_words(pot: PotShown) -> str:
    """Since when, until when, and what comes next."""
    since, until = show_time(pot.since), show_time(pot.until)
    if pot.kind == "failed":
        return _("%(since)s 起停用") % {"since": show_datetime(pot.since)}
    if pot.kind == "dirty":
        return _("%(since)s 出锅后还没有清洗记录") % {"since": since} if since else _("清洗不合格，请重新清洗")
    if pot.kind == "first":
        return _("%(since)s 起，%(until)s 加入其余药") % {"since": since, "until": until}
    if pot.kind == "done":
        return _("%(until)s 已煎够，请出药液或二煎") % {"until": until}
    if pot.kind == "free":
        return _("可以装锅")
    if pot.late_from is None:
        return _("%(since)s 起，煎到 %(until)s") % {"since": since, "until": until}
    late = show_time(pot.late_from)
    return _("%(since)s 起，%(late)s 加后下药，煎到 %(until)s") % {"since": since, "late": late, "until": until}


def heat_words(pot: PotShown) -> str:
    """What is wrong with what the machine reports; empty when nothing is."""
    said = {"low": _("温度偏低"), "high": _("温度偏高"), "silent": _("没有新的读数")}
    return said.get(pot.heat, "")
