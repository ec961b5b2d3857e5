"""Two languages: Chinese in the source, English in catalogues beside the code, compiled without any outside tool.

Each part of the house keeps its own ``locale/en.po``, so that two people who add words do not meet in one file. All of
them are merged into the one ``.mo`` Django reads, written to ``KANGQU_HOME/locale`` when a catalogue is newer.

``python -m kangqu.web.language`` reads the words out of code and templates, updates the catalogues and prints what lacks
English; ``--check`` writes nothing and fails when something is missing.
"""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE: Final = Path(__file__).resolve().parent.parent
CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
HEADER: Final = (
    'msgid ""\nmsgstr ""\n"Language: en\\n"\n"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    '"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
)
KEYWORDS: Final = {
    "_": None, "gettext": None, "lazy": None, "gettext_lazy": None, "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2),
}  # fmt: skip
METHODS: Final = [("**/templates/**.html", "jinja2"), ("**/templates/**.js", "jinja2"), ("**.py", "python")]
OPTIONS: Final = {"jinja2": {"extensions": "jinja2.ext.i18n,jinja2.ext.do", "silent": "false"}}


def parts() -> list[Path]:
    """The folders that keep a catalogue: the frame, the site, the kernel, and each system."""
    systems = sorted(folder for folder in (PACKAGE / "systems").glob("*") if (folder / "__init__.py").exists())
    return [PACKAGE / "web", PACKAGE / "site", PACKAGE / "kernel", *systems]


def words_of(part: Path) -> Catalog:
    """Every word that code and templates of a part ask to translate."""
    found = Catalog(locale="en")
    for _file, _line, message, _comments, context in extract_from_dir(
        str(part), method_map=METHODS, options_map=_options(), keywords=KEYWORDS, directory_filter=_wanted
    ):
        found.add(message, context=context)
    return found


def _options() -> dict[str, dict[str, str]]:
    return {pattern: OPTIONS[method] for pattern, method in METHODS if method in OPTIONS}


def _wanted(folder: str | os.PathLike[str]) -> bool:
    return Path(folder).name not in ("tests", "migrations", "locale", "static", "__pycache__")


def catalogue(part: Path) -> Catalog:
    """The part's English as it stands, empty when there is none yet."""
    file = part / "locale" / "en.po"
    if not file.exists():
        return Catalog(locale="en")
    with file.open("rb") as stream:
        return read_po(stream, locale="en")


def is_translated(message: Message) -> bool:
    given = message.string if isinstance(message.string, tuple | list) else (message.string,)
    texts = [text or "" for text in given]
    return all(texts) and not message.fuzzy and not any(CHINESE.search(text) for text in texts)


def missing() -> list[tuple[str, str]]:
    """(part, words) that have no English."""
    known = {
        message.id if isinstance(message.id, str) else message.id[0]
        for message in merged()
        if message.id and is_translated(message)
    }
    lacking: list[tuple[str, str]] = []
    for part in parts():
        for message in words_of(part):
            first = message.id if isinstance(message.id, str) else message.id[0]
            if first and CHINESE.search(first) and first not in known:
                lacking.append((part.name, first))
    return lacking


def merged() -> Catalog:
    """All catalogues as one."""
    whole = Catalog(locale="en")
    for part in parts():
        for message in catalogue(part):
            if message.id and is_translated(message):
                whole.add(message.id, message.string, context=message.context)
    return whole


def update(part: Path) -> None:
    """Bring a part's catalogue up to its words: new ones empty, gone ones dropped, English kept."""
    old = {(message.context, _key(message)): message for message in catalogue(part) if message.id}
    fresh = Catalog(locale="en")
    for message in words_of(part):
        if not message.id or not CHINESE.search(_key(message)):
            continue
        before = old.get((message.context, _key(message)))
        fresh.add(
            message.id,
            before.string if before is not None else ("", "") if isinstance(message.id, tuple) else "",
            context=message.context,
        )
    file = part / "locale" / "en.po"
    if not len(fresh):
        return
    buffer = io.BytesIO()
    write_po(buffer, fresh, omit_header=True, no_location=True, sort_output=True, width=0)
    file.parent.mkdir(exist_ok=True)
    file.write_text(HEADER + buffer.getvalue().decode().lstrip(), encoding="utf-8")


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def ensure_compiled(folder: Path) -> None:
    """Write ``folder/en/LC_MESSAGES/django.mo`` when a catalogue is newer than it. Safe when two processes start at once."""
    target = folder / "en" / "LC_MESSAGES" / "django.mo"
    newest = max((file.stat().st_mtime for file in catalogue_files()), default=0.0)
    if target.exists() and target.stat().st_mtime >= newest:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as fresh:
        write_mo(fresh, merged())
    Path(fresh.name).chmod(0o644)
    Path(fresh.name).replace(target)


def catalogue_files() -> Iterator[Path]:
    return (file for part in parts() if (file := part / "locale" / "en.po").exists())


def main() -> int:
    if "--check" not in sys.argv:
        for part in parts():
            update(part)
    lacking = missing()
    for where, words in lacking:
        sys.stdout.write(f"{where}: {words}\n")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
