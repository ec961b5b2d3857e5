"""Documents of cases on the page: kept, shown through the door, with headers that let them do nothing."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases.models import Document
from kangqu.kernel.trace.models import TraceEntry
from tests.casework.conftest import Desk


def png() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (8, 6)).save(written, "PNG")
    return written.getvalue()


def test_a_picture_is_kept_and_shown_safely(desk: Desk, nurse: Client) -> None:
    case = desk.visit()
    base = f"/c/cases/{case.code}"
    sent = {"kq-file": SimpleUploadedFile("x.png", png()), "kq-title": "伤口𠮷"}
    assert nurse.post(f"{base}/documents", sent).status_code == 302
    kept = Document.objects.get()
    assert "伤口𠮷" in nurse.get(base).content.decode()
    answer = nurse.get(f"{base}/documents/{kept.pk}")
    assert answer.content[:4] == b"\x89PNG" and answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"] and answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert TraceEntry.objects.filter(action="case.see_document", object_id=case.id).count() == 1
    for who in (desk.staff("a", Role.NURSE, desk.other), desk.staff("b", Role.DOCTOR)):
        assert who.get(f"{base}/documents/{kept.pk}").status_code == 404
    assert nurse.get(f"/c/cases/{desk.lamp().code}/documents/{kept.pk}").status_code == 404


def test_a_pdf_is_handed_out_as_a_file(desk: Desk, nurse: Client) -> None:
    case = desk.visit()
    content = b"%PDF-1.7\n1 0 obj\n%%EOF"
    nurse.post(f"/c/cases/{case.code}/documents", {"kq-file": SimpleUploadedFile("x.pdf", content), "kq-title": "单"})
    answer = nurse.get(f"/c/cases/{case.code}/documents/{Document.objects.get().pk}")
    assert answer.headers["Content-Disposition"].startswith("attachment") and answer.content == content


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"%PDF-" + bytes(10_000_000) + b"%%EOF", "KQ-1007"), (b"<svg/>", "KQ-3016"), (b"", "空")],
    ids=["ten megabytes", "a page", "nothing"],
)
def test_what_cannot_be_kept_is_said(desk: Desk, nurse: Client, content: bytes, status: str) -> None:
    case = desk.visit()
    sent = {"kq-file": SimpleUploadedFile("x.pdf", content), "kq-title": "单"}
    answer = nurse.post(f"/c/cases/{case.code}/documents", sent)
    assert answer.status_code == 422 and status in answer.content.decode()
    assert not Document.objects.exists()


def test_who_only_looks_on_adds_nothing(desk: Desk) -> None:
    case = desk.visit()
    chief = desk.staff("chief", Role.INSTITUTION_MANAGER)
    sent = {"kq-file": SimpleUploadedFile("x.png", png()), "kq-title": "图"}
    assert "KQ-1002" in chief.post(f"/c/cases/{case.code}/documents", sent).content.decode()
    assert not Document.objects.exists()
