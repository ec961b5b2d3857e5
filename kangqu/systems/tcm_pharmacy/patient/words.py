"""Plain words for the patient: what a stage is, what was done in it, when it will be ready, how to take it."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from kangqu.kernel.basis.clock import city_day
from kangqu.systems.tcm_pharmacy import guards
from kangqu.systems.tcm_pharmacy.desk.words import ROUTES
from kangqu.systems.tcm_pharmacy.patient.reads import Told
from kangqu.systems.tcm_pharmacy.patient.story import Part, by_courier
from kangqu.web.formats import show_day, show_time

_TITLES: Final[dict[str, Any]] = {
    "received": lazy("收到处方"),
    "review": lazy("药师审方"),
    "weigh": lazy("称药"),
    "check": lazy("第二人核对"),
    "soak": lazy("浸泡"),
    "boil": lazy("煎药"),
    "pack": lazy("装袋"),
    "look": lazy("质量检查"),
    "hand": lazy("取药"),
}
_NOW: Final[dict[str, Any]] = {
    "received": lazy("等药师审方"),
    "second_signature": lazy("等第二名药师签字"),
    "released": lazy("正在称药"),
    "dispensed": lazy("等另一名药师核对"),
    "checked": lazy("等着下锅"),
    "soaking": lazy("正在浸泡"),
    "decocting": lazy("正在煎药"),
    "decocting_again": lazy("正在煎第二遍"),
    "drawn_off": lazy("煎好了，等装袋"),
    "packed": lazy("装好了，等质量检查"),
    "ready": lazy("做好了，可以来取"),
    "on_the_way": lazy("正在送来的路上"),
    "handed_out": lazy("已取药"),
    "delivered": lazy("已送到"),
    "returned": lazy("药师请医生改方，这张不再配"),
    "void": lazy("这张处方已作废"),
}
_RECEIVED_BY: Final[dict[str, Any]] = {
    "self": lazy("您本人扫码签收"),
    "guardian": lazy("监护人扫码签收"),
    "proxy": lazy("代办的家人扫码签收"),
    "signature": lazy("收药人手写签名"),
}


def title(part: Part, told: Told) -> str:
    """What the stage is called."""
    if part.key == "hand" and by_courier(told.facts):
        return _("送药上门")
    if part.key == "hand" and told.facts.get("delivery") == guards.WARD:
        return _("送到病区")
    return str(_TITLES[part.key])


def now(told: Told) -> str:
    """Where it stands, in a sentence."""
    state, delivery = told.state, told.facts.get("delivery")
    if state == "checked" and not told.facts.get("decocted"):
        return _("等装袋")
    if state == "ready" and delivery == guards.COURIER:
        return _("做好了，等快递员来取")
    if state == "ready" and delivery == guards.WARD:
        return _("做好了，等送到病区")
    return str(_NOW[state])


def when(instant: Any, at: Any) -> str:
    """Today's times as times, others with their day."""
    if instant is None:
        return ""
    return show_time(instant) if city_day(instant) == city_day(at) else f"{show_day(instant)} {show_time(instant)}"


def lines(part: Part, told: Told) -> list[str]:
    """What was done in a stage, or is being done, in plain words."""
    if part.key == "soak":
        return _soaked(told)
    if part.key == "boil":
        return _boiled(told)
    if part.key == "pack" and part.status == "done" and told.facts.get("packed"):
        packs = int(told.facts["packed"])
        return [ngettext("装了 %(num)d 袋", "装了 %(num)d 袋", packs) % {"num": packs}]
    if part.key == "hand":
        return _handed(told)
    return []


def _soaked(told: Told) -> list[str]:
    batch = told.boiled
    if batch is None:
        return []
    if batch.soaked is None:
        return [_("至少要泡 %(least)d 分钟") % {"least": batch.soak_least}]
    return [
        _("泡了 %(minutes)d 分钟（规定至少 %(least)d 分钟）") % {"minutes": batch.soaked, "least": batch.soak_least}
    ]


def _boiled(told: Told) -> list[str]:
    batch = told.boiled
    if batch is None or batch.from_ is None:
        return []
    found = [_("在 %(pot)s煎") % {"pot": batch.pot}] if batch.pot else []
    if batch.first is not None:
        found.append(_("先煎的药先煮了 %(minutes)d 分钟") % {"minutes": batch.first})
    if batch.boiled is not None:
        said = _("头煎 %(minutes)d 分钟（规定至少 %(least)d 分钟）")
        found.append(said % {"minutes": batch.boiled, "least": batch.boil_least})
    if batch.late is not None:
        found.append(_("后下的药煮了 %(minutes)d 分钟") % {"minutes": batch.late})
    if batch.again is not None:
        found.append(_("二煎 %(minutes)d 分钟") % {"minutes": batch.again})
    if told.heat is not None:
        low, high = told.heat
        found.append(_("煮沸后锅里 %(low).0f～%(high).0f ℃") % {"low": low, "high": high})
    return found


def _handed(told: Told) -> list[str]:
    found = []
    if by_courier(told.facts) and told.promise is not None and told.promise.round is not None:
        found.append(_("配送车次：%(name)s") % {"name": told.promise.round.name})
    if told.left_at is not None and told.state in ("on_the_way", "delivered"):
        found.append(_("%(time)s 出发") % {"time": show_time(told.left_at)})
    received = _RECEIVED_BY.get(str(told.facts.get("received_by", "")))
    if received is not None and told.state in ("handed_out", "delivered"):
        found.append(str(received))
    return found


def taking(told: Told) -> list[tuple[str, str]]:
    """How to take it: term and value, as on the bag."""
    details, doses = told.kept.details, told.kept.doses
    rows = [
        (_("用法"), str(ROUTES.get(details.get("route", "internal"), ""))),
        (_("剂数"), ngettext("%(num)d 剂", "%(num)d 剂", doses) % {"num": doses}),
    ]
    times = details.get("times_per_day")
    if times:
        rows.append((_("每天"), ngettext("%(num)d 次", "%(num)d 次", times) % {"num": times}))
    if told.facts.get("decocted"):
        packs, ml = int(told.facts.get("packs", 0)), told.facts.get("ml_per_pack")
        rows.append((_("装成"), _("%(packs)d 袋，每袋 %(ml)s 毫升") % {"packs": packs, "ml": ml}))
        stored = _("放冰箱冷藏（2～8 ℃），%(days)d 天内服完")
        rows.append((_("存放"), stored % {"days": told.keeps_days}))
    return rows
