"""The site, and pages of the tests' own that stand on the frame as any system's would."""

from __future__ import annotations

import json
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template import engines
from django.urls import path

from kangqu.site.urls import urlpatterns as site_urls
from kangqu.web import forms
from kangqu.web.forms import draft_done
from kangqu.web.labels import qr_svg

RECEIVED: Final[list[dict[str, Any]]] = []
TRIES: Final[list[int]] = []


class Note(forms.Form):
    name = forms.NameField()
    id_number = forms.IdNumberField(birth="birth_date", sex="sex", required=False)
    sex = forms.ChoiceField(label="性别", choices=[("1", "男"), ("2", "女")], required=False)
    birth_date = forms.DateField(label="出生", required=False)


def page(request: HttpRequest, source: str, **context: Any) -> HttpResponse:
    return HttpResponse(engines["jinja2"].from_string(source).render(context, request))


def note(request: HttpRequest) -> HttpResponse:
    form = Note(request.POST or None)
    if request.method == "POST" and form.is_valid():
        response = redirect("/t/note?done=1")
        draft_done(response, "note:1")
        return response
    source = """{% extends "staff.html" %}{% set title = "记录" %}{% block main %}
    {{ ui.form(form, "/t/note", csrf_token, draft="note:1") }}{% endblock %}"""
    return page(request, source, form=form)


def scan(request: HttpRequest) -> HttpResponse:
    q = request.GET.get("q", "")
    source = """{% extends "staff.html" %}{% set title = "扫码" %}{% block main %}<form method="get" action="/t/scan">{{ ui.find(value=q) }}</form>
    <p><label for="other">别的</label><input class="in" id="other" value="原来的"></p>
    {% if q %}{{ ui.scan_result("ok" if q[0] == "R" else "bad", q) }}{% endif %}{% endblock %}"""
    return page(request, source, q=q)


def code(request: HttpRequest) -> HttpResponse:
    if request.headers.get("X-KQ-Fragment"):
        TRIES.append(1)
        response = page(request, "{{ ui.code_parts(qr) }}", qr=qr_svg(f"R{len(TRIES):05d}", label=f"R{len(TRIES):05d}"))
        response["X-KQ-Fragment"] = "code"
        return response
    source = """{% extends "resident.html" %}{% set title = "亮码" %}{% block main %}
    <section class="c code">{{ ui.code_card("/t/code", qr, life=2, keep=1) }}</section>{% endblock %}"""
    return page(request, source, qr=qr_svg("R00000", label="R00000"))


def outbox(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        source = """{% extends "staff.html" %}{% set title = "待上传" %}{% block sync %}{{ ui.sync_bar() }}{% endblock %}{% block main %}
        {{ ui.form(form, "/c/t/outbox", csrf_token, outbox=true) }}<ul data-outbox-list></ul>{% endblock %}"""
        response = page(request, source.replace('"待上传" %}', '"待上传" %}{% set offline = true %}'), form=Note())
        response["X-KQ-Keep"] = "1"
        return response
    answers = []
    for item in json.loads(request.body)["items"]:
        again = any(item["id"] == one["id"] for one in RECEIVED)
        refused = item["values"]["name"] == "错"
        if not again and not refused:
            RECEIVED.append(item)
        state = "refused" if refused else "duplicate" if again else "accepted"
        answers.append({"id": item["id"], "state": state, "sentence": "姓名不对" if refused else ""})
    return JsonResponse({"answers": answers})


urlpatterns = [
    *site_urls,
    path("t/note", note),
    path("t/scan", scan),
    path("t/code", code),
    path("c/t/outbox", outbox),
    path("t/render", lambda request: render(request, "error.html", {})),
]
handler404 = "kangqu.web.pages.not_found"
handler500 = "kangqu.web.pages.broken"
