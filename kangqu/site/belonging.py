"""What belongs together: a database, its city and its keys. A house opened with another's keys would read nothing and
write what nobody can read, so it does not open."""

from __future__ import annotations

from collections.abc import Mapping

from kangqu.kernel.basis.models import HouseFact
from kangqu.kernel.basis.sealing import key_check
from kangqu.kernel.basis.trouble import ConfigTrouble


def remember(city: str, secrets: Mapping[int, bytes]) -> None:
    """Write down the city and the check values of keys not yet known. What is written stays."""
    facts = {"city": city} | {f"key.{number}": key_check(secret) for number, secret in secrets.items()}
    HouseFact.objects.bulk_create(
        [HouseFact(name=name, value=value) for name, value in facts.items()], ignore_conflicts=True
    )


def refuse_strangers(city: str, secrets: Mapping[int, bytes]) -> None:
    """Stop when the database belongs to another city or was sealed with other keys. ``ConfigTrouble`` says which."""
    facts = dict(HouseFact.objects.values_list("name", "value"))
    if facts.get("city", city) != city:
        raise ConfigTrouble(
            f"这个数据库属于 {facts['city']}，不是 {city}：请核对 KANGQU_CITY 和 KANGQU_HOME。",
            f"This database belongs to {facts['city']}, not to {city}: check KANGQU_CITY and KANGQU_HOME.",
        )
    known = {int(name.removeprefix("key.")): value for name, value in facts.items() if name.startswith("key.")}
    wrong = [number for number, secret in secrets.items() if number in known and known[number] != key_check(secret)]
    if wrong or not known.keys() <= secrets.keys():
        number = (wrong or sorted(known.keys() - secrets.keys()))[0]
        raise ConfigTrouble(
            f"密钥与这个数据库不符（编号 {number}）：请核对 KANGQU_SECRET，或 KANGQU_HOME 里的 secret 文件。",
            f"The secret does not belong to this database (number {number}): check KANGQU_SECRET, or the file secret in KANGQU_HOME.",
        )
