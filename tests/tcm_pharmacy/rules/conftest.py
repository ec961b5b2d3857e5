"""Browsers of those who read the tables, and of those who may not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from kangqu.kernel.access.roles import Role
from kangqu.kernel.places.models import Institution
from tests.access import cast
from tests.tcm_pharmacy.board.conftest import client_of
from tests.tcm_pharmacy.cast import Pharmacy

Browser = Callable[[str], Client]


@pytest.fixture
def browser(pharmacy: Pharmacy) -> Browser:
    """``browser("pharmacist")``: one of the cast, an officer or inspector of the commission, or a resident."""
    top = Institution.objects.get(name="卫健委")
    cast.staff("officer", Role.COMMISSION_OFFICER, top, at=pharmacy.now)
    cast.staff("inspector", Role.INSPECTOR, top, at=pharmacy.now)
    return lambda who: client_of(pharmacy, who)
