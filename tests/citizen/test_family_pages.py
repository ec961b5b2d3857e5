"""家人 through the pages: asked, answered, changed, ended; both are told; nobody grants herself anything."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kangqu.kernel.access.models import Account
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.notices.models import Channel, Notice
from kangqu.kernel.people.models import Proxy
from kangqu.kernel.people.papers import Paper, add_identifier
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.citizen.models import Offer
from tests.citizen.conftest import one_household, phone_of

pytestmark = pytest.mark.django_db

PHONE = "+8613800000001"


def _asked(family, **more):
    until = city_day(family.now) + timedelta(days=365)
    given = {
        "name": "李小𠮷",
        "contact": "138 0000 0001",
        "relation": "子女",
        "rights": ["code", "book"],
        "until": until,
    }
    return {**given, **more}


def _ask(family, person=None, side="agents", **more):
    phone_of(family.daughter, PHONE, family.now)
    return family.client(person or family.mother).post(f"/h/family/add/{side}", _asked(family, **more))


def _say(family, person, side, other, word):
    return family.client(person).post(f"/h/family/{side}/{other.public_code}/answer", {"say": word})


def test_a_mother_asks_her_daughter_who_says_yes_and_both_are_told(family):
    phone_of(family.mother, "+8613800000002", family.now)
    assert _ask(family).status_code == 302
    assert not Proxy.objects.exists()
    page = family.client(family.daughter).get("/h/family").content.decode()
    assert "请您答复" in page and "王秀兰" in page and "母亲" in page
    assert _say(family, family.daughter, "for", family.mother, "yes").status_code == 302
    row = Proxy.objects.get()
    assert (row.person_id, row.agent_id, row.rights, row.consent) == (
        family.mother.pk, family.daughter.pk, ["book", "code"], "phone",
    )  # fmt: skip
    told = set(Notice.objects.filter(template="proxy_granted").values_list("person_id", "channel"))
    both = (family.mother.pk, family.daughter.pk)
    assert told == {(who, channel) for who in both for channel in (Channel.IN_APP, Channel.SMS)}
    assert family.client(family.daughter).get(f"/h/code?for={family.mother.public_code}").status_code == 200


def test_a_daughter_asks_to_act_for_her_mother_and_cannot_answer_herself(family):
    contact = family.mother.public_code
    assert _ask(family, family.daughter, "for", name="王秀兰", contact=contact, relation="父母").status_code == 302
    assert _say(family, family.daughter, "for", family.mother, "yes").status_code == 404
    assert _say(family, family.stranger, "for", family.mother, "yes").status_code == 409
    assert _say(family, family.mother, "for", family.daughter, "yes").status_code == 409
    assert not Proxy.objects.exists()
    page = family.client(family.mother).get("/h/family").content.decode()
    assert "请您答复" in page and "女儿" in page
    _say(family, family.mother, "agents", family.daughter, "yes")
    assert Proxy.objects.get().relation == "子女"
    assert _say(family, family.mother, "agents", family.daughter, "yes").status_code == 409


def test_a_no_is_told_and_a_request_can_be_taken_back_or_runs_out(family):
    _ask(family)
    _say(family, family.daughter, "for", family.mother, "no")
    assert Notice.objects.filter(template="family_declined", person_id=family.mother.pk).exists()
    _ask(family)
    assert _say(family, family.daughter, "for", family.mother, "withdraw").status_code == 404
    assert _say(family, family.mother, "agents", family.daughter, "withdraw").status_code == 302
    _ask(family)
    Offer.objects.update(ends_at=family.now)
    assert _say(family, family.daughter, "for", family.mother, "yes").status_code == 409
    assert (
        not Proxy.objects.exists()
        and "请您答复" not in family.client(family.daughter).get("/h/family").content.decode()
    )


def test_asking_twice_leaves_one_request(family):
    _ask(family)
    _ask(family, rights=["code"])
    assert Offer.objects.filter(answered_at=None).get().rights == ["code"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "李小禾"),
        ("contact", "13900000000"),
        ("contact", "R000000000000"),
        ("contact", "x\x00y"),
        ("rights", []),
        ("rights", ["everything"]),
        ("relation", "castle"),
        ("until", "2020-01-01"),
        ("until", "yesterday"),
    ],
)
def test_a_bad_word_is_refused_beside_its_field_and_nothing_is_asked(family, field, value):
    answer = _ask(family, **{field: value})
    assert answer.status_code == 422 and 'class="er"' in answer.content.decode()
    assert not Offer.objects.exists() and "有误" in answer.content.decode()


def test_who_guesses_names_is_stopped(family):
    answers = [_ask(family, name=f"李{i}") for i in range(12)]
    assert "请" in answers[-1].content.decode()
    assert _ask(family).status_code == 422
    assert TraceEntry.objects.filter(action="family.find", result="refused").count() == 10


def test_nobody_is_her_own_agent_and_a_minor_is_for_guardians(family):
    mine = {"name": "王秀兰", "contact": family.mother.public_code}
    assert _ask(family, **mine).status_code == 422
    _ask(family, family.daughter, "for", name="李一诺", contact=family.son.public_code, relation="子女")
    son = family.client(family.son)
    answer = son.post(f"/h/family/agents/{family.daughter.public_code}/answer", {"say": "yes"})
    assert answer.status_code == 409 and "监护人" in answer.content.decode() and not Proxy.objects.exists()


def test_rights_are_switches_of_the_one_acted_for_only(family):
    family.grant(family.mother, family.daughter, "code")
    mothers, daughters = family.client(family.mother), family.client(family.daughter)
    address = f"/h/family/agents/{family.daughter.public_code}"
    page = mothers.get(address).content.decode()
    assert 'value="code" checked' in page and 'value="pay" checked' not in page
    until = city_day(family.now) + timedelta(days=30)
    assert mothers.post(address, {"rights": ["code", "reports"], "until": until}).status_code == 302
    assert Proxy.objects.get(revoked_at=None).rights == ["code", "reports"]
    assert Notice.objects.filter(template="proxy_granted", person_id=family.daughter.pk).count() == 1
    assert mothers.post(address, {"rights": [], "until": until}).status_code == 422
    wrong_side = f"/h/family/for/{family.mother.public_code}"
    assert 'type="checkbox"' not in daughters.get(wrong_side).content.decode()
    daughters.post(wrong_side, {"rights": ["pay"], "until": until})
    assert Proxy.objects.get(revoked_at=None).rights == ["code", "reports"]


def test_either_side_ends_it_at_once_and_both_are_told(family):
    for person, side, other in (
        (family.mother, "agents", family.daughter),
        (family.daughter, "for", family.mother),
    ):
        family.grant(family.mother, family.daughter, "code")
        address = f"/h/family/{side}/{other.public_code}/end"
        assert "马上不能" in family.client(person).get(address).content.decode()
        assert family.client(person).post(address).status_code == 302
        assert family.client(person).post(address).status_code == 404
        assert family.client(family.daughter).get(f"/h/code?for={family.mother.public_code}").status_code == 403
    assert Notice.objects.filter(template="proxy_revoked", channel=Channel.IN_APP).count() == 4


def test_a_stranger_reaches_no_tie(family):
    family.grant(family.mother, family.daughter, "code")
    client = family.client(family.stranger)
    for side, code in (("agents", family.daughter.public_code), ("for", family.mother.public_code), ("castle", "R1")):
        for way in ("", "/end"):
            assert client.get(f"/h/family/{side}/{code}{way}").status_code == 404
            assert client.post(f"/h/family/{side}/{code}{way}", {}).status_code == 404
    assert Proxy.objects.filter(revoked_at=None).count() == 1


def test_a_mother_claims_her_child_of_the_same_household(family):
    by, at = the_house(), family.now - timedelta(hours=1)
    add_identifier(family.son.pk, Paper(kind="11", number="Q370000123"), by=by, at=at)
    client = family.client(family.daughter)
    given = {"name": "李一诺", "certificate": "q 370000123"}
    assert client.post("/h/family/add/child", given).status_code == 422  # no household says they belong together
    one_household(family.mother, family.daughter, family.son, at=at)
    assert client.post("/h/family/add/child", {**given, "name": "李二诺"}).status_code == 422
    assert client.post("/h/family/add/child", given).status_code == 302
    row = Proxy.objects.get()
    assert (row.kind, row.person_id, row.agent_id) == ("guardian", family.son.pk, family.daughter.pk)
    assert client.get(f"/h/code?for={family.son.public_code}").status_code == 200
    assert client.post(f"/h/family/for/{family.son.public_code}/end").status_code == 404  # a guardian ends at a desk
    assert family.client(family.stranger).post("/h/family/add/child", given).status_code == 422


def test_a_grant_ends_with_the_citys_day(family):
    """Until the 30th means through the last second of the 30th at +08:00, wherever the server stands."""
    from datetime import UTC, date, datetime

    from kangqu.kernel.access.identify import viewer_of_session
    from kangqu.kernel.basis.refusals import Refused
    from kangqu.systems.citizen.actions import open_to_show
    from tests.access import cast

    family.grant(family.mother, family.daughter, "code", until=(city_day(family.now) + timedelta(days=7)))
    last = city_day(family.now) + timedelta(days=7)
    account = cast.resident_account(family.daughter, at=family.now)
    viewer = viewer_of_session(cast.signed_in(account, at=family.now).pk, family.now)
    assert viewer is not None and isinstance(last, date)
    before = datetime(last.year, last.month, last.day, 15, 59, 59, tzinfo=UTC)
    assert open_to_show(viewer, family.mother.public_code, at=before, action="code.show").person == family.mother
    with pytest.raises(Refused) as refused:
        open_to_show(viewer, family.mother.public_code, at=before + timedelta(seconds=1), action="code.show")
    assert refused.value.why.name == "family_right_ended"
    page = family.client(family.mother).get("/h/family").content.decode()
    assert last.isoformat() in page


def test_five_family_members_at_most(family):
    from tests.citizen.conftest import another

    for number in range(5):
        family.grant(family.mother, another(f"侄{'一二三四五'[number]}", number, family.now), "code")
    _ask(family)
    answer = _say(family, family.daughter, "for", family.mother, "yes")
    assert answer.status_code == 409 and "最多授权 5 位" in answer.content.decode()
    assert Account.objects.exists()
