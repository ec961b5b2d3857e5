"""A device that asked a moment ago is remembered, and believed only by a statement that proves it again.

Gates ask all day, and each time the token would be looked up before anything is done. For operations that say so
(``serves(…, proves=True)``) the viewer comes from memory, and the statement that writes carries ``PROVED`` in its own
condition: a token revoked, a station closed or moved in the meantime writes nothing. Whatever does not write calls
``prove``. So a token that ended is found ended by the very next request, as everywhere; only a body that is not even of
the call's form may be refused as such first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from kangqu.kernel.basis.prepared import run


class Outdated(Exception):
    """What was remembered of the viewer no longer holds."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What must still hold: this token is this device's, at this station of this institution, all in force."""

    token_sha256: bytes
    device_id: int
    station_id: int
    institution_id: int
    path: str


PROVED: Final = """
(%(proof_device)s::bigint IS NULL OR EXISTS (
  SELECT 1 FROM places_device d JOIN places_station s ON s.id = d.station_id
    JOIN places_institution i ON i.id = s.institution_id
   WHERE d.id = %(proof_device)s AND d.token_sha256 = %(proof_token)s::bytea AND d.revoked_at IS NULL
     AND s.id = %(proof_station)s AND s.open
     AND i.id = %(proof_institution)s AND i.path = %(proof_path)s AND i.status IN ('open', 'preparing')))
"""
"""The condition of a statement that acts for a viewer who may be remembered; its parameters are ``proving``'s."""


def proving(proof: Proof | None) -> dict[str, Any]:
    """The parameters of ``PROVED``; without a proof it holds: the viewer was looked up."""
    if proof is None:
        return dict.fromkeys(_NAMES)
    values = (proof.device_id, proof.token_sha256, proof.station_id, proof.institution_id, proof.path)
    return dict(zip(_NAMES, values, strict=True))


_NAMES: Final = ("proof_device", "proof_token", "proof_station", "proof_institution", "proof_path")


def prove(proof: Proof | None) -> None:
    """Raise ``Outdated`` unless the proof holds now."""
    if proof is not None and not run(f"SELECT 1 WHERE {PROVED}", proving(proof)):
        raise Outdated
