"""The demo's telephone rings over the real wire and shows what it received."""

from __future__ import annotations

import os

import pytest

from kangqu.kernel.notices import sending
from kangqu.kernel.notices.actions import write
from kangqu.kernel.notices.gateways import TencentSms
from kangqu.kernel.notices.models import Channel, NoticeState
from kangqu.kernel.trace.actor import the_house
from kangqu.site.telephone import VARIABLE, received_texts, start_telephone, telephone_config
from tests.conftest import NINE


@pytest.mark.django_db(transaction=True)
def test_a_code_sent_in_the_demo_shows_on_its_telephone(monkeypatch, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    monkeypatch.setenv(VARIABLE, "")
    assert telephone_config(os.environ) is None
    start_telephone()
    config = telephone_config(os.environ)
    assert config is not None
    values = {"code": "246810", "minutes": "5"}
    notice = write(
        key="t",
        channel=Channel.SMS,
        template="sign_in_code",
        values=values,
        to="+8613800000001",
        by=the_house(),
        at=NINE,
    )
    assert sending.send(notice.pk, TencentSms(config), NINE) is NoticeState.SENT
    assert "246810" in received_texts()[0].text
