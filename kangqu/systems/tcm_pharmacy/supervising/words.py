"""How figures are said: shares with what they are of, minutes, what each counts."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from kangqu.systems.tcm_pharmacy.board.stations import Station
from kangqu.web.formats import grouped, in_english

FEW: Final = 30
"""Below so many no percentage is said."""

TITLES: Final[dict[str, Any]] = {
    "received": lazy("收到"),
    "handed": lazy("交到患者"),
    "on_time": lazy("按时"),
    "late": lazy("晚了"),
    "unpromised": lazy("没有约定"),
    "decided": lazy("审过"),
    "returned": lazy("退回医生"),
    "found": lazy("有审方问题"),
    "lacking": lazy("缺资料"),
    "overridden": lazy("双签放行"),
    "rated": lazy("患者评价"),
}
COUNTED: Final[dict[str, Any]] = {
    "received": lazy("当天收到的处方，按“受理”数。"),
    "handed": lazy("当天发药或送达的处方，按这两步数。"),
    "on_time": lazy(
        "当天交到患者的、有约定的处方里，没有超过第一次约定时间的；改约不算数。到窗口取的看什么时候放行，配送的看什么时候送达。"
    ),
    "late": lazy("超过第一次约定时间的。晚多少：晚的这些里一半不超过、九成不超过的分钟数。"),
    "unpromised": lazy("交到患者时没有约定过时间的，不算按时也不算晚。"),
    "decided": lazy("当天审核通过、第二签或退回的处方。"),
    "returned": lazy("当天退回医生的，占当天审过的。"),
    "found": lazy("审过的处方里，收到时自动审核有警示、双签或拦截的；只是缺资料的不算。"),
    "lacking": lazy("审过的处方里，医院没有写全处方和前记，或没有给出判断要用的患者情况的。"),
    "overridden": lazy("有审方问题、经两名药师签字放行的，占有审方问题的。"),
    "rated": lazy("这些天里患者第一次评价的，按现在的星数。"),
}


def title(figure: str) -> str:
    """What a figure is called."""
    if figure in Station._value2member_map_:
        station = Station(figure)
        return station.label_en if in_english() else station.label
    return str(TITLES[figure])


def of(part: int, whole: int) -> str:
    """``26 / 30``."""
    return f"{grouped(part)} / {grouped(whole)}" if whole else "—"


def percent(part: int, whole: int) -> str:
    """``86.7 %``; empty where there are too few."""
    return f"{100 * part / whole:.1f} %" if whole >= FEW else ""


def share(part: int, whole: int) -> str:
    """``86.7 % (26 / 30)``; of few, only how many of how many."""
    said, count = percent(part, whole), of(part, whole)
    if not said:
        return count
    return f"{said} ({count})" if in_english() else f"{said}（{count}）"


def minutes(value: int | None) -> str:
    return "—" if value is None else ngettext("%(num)d 分钟", "%(num)d 分钟", value) % {"num": value}
