"""The administration's cast: a city with a county and a village clinic, another city, and who may do what there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from kangqu.kernel.access.models import Account, SecondFactor
from kangqu.kernel.access.roles import Role
from kangqu.kernel.places.models import Institution
from kangqu.web.serving import SESSION_KEY
from tests.access import cast


@dataclass
class Town:
    now: datetime
    city: Institution
    county: Institution
    clinic: Institution
    elsewhere: Institution

    def client(self, role: Role, where: Institution | None = None) -> Client:
        """A browser signed in as somebody who holds ``role`` at ``where``."""
        account = cast.staff(f"{role}-{Account.objects.count()}", role, where or self.city, at=self.now)
        return sign_in(account, self.now)


def sign_in(account: Account, at: datetime) -> Client:
    SecondFactor.objects.create(account=account, secret_sealed=b"x", confirmed_at=at)
    client = Client()
    session = client.session
    session[SESSION_KEY] = cast.signed_in(account, at=at).pk
    session.save()
    client.cookies["sessionid"] = session.session_key or ""
    return client


@pytest.fixture
def town(db: None) -> Town:
    zibo, jinan = cast.region("3703", "淄博市"), cast.region("3701", "济南市")
    zichuan, village = cast.region("370302", "淄川区"), cast.region("370302001", "般阳路街道")
    city = cast.institution("市卫健委", "commission", zibo)
    county = cast.institution("淄川区卫健局", "commission", zichuan, city)
    clinic = cast.institution("柳沟村卫生室", "village_clinic", village, county, serves=True)
    return Town(timezone.now(), city, county, clinic, cast.institution("外市卫健委", "commission", jinan))
