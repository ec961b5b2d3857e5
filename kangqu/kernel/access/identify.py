"""From a session or a token to a viewer: one query each, so that a machine's call stays cheap.

What ended (a session, a token, an account, a grant, an institution) is found ended by the very next request: nothing
here is kept between requests but devices, for operations that prove them again (``proof``).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from kangqu.kernel.access import policy
from kangqu.kernel.access.models import AccountKind, SignIn
from kangqu.kernel.access.proof import Proof
from kangqu.kernel.access.roles import ADMIN_ROLES, NEEDS_SECOND_FACTOR, Role
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.prepared import run

DEVICE_TOKEN_PREFIX: Final = "kqd_"  # noqa: S105 - the beginning of a token, not one
ACCESS_TOKEN_PREFIX: Final = "kqt_"  # noqa: S105
_SEEN_EVERY: Final = timedelta(minutes=1)

_GRANTS: Final = """
    (SELECT json_agg(json_build_array(g.role, g.institution_id, i.path) ORDER BY g.id)
       FROM access_grant g JOIN places_institution i ON i.id = g.institution_id
      WHERE g.account_id = a.id AND NOT g.waits AND g.starts_at <= %(at)s AND (g.ends_at IS NULL OR g.ends_at > %(at)s)
        AND i.status IN ('open', 'preparing'))
"""

_SESSION: Final = f"""
    SELECT a.id, a.kind, coalesce(p.merged_into_id, a.person_id), a.display_name, a.language, a.large_type, a.must_change_password,
           a.password_changed_at, s.started_at, s.seen_at, s.stepped_up_at, f.confirmed_at IS NOT NULL, {_GRANTS}
      FROM access_signin s JOIN access_account a ON a.id = s.account_id
      LEFT JOIN people_person p ON p.id = a.person_id
      LEFT JOIN access_secondfactor f ON f.account_id = a.id
     WHERE s.id = %(id)s AND s.ended_at IS NULL AND a.is_active AND a.closed_at IS NULL
"""  # noqa: S608 - built of constants

_TOKEN: Final = f"""
    SELECT a.id, a.kind, a.display_name, a.language, t.scope, {_GRANTS}
      FROM oauth2_provider_accesstoken t
      JOIN oauth2_provider_application p ON p.id = t.application_id
      JOIN access_account a ON a.id = coalesce(t.user_id, p.user_id)
     WHERE t.token_checksum = %(checksum)s AND t.expires > %(at)s AND a.is_active AND a.closed_at IS NULL
"""  # noqa: S608

_DEVICE: Final = """
    SELECT d.id, d.name, d.station_id, i.id, i.path
      FROM places_device d JOIN places_station s ON s.id = d.station_id
      JOIN places_institution i ON i.id = s.institution_id
     WHERE d.token_sha256 = %(digest)s AND d.revoked_at IS NULL AND s.open AND i.status IN ('open', 'preparing')
"""


def viewer_of_session(sign_in_id: int, at: datetime) -> Viewer | None:
    """The viewer of a signing in that is still alive at ``at``; None when it ended, timed out or its account did."""
    row = _one(_SESSION, {"id": sign_in_id, "at": at})
    if row is None:
        return None
    account_id, kind, person_id, name, language, large_type, must_change, changed_at = row[:8]
    started_at, seen_at, stepped_up_at, has_factor, grants = row[8:]
    ended = _timed_out(AccountKind(kind), started_at, seen_at, at)
    if ended is not None:
        SignIn.objects.filter(pk=sign_in_id, ended_at=None).update(ended_at=at, ended_why=ended)
        return None
    if at - seen_at >= _SEEN_EVERY:
        SignIn.objects.filter(pk=sign_in_id, ended_at=None, seen_at__lt=at).update(seen_at=at)
    viewer = Viewer(
        principal_id=account_id,
        account_id=account_id,
        kind=AccountKind(kind),
        person_id=person_id,
        display_name=name,
        grants=_held(grants),
        sign_in_id=sign_in_id,
        language=language,
        large_type=large_type,
        stepped_up_until=stepped_up_at and stepped_up_at + policy.minutes("step_up.minutes", at),
    )
    return replace(
        viewer,
        must_change_password=must_change or _too_old(viewer, changed_at, at),
        must_enrol=not has_factor and bool(viewer.roles & NEEDS_SECOND_FACTOR),
    )


def viewer_of_token(token: str, at: datetime, *, remembered: bool = False) -> Viewer | None:
    """The viewer a bearer token stands for: a connected system (OAuth 2) or a device; None when it is not in force.

    With ``remembered`` a device may come from memory, with the ``proof`` that whoever acts for it must ask for.
    """
    if not token.isascii() or len(token) > 200:
        return None
    if token.startswith(DEVICE_TOKEN_PREFIX):
        return _viewer_of_device(token, remembered)
    row = _one(_TOKEN, {"checksum": hashlib.sha256(token.encode()).hexdigest(), "at": at})
    if row is None:
        return None
    account_id, kind, name, language, scope, grants = row
    return Viewer(
        principal_id=account_id,
        account_id=account_id,
        kind=AccountKind(kind),
        display_name=name,
        language=language,
        grants=_held(grants),
        scopes=frozenset(scope.split()),
    )


_devices: dict[bytes, Viewer] = {}
_MOST_DEVICES: Final = 20_000


def remembered_device(token: str) -> Viewer | None:
    """The device of ``token`` as it was found before, with the proof that whoever acts for it must ask for."""
    return _devices.get(_digest(token)) if token.isascii() else None


def _viewer_of_device(token: str, remembered: bool) -> Viewer | None:
    known = remembered_device(token) if remembered else None
    return known or _look_up_device(_digest(token))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _look_up_device(digest: bytes) -> Viewer | None:
    row = _one(_DEVICE, {"digest": digest})
    if row is None:
        _devices.pop(digest, None)
        return None
    device_id, name, station_id, institution_id, path = row
    viewer = Viewer(
        principal_id=device_id,
        kind=AccountKind.SYSTEM,
        display_name=name,
        grants=(Held(Role.DEVICE, institution_id, path),),
        scopes=DEVICE_SCOPES,
        device_id=device_id,
        station_id=station_id,
    )
    if len(_devices) >= _MOST_DEVICES:
        _devices.clear()
    _devices[digest] = replace(viewer, proof=Proof(digest, device_id, station_id, institution_id, path))
    return viewer


DEVICE_SCOPES: Final = frozenset({"presences.write", "codes.verify", "tcm.machines"})
"""What a device's token carries: it may say who came by, and ask whether a code is good."""


def _timed_out(kind: AccountKind, started_at: datetime, seen_at: datetime, at: datetime) -> SignIn.Ended | None:
    idle = "session.idle_resident_minutes" if kind is AccountKind.RESIDENT else "session.idle_staff_minutes"
    if at - seen_at > policy.minutes(idle, at):
        return SignIn.Ended.IDLE
    return SignIn.Ended.ABSOLUTE if at - started_at > policy.hours("session.absolute_hours", at) else None


def _too_old(viewer: Viewer, changed_at: datetime | None, at: datetime) -> bool:
    """Administrators change their password every so often."""
    if changed_at is None or not viewer.roles & ADMIN_ROLES:
        return False
    return at - changed_at > timedelta(days=policy.number("password.age_admin_days", at))


def _held(grants: Any) -> tuple[Held, ...]:
    rows = json.loads(grants) if isinstance(grants, str) else grants or ()
    return tuple(Held(Role(role), institution_id, path) for role, institution_id, path in rows)


def _one(query: str, parameters: dict[str, Any]) -> tuple[Any, ...] | None:
    return next(iter(run(query, parameters)), None)
