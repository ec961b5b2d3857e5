"""The forecast on the screen: who may ask, what the page says, what it refuses."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from kangqu.kernel.access.models import SecondFactor
from kangqu.kernel.access.roles import Role
from kangqu.kernel.trace.models import TraceEntry
from kangqu.web.serving import SESSION_KEY
from tests.access import cast

pytestmark = pytest.mark.django_db
PAGE = "/c/vaccination/forecast"
CHILD: dict[str, Any] = {"birth_date": "2024-01-01", "as_of": "2024-05-11", "programmes": ["national"]}


def browser(role: Role) -> Client:
    """A workstation at a vaccination clinic."""
    at = timezone.now()
    clinic = cast.institution("预防接种门诊", "community_centre", cast.region("3703", "淄博市"))
    account = cast.staff(role.value, role, clinic, at=at)
    SecondFactor.objects.create(account=account, secret_sealed=b"x", confirmed_at=at)
    client = Client()
    session = client.session
    session[SESSION_KEY] = cast.signed_in(account, at=at).pk
    session.save()
    client.cookies["sessionid"] = session.session_key or ""
    return client


@pytest.fixture
def nurse() -> Client:
    return browser(Role.NURSE)


def ask(client: Client, **changes: Any) -> tuple[int, str]:
    answer = client.post(PAGE, CHILD | changes)
    assert answer["Cache-Control"] == "no-store"
    return answer.status_code, html.unescape(answer.content.decode())


def test_a_nurse_asks_and_nothing_is_kept(nurse: Client) -> None:
    assert "推算应种疫苗" in html.unescape(nurse.get(PAGE).content.decode())
    before = TraceEntry.objects.count()
    given = {"product": ["DTAP", "DTAP", "HEPB", ""], "given_on": ["2024-04-15", "2024-05-10", "2024-01-01", ""]}
    status, shown = ask(nurse, **given)
    assert status == 200
    assert "这一天可以接种" in shown and "脊灰灭活疫苗 第 1 剂" in shown
    assert "间隔不足 28 天：2024-05-13 起才可接种" in shown and "过早，不计" in shown
    assert "待核实" in shown, "the interval of hepatitis B doses was recalled"
    assert shown.count('value="DTAP" selected') == 2, "what was written stands in the form again"
    assert TraceEntry.objects.count() == before


def test_the_day_of_the_city_is_offered(nurse: Client) -> None:
    assert f'value="{timezone.localdate():%Y-%m}' in nurse.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"birth_date": ""}, "请填写出生日期"),
        ({"birth_date": "1850-01-01"}, "日期应在"),
        ({"as_of": "2023-12-31"}, "KQ-3402"),
        ({"programmes": ["general"]}, "general"),
        ({"birth_weight_g": "9" * 500}, "出生体重"),
        ({"product": ["DTAP"], "given_on": [""]}, "请填写接种日期"),
        ({"product": [""], "given_on": ["2024-03-01"]}, "请选择疫苗"),
        ({"product": ["𠮷"], "given_on": ["2024-03-01"]}, "请选择疫苗"),
        ({"product": ["DTAP"], "given_on": ["2023-12-31"]}, "早于出生日期"),
        ({"product": ["DTAP"], "given_on": ["9999-99-99"]}, "请填写接种日期"),
        ({"product": ["DTAP"] * 201, "given_on": ["2024-03-01"] * 201}, "最多 200 条"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(nurse: Client, changes: dict[str, Any], said: str) -> None:
    status, shown = ask(nurse, **changes)
    assert status == 422 and said in shown
    assert "这一天可以接种" not in shown


@pytest.mark.parametrize("name", ["birth_date", "sex", "programmes", "product", "hiv", "severe_allergy"])
def test_hostile_input_is_refused_quietly(nurse: Client, name: str) -> None:
    for value in ("\x00", "<script>", "A" * 100_000):
        status, shown = ask(nurse, **{name: [value], "given_on": ["2024-03-01"]})
        assert status in (400, 422) and "<script>A" not in shown


def test_more_rows_keep_what_was_written(nurse: Client) -> None:
    given = {"product": ["DTAP"] * 7, "given_on": ["2024-04-15"] * 7, "more": "1", "sex": "female"}
    status, shown = ask(nurse, **given)
    assert status == 200 and shown.count('name="product"') == 13
    assert 'value="2024-01-01"' in shown and 'value="female" checked' in shown


def test_others_are_sent_away() -> None:
    assert browser(Role.DISPENSER).get(PAGE).status_code == 403
    answer = Client().get(PAGE)
    assert answer.status_code == 302 and answer["Location"].startswith("/sign-in")
