"""What is brought to the clinic: a paper of elsewhere, and what stays true of somebody."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from kangqu.kernel.access.roles import Role
from kangqu.kernel.people.models import Person
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.models import TraceEntry
from kangqu.systems.vaccination.models import Counted, Dose, VaccinationFile
from tests.access import cast
from tests.vaccination.clinic.conftest import worker
from tests.vaccination.clinic.test_day import key_in, words

pytestmark = pytest.mark.django_db


def page_of(girl: Person, what: str) -> str:
    return f"/c/vaccination/people/{girl.public_code}/{what}"


def bring(client: Client, girl: Person, *rows: tuple[str, str, str], place: str = "济南某卫生院") -> Any:
    key = key_in(words(client.get(page_of(girl, "history"))))
    product, given_on, lot = zip(*rows, strict=True) if rows else ((), (), ())
    told = {"place": place, "key": key, "product": list(product), "given_on": list(given_on), "lot": list(lot)}
    return client.post(page_of(girl, "history"), told)


def test_a_paper_is_written_down_row_by_row_and_what_is_refused_stays(nurse: Client, girl: Person) -> None:
    answer = bring(
        nurse, girl, ("HEPB", "2012-03-01", "a\x00𠮷"), ("HEPB", "2012-04-01", ""), ("HEPB", "2099-01-01", "L3")
    )
    assert answer.status_code == 422
    page = words(answer)
    assert 'value="2099-01-01"' in page and 'value="2012-04-01"' not in page, "what was kept left the form"
    assert "L3" in page and "已补录 2 剂" in page
    assert list(Dose.objects.order_by("given_on").values_list("lot_number", "place", "source")) == [
        ("a𠮷", "济南某卫生院", "brought"), ("", "济南某卫生院", "brought"),
    ]  # fmt: skip
    assert set(Counted.objects.exclude(number=None).values_list("number", flat=True)) == {1, 2}
    for bad in ((("HEPB", "", ""),), (("没有", "2012-04-01", ""),), (("HEPB", "2011-01-01", ""),), ()):
        assert bring(nurse, girl, *bad).status_code == 422
    assert bring(nurse, girl, *[("HEPB", "2012-05-01", "")] * 41).status_code == 422
    assert Dose.objects.count() == 2


def test_the_same_paper_sent_twice_is_kept_once(nurse: Client, girl: Person) -> None:
    told = {"place": "外地", "key": "0" * 32, "product": ["HEPB"], "given_on": ["2012-03-01"], "lot": [""]}
    assert [nurse.post(page_of(girl, "history"), told).status_code for _ in range(2)] == [302, 302]
    assert Dose.objects.count() == 1


def test_lasting_facts_change_what_is_due_and_are_named_in_the_trace(nurse: Client, girl: Person) -> None:
    Person.objects.filter(pk=girl.pk).update(birth_date=date(2026, 1, 1))
    told = {"mother_hbsag": "positive", "birth_weight_g": "1900", "severe_allergy": ["HEPB", "MMR"], "seen": ""}
    assert nurse.post(page_of(girl, "file"), told).status_code == 302
    kept = VaccinationFile.objects.get()
    assert (kept.facts["mother_hbsag"], kept.facts["birth_weight_g"], kept.facts["ppd"]) == ("positive", 1900, None)
    entry = TraceEntry.objects.get(action="vaccination.file")
    assert entry.facts == {"changed": ["birth_weight_g", "mother_hbsag", "severe_allergy"]}
    page = words(nurse.get(page_of(girl, "file")))
    assert 'value="1900"' in page and kept.changed_at.isoformat() in page
    assert nurse.post(page_of(girl, "file"), told).status_code == 422, "somebody changed it since it was drawn"
    same = told | {"seen": kept.changed_at.isoformat()}
    assert nurse.post(page_of(girl, "file"), same).status_code == 302
    assert TraceEntry.objects.filter(action="vaccination.file").count() == 1, "nothing changed, nothing written"
    for bad in ({"birth_weight_g": "1"}, {"ppd": "x"}, {"severe_allergy": ["x"]}, {"seen": "x"}, {"hiv": "x" * 10_000}):
        assert nurse.post(page_of(girl, "file"), same | bad).status_code == 422


def test_other_places_and_roles_find_nobody(girl: Person, place: Institution) -> None:
    far = worker(Role.NURSE, cast.institution("远处门诊", "community_centre", cast.region("3705", "东营市")), "far")
    porter = worker(Role.PHARMACIST, place, "porter")
    for what in ("history", "file"):
        assert far.get(page_of(girl, what)).status_code in (403, 404)
        assert porter.get(page_of(girl, what)).status_code == 403
        assert Client().get(page_of(girl, what)).status_code == 302
