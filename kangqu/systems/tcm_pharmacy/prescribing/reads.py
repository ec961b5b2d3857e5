"""What the sheet asks: the doctor's own prescriptions, what a review says of a draft, who may correct what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.core import signing

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.basis.clock import city_day
from kangqu.kernel.basis.ids import ALPHABET, Random, read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.cases.doors import CaseAccess, access_case, steps_open_to
from kangqu.kernel.cases.opening import LETTER
from kangqu.kernel.cases.reads import Happened, timeline
from kangqu.kernel.people.models import Person, Sex
from kangqu.systems.tcm_pharmacy.definition import PRESCRIBERS
from kangqu.systems.tcm_pharmacy.desk.reads import Version, version_of
from kangqu.systems.tcm_pharmacy.desk.sheet import ReviewShown, review_shown
from kangqu.systems.tcm_pharmacy.models import Prescription
from kangqu.systems.tcm_pharmacy.prescriptions.judging import judge
from kangqu.systems.tcm_pharmacy.prescriptions.order import OrderIn
from kangqu.systems.tcm_pharmacy.prescriptions.poppy import poppy_days_before
from kangqu.systems.tcm_pharmacy.programme import CODE

SINCE: Final = timedelta(days=90)
MOST: Final = 100
OVER: Final = ("returned", "void")
_SALT: Final = "tcm.prescribing"


def new_number(day: date, rng: Random) -> str:
    """A number of the house's own for a prescription, told to a sheet when it is opened."""
    return f"ZY{day:%Y%m%d}-{''.join(rng.choices(ALPHABET, k=8))}"


def who_token(person: Person) -> str:
    """What the live review needs of a patient and nothing else: sex and birth date, under the house's seal."""
    return signing.dumps([person.sex, person.birth_date.isoformat() if person.birth_date else ""], salt=_SALT)


def who_of(token: str) -> Person:
    """The nameless patient of a token; nothing is known of her where it is none."""
    try:
        sex, birth = signing.loads(token[:500], salt=_SALT, max_age=86_400)
        return Person(sex=sex, birth_date=date.fromisoformat(birth) if birth else None)
    except (signing.BadSignature, ValueError, TypeError):
        return Person(sex=Sex.UNKNOWN)


def reviewed(order: OrderIn, person: Person, at: datetime) -> tuple[ReviewShown, bool]:
    """What the same code that judges it at the pharmacy says of a draft, and whether it is blocked."""
    before = poppy_days_before(order, person.pk, today=city_day(at))
    judged = judge(order, person, at, poppy_before=before)
    return review_shown(judged.as_data, order.resigned), judged.blocked


def _own(viewer: Viewer) -> Any:
    places = {held.institution_id for held in viewer.holding(PRESCRIBERS)}
    return Prescription.objects.filter(
        case__programme=CODE, case__origin_id__in=places, prescriber_id=viewer.account_id
    ).select_related("hospital", "person", "case")


def mine(viewer: Viewer, at: datetime) -> list[Version]:
    """The viewer's own prescriptions of the last :data:`SINCE`, latest first, each with where it stands."""
    rows = _own(viewer).filter(received_at__gte=at - SINCE).order_by("-received_at", "-pk")[:MOST]
    return [version_of(each) for each in rows]


def open_mine(viewer: Viewer, code: str, at: datetime) -> tuple[Prescription, CaseAccess]:
    """A prescription of the viewer's own, by the code of its case; any other is not found. Leaves a trace."""
    wanted = read_code(code[:40], LETTER) or ""
    kept = _own(viewer).filter(case__code=wanted).first()
    if kept is None:
        raise Refused(NOT_FOUND)
    return kept, access_case(viewer, wanted, at=at)


def may_correct(kept: Prescription) -> bool:
    """Whether a new version may follow: it is over, and none has followed yet."""
    later = Prescription.objects.filter(hospital_id=kept.hospital_id, number=kept.number, version__gt=kept.version)
    return kept.case.state in OVER and not later.exists()


def may_withdraw(access: CaseAccess, viewer: Viewer) -> bool:
    return any(step.code == "withdraw" for step in steps_open_to(access, viewer))


def last_by(viewer: Viewer) -> Prescription | None:
    """The viewer's latest prescription: what is the same in every one need not be typed twice."""
    found: Prescription | None = _own(viewer).order_by("-received_at").first()
    return found


def history(access: CaseAccess, english: bool) -> Sequence[Any]:
    """The steps of a case for ``ui.timeline``."""
    return [line for happened in timeline(access.case) if (line := _line(happened, access, english)) is not None]


def _line(happened: Happened, access: CaseAccess, english: bool) -> dict[str, Any] | None:
    if happened.action not in ("case.open", "case.step"):
        return None
    code = happened.facts.get("to", access.programme.first)
    state = access.programme.state(code)
    text = " · ".join(filter(None, (happened.institution, happened.actor)))
    return {"at": happened.at, "title": state.title_en if english else state.title, "text": text, "href": ""}
