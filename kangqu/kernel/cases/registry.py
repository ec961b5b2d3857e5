"""The programmes the city runs, by code and version, and the map of what opens, emits and hears what."""

from __future__ import annotations

from collections.abc import Iterator

from kangqu.kernel.cases.programme import Programme

_PROGRAMMES: dict[str, dict[int, Programme]] = {}


def declare(programme: Programme) -> Programme:
    """Make ``programme`` known. The same version declared differently is a mistake in the code and stops the import."""
    versions = _PROGRAMMES.setdefault(programme.code, {})
    if versions.setdefault(programme.version, programme) != programme:
        raise ValueError(f"programme {programme.code} version {programme.version} is declared twice")
    return programme


def programme_of(code: str, version: int | None = None) -> Programme | None:
    """The programme of that code and version, the newest when none is named; None when nobody declares it."""
    versions = _PROGRAMMES.get(code)
    if not versions:
        return None
    return versions.get(max(versions) if version is None else version)


def programme(code: str, version: int) -> Programme:
    """As ``programme_of``, for a case that pins it: it is there, or the house would not have opened."""
    return _PROGRAMMES[code][version]


def every_programme() -> Iterator[Programme]:
    """Every version of every programme, by code, oldest first."""
    for code in sorted(_PROGRAMMES):
        for number in sorted(_PROGRAMMES[code]):
            yield _PROGRAMMES[code][number]


def newest_programmes() -> list[Programme]:
    """The version of each programme that new cases are opened under."""
    return [versions[max(versions)] for _, versions in sorted(_PROGRAMMES.items())]
