"""What makes two lots the same for a recall: herb, number and maker, at whatever pharmacy they lie."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from django.db import connection

from kangqu.kernel.cases.models import Case
from kangqu.systems.tcm_pharmacy.models import HerbLot
from kangqu.systems.tcm_pharmacy.recall.programme import CODE

_LONGEST: Final = 100  # characters of a case's key
_DIGEST: Final = 32
KEY_SQL: Final = f"""(SELECT CASE WHEN length(k) <= {_LONGEST} THEN k
  ELSE left(k, {_LONGEST - _DIGEST - 1}) || '~' || left(encode(sha256(convert_to(k, 'UTF8')), 'hex'), {_DIGEST}) END
  FROM (SELECT l.herb || '/' || l.number || '/' || l.maker) AS x(k))"""  # noqa: S608 - of constants
"""``key_of`` in the database, of the row ``l`` of ``tcm_pharmacy_herblot``."""


def key_of(herb: str, number: str, maker: str) -> str:
    """The key of the recall of such a lot: readable, and of at most 100 characters without two lots sharing one."""
    text = f"{herb}/{number}/{maker}"
    if len(text) <= _LONGEST:
        return text
    return f"{text[: _LONGEST - _DIGEST - 1]}~{sha256(text.encode()).hexdigest()[:_DIGEST]}"


def one_at_a_time(key: str) -> None:
    """Hold whoever receives such a lot or calls it back until this transaction is over."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"tcm/lot/{key}"])


def called_back(key: str) -> str:
    """The code of the recall of such a lot, also of one that is over; "" when it was never called back."""
    return Case.objects.filter(programme=CODE, key=key).values_list("code", flat=True).first() or ""


def lots_like(lot: HerbLot) -> list[HerbLot]:
    """The same lot wherever it was delivered."""
    return list(HerbLot.objects.filter(herb=lot.herb, number=lot.number, maker=lot.maker).order_by("pk"))
