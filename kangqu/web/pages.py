"""The frame's own pages: the look a person chose, refusals in words, the offline worker, the sheet of all components."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language, get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, NOT_YOURS, Refusal, Refused, refusal
from kangqu.web.choices import keep_choice
from kangqu.web.frame import MODES, SIZES, THEMES
from kangqu.web.problems import DATABASE_AWAY, RETRY_SECONDS, database_is_away

log = logging.getLogger(__name__)

# Sent with request and choice (name → value), so that whoever keeps accounts can remember it there too.
look_chosen = Signal()

BAD_REQUEST = refusal(
    "bad_request", "KQ-1910", zh="这次请求没看懂，什么也没有改动。", en="The request could not be read; nothing was changed.", status=400,
)  # fmt: skip
FORM_EXPIRED = refusal(
    "form_expired", "KQ-1911", zh="这一页开得太久了，刚才的内容没有提交。", en="This page was open for too long; nothing was sent.", status=403,
)  # fmt: skip
BROKEN = refusal(
    "broken", "KQ-1912", zh="系统出错了，刚才的内容没有保存。", en="Something broke on our side; nothing was saved.", status=500,
)  # fmt: skip
BUSY = refusal(
    "busy", "KQ-1913", zh="现在办的人太多，或正在维护。", en="Too many people at once, or maintenance under way.", status=503,
)  # fmt: skip
WRONG_METHOD = refusal(
    "wrong_method", "KQ-1914", zh="这个地址不能这样打开。", en="This address cannot be opened this way.", status=405,
)  # fmt: skip

_CHOICES: Final = {"mode": MODES, "theme": THEMES, "size": SIZES}
_SHELL: Final = ["kq/kq.css", "kq/kq.js", "django_htmx/htmx-2.min.js", "kq/icon.svg"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal as a page: what happened, what to do next, where to go."""

    title: str
    sentence: str
    advice: str
    code: str
    ways: list[tuple[str, str]]


@require_safe
def look(request: HttpRequest) -> HttpResponse:
    """Keep a choice of language, mode, theme or text size in a cookie and go back to the page it was made on."""
    to = request.GET.get("next", "/")
    if not url_has_allowed_host_and_scheme(to, allowed_hosts=None) or not to.startswith("/"):
        to = "/"
    response = redirect(to)
    chosen = {name: request.GET[name] for name, known in _CHOICES.items() if request.GET.get(name) in known}
    cookies = {f"kq-{name}": value for name, value in chosen.items()}
    language = request.GET.get("language", "")
    if language in dict(settings.LANGUAGES) and check_for_language(language):
        cookies[settings.LANGUAGE_COOKIE_NAME] = chosen["language"] = language
    for name, value in cookies.items():
        keep_choice(request, response, name, value)
    look_chosen.send(sender=look, request=request, choice=chosen)
    return response


def keep_offline(*names: str) -> None:
    """Add static files to the shell that works without a network, from an app's ``ready``."""
    _SHELL.extend(name for name in names if name not in _SHELL)


@require_safe
def offline_worker(request: HttpRequest) -> HttpResponse:
    """The service worker of the staff portals, with the shell it keeps; its version is the shell's own hashed names."""
    shell = [static(name) for name in _SHELL]
    response = render(request, "sw.js", {"shell": json.dumps(shell)}, content_type="text/javascript; charset=utf-8")
    response["Service-Worker-Allowed"] = "/c"
    response["Cache-Control"] = "no-cache"
    return response


def refusal_page(
    request: HttpRequest, why: Refusal, *, sentence: str = "", retry_after: int | None = None
) -> HttpResponse:
    """A refusal as a page of its own, with its status and its code."""
    title, advice = _words(why.status)
    ways = [(_("返回上一页"), _came_from(request)), (_("回首页"), "/")]
    problem = Problem(
        title, sentence or why.sentence(get_language() or "zh", {}), advice, why.code, [way for way in ways if way[1]]
    )
    response = render(request, "error.html", {"problem": problem}, status=why.status)
    response["Cache-Control"] = "no-store"
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


def refused_page(request: HttpRequest, refused: Refused) -> HttpResponse:
    """The page of a ``Refused`` that no form caught."""
    seconds = refused.facts.get("seconds")
    return refusal_page(
        request,
        refused.why,
        sentence=refused.sentence(get_language() or "zh"),
        retry_after=seconds if isinstance(seconds, int) else None,
    )


def _came_from(request: HttpRequest) -> str:
    before = request.headers.get("Referer", "")
    return before if url_has_allowed_host_and_scheme(before, allowed_hosts={request.get_host()}) else ""


def _words(status: int) -> tuple[str, str]:
    known = {
        400: (_("没看懂"), _("请返回上一页重新打开。")),
        401: (_("请先登录"), _("登录后会回到这一页。")),
        403: (_("不能办"), _("如果您认为应该可以，请联系本单位管理员。")),
        404: (_("没有找到"), _("请核对地址，或从首页重新查找。")),
        405: (_("打开方式不对"), _("请从首页重新进入。")),
        409: (_("有人先办了"), _("请刷新后再看。")),
        413: (_("内容太大"), _("请分几次提交。")),
        429: (_("请稍等"), _("不用反复点，过一会儿再试。")),
        500: (_("系统出错"), _("已经记下。请稍后再试；急事请打 12345，报上下面的编号。")),
        503: (_("暂时不能用"), _("请过几分钟再试；急事请打 12345。")),
    }
    return known.get(status, (_("没有办成"), _("请按上面的提示改正后再试。")))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refusal_page(request, BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refusal_page(request, NOT_YOURS)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refusal_page(request, NOT_FOUND)


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's ``CSRF_FAILURE_VIEW``."""
    return refusal_page(request, FORM_EXPIRED)


def broken(request: HttpRequest) -> HttpResponse:
    """The page of last resort: it must come even when templates, session or database do not."""
    away = database_is_away(sys.exc_info()[1])
    why = DATABASE_AWAY if away else BROKEN
    if away:
        request._viewer = Viewer()  # type: ignore[attr-defined]  # asking who it is would ask the database again
    try:
        return refusal_page(request, why, retry_after=RETRY_SECONDS if away else None)
    except Exception:
        log.exception("the error page failed")
        with override(None):
            return HttpResponse(
                f"{why.zh} {why.en} ({why.code})", status=why.status, content_type="text/plain; charset=utf-8"
            )
