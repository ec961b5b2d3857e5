"""A device that asked a moment ago is remembered, and believed only by a statement that proves it again.

Gates ask all day, and each time the token would be looked up before anything is done. For operations that say so
(``serves(…, proves=True)``) the viewer comes from memory, and the statement that writes carries ``PROVED`` in its own
condition: a token revoked, a station closed or moved in the meantime writes nothing. Whatever does not write calls
``prove``. So a token that ended is found ended by the very next request, as everywhere; only a body that is not even of
the call's form may be refused as such first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kangqu.kernel.basis.prepared import as_json, run


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
proved AS MATERIALIZED (
  SELECT n FROM json_to_recordset(%(proofs)s::json) AS p(n int, device bigint, token bytea, station bigint,
      institution bigint, path text)
   WHERE EXISTS (
    SELECT 1 FROM places_device d JOIN places_station s ON s.id = d.station_id
      JOIN places_institution i ON i.id = s.institution_id
     WHERE d.id = p.device AND d.token_sha256 = p.token AND d.revoked_at IS NULL AND s.id = p.station AND s.open
       AND i.id = p.institution AND i.path = p.path AND i.status IN ('open', 'preparing') OFFSET 0))
"""
"""The table expression of a statement that acts for viewers who may be remembered: the numbers of the proofs that hold.

A row that depends on proof number ``proof`` is written ``WHERE proof IS NULL OR proof IN (SELECT n FROM proved)``.
"""


def proofs(given: Iterable[Proof | None]) -> str:
    """The parameter ``proofs`` of ``PROVED``: each proof under its place in ``given``; None, looked up, needs none."""
    rows = [
        {
            "n": number,
            "device": proof.device_id,
            "token": "\\x" + proof.token_sha256.hex(),
            "station": proof.station_id,
            "institution": proof.institution_id,
            "path": proof.path,
        }
        for number, proof in enumerate(given)
        if proof is not None
    ]
    return as_json(rows)


_HOLD: Final = f"WITH {PROVED} SELECT n FROM proved"  # noqa: S608 - a constant


def holds(proof: Proof | None) -> bool:
    """Whether the proof holds now; without one it does: the viewer was looked up."""
    return proof is None or bool(run(_HOLD, {"proofs": proofs([proof])}))


def prove(proof: Proof | None) -> None:
    """Raise ``Outdated`` unless the proof holds now."""
    if not holds(proof):
        raise Outdated
