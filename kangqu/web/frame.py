"""What every page knows without asking: language, look, who is signed in, the portal's menu, the words of the script.

``frame`` is a context processor. It works everything out when it is first asked, so that a page that shows an error
needs neither session nor database.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from kangqu.web.formats import in_english

MODES: Final = ("", "elder")
THEMES: Final = ("", "dark")
SIZES: Final = ("", "l", "xl")
_SIZE_LABELS: Final = {"": lazy("标准"), "l": lazy("大"), "xl": lazy("特大")}


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuItem:
    """A line of a portal's menu, or a tab of the residents' phone frame. ``view`` is the name of the page it opens."""

    key: str
    label: Any
    icon: str
    view: str
    order: int = 100
    group: str = ""
    group_label: Any = ""
    allowed: Callable[[HttpRequest], bool] | None = None


@dataclass(frozen=True, slots=True)
class MenuLine:
    key: str
    label: str
    icon: str
    href: str
    group: str
    group_label: str


@dataclass(frozen=True, slots=True)
class Portal:
    """A door of the house: its path, what it calls itself, and the page it begins with."""

    path: str
    title: Any
    home: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is at the screen, as the frame shows it."""

    name: str = ""
    institution: str = ""
    account_href: str = ""


@dataclass(frozen=True, slots=True)
class Flash:
    kind: str
    text: str
    undo: str
    csrf: str
    scan: bool = False


PORTALS: Final[dict[str, Portal]] = {
    "h": Portal("/h", lazy("我的健康"), "/h"),
    "c": Portal("/c", lazy("工作站"), "/c"),
    "a": Portal("/a", lazy("管理"), "/a"),
    "dev": Portal("/dev", lazy("开发"), "/dev/ui"),
}
_MENU: Final[dict[str, dict[str, MenuItem]]] = {}
_FOR_RESIDENT: Final[dict[str, MenuItem]] = {}
_HELP: Final[dict[tuple[str, str], tuple[Any, ...]]] = {}
_describe: list[Callable[[HttpRequest], SignedIn]] = []


def add_to_menu(portal: str, *items: MenuItem) -> None:
    """Add lines to a portal's menu, from an app's ``ready``. A key used twice is a mistake in the code."""
    lines = _MENU.setdefault(portal, {})
    for item in items:
        if lines.get(item.key, item) != item:
            raise ValueError(f"the menu of {portal} already has {item.key}")
        lines[item.key] = item


def add_for_resident(*items: MenuItem) -> None:
    """Add what can be begun for a resident from her page at the workstation; ``view`` takes her public code."""
    _FOR_RESIDENT.update({item.key: item for item in items})


def add_help(portal: str, key: str, *lines: Any) -> None:
    """Say in three lines what the pages under a menu line are for, from an app's ``ready``. The lines are lazy words."""
    _HELP[portal, key] = lines


def describe_signed_in(describe: Callable[[HttpRequest], SignedIn]) -> None:
    """Say how the frame learns who is signed in; the last one told is used."""
    _describe.append(describe)


class Frame:
    """The frame of one request."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def language(self) -> str:
        return "en" if in_english() else "zh-CN"

    @property
    def other_language(self) -> str:
        return "en" if self.language == "zh-CN" else "zh-hans"

    @property
    def other_language_name(self) -> str:
        return "English" if self.other_language == "en" else "中文"

    @property
    def mode(self) -> str:
        return self._chosen("mode", MODES)

    @property
    def theme(self) -> str:
        return self._chosen("theme", THEMES)

    @property
    def size(self) -> str:
        return self._chosen("size", SIZES)

    def _chosen(self, name: str, known: tuple[str, ...]) -> str:
        kept = self.request.COOKIES.get(f"kq-{name}", "")
        return kept if kept in known else ""

    @property
    def next_size(self) -> str:
        return SIZES[(SIZES.index(self.size) + 1) % len(SIZES)]

    @property
    def size_label(self) -> str:
        return str(_SIZE_LABELS[self.size])

    def look(self, **choice: str) -> str:
        """The address that keeps a choice of language, mode, theme or size and comes back to this page."""
        here = self.request.get_full_path() if self.request.method == "GET" else "/"
        return f"{reverse('look')}?{urlencode({**choice, 'next': here})}"

    @property
    def csp_nonce(self) -> str:
        return str(getattr(self.request, "csp_nonce", ""))

    @cached_property
    def portal(self) -> str:
        part = self.request.path.split("/", 2)[1] if "/" in self.request.path else ""
        return part if part in PORTALS else ""

    @property
    def portal_title(self) -> str:
        return str(PORTALS[self.portal].title) if self.portal else _("康衢")

    @property
    def home(self) -> str:
        return PORTALS[self.portal].home if self.portal else "/"

    @cached_property
    def menu(self) -> list[MenuLine]:
        items = sorted(_MENU.get(self.portal, {}).values(), key=lambda item: (item.order, item.key))
        return [
            MenuLine(item.key, str(item.label), item.icon, reverse(item.view), item.group, str(item.group_label))
            for item in items
            if item.allowed is None or item.allowed(self.request)
        ]

    def for_resident(self, code: str) -> list[MenuLine]:
        """What this viewer may begin for the resident of that public code."""
        return [
            MenuLine(item.key, str(item.label), item.icon, reverse(item.view, args=[code]), "", "")
            for item in sorted(_FOR_RESIDENT.values(), key=lambda item: (item.order, item.key))
            if item.allowed is None or item.allowed(self.request)
        ]

    @property
    def menu_groups(self) -> list[tuple[str, list[MenuLine]]]:
        """The menu by group, groups in the order of their first line."""
        groups: dict[str, list[MenuLine]] = {}
        for line in self.menu:
            groups.setdefault(line.group, []).append(line)
        return [(lines[0].group_label, lines) for lines in groups.values()]

    def help(self, key: str) -> list[str]:
        """Three lines about the pages under the menu line ``key``."""
        general = (
            lazy("左边（手机上点“菜单”）是您能办的事。"),
            lazy("标“选填”的可以不填；填错了，错在哪一格，哪一格下面会说。"),
            lazy("页面上的编号（KQ-…）报给热线，就能查到原因。"),
        )
        return [str(line) for line in _HELP.get((self.portal, key), general)]

    @cached_property
    def signed_in(self) -> SignedIn:
        return _describe[-1](self.request) if _describe else SignedIn()

    @cached_property
    def messages(self) -> list[Flash]:
        """What was said before a redirect. A message with ``extra_tags="undo:<address>"`` can be taken back; one with
        ``scan`` answers a scan: it is heard, and the bar turns green or red."""
        return [
            Flash(
                {"success": "ok", "warning": "warn", "error": "bad"}.get(message.level_tag, "info"),
                str(message.message),
                undo := next((tag[5:] for tag in (message.extra_tags or "").split() if tag.startswith("undo:")), ""),
                get_token(self.request) if undo else "",
                "scan" in (message.extra_tags or "").split(),
            )
            for message in get_messages(self.request)
        ]

    @property
    def words(self) -> dict[str, str]:
        """What the script says. ``{n}`` and ``{t}`` are filled in by it."""
        return {
            "again": _("刚扫过"),
            "renewed": _("码已更新"),
            "keep": _("没接上网，此码 {t} 前有效"),
            "dead": _("请连接网络，或出示身份证"),
            "off": _("离线 · {n} 条已存在本机，联网后自动上传"),
            "sending": _("正在上传 {n} 条"),
            "synced": _("已同步 {t}"),
            "back": _("{n} 条被退回，点开处理"),
            "saved": _("已保存，待上传"),
            "full": _("本机存不下了，请先上传或抄在纸上"),
            "signin": _("登录已过期，请重新登录后上传"),
            "restored": _("已恢复 {t} 没交的内容"),
            "clear": _("清空"),
            "short": _("身份证号还差 {n} 位"),
            "long": _("身份证号多了 {n} 位"),
            "check": _("身份证号最后一位对不上，请逐位核对"),
            "cancel": _("取消"),
            "nocam": _("打不开相机，请选一张照片"),
            "remove": _("删除"),
            "busy": _("正在保存…"),
        }


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context processor: ``frame`` for every template."""
    return {"frame": Frame(request)}
