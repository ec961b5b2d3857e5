"""The station a desk or gate names."""

from __future__ import annotations

from dataclasses import dataclass

from kangqu.kernel.places.models import Station


@dataclass(frozen=True, slots=True)
class OpenStation:
    """An open station and where it stands in the tree."""

    id: int
    institution_id: int
    path: str


def open_station(code: str) -> OpenStation | None:
    """The open station of a public code, or None."""
    found = Station.objects.filter(code=code, open=True).select_related("institution").first()
    return OpenStation(found.pk, found.institution_id, found.institution.path) if found is not None else None
