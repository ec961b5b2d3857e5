"""Everything the house declares somewhere: checks, refusals, policies. Declared in a module, so every module is imported."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Final

import kangqu

_SKIPPED: Final = frozenset({"migrations", "tests", "sample", "__main__", "wsgi", "settings"})


def import_everything() -> list[str]:
    """Import every module of the product, Django being set up, and return their names."""
    names = sorted(_modules(Path(kangqu.__path__[0]), kangqu.__name__))
    for name in names:
        import_module(name)
    return names


def _modules(folder: Path, package: str) -> Iterator[str]:
    for found in pkgutil.iter_modules([str(folder)]):
        if found.name in _SKIPPED:
            continue
        name = f"{package}.{found.name}"
        yield name
        if found.ispkg:
            yield from _modules(folder / found.name, name)
