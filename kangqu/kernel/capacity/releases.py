"""Giving sessions away by lot: announced with the seed's digest, entered once each, drawn once, published so that anybody can draw again."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from kangqu.kernel.basis.ids import Random, new_code
from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.basis.sealing import blind, seal, unseal
from kangqu.kernel.capacity import draw as lots
from kangqu.kernel.capacity.booking import Wanted, book
from kangqu.kernel.capacity.models import Booking, Entry, Release, ReleaseSession, Seat, Session
from kangqu.kernel.capacity.refusals import NOT_DRAWN, RELEASE_CLOSED, RELEASE_TAKEN, RELEASE_WINDOW, WISH_UNKNOWN
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor, the_house

RELEASE, ENTRY = "D", "E"
CHANNEL: Final = "citizen"
_FIELD: Final = "capacity.release.seed"
_SYSTEM_RANDOM: Final = random.SystemRandom()
_MOST_WISHES: Final = 10


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a release came to: how many entered, were given a place, were given one they could not take (one of that day already)."""

    entries: int
    given: int
    declined: int


def announce(
    session_ids: Iterable[int],
    *,
    title: str,
    opens_at: datetime,
    closes_at: datetime,
    of_household: int,
    by: Actor,
    at: datetime,
    rng: Random = _SYSTEM_RANDOM,
) -> Release:
    """Give sessions of one institution and kind away by lot. They are not sold until the draw; nobody may have booked one yet."""
    wanted = sorted(set(session_ids))
    with transaction.atomic():
        sessions = list(
            Session.objects.select_for_update().filter(pk__in=wanted).select_related("schedule").order_by("pk")
        )
        if (
            not sessions
            or len(sessions) != len(wanted)
            or len({(each.institution_id, each.schedule.kind) for each in sessions}) > 1
        ):
            raise Refused(NOT_FOUND)
        if not at <= opens_at < closes_at < min(each.starts_at for each in sessions):
            raise Refused(RELEASE_WINDOW)
        if any(each.state != "open" for each in sessions) or Booking.objects.filter(session__in=wanted).exists():
            raise Refused(RELEASE_TAKEN)
        if ReleaseSession.objects.filter(session__in=wanted).exists():
            raise Refused(RELEASE_TAKEN)
        seed = f"{rng.getrandbits(256):064x}"
        release = Release.objects.create(
            code=new_code(RELEASE, rng), institution_id=sessions[0].institution_id, kind=sessions[0].schedule.kind,
            title=title, opens_at=opens_at, closes_at=closes_at, of_household=of_household, digest=lots.digest_of(seed),
            seed_sealed=seal(seed, _FIELD),
        )  # fmt: skip
        ReleaseSession.objects.bulk_create(ReleaseSession(release=release, session=each) for each in sessions)
        Session.objects.filter(pk__in=wanted).update(released_at=None)
        _open_at(wanted, closes_at)
        facts = {"title": title, "digest": release.digest, "sessions": [each.code for each in sessions]}
        record(by.did("capacity.announce", at=at, object_type="release", object_id=release.pk, facts=facts))
    return release


def _open_at(session_ids: Sequence[int], closes_at: datetime) -> None:
    """What residents may take is theirs from the draw on, not before."""
    for seat in Seat.objects.filter(session__in=session_ids).iterator():
        if seat.opens.get(CHANNEL, "") < closes_at.isoformat():
            seat.opens[CHANNEL] = closes_at.isoformat()
            seat.save(update_fields=["opens"])


def enter(
    person_id: int,
    release_id: int,
    *,
    wishes: Sequence[str],
    by: Actor,
    at: datetime,
    household_id: int | None = None,
    rng: Random = _SYSTEM_RANDOM,
) -> Entry:
    """Enter a release, or change the wishes: one entry each, whose code stays what it was made the first time."""
    with transaction.atomic():
        release = Release.objects.filter(pk=release_id).first()
        if release is None:
            raise Refused(NOT_FOUND)
        if not release.opens_at <= at < release.closes_at:
            raise Refused(RELEASE_CLOSED)
        known = set(release.given.values_list("session__code", flat=True))
        asked = list(dict.fromkeys(wishes))[:_MOST_WISHES]
        if not asked or not known.issuperset(asked):
            raise Refused(WISH_UNKNOWN)
        entry, _fresh = Entry.objects.update_or_create(
            person_id=person_id,
            release=release,
            defaults={"wishes": asked, "household_id": household_id, "changed_at": at, "withdrawn_at": None, "made_by": by.account_id},
            create_defaults={
                "wishes": asked, "household_id": household_id, "changed_at": at, "entered_at": at, "made_by": by.account_id,
                "code": new_code(ENTRY, rng),
            },
        )  # fmt: skip
        facts = {"release": release.code, "wishes": asked}
        record(
            by.did(
                "capacity.enter", at=at, person_id=person_id, object_type="release", object_id=release.pk, facts=facts
            )
        )
    return entry


def withdraw(person_id: int, release_id: int, *, by: Actor, at: datetime) -> None:
    """Leave a release while it can be entered. Entering again brings the same entry back."""
    with transaction.atomic():
        if not Release.objects.filter(pk=release_id, opens_at__lte=at, closes_at__gt=at).exists():
            raise Refused(RELEASE_CLOSED)
        mine = Entry.objects.filter(person_id=person_id, release_id=release_id, withdrawn_at=None)
        if mine.update(withdrawn_at=at, changed_at=at):
            record(by.did("capacity.withdraw", at=at, person_id=person_id, object_type="release", object_id=release_id))


def hold_draw(release_id: int, *, at: datetime, by: Actor | None = None) -> Drawn:
    """Draw a release that has closed: bookings for those who are given a place, what is left to whoever comes first. Once."""
    by = by or the_house()
    with transaction.atomic():
        release = Release.objects.select_for_update().filter(pk=release_id).first()
        if release is None:
            raise Refused(NOT_FOUND)
        if at < release.closes_at:
            raise Refused(NOT_DRAWN)
        if release.drawn_at is not None:
            return _drawn(release)
        seed = unseal(bytes(release.seed_sealed or b""), _FIELD)
        given = lots.draw(_entries(release), _places(release), seed, of_household=release.of_household)
        sessions = {each.session.code: each.session_id for each in release.given.select_related("session")}
        Session.objects.filter(pk__in=sessions.values()).update(released_at=at)
        Release.objects.filter(pk=release.pk).update(seed=seed, drawn_at=at)
        for entry in Entry.objects.filter(release=release, code__in=given).order_by("code"):
            _give(entry, given[entry.code], sessions[given[entry.code]], by, at)
        release.refresh_from_db()
        drawn = _drawn(release)
        facts = {"entries": drawn.entries, "given": drawn.given, "declined": drawn.declined, "seed": seed}
        record(by.did("capacity.draw", at=at, object_type="release", object_id=release.pk, facts=facts))
    return drawn


def _give(entry: Entry, code: str, session_id: int, by: Actor, at: datetime) -> None:
    wanted = Wanted(
        person_id=entry.person_id, session_id=session_id, channel=CHANNEL, key=f"release/{entry.code}",
        household_id=entry.household_id,
    )  # fmt: skip
    try:
        number: int | None = book(wanted, by=by, at=at).id
    except Refused:  # one of that day already: the place is left to whoever comes first
        number = None
    Entry.objects.filter(person_id=entry.person_id, id=entry.id).update(given=code, booking_id=number)


def _drawn(release: Release) -> Drawn:
    entries = Entry.objects.filter(release=release, withdrawn_at=None)
    given = entries.exclude(given="")
    return Drawn(entries.count(), given.count(), given.filter(booking_id=None).count())


def _places(release: Release) -> dict[str, int]:
    """How many seats of each session are for residents."""
    rows = Seat.objects.filter(session__in=release.given.values("session"), channel=CHANNEL, booking_id=None)
    codes = list(rows.values_list("session__code", flat=True))
    return {code: codes.count(code) for code in sorted(set(codes))}


def _entries(release: Release) -> list[lots.Entry]:
    rows = Entry.objects.filter(release=release, withdrawn_at=None).order_by("code")
    return [lots.Entry(row.code, tuple(row.wishes), _household(row.household_id, release)) for row in rows]


def _household(number: int | None, release: Release) -> str:
    """A household's name in the published list: the same for its members in this draw, and of no other use."""
    return blind(f"{release.code}/{number}", "capacity.household").hex() if number is not None else ""


def published(release_id: int) -> dict[str, Any]:
    """What anybody may have: before the draw the digest of the seed; after it seed, places, entries and what each was given."""
    release = Release.objects.filter(pk=release_id).first()
    if release is None:
        raise Refused(NOT_FOUND)
    said: dict[str, Any] = {
        "code": release.code, "title": release.title, "opens_at": release.opens_at.isoformat(),
        "closes_at": release.closes_at.isoformat(), "of_household": release.of_household, "digest": release.digest,
    }  # fmt: skip
    if release.drawn_at is None:
        return said
    given = dict(Entry.objects.filter(release=release).exclude(given="").values_list("code", "given"))
    entries = [
        {"code": each.code, "wishes": list(each.wishes), "household": each.household, "given": given.get(each.code, "")}
        for each in _entries(release)
    ]
    places = dict.fromkeys(release.given.values_list("session__code", flat=True), 0)
    for code in Seat.objects.filter(
        session__in=release.given.values("session"), channel=CHANNEL, over=False
    ).values_list("session__code", flat=True):
        places[code] += 1
    return said | {"seed": release.seed, "drawn_at": release.drawn_at.isoformat(), "places": places, "entries": entries}
