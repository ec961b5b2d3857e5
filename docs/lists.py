"""``python -m docs.lists`` writes docs/refusals.md, docs/policies.md and docs/programmes.md from what the code declares."""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def refusals_page() -> str:
    """Every refusal with its code, its HTTP status and its sentences. Needs every module imported."""
    from kangqu.kernel.basis.refusals import all_refusals

    lines = [
        "# Refusals 拒绝码",
        "",
        "Every way the city says no. Written by `python -m docs.lists`; a test keeps it current.",
        "",
        "| Code | HTTP | Name | 中文 | English |",
        "|---|---|---|---|---|",
    ]
    for code, each in sorted(all_refusals().items()):
        lines.append(f"| {code} | {each.status} | `{each.name}` | {_cell(each.zh)} | {_cell(each.en)} |")
    return "\n".join(lines) + "\n"


def policies_page() -> str:
    """Every dated policy with its source and mark, package by package."""
    import tomllib

    from kangqu.kernel.rules.source import Mark

    lines = [
        "# Policies 政策参数",
        "",
        "What changes by notice, with the document it comes from and how sure we are of it. Written by"
        " `python -m docs.lists`; a test keeps it current.",
        "",
        "| Mark | Meaning |",
        "|---|---|",
        *(f"| {mark.value} | {mark.meaning[1]} |" for mark in Mark),
    ]
    for file in policy_files():
        rows = tomllib.loads(file.read_text(encoding="utf-8"))["policy"]
        lines += ["", f"## {file.parent.relative_to(FOLDER.parent).as_posix()}", ""]
        lines += ["| Policy | 名称 | Value | From | Bounds | Document | Mark |", "|---|---|---|---|---|---|---|"]
        for row in rows:
            bounds = f"{row.get('at_least', '')}–{row.get('at_most', '')}".strip("–")
            document = " ".join(part for part in (row["document"], row.get("clause", "")) if part)
            cells = (f"`{row['id']}`", row["title"], f"`{row['value']}`", row["from"], bounds, document, row["mark"])
            lines.append("| " + " | ".join(_cell(str(cell)) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def policy_files() -> list[Path]:
    return sorted((FOLDER.parent / "kangqu").rglob("policies.toml"))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main() -> int:
    from kangqu.site.start import find_database

    find_database()
    import django

    django.setup()
    from kangqu.site.whole import import_everything

    import_everything()
    (FOLDER / "refusals.md").write_text(refusals_page(), encoding="utf-8")
    (FOLDER / "policies.md").write_text(policies_page(), encoding="utf-8")
    from docs.programmes_page import programmes_page

    (FOLDER / "programmes.md").write_text(programmes_page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
