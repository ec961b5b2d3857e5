"""A programme that is not sound is refused when it is made."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases.programme import Deadline, State, Step, Tier
from kangqu.kernel.cases.versions import shape_of
from tests.cases.programmes import LAMP

NURSES = frozenset({Role.NURSE})
LOST = State(code="lost", title="丢失", title_en="Lost")


def step(code: str, source: str, target: str, **more: Any) -> Step:
    return Step(code=code, title="步", title_en="Step", sources=(source,), target=target, **{"roles": NURSES, **more})


def with_deadline(deadline: Deadline) -> dict[str, Any]:
    first, *rest = LAMP.states
    return {"states": (replace(first, deadline=deadline), *rest)}


UNSOUND: dict[str, tuple[dict[str, Any], str]] = {
    "a state nothing leads to": ({"states": (*LAMP.states, LOST)}, "nothing leads to lost"),
    "a dead end": (
        {"states": (*LAMP.states, LOST), "steps": (*LAMP.steps, step("lose", "reported", "lost"))},
        "lost never ends",
    ),
    "a step from an unknown state": ({"steps": (*LAMP.steps, step("x", "nowhere", "mended"))}, "no state nowhere"),
    "a step into an unknown state": ({"steps": (*LAMP.steps, step("x", "reported", "nowhere"))}, "no state nowhere"),
    "a step nobody takes": (
        {"steps": (*LAMP.steps, step("x", "reported", "mended", roles=frozenset()))},
        "nobody takes",
    ),
    "a step declared twice": ({"steps": (*LAMP.steps, LAMP.steps[0])}, "look is declared twice"),
    "a state declared twice": ({"states": (*LAMP.states, LAMP.states[0])}, "reported is declared twice"),
    "a final state that leads on": ({"steps": (*LAMP.steps, step("x", "mended", "reported"))}, "still leads on"),
    "no end": ({"final": frozenset()}, "it has no end"),
    "an unknown first state": ({"first": "nowhere"}, "no state nowhere"),
    "an event not declared": (
        {"steps": (*LAMP.steps, step("x", "reported", "mended", emits=("test.other.thing",)))},
        "does not declare",
    ),
    "an event without a name": ({"emits": LAMP.emits | {"Nonsense"}}, "names no event"),
    "a code that is none": ({"code": "Test Lamp"}, "is no code"),
    "no English": ({"title_en": ""}, "no title"),
    "a version before the first": ({"version": 0}, "count from 1"),
    "an empty deadline": (with_deadline(Deadline()), "neither how long nor which fact"),
    "a deadline over at once": (with_deadline(Deadline(within=timedelta(0))), "over before it begins"),
    "tiers out of order": (
        with_deadline(
            Deadline(
                within=timedelta(hours=1), tiers=(Tier(timedelta(hours=2), Role.NURSE), Tier(timedelta(0), Role.NURSE))
            )
        ),
        "not in order",
    ),
    "a step at the deadline somebody must take": (
        with_deadline(Deadline(within=timedelta(hours=1), then="look")),
        "no automatic step",
    ),
    "shown to nobody": ({"shown_to_person": True}, "not about"),
}


@pytest.mark.parametrize(("changed", "says"), UNSOUND.values(), ids=UNSOUND.keys())
def test_unsound_programmes_are_refused(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replace(LAMP, **changed)


def test_what_running_cases_lean_on_is_its_shape() -> None:
    assert shape_of(replace(LAMP, title="修路灯")) == shape_of(LAMP)
    assert shape_of(replace(LAMP, steps=LAMP.steps[:-1])) != shape_of(LAMP)


def test_a_role_works_in_the_states_its_steps_lead_from() -> None:
    assert LAMP.states_for(NURSES) == ["reported", "looked_at", "parked"]
    assert LAMP.states_for(frozenset({Role.INSTITUTION_MANAGER})) == ["reported", "looked_at"]
    assert LAMP.states_for(frozenset({Role.DOCTOR})) == []
