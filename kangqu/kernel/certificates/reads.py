"""What stands in a certificate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kangqu.kernel.certificates.actions import card_of
from kangqu.kernel.certificates.card import claims_of
from kangqu.kernel.certificates.kinds import Line, told
from kangqu.kernel.certificates.models import Certificate


def entries_in(certificate: Certificate) -> list[Mapping[str, Any]]:
    """The FHIR resources that were certified. Raises NOT_ISSUED once the certificate is revoked."""
    bundle = claims_of(card_of(certificate))["vc"]["credentialSubject"]["fhirBundle"]
    return [each["resource"] for each in bundle["entry"]]


def lines_in(certificate: Certificate) -> list[Line]:
    """What the certificate says, line by line."""
    return told(entries_in(certificate))
