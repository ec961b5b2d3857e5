"""Judging a certificate over the API, for gates and other systems that have a network."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Router
from pydantic import Field, TypeAdapter

from kangqu.kernel.access.viewer import Viewer
from kangqu.kernel.certificates.card import MOST_READ
from kangqu.systems.certificates.definition import VERIFY
from kangqu.systems.certificates.judging import judge
from kangqu.web.api import Item, Schema, read_body
from kangqu.web.middleware import instant_of
from kangqu.web.serving import serves

router = Router(tags=["certificates"])


class CardIn(Item):
    """What a QR reader read (``shc:/…``), or the compact JWS itself."""

    card: Annotated[str, Field(max_length=MOST_READ)]


class LineOut(Schema):
    """One line of what is certified: label and value, Chinese and English."""

    zh: str
    en: str
    value_zh: str
    value_en: str


class VerdictOut(Schema):
    """``word`` is valid, unreadable, unknown_key, forged, revoked, not_yet or expired; ``lines`` stand where the signature holds."""

    word: str
    zh: str
    en: str
    issuer: str
    issued_at: datetime | None
    lines: list[LineOut]


_CARD = TypeAdapter(CardIn)
_TAKES = {"requestBody": {"content": {"application/json": {"schema": _CARD.json_schema()}}, "required": True}}


@router.post("/certificates/verify", response=VerdictOut, openapi_extra=_TAKES)
@serves(VERIFY)
def verify_certificate(request: HttpRequest, viewer: Viewer) -> VerdictOut:
    """Whether a certificate is good, and what it says. Nothing of the question is kept."""
    judged = judge(read_body(request, _CARD).card, instant_of(request))
    verdict = judged.verdict
    return VerdictOut(
        word=verdict.word, zh=judged.sentence(english=False), en=judged.sentence(english=True), issuer=verdict.issuer,
        issued_at=verdict.issued_at,
        lines=[
            LineOut(zh=line.label[0], en=line.label[1], value_zh=line.value[0], value_en=line.value[1]) for line in judged.lines
        ],
    )  # fmt: skip
