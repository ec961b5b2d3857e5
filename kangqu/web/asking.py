"""Pages that ask before they do: a form with a verb behind it, or a sentence with one button."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from kangqu.kernel.basis.refusals import SIGN_IN, Refused
from kangqu.web.forms import Form


def ask(
    request: HttpRequest,
    form: Form,
    done: Callable[[dict[str, Any]], HttpResponse],
    *,
    template: str = "ask.html",
    **facts: Any,
) -> HttpResponse:
    """The page of ``form``. Once it is sent and in order, ``done`` does it with the clean values and answers.

    What ``done`` refuses stands beside the field it names, and the answer is 422; only a sign-in that has run out leads
    away from the form. ``ask.html`` wants ``title`` and ``back``; any other ``template`` gets ``form``, ``has_errors``
    and ``facts``.
    """
    if request.method == "POST" and form.is_valid():
        try:
            return done(form.cleaned_data)
        except Refused as refused:
            if refused.why is SIGN_IN:
                raise
            form.refuse(refused, get_language() or "zh-hans")
    shown = {**facts, "form": form, "has_errors": bool(form.errors)}
    return render(request, template, shown, status=422 if form.errors else 200)


def confirm(request: HttpRequest, title: str, sentence: str, back: str) -> HttpResponse:
    """The page that says what a press of the button ``title`` means before it is done."""
    return render(request, "confirm.html", {"title": title, "sentence": sentence, "back": back})
