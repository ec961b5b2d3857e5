"""Whether a programme is sound: no dead ends, no step from nowhere, nothing named that is not declared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from kangqu.kernel.cases.programme import Programme, is_code, is_event


def faults(programme: Programme) -> list[str]:
    """Everything wrong with ``programme``, each as a sentence; none when it is sound."""
    return [*_names(programme), *_ways(programme), *_ends(programme), *_terms(programme), *_extras(programme)]


def _names(programme: Programme) -> Iterator[str]:
    states = [state.code for state in programme.states]
    steps = [step.code for step in programme.steps]
    for code in (programme.code, *states, *steps):
        if not is_code(code):
            yield f"{code!r} is no code"
    for what, codes in (("state", states), ("step", steps)):
        for code, count in Counter(codes).items():
            if count > 1:
                yield f"{what} {code} is declared twice"
    titles = [programme.title, programme.title_en]
    titles += [title for state in programme.states for title in (state.title, state.title_en)]
    titles += [title for step in programme.steps for title in (step.title, step.title_en)]
    if not all(titles):
        yield "something has no title in one of the two languages"
    if programme.version < 1:
        yield "versions count from 1"


def _ways(programme: Programme) -> Iterator[str]:
    known = {state.code for state in programme.states}
    for name in {programme.first, *programme.final, *programme.moved.values()} - known:
        yield f"no state {name}"
    for step in programme.steps:
        for name in {*step.sources, step.target} - known:
            yield f"step {step.code}: no state {name}"
        if not step.sources:
            yield f"step {step.code} leads from nowhere"
        if not (step.roles or step.automatic or step.own):
            yield f"nobody takes step {step.code}"
        if step.automatic and step.form is not None:
            yield f"step {step.code}: the house cannot fill a form"
        for event in step.emits:
            if not is_event(event):
                yield f"step {step.code}: {event!r} names no event"
            if event not in programme.emits:
                yield f"step {step.code} emits {event}, which the programme does not declare"


def _ends(programme: Programme) -> Iterator[str]:
    """Every state can be reached, every state that is not final leads to a final one, no final one leads on."""
    ahead = {state.code: {s.target for s in programme.steps_from(state.code)} for state in programme.states}
    reached, new = {programme.first}, {programme.first}
    while new:
        new = {target for state in new for target in ahead.get(state, ())} - reached
        reached |= new
    for state in ahead.keys() - reached:
        yield f"nothing leads to {state}"
    ending, more = set(programme.final), set(programme.final)
    while more:
        more = {state for state, targets in ahead.items() if targets & ending} - ending
        ending |= more
    for state in ahead.keys() - ending:
        yield f"{state} never ends"
    for state in programme.final & {source for step in programme.steps for source in step.sources}:
        yield f"{state} is final and still leads on"
    if not programme.final:
        yield "it has no end"


def _terms(programme: Programme) -> Iterator[str]:
    for state in programme.states:
        deadline = state.deadline
        if deadline is None:
            continue
        if state.code in programme.final:
            yield f"{state.code} is final and has a deadline"
        if deadline.within is None and not deadline.fact:
            yield f"{state.code}: the deadline says neither how long nor which fact"
        if isinstance(deadline.within, timedelta) and deadline.within <= timedelta(0):
            yield f"{state.code}: the deadline is over before it begins"
        if any(later.after <= earlier.after for earlier, later in pairwise(deadline.tiers)):
            yield f"{state.code}: the tiers are not in order"
        if any(tier.after < timedelta(0) or tier.levels_up < 0 for tier in deadline.tiers):
            yield f"{state.code}: a tier is told before the deadline"
        if deadline.then:
            step = programme.step(deadline.then)
            if step is None or not step.automatic or state.code not in step.sources:
                yield f"{state.code}: {deadline.then} is no automatic step from there"


def _extras(programme: Programme) -> Iterator[str]:
    known = {state.code for state in programme.states}
    opened = known - programme.final
    if programme.pause is not None and not programme.pause.states <= opened:
        yield "a case that is over cannot be suspended"
    if programme.roll_back is not None:
        if not programme.roll_back.states <= known:
            yield "a step into an unknown state cannot be taken back"
        if programme.roll_back.states & programme.final:
            yield "what is final cannot be taken back"
    for event in programme.emits | programme.listens:
        if not is_event(event):
            yield f"{event!r} names no event"
    if programme.shown_to_person and not programme.about_person:
        yield "shown to a person it is not about"
