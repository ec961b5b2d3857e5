"""The demo city: made once, found again. Residents and staff come from ``kangqu.site.city``, when it is installed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from kangqu.kernel.basis.refusals import Refused
from kangqu.kernel.people.models import Person


@dataclass(frozen=True, slots=True)
class Login:
    """A demo account: the role's name, and what to sign in with."""

    role: str
    username: str
    password: str


def settle(people: int, *, say: Callable[[str], None]) -> None:
    """Fill an empty city with ``people`` synthetic residents, their institutions and staff; one half made goes on."""
    if find_spec("kangqu.site.city") is None:
        return
    figures = {"people": people}
    begun = import_module("kangqu.site.city.make").unfinished()
    if begun is not None:
        figures = {"people": begun.people, "seed": begun.seed}
        say(
            f"上次没有造完，接着造 {begun.people:,} 人的城市…… / Going on with the city of {begun.people:,} begun before…"
        )
    elif not Person.objects.exists():
        say(f"正在造一座 {people:,} 人的合成城市…… / Making a synthetic city of {people:,}…")
    try:
        import_module("kangqu.site.commands.city").command(**figures)
    except Refused as refused:
        if refused.why.name != "city_inhabited":  # a city that stands is what we want
            raise


def logins() -> list[Login]:
    """One demo account for each role; none where the city is not a synthetic one."""
    if find_spec("kangqu.site.city") is None or find_spec("kangqu.site.city.logins") is None:
        return []
    return [Login(*each) for each in import_module("kangqu.site.city.logins").sample_logins()]
