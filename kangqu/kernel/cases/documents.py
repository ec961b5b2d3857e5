"""Pictures and files of a case: read whole before they are kept, sealed, and shown only through the case's door."""

from __future__ import annotations

import base64
import hashlib
import io
from datetime import datetime
from typing import Final

from django.db import transaction
from PIL import Image

from kangqu.kernel.basis.refusals import NOT_FOUND, TOO_LARGE, Refused
from kangqu.kernel.basis.sealing import seal, unseal
from kangqu.kernel.cases.models import Case, Document
from kangqu.kernel.cases.policy import number
from kangqu.kernel.cases.refusals import BAD_DOCUMENT, TOO_MANY_DOCUMENTS
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor

FIELD: Final = "case.document"
_PICTURES: Final = {"JPEG": "image/jpeg", "PNG": "image/png"}
_MOST_PIXELS: Final = 50_000_000


def add_document(case_id: int, content: bytes, *, title: str, by: Actor, at: datetime) -> Document:
    """Keep a picture (its position and camera data dropped) or a PDF with the case. The same content is kept once.

    The caller has passed the case's door.
    """
    limit = number("cases.documents.megabytes", at)
    if len(content) > limit * 1_000_000:
        raise Refused(TOO_LARGE, field="file", limit=f"{limit} MB")
    kind, clean = _read(content)
    digest = hashlib.sha256(clean).digest()
    with transaction.atomic():
        person_id = Case.objects.select_for_update(no_key=True).values_list("person_id", flat=True).get(pk=case_id)
        known = Document.objects.filter(case_id=case_id, digest=digest).first()
        if known is not None:
            return known
        most = number("cases.documents.most", at)
        if Document.objects.filter(case_id=case_id).count() >= most:
            raise Refused(TOO_MANY_DOCUMENTS, field="file", most=most)
        kept = Document.objects.create(
            case_id=case_id,
            title=title.strip()[:100],
            kind=kind,
            size=len(clean),
            digest=digest,
            sealed=seal(base64.b64encode(clean).decode(), FIELD),
            added_by=by.account_id,
            added_at=at,
        )
        facts = {"title": kept.title, "kind": kind, "size": len(clean)}
        record(
            by.did("case.add_document", at=at, person_id=person_id, object_type="case", object_id=case_id, facts=facts)
        )
    return kept


def document_of(case_id: int, document_id: int) -> tuple[Document, bytes]:
    """A document of the case and its content. The caller has passed the case's door."""
    kept = Document.objects.filter(pk=document_id, case_id=case_id).first() if 0 < document_id < 2**63 else None
    if kept is None:
        raise Refused(NOT_FOUND)
    return kept, base64.b64decode(unseal(kept.sealed, FIELD))


def _read(content: bytes) -> tuple[str, bytes]:
    if content[:5] == b"%PDF-" and b"%%EOF" in content[-2048:]:
        return "application/pdf", content
    try:
        with Image.open(io.BytesIO(content), formats=tuple(_PICTURES)) as picture:
            kind = str(picture.format)
            if picture.width * picture.height > _MOST_PIXELS:
                raise Refused(BAD_DOCUMENT, field="file")
            turned = picture.copy() if kind == "PNG" else _upright(picture)
            written = io.BytesIO()
            turned.save(written, kind)
            return _PICTURES[kind], written.getvalue()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise Refused(BAD_DOCUMENT, field="file") from None


def _upright(picture: Image.Image) -> Image.Image:
    from PIL import ImageOps

    turned = ImageOps.exif_transpose(picture)
    assert turned is not None
    clean = Image.new(turned.mode, turned.size)
    clean.paste(turned)
    return clean
