"""A hospital asks before it sends: which pharmacy would make a prescription first, and what may be promised."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest
from ninja import Router

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.places.models import Institution
from kangqu.systems.tcm_pharmacy.definition import QUOTE
from kangqu.systems.tcm_pharmacy.planning.outcome import Planned
from kangqu.systems.tcm_pharmacy.prescriptions.calls import order_in
from kangqu.systems.tcm_pharmacy.prescriptions.intake import facts_of, named_pharmacy
from kangqu.systems.tcm_pharmacy.prescriptions.judging import kept_herbs
from kangqu.systems.tcm_pharmacy.prescriptions.order import OrderIn
from kangqu.systems.tcm_pharmacy.promises.capacity import instant_at
from kangqu.systems.tcm_pharmacy.promises.choosing import earliest, no_promise
from kangqu.web.api import Schema, read_json
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

router = Router(tags=["tcm"])


class QuoteOut(Schema):
    """What may be promised if the prescription came now and passed its review; nothing is held for it."""

    pharmacy: str
    promised_at: datetime
    expected_at: datetime


_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "The body of POST /tcm/prescriptions, not signed; the patient may be left empty.",
        "content": {"application/json": {"schema": OrderIn.model_json_schema()}},
    }
}


@router.post("/tcm/quote", response=QuoteOut, openapi_extra=_BODY)
@serves(QUOTE)
def quote(request: HttpRequest, viewer: Viewer) -> dict[str, Any]:
    """When the prescription would be ready, and where. Neither it nor the question is kept."""
    order, at = order_in(read_json(request)), instant_of(request)
    hospital_id = viewer.holding(QUOTE.roles)[0].institution_id
    named = None if order.pharmacy is None else named_pharmacy(order.pharmacy)
    facts = facts_of(order, kept_herbs(order), at)
    planned = earliest(facts, hospital_id=hospital_id, at=at, pharmacy_id=named)
    if not isinstance(planned, Planned):
        raise no_promise(planned)
    return {
        "pharmacy": Institution.objects.values_list("code", flat=True).get(pk=int(planned.pharmacy)),
        "promised_at": instant_at(planned.promise),
        "expected_at": instant_at(planned.ready),
    }
