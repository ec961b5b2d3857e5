"""The page of programmes: each as a diagram and as tables, and the map of what opens, emits and hears what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kangqu.kernel.cases.forms import Form
from kangqu.kernel.cases.listening import all_listeners
from kangqu.kernel.cases.programme import Deadline, PolicyMinutes, Programme, State, Step
from kangqu.kernel.cases.registry import newest_programmes

MADE_UP = "test_"
"""What the codes of programmes of tests begin with: they are not of the city."""


def declared() -> list[Programme]:
    """The programmes of the city, newest versions, by code."""
    return [each for each in newest_programmes() if not each.code.startswith(MADE_UP)]


@dataclass(frozen=True, slots=True)
class Graph:
    """Who opens, emits and hears what: programmes by code, listeners by the event they hear."""

    programmes: Mapping[str, Programme]
    listeners: Mapping[str, Iterable[str]]

    def emitters(self, event: str) -> list[str]:
        return [code for code, each in self.programmes.items() if event in each.emits]

    def gaps(self) -> list[str]:
        """What does not close: an event heard that nobody emits, a programme opened that nobody declares, an event
        emitted by a step and not declared, or declared and emitted by none."""
        found = []
        emitted = {event for each in self.programmes.values() for event in each.emits}
        heard = {event: f"{', '.join(names)} listens" for event, names in self.listeners.items()}
        for code, each in self.programmes.items():
            heard |= {event: f"{code} listens" for event in each.listens if event not in heard}
            found += [f"{code} opens {other}, which nobody declares" for other in each.opens - set(self.programmes)]
            by_steps = {event for step in each.steps for event in step.emits}
            found += [f"{code} emits {event} and does not declare it" for event in sorted(by_steps - each.emits)]
        found += [f"{who} to {event}, which nobody emits" for event, who in heard.items() if event not in emitted]
        return sorted(found)


def graph() -> Graph:
    """The graph of the city's programmes as they are declared."""
    listeners = {
        event: sorted(names) for event, names in all_listeners().items() if names and not event.startswith("test.")
    }
    return Graph({each.code: each for each in declared()}, listeners)


def programmes_page() -> str:
    """The whole page. Needs every module imported."""
    lines = [
        "# Programmes 业务流程",
        "",
        "Every kind of case the city runs. Written by `python -m docs.lists`; a test keeps it current and closes the map.",
        "",
        *_map(graph()),
    ]
    for each in declared():
        lines += ["", *_programme(each)]
    return "\n".join(lines) + "\n"


def _map(known: Graph) -> list[str]:
    """Programmes as boxes; what one opens, and what one tells whom."""
    lines = ["## The map", "", "```mermaid", "flowchart LR"]
    lines += [f'  {code}["{each.title}<br/>{code}"]' for code, each in known.programmes.items()]
    told = sorted({event for each in known.programmes.values() for event in each.emits} | set(known.listeners))
    for event in told:
        hearers = [*known.listeners.get(event, ()), *_hearing(known, event)]
        for who in known.emitters(event):
            lines += [f"  {who} -- {event} --> {_node(known, hearer)}" for hearer in hearers]
    for code, each in known.programmes.items():
        lines += [f"  {code} -. opens .-> {other}" for other in sorted(each.opens)]
    lines += ["```", "", "| Event | Emitted by | Heard by |", "|---|---|---|"]
    for event in told:
        hearers = [*known.listeners.get(event, ()), *_hearing(known, event)]
        lines.append(f"| `{event}` | {_codes(known.emitters(event))} | {_codes(hearers)} |")
    return lines


def _hearing(known: Graph, event: str) -> list[str]:
    """Programmes that say they hear an event which no listener is named for yet."""
    return (
        [] if known.listeners.get(event) else [code for code, each in known.programmes.items() if event in each.listens]
    )


def _node(known: Graph, hearer: str) -> str:
    return hearer if hearer in known.programmes else f'{hearer.replace(".", "_")}("{hearer}")'


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "–"


def _programme(of: Programme) -> list[str]:
    seen = [role.label for role in sorted(of.roles)]
    lines = [
        f"## {of.title} {of.title_en}",
        "",
        f"`{of.code}`, version {of.version}. Seen by {_words(seen)}"
        f"{', shown to the resident' if of.shown_to_person else ''}."
        f"{'' if of.opening is None else ' Opened by hand by ' + _words(role.label for role in sorted(of.opened_by)) + '.'}",
        "",
        *_diagram(of),
        "",
        "| Step | 环节 | Who | From | To | Only if | Asks | Emits |",
        "|---|---|---|---|---|---|---|---|",
        *(_step(of, step) for step in of.steps),
    ]
    if isinstance(of.opening, Form):
        lines += ["", f"Opening asks: {_fields(of.opening)}."]
    dated = [state for state in of.states if state.deadline is not None]
    if dated:
        lines += ["", "| State | Within | Then | Told |", "|---|---|---|---|", *(_deadline(state) for state in dated)]
    if of.pause is not None:
        where = _codes(sorted(of.pause.states)) if of.pause.states else "any open state"
        lines += ["", f"Suspended in {where} by {_words(role.label for role in sorted(of.pause.roles))}."]
    if of.roll_back is not None:
        who = _words(role.label for role in sorted(of.roll_back.roles))
        lines += ["", f"The step just taken into {_codes(sorted(of.roll_back.states))} is taken back by {who}."]
    return lines


def _diagram(of: Programme) -> list[str]:
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f'  state "{state.title} {state.title_en}" as {state.code}' for state in of.states]
    lines.append(f"  [*] --> {of.first}")
    for step in of.steps:
        lines += [f"  {source} --> {step.target}: {step.title}" for source in step.sources]
    lines += [f"  {state} --> [*]" for state in sorted(of.final)]
    return [*lines, "```"]


def _step(of: Programme, step: Step) -> str:
    who = [role.label for role in sorted(step.roles)]
    who += ["居民本人或家人"] * step.own + ["到期自动"] * step.automatic
    marks = [word for word, on in (("asked twice", step.grave), ("own page", step.desk), ("moves", step.moves)) if on]
    title = f"`{step.code}`" + (f" ({', '.join(marks)})" if marks else "")
    asks = _fields(step.form) if isinstance(step.form, Form) else ""
    guards = "; ".join(guard.title for guard in step.guards)
    cells = (
        title, step.title, _words(who), _codes(step.sources), f"`{step.target}`", guards, asks, _codes(step.emits),
    )  # fmt: skip
    return "| " + " | ".join(_cell(text) for text in cells) + " |"


def _fields(form: Form) -> str:
    return ", ".join(
        f"{field.label}{f' ({field.unit})' if field.unit else ''}{'' if field.required else ' (optional)'}"
        for field in form.fields
    )


def _deadline(state: State) -> str:
    deadline = state.deadline
    assert deadline is not None
    tiers = [
        f"+{_span(tier.after)} {tier.tell.label}{f' ({tier.levels_up} up)' if tier.levels_up else ''}"
        for tier in deadline.tiers
    ]
    cells = (
        f"{state.title} `{state.code}`",
        _within(deadline),
        f"`{deadline.then}`" if deadline.then else "–",
        "; ".join(tiers),
    )
    return "| " + " | ".join(_cell(text) for text in cells) + " |"


def _within(deadline: Deadline) -> str:
    parts = [f"fact `{deadline.fact}`"] if deadline.fact else []
    if isinstance(deadline.within, PolicyMinutes):
        parts.append(f"policy `{deadline.within.id}`")
    elif deadline.within is not None:
        parts.append(_span(deadline.within))
    said = ", else ".join(parts)
    return f"{said}; ranked {_span(deadline.head_start)} earlier" if deadline.head_start else said


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    for unit, length in (("d", 24 * 60), ("h", 60)):
        if minutes and minutes % length == 0:
            return f"{minutes // length} {unit}"
    return f"{minutes} min"


def _words(names: Iterable[Any]) -> str:
    return "、".join(str(name) for name in names) or "–"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ") or "–"
