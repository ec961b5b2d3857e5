"""Sessions in the database under a digest of their number: whoever reads the table can use none of them.

Django's own engine keeps the number itself. Here the row's key is the first 240 bits of its SHA-256, in the forty
characters Django's column has; the number is 32 characters of chance, so that no salt is needed.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from typing import Any, Final

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import SessionBase

from kangqu.kernel.basis.clock import system_clock

_BYTES: Final = 30


def stored_key(number: str) -> str:
    """What a session's number is kept as."""
    return urlsafe_b64encode(hashlib.sha256(number.encode("utf-8", "replace")).digest()[:_BYTES]).decode()


class SessionStore(db.SessionStore):
    """Django's database sessions, found by the digest."""

    def _get_session_from_db(self) -> Any:
        row = self.model.objects.filter(
            session_key=stored_key(self.session_key or ""), expire_date__gt=system_clock()
        ).first()
        if row is None:
            self._session_key = None
        return row

    def exists(self, session_key: str) -> bool:
        return super().exists(stored_key(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row = super().create_model_instance(data)
        row.session_key = stored_key(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        number = session_key if session_key is not None else self.session_key
        if number is not None:
            self.model.objects.filter(session_key=stored_key(number)).delete()

    # The engine's own asynchronous twins would go by the number itself; the base's run the methods above.
    aload = SessionBase.aload
    aexists = SessionBase.aexists
    acreate = SessionBase.acreate
    asave = SessionBase.asave
    adelete = SessionBase.adelete
