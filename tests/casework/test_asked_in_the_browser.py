"""The page's script hides what is not asked, by the same table as the reader; what is hidden is not sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases.models import Case
from kangqu.kernel.cases.opening import open_case
from kangqu.kernel.trace.partitions import ensure_partitions
from tests.cases.forms.asked import PLAIN, TABLE
from tests.casework import survey as survey
from tests.casework.conftest import make_desk
from tests.look_over import cookies_of

# Empties the form, types what is given, and answers which fields are asked and which would be sent.
_TYPE = """typed => {
  const form = document.querySelector('form:has([data-ask])'), boxes = [...form.querySelectorAll('[data-ask]')];
  form.querySelectorAll('[data-ask] [name]').forEach(n => {
    const given = [].concat(typed[n.name] === undefined ? [] : typed[n.name]);
    if (/radio|checkbox/.test(n.type)) n.checked = given.includes(n.value); else n.value = given.length ? given[0] : '';
  });
  form.dispatchEvent(new Event('input', {bubbles: true}));
  return [boxes.filter(box => box.offsetParent !== null).map(box => JSON.parse(box.dataset.ask).name),
          [...new FormData(form).keys()]];
}"""


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_page_asks_what_the_reader_asks(open_page: Any) -> None:
    desk = make_desk()
    ensure_partitions("trace_entry", around=desk.now - timedelta(days=2), ahead=4)
    doctor = desk.staff("doctor", Role.FAMILY_DOCTOR)
    case, _ = open_case("test_survey", key="s1", institution_id=desk.clinic.pk, by=desk.actor("doctor"), at=desk.now)
    page = open_page(f"/c/cases/{case.code}/steps/fill", width=390, cookies=cookies_of(doctor))
    page.wait_for_function("document.querySelector('[data-ask][hidden]')")
    for typed, asked in TABLE:
        shown, sent = page.evaluate(_TYPE, typed)
        assert set(shown) == PLAIN | asked, typed
        assert not set(sent) & ({"fever", "hot", "red", "chained"} - asked), typed
    page.evaluate(_TYPE, {"ill": "0", "fever": "39", "days": "3", "red": "x"})
    page.keyboard.press("F8")
    page.wait_for_url(f"**/c/cases/{case.code}")
    assert Case.objects.get(pk=case.id).facts == {"ill": False, "days": 3}
