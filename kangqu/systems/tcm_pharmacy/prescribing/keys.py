"""The signing keys of the institutions a manager manages, and her pages for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django import forms as django
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from jwcrypto.jwk import JWK

from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.systems.tcm_pharmacy.definition import KEYS, KEYS_WRITE
from kangqu.systems.tcm_pharmacy.models import SigningKey
from kangqu.systems.tcm_pharmacy.prescriptions.signing import add_key, end_key
from kangqu.web.asking import ask, confirm
from kangqu.web.forms import ChoiceField, Form
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

_LONGEST = 2_000


class KeyForm(Form):
    """A public key and its name. The institution is asked of those who manage several."""

    institution = ChoiceField(label=lazy("机构"), choices=[], widget=django.Select())
    name = django.RegexField(r"^[A-Za-z0-9._-]{1,40}$", label=lazy("密钥编号（kid）"), max_length=40)
    jwk = django.CharField(
        label=lazy("公钥（JWK）"),
        max_length=_LONGEST,
        help_text=lazy("Ed25519 或 P-256 公钥，JSON 格式；私钥留在医院，不要填在这里。"),
        widget=django.Textarea(attrs={"rows": 5, "spellcheck": "false", "data-private": ""}),
    )

    def clean_jwk(self) -> dict[str, Any]:
        """The key as it was written: an object whose members are all text."""
        try:
            read = json.loads(self.cleaned_data["jwk"])
        except (ValueError, RecursionError):
            read = None
        if not isinstance(read, dict) or not all(isinstance(value, str) for value in read.values()):
            raise ValidationError(_("这不是一个 JWK"), code="jwk")
        return read


def _keys(viewer: Viewer) -> Any:
    """The keys of the viewer's institutions; any other is not there."""
    places = [held.institution_id for held in viewer.holding(KEYS.roles)]
    return SigningKey.objects.filter(institution_id__in=places).select_related("institution")


def _places(viewer: Viewer) -> Sequence[tuple[str, str]]:
    from kangqu.kernel.places.models import Institution

    held = [each.institution_id for each in viewer.holding(KEYS.roles)]
    return [(str(pk), name) for pk, name in Institution.objects.filter(pk__in=held).values_list("pk", "name")]


def _post(viewer: Viewer, institution_id: int) -> Held:
    return next(held for held in viewer.holding(KEYS.roles) if held.institution_id == institution_id)


@serves(KEYS)
def keys(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The keys, those in force first, each with the thumbprint the hospital can compare."""
    rows = [(each, JWK(**each.jwk).thumbprint()) for each in _keys(viewer).order_by("valid_to", "-valid_from")[:200]]
    rows.sort(key=lambda row: row[0].valid_to is not None)
    return render(request, "tcm_pharmacy/keys.html", {"rows": rows})


@serves(KEYS_WRITE)
def add(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    form = KeyForm(request.POST or None)
    form.fields["institution"].choices = _places(viewer)  # type: ignore[attr-defined]

    def write(values: dict[str, Any]) -> HttpResponse:
        by = viewer.actor(held=_post(viewer, int(values["institution"])))
        place = int(values["institution"])
        key = add_key(place, name=values["name"], jwk=values["jwk"], by=by, at=instant_of(request))
        messages.success(request, _("已登记：%(name)s") % {"name": key.name})
        return redirect("tcm-keys")

    return ask(request, form, write, title=_("登记签名密钥"), back=reverse("tcm-keys"))


@serves(KEYS_WRITE)
def end(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Take a key out of force, after saying what it means."""
    key = _keys(viewer).filter(pk=number, valid_to=None).first() if 0 < number < 2**63 else None
    if key is None:
        raise Refused(NOT_FOUND)
    if request.method == "POST":
        by = viewer.actor(held=_post(viewer, key.institution_id))
        end_key(key.institution_id, name=key.name, by=by, at=instant_of(request))
        messages.success(request, _("已停用：%(name)s") % {"name": key.name})
        return redirect("tcm-keys")
    sentence = _("停用 %(place)s 的密钥 %(name)s：以后用它签的处方不再收，已收的不变。不能恢复。") % {
        "place": key.institution.name,
        "name": key.name,
    }
    return confirm(request, _("停用密钥"), sentence, reverse("tcm-keys"))


urlpatterns = [
    path("a/tcm/keys", keys, name="tcm-keys"),
    path("a/tcm/keys/add", add, name="tcm-keys-add"),
    path("a/tcm/keys/<int:number>/end", end, name="tcm-keys-end"),
]
