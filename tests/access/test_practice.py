"""Licences to practise: registered by who administers the account, kept for ever, one in force."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from kangqu.kernel.access.identify import viewer_of_session
from kangqu.kernel.access.models import LicenceKind, PractisingLicence, SpecialRight
from kangqu.kernel.access.practice import end_licence, licence_of, require_licence, set_licence
from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.trace.models import TraceEntry
from tests.access import cast
from tests.cases.test_at_once import all_at_once

DOCTOR = LicenceKind.DOCTOR


class Hospital:
    """A hospital with its manager and a doctor, and a manager next door."""

    def __init__(self, at: Any) -> None:
        where = cast.region("3703", "淄博市")
        self.place, self.elsewhere = (cast.institution(name, "hospital", where) for name in ("中医院", "二院"))
        self.at = at
        self.manager = cast.staff("manager", Role.INSTITUTION_MANAGER, self.place, at=at)
        self.next_door = cast.staff("next", Role.INSTITUTION_MANAGER, self.elsewhere, at=at)
        self.doctor = cast.staff("doctor", Role.DOCTOR, self.place, at=at)

    def viewer(self, account: Any) -> Any:
        found = viewer_of_session(cast.signed_in(account, at=self.at).pk, self.at)
        assert found is not None
        return found

    def register(self, **changed: Any) -> PractisingLicence:
        given: dict[str, Any] = {
            "kind": DOCTOR, "number": "110370000012345", "valid_until": city_day(self.at) + timedelta(days=365),
            "rights": [SpecialRight.NARCOTIC], "by": self.viewer(self.manager), "at": self.at,
        } | changed  # fmt: skip
        return set_licence(self.doctor.pk, **given)


@pytest.fixture
def hospital(db: None, nine: Any) -> Hospital:
    return Hospital(nine)


def why(refused: Any) -> str:
    return str(refused.value.why.code)


def test_a_licence_is_registered_changed_and_kept(hospital: Hospital) -> None:
    first = hospital.register()
    assert hospital.register().pk == first.pk, "the same again changes nothing"
    second = hospital.register(rights=[])
    assert second.pk != first.pk and PractisingLicence.objects.filter(ended_at=None).get().pk == second.pk
    found = require_licence(hospital.doctor.pk, at=hospital.at)
    assert (found.kind, found.number, found.rights) == (DOCTOR, "110370000012345", frozenset())
    facts = [entry.facts for entry in TraceEntry.objects.filter(action="licence.set").order_by("position")]
    assert [each["rights"] for each in facts] == [["narcotic"], []] and facts[0]["account"] == hospital.doctor.pk
    end_licence(hospital.doctor.pk, reason="吊销", by=hospital.viewer(hospital.manager), at=hospital.at)
    assert licence_of(hospital.doctor.pk) is None and PractisingLicence.objects.count() == 2
    with pytest.raises(Refused) as refused:
        end_licence(hospital.doctor.pk, reason="", by=hospital.viewer(hospital.manager), at=hospital.at)
    assert why(refused) == "KQ-1001"


def test_only_who_administers_the_account_registers_and_nobody_her_own(hospital: Hospital) -> None:
    for account in (hospital.next_door, hospital.doctor):
        with pytest.raises(Refused):
            hospital.register(by=hospital.viewer(account))
    with pytest.raises(Refused):
        set_licence(
            hospital.manager.pk, kind=DOCTOR, number="1234567", valid_until=None,
            by=hospital.viewer(hospital.manager), at=hospital.at,
        )  # fmt: skip
    assert not PractisingLicence.objects.exists()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"number": "12"}, "KQ-3345"),
        ({"number": "一二三四五六七"}, "KQ-3345"),
        ({"number": "1" * 41}, "KQ-3345"),
        ({"valid_until": 1}, "KQ-3346"),
        ({"kind": LicenceKind.VILLAGE}, "KQ-3347"),
        ({"kind": LicenceKind.NURSE, "rights": [SpecialRight.TOXIC]}, "KQ-3347"),
    ],
)
def test_what_no_certificate_says_is_refused(hospital: Hospital, changed: dict[str, Any], code: str) -> None:
    if changed.get("valid_until") == 1:
        changed = {"valid_until": city_day(hospital.at) - timedelta(days=1)}
    with pytest.raises(Refused) as refused:
        hospital.register(**changed)
    assert why(refused) == code and refused.value.sentence("en") and not PractisingLicence.objects.exists()


def test_it_is_good_on_its_last_day_of_the_city(hospital: Hospital) -> None:
    last = city_day(hospital.at)
    hospital.register(valid_until=last)
    midnight = hospital.at.replace(hour=23, minute=59)
    assert require_licence(hospital.doctor.pk, at=midnight).until == last
    with pytest.raises(Refused) as refused:
        require_licence(hospital.doctor.pk, at=midnight + timedelta(minutes=1))
    assert why(refused) == "KQ-3344" and last.isoformat() in refused.value.sentence("zh")
    with pytest.raises(Refused) as refused:
        require_licence(hospital.manager.pk, at=midnight)
    assert why(refused) == "KQ-3343"


@pytest.mark.django_db(transaction=True)
def test_two_who_register_at_once_leave_one_in_force(nine: Any) -> None:
    hospital = Hospital(nine)
    by = hospital.viewer(hospital.manager)

    def register(number: int) -> Callable[[], object]:
        return lambda: hospital.register(number=f"12345{number}", by=by) is None

    assert all_at_once([register(number) for number in range(4)]) == {"False": 4}
    assert PractisingLicence.objects.filter(ended_at=None).count() == 1 and PractisingLicence.objects.count() == 4
