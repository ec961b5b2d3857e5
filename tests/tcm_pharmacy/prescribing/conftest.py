"""The doctor at her browser, and the patient whose record her hospital keeps."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from kangqu.kernel.access.models import Account
from kangqu.kernel.people.models import Person
from kangqu.systems.tcm_pharmacy.prescribing.reads import new_number
from tests.access import cast
from tests.access.cast import RNG
from tests.tcm_pharmacy.cast import Pharmacy
from tests.tcm_pharmacy.desk.conftest import Browser
from tests.tcm_pharmacy.desk.conftest import at_desk as at_desk


class Doctor:
    """Fills the sheet as its form sends it."""

    def __init__(self, pharmacy: Pharmacy, at_desk: Browser) -> None:
        self.pharmacy, self.at_desk = pharmacy, at_desk
        Person.objects.filter(pk=pharmacy.patient.pk).update(kept_by=pharmacy.hospital)
        self.client: Client = at_desk("doctor")
        self.account = Account.objects.get(username="doctor")
        cast.licensed(self.account, at=pharmacy.now)
        self.address = f"/c/tcm/prescribe/{pharmacy.patient.public_code}"

    def filled(self, *herbs: tuple[str, Any], **changed: Any) -> dict[str, Any]:
        """A sheet in order; ``herbs`` are (name, grams)."""
        sheet: dict[str, Any] = {
            "number": new_number(self.pharmacy.now.date(), RNG),
            "disease": "胸痹心痛",
            "disease_code": "A04.01.01",
            "syndrome": "气虚血瘀证",
            "doses": 7,
            "doses_per_day": 1,
            "times_per_day": 2,
            "packs_per_dose": 2,
            "ml_per_pack": 200,
            "taking": "饭后温服",
            "route": "internal",
            "form": "decoction",
            "decoct": "on",
            "category": "GENERAL",
            "kind": "ordinary",
            "record": "outpatient",
            "extension_days": 0,
            "priority": "ordinary",
            "how": "fetch",
            "pregnant": "no",
        }
        named = herbs or (("黄芪", "15"), ("当归", "10"))
        rows = {"herb": [name for name, _ in named], "grams": [str(grams) for _, grams in named]}
        return sheet | rows | {"handling": ["" for _ in named], "note": ["" for _ in named]} | changed

    def send(self, *herbs: tuple[str, Any], **changed: Any) -> Any:
        return self.client.post(self.address, self.filled(*herbs, **changed))


@pytest.fixture
def doctor(pharmacy: Pharmacy, at_desk: Browser) -> Doctor:
    return Doctor(pharmacy, at_desk)
