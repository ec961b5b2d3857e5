"""What can be asked of an import: how far it is, what came of it, a first look at its rows, its errors as a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final

from django.db.models import Q, TextChoices
from django.utils.translation import override

from kangqu.kernel.basis.ids import read_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused, all_refusals
from kangqu.kernel.basis.sealing import unseal
from kangqu.kernel.people.importing.columns import ERROR_TITLES, NAMES, read_header
from kangqu.kernel.people.importing.known import ROW_FIELD
from kangqu.kernel.people.importing.models import ImportRow, ImportState, ResidentImport, RowOutcome
from kangqu.kernel.people.importing.rows import Values, error_sentence, ethnicities, shown_cells
from kangqu.kernel.people.importing.template import write_sheet
from kangqu.kernel.people.models import IdentifierKind, Relation, Sex


def import_by_code(code: str) -> ResidentImport:
    """The import of a code, or ``Refused(NOT_FOUND)``."""
    found = ResidentImport.objects.filter(code=read_code(code, "N") or "").first()
    if found is None:
        raise Refused(NOT_FOUND)
    return found


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import is: what it does now in words, the percentage of that phase, rows seen, answers so far."""

    state: str
    words: str
    percent: float
    rows: int
    counts: dict[str, int]


def progress(job: ResidentImport) -> ImportProgress:
    """How far ``job`` is, from its row alone."""
    last = max(job.last_line - 1, 1)
    share = {
        ImportState.PARSING: job.bytes_read / max(job.file_bytes, 1),
        ImportState.DECIDING: (job.decided_line - 1) / last,
        ImportState.APPLYING: (job.applied_line - 1) / last,
        ImportState.UNDOING: (job.counts.get("undone", 0) + job.counts.get("kept", 0)) / max(job.rows, 1),
    }.get(ImportState(job.state), 1.0)
    label = str(ImportState(job.state).label)
    return ImportProgress(job.state, f"{label} {job.rows:,} 行", min(100.0, 100 * share), job.rows, dict(job.counts))


def failure(job: ResidentImport, language: str) -> str:
    """Why an import failed, as a sentence with its code; empty when it did not."""
    if not job.failure:
        return ""
    return f"{all_refusals()[job.failure].sentence(language, job.failure_facts)}（{job.failure}）"


def summary(job: ResidentImport) -> str:
    """What came of an import, for the terminal."""
    lines = [f"{job.code} {job.file_name}: {ImportState(job.state).label}，{job.rows:,} 行"]
    words = {
        **{str(each): str(each.label) for each in RowOutcome},
        "undone": "已撤销",
        "kept": "保留（之后有人改过）",
        "untied": "监护人未关联",
    }
    lines += [f"  {words[name]} {count:,}" for name, count in sorted(job.counts.items()) if count]
    if job.unknown:
        lines.append(f"  不认识的列（未导入）/ unknown columns: {'、'.join(job.unknown)}")
    if is_nothing_new(job):
        lines.append("  这份名单已经导入过，没有新内容。 / Nothing new: this list is in the city already.")
    if job.failure:
        lines += [f"  {failure(job, 'zh')}", f"  {failure(job, 'en')}"]
    return "\n".join(lines) + "\n"


def is_nothing_new(job: ResidentImport) -> bool:
    """Whether an import found everybody in the city already, with nothing to add."""
    return job.state == ImportState.DONE and set(job.counts) == {str(RowOutcome.UNCHANGED)}


def columns_shown(job: ResidentImport) -> list[tuple[int, str]]:
    """The columns of ours that a file has: place in ``COLUMNS``, and the file's own title."""
    places = read_header(job.header).places if job.header else ()
    return [(ours, job.header[theirs]) for ours, theirs in enumerate(places) if theirs >= 0]


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row as the page shows it: the identity number and phone masked."""

    line: int
    outcome: str
    cells: tuple[str, ...]
    errors: tuple[tuple[str, str, str], ...]


def first_rows(job: ResidentImport, language: str, *, count: int, wrong: bool = False) -> list[ShownRow]:
    """The first rows, or the first wrong ones, in the columns of ``COLUMNS``."""
    found = ImportRow.objects.filter(import_id=job.pk).order_by("line")
    if wrong:
        found = found.filter(_TOLD)
    places = read_header(job.header).places if job.header else ()
    return [
        ShownRow(
            row.line,
            row.outcome,
            tuple(shown_cells(_ours(row, places))),
            tuple(error_sentence(error, language) for error in row.errors),
        )
        for row in found[:count]
    ]


_TOLD: Final = Q(outcome=RowOutcome.ERROR) | ~Q(errors=[])
"""Rows that were told something: wrong ones, and written ones whose guardian never came."""
_SLOTS: Final = {"identifier_kind": "kind", "identifier": "number"}


def _opened(row: ImportRow) -> Any:
    return json.loads(unseal(row.sealed, ROW_FIELD))


def _ours(row: ImportRow, places: Sequence[int]) -> list[str]:
    """The cells of a row in our columns."""
    opened = _opened(row)
    if isinstance(opened, list):
        values = Values(*opened)
        return [_in_words(name, getattr(values, _SLOTS.get(name, name))) for name in NAMES]
    cells = opened["cells"]
    return [cells[place] if 0 <= place < len(cells) else "" for place in places]


def error_rows(job: ResidentImport, language: str) -> Iterator[list[str]]:
    """The wrong rows as a file: header first; line, codes, columns and sentences before the columns they came with."""
    header = read_header(job.header)
    # A file of errors that is uploaded again has the columns already: they are made anew, not doubled.
    kept = [place for place, title in enumerate(header.titles) if title not in ERROR_TITLES]
    yield [*ERROR_TITLES, *(header.titles[place] for place in kept)]
    back = 1 if job.format == "ndjson" else 0
    for row in ImportRow.objects.filter(_TOLD, import_id=job.pk).order_by("line").iterator(2000):
        told = [error_sentence(error, language) for error in row.errors]
        cells = _as_filed(row, header.places, len(header.titles))
        yield [
            str(row.line - back),
            " ".join(code for code, _, _ in told),
            "、".join(dict.fromkeys(column for _, column, _ in told if column)),
            " ".join(sentence for _, _, sentence in told),
            *(cells[place] if place < len(cells) else "" for place in kept),
        ]


def _in_words(name: str, value: str) -> str:
    """A value in normal form as a person would have written it, in the language of lists, which is Chinese."""
    words = _WORDS.get(name)
    if name == "ethnicity":
        return ethnicities().get(value, value)
    with override("zh-hans"):
        return str(words(value).label) if words is not None and value else value


_WORDS: Final[Mapping[str, type[TextChoices]]] = {
    "sex": Sex,
    "identifier_kind": IdentifierKind,
    "guardian_kind": IdentifierKind,
    "household_relation": Relation,
}


def _as_filed(row: ImportRow, places: Sequence[int], width: int) -> list[str]:
    opened = _opened(row)
    if isinstance(opened, dict):
        return list(opened["cells"])
    cells = [""] * width
    for place, value in zip(places, _ours(row, places), strict=True):
        if place >= 0:
            cells[place] = value
    return cells


def write_errors(job: ResidentImport, out: IO[bytes], *, spreadsheet: bool = False, language: str = "zh") -> None:
    """The wrong rows as CSV (UTF-8 with BOM) or XLSX; corrected, the file can be imported as it is."""
    rows = error_rows(job, language)
    if spreadsheet:
        write_sheet(out, rows)
    else:
        write_csv(out, rows)


def write_csv(out: IO[bytes], rows: Iterator[Sequence[str]]) -> None:
    """Rows as CSV in UTF-8 with a byte order mark, as spreadsheets want it."""
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=False)
    csv.writer(text).writerows(rows)
    text.flush()
    text.detach()


def latest_imports(institution_id: int | None, *, limit: int) -> list[ResidentImport]:
    """The imports of an institution, newest first."""
    return list(ResidentImport.objects.filter(institution_id=institution_id).order_by("-started_at", "-pk")[:limit])
