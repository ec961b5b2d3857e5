"""What goes out comes in again and changes nothing; what is masked does not come in as a number."""

from __future__ import annotations

import io

import pytest

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.importing import actions, refusals
from kangqu.kernel.people.importing.exporting import ListFormat, export_residents
from kangqu.kernel.people.importing.running import run
from kangqu.kernel.people.models import Person
from kangqu.kernel.trace.actor import the_house
from kangqu.kernel.trace.models import TraceEntry
from tests.importing.lists import as_csv, number_of, resident, residents

pytestmark = pytest.mark.django_db
BY = the_house("operator")


def bring(content: bytes, at):
    job = actions.start_import(file_name="名单", blocks=[content], by=BY, at=at, preview=False)
    return run(job.pk, by=BY, clock=lambda: at)


@pytest.mark.parametrize("kind", list(ListFormat))
def test_what_goes_out_comes_in_unchanged(nine, kind):
    odd = resident(20, name="阿依古丽·𠮷", number="E12345678", kind="护照", nationality="KAZ", ethnicity="")
    bring(as_csv([*residents(12), odd]), nine)
    out = io.BytesIO()
    assert export_residents(out, purpose="年度核对", by=BY, at=nine, kind=kind, with_numbers=True) == 13
    again = bring(out.getvalue(), nine)
    assert again.counts == {"same": 13} and again.unknown == []
    assert Person.objects.count() == 13


def test_numbers_are_masked_unless_asked_for(nine):
    bring(as_csv(residents(3)), nine)
    out = io.BytesIO()
    export_residents(out, purpose="年度核对", by=BY, at=nine)
    text = out.getvalue().decode("utf-8-sig")
    assert number_of(1) not in text and "13900000001" not in text and "139****0001" in text
    assert "年度核对" in text
    assert bring(out.getvalue(), nine).counts == {"error": 3}


def test_an_export_needs_a_purpose_and_is_traced(nine):
    with pytest.raises(Refused) as refused:
        export_residents(io.BytesIO(), purpose=" ", by=BY, at=nine)
    assert refused.value.why is refusals.PURPOSE_NEEDED
    export_residents(io.BytesIO(), purpose="核对", by=BY, at=nine)
    assert TraceEntry.objects.get(action="people.export").reason == "核对"
