"""What is said in the hall: “请 A012 张* 到 3 号诊室”, in both languages; names masked as everywhere in the house."""

from __future__ import annotations

from dataclasses import dataclass

from kangqu.systems.appointments.day.models import Visit
from kangqu.web.formats import masked_name


@dataclass(frozen=True, slots=True)
class Said:
    """One call as the board shows it (zh, en) and speaks it; ``key`` is another with every call, so that each is spoken once."""

    key: str
    zh: str
    en: str
    spoken: str


def said(visit: Visit) -> Said:
    """The call of a visit. The asterisks of the name are shown, not spoken."""
    name, room = masked_name(visit.person.name), visit.room
    called = visit.called_at.timestamp() if visit.called_at is not None else 0
    there = f"到 {room}" if room else "到诊室"
    letters = " ".join(visit.label)
    return Said(
        key=f"{visit.id}-{called:.0f}",
        zh=f"请 {name} {visit.label} {there}",
        en=f"{visit.label}, please go to {room}" if room else f"{visit.label}, please go to the room",
        spoken=f"请 {letters} 号，{name.rstrip('*')}，{there}",
    )
