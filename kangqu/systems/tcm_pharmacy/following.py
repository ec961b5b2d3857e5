"""What the patient is told as her medicine goes along: in her messages, once for each event."""

from __future__ import annotations

from typing import Final

from kangqu.kernel.cases.listening import Heard, listen
from kangqu.kernel.cases.snapshot import snapshot
from kangqu.kernel.notices.actions import write
from kangqu.kernel.notices.models import Channel
from kangqu.kernel.people.models import Person, PersonStatus
from kangqu.kernel.places.models import Institution
from kangqu.kernel.trace.actor import the_house

TEMPLATES: Final = {
    "tcm.prescription.released": "medicine_begun",
    "tcm.prescription.ready": "medicine_ready",
    "tcm.prescription.on_the_way": "medicine_on_the_way",
    "tcm.prescription.delivered": "medicine_delivered",
}
LISTENER: Final = "tcm_pharmacy.tell_patient"


def listen_for_patients() -> None:
    """Hear what prescriptions tell, once at start."""
    for event in TEMPLATES:
        listen(event, LISTENER, tell_patient)


def tell_patient(heard: Heard) -> None:
    """Write one in-app message to the patient; nobody writes to the dead. Medicine to be delivered is "ready" for its
    courier only: she hears of it when it is on the way."""
    case = snapshot(heard.case_id)
    person = Person.objects.filter(pk=heard.person_id or 0).first()
    if case is None or person is None or person.status == PersonStatus.DECEASED:
        return
    if heard.name == "tcm.prescription.ready" and case.facts.get("delivery") == "courier":
        return
    pharmacy = Institution.objects.values_list("name", flat=True).get(pk=case.institution_id)
    write(
        key=f"tcm-{heard.id}",
        channel=Channel.IN_APP,
        template=TEMPLATES[heard.name],
        values={"number": case.number, "pharmacy": pharmacy, "code": case.code},
        person_id=person.merged_into_id or person.pk,
        by=the_house("pharmacy"),
        at=heard.told_at,
    )
