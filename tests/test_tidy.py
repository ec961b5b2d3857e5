"""Habits of the house, held by reading its source: what is not called where, and what no file may contain."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
MOST_LINES = 700

# Kernel and systems are handed time, chance, network and files. These are the edges that reach for them, and why.
FORBIDDEN_CALLS = {
    "datetime.now": "at is handed in; the edge asks basis.clock.system_clock",
    "datetime.utcnow": "at is handed in",
    "datetime.today": "at is handed in",
    "date.today": "days come from basis.clock.city_day(at)",
    "time.time": "at is handed in",
    "time.sleep": "waiting is the queue's work",
    "random.random": "rng is handed in",
    "random.choice": "rng is handed in",
    "random.choices": "rng is handed in",
    "random.randint": "rng is handed in",
    "uuid.uuid4": "public codes come from basis.ids.new_code",
    "uuid4": "public codes come from basis.ids.new_code",
    "requests.get": "what must happen outside goes through the outbox",
    "requests.post": "what must happen outside goes through the outbox",
    "urlopen": "what must happen outside goes through the outbox",
    "urllib.request.urlopen": "what must happen outside goes through the outbox",
    "open": "files are handed in",
    "print": "say it in the log, on a page or through typer",
    "breakpoint": "leave no stops behind",
}
EDGES = {
    ("kangqu/kernel/basis/clock.py", "datetime.now"),  # the one place that asks
    ("kangqu/kernel/basis/embedded.py", "time.sleep"),  # waits for a server to be gone
}

FORBIDDEN_TEXT = {
    r"\b(TODO|FIXME|XXX|HACK)\b": "finish it, or leave it out",
    r"(?<![\w&])#\d{1,4}\b(?![\w;\-.])": "no issue numbers: say the reason",
    r"/(work|root|farm)/": "no paths of one machine",
    r"/home/\w+/": "no paths of one machine",
    r"(pypi\.org|pythonhosted\.org|npmjs\.(org|com)|deb\.debian\.org|registry\.(npm|yarn))": "no registry hosts",
    r"(?i)\b(chatgpt|claude|copilot|as an ai|ai assistant|language model)\b": "the repository speaks of the product alone",
}
TEXT_SUFFIXES = {".py", ".md", ".html", ".js", ".css", ".toml", ".txt", ".in", ".lock", ".sh", ".po", ""}
SELF = Path(__file__).resolve()


@lru_cache(maxsize=1)
def tracked() -> tuple[Path, ...]:
    """Every file of the repository: those git knows and new ones it does not ignore; all, where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0 and listed.stdout:
        files = [ROOT / line for line in listed.stdout.splitlines()]
    else:
        skipped = {"var", "__pycache__", "dist"}
        files = [
            path
            for path in ROOT.rglob("*")
            if not any(
                part in skipped or (part.startswith(".") and part != ".ci") for part in path.relative_to(ROOT).parts
            )
        ]
    return tuple(sorted(path for path in files if path.is_file()))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _python(*folders: str) -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py" and _name(path).startswith(folders)]


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _calls(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func) if isinstance(node.func, ast.Name | ast.Attribute) else ""


def test_kernel_systems_and_pages_reach_for_nothing():
    found = [
        f"{_name(path)}:{line} calls {called}: {FORBIDDEN_CALLS[called]}"
        for path in _python("kangqu/kernel/", "kangqu/systems/", "kangqu/web/")
        if "/migrations/" not in _name(path) and "/tests/" not in _name(path)
        for line, called in _calls(_tree(path))
        if called in FORBIDDEN_CALLS and (_name(path), called) not in EDGES
    ]
    assert not found, "\n".join(found)


def test_every_edge_still_needs_to_be_one():
    for name, called in EDGES:
        assert called in {each for _, each in _calls(_tree(ROOT / name))}, f"{name} no longer calls {called}"


def test_no_file_holds_what_none_may():
    found = []
    for path in tracked():
        if path == SELF or path.suffix not in TEXT_SUFFIXES or "tests/data/" in _name(path) or path.name == "LICENSE":
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for pattern, why in FORBIDDEN_TEXT.items():
            if pattern.startswith("(?<!") and path.suffix not in {".py", ".md"}:
                continue
            for hit in re.finditer(pattern, text):
                line = text.count("\n", 0, hit.start()) + 1
                found.append(f"{_name(path)}:{line} {hit[0]!r}: {why}")
    assert not found, "\n".join(found[:50])


def test_no_file_of_code_is_too_long():
    long = {
        _name(path): count
        for path in tracked()
        if path.suffix in {".py", ".js", ".html"} and "/migrations/" not in _name(path)
        if (count := path.read_text(encoding="utf-8").count("\n")) > MOST_LINES
    }
    assert not long, f"longer than {MOST_LINES} lines, cut them at a joint: {long}"


def test_every_module_with_something_in_it_says_what_it_is():
    silent = [
        _name(path)
        for path in _python("kangqu/", "bench/", "docs/")
        if "/migrations/" not in _name(path)
        and path.name not in {"apps.py", "__init__.py"}
        and _tree(path).body
        and not ast.get_docstring(_tree(path))
    ]
    silent += [
        _name(path)
        for path in _python("kangqu/")
        if path.name == "__init__.py"
        and path.parent.parent.name in {"kernel", "systems"}
        and path.parent.name != "__pycache__"
        and not ast.get_docstring(_tree(path))
    ]
    assert not silent, f"no docstring: {silent}"


def test_locks_name_versions_and_hashes_and_no_address():
    for lock in (ROOT / "requirements").glob("*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert "http" not in text.replace("httpx", "").replace("httpcore", "").replace("httptools", ""), lock.name
        for line in text.splitlines():
            if line and not line.startswith((" ", "#")):
                assert re.match(r"[A-Za-z0-9._-]+(\[[\w,-]+\])?==\S+", line), f"{lock.name}: {line}"
        assert text.count("--hash=sha256:") > text.count("=="), lock.name


@pytest.mark.parametrize("text", ["x = 1  # TODO later", "see #42 for why", "open /root/thing"])
def test_the_patterns_find_what_they_are_for(text: Any):
    assert any(re.search(pattern, text) for pattern in FORBIDDEN_TEXT)
