"""The desk: where it stands, what it says of a scan, and how scans kept on its device are taken later."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final

from django.utils.translation import gettext as _
from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from kangqu.kernel.access.roles import Purpose, Role
from kangqu.kernel.access.viewer import Held, Viewer
from kangqu.kernel.basis.clock import age_on, city_day
from kangqu.kernel.basis.refusals import BAD_INPUT, KEY_REUSED, NOT_FOUND, Refused
from kangqu.kernel.people.codes.words import CODE_REPLAYED, Flag, Word, refusal_of
from kangqu.kernel.trace.actor import Actor
from kangqu.systems.one_code.actions import verify_all
from kangqu.systems.one_code.definition import DESK, DESK_ROLES
from kangqu.systems.one_code.reads import OpenStation, Taken, open_station, stations_of
from kangqu.systems.one_code.scans import Answer, Place, Scan
from kangqu.web.api import Schema
from kangqu.web.formats import masked_name

LONGEST: Final = 2000
MOST_KEPT: Final = 50


@dataclass(frozen=True, slots=True)
class Desk:
    """A desk at work: the grant it works under and the station it stands at (none: the institution as a whole)."""

    held: Held
    place: Place
    station: OpenStation | None

    def actor(self, viewer: Viewer) -> Actor:
        gate = self.held.role is Role.GATE_KEEPER
        return viewer.actor(held=self.held, purpose=Purpose.ENTRY if gate else Purpose.CARE)


def stations_for(viewer: Viewer) -> list[OpenStation]:
    """The stations of the institutions the viewer works at."""
    return stations_of(held.institution_id for held in viewer.holding(DESK.roles))


def desk_at(viewer: Viewer, station: str) -> Desk:
    """The desk at the station of a public code; without one, the institution as a whole. ``Refused`` out of reach."""
    if not station:
        held = viewer.holding(DESK.roles)[0]
        return Desk(held, Place(held.institution_id, held.institution_id), None)
    found = open_station(station) if station.isascii() and station.isalnum() else None
    reaching = viewer.reaches(found.path, DESK.roles) if found is not None else None
    if found is None or reaching is None:
        raise Refused(NOT_FOUND, field="station")
    return Desk(reaching, Place(found.id, found.institution_id), found)


def code_of(text: str) -> str:
    """What was scanned or typed, as codes are written: full-width signs read, spaces dropped, in capitals."""
    return "".join(unicodedata.normalize("NFKC", text[:LONGEST]).split()).upper()


# What the desk is told


@dataclass(frozen=True, slots=True)
class Told:
    """A scan in words. ``code`` is the resident's public code when the scan opens her; ``name`` as the role may see it."""

    key: str
    at: datetime
    ok: bool
    sentence: str
    name: str = ""
    sex: str = ""
    age: str = ""
    code: str = ""
    flags: tuple[str, ...] = ()


def told_of(scan: Taken, role: Role, *, language: str) -> Told:
    """What is said of a scan that was taken. A code that was refused tells no name."""
    refused = None if scan.word is Word.GENUINE else refusal_of(scan.word)
    if refused is None and Flag.ELSEWHERE in scan.flags:
        refused = CODE_REPLAYED
    if refused is not None:
        return Told(scan.key, scan.at, False, refused.sentence(language, {}))
    flags = tuple(_flag_words()[flag] for flag in scan.flags)
    person = scan.person
    if person is None:
        return Told(scan.key, scan.at, True, _("核验通过"), flags=flags)
    if role not in DESK_ROLES:
        name = masked_name(person.name)
        return Told(scan.key, scan.at, True, _("核验通过"), name=name, flags=flags)
    born, sex = person.birth_date, _sexes().get(person.sex, "")
    age = _age(born, scan.at) if born else ""
    return Told(scan.key, scan.at, True, _("核验通过"), person.name, sex, age, person.public_code, flags)


def _age(born: date, at: datetime) -> str:
    return _("{n} 岁").format(n=age_on(born, city_day(at)))


def _sexes() -> dict[str, str]:
    return {"1": _("男"), "2": _("女")}


def _flag_words() -> dict[Flag, str]:
    return {
        Flag.AGAIN: _("刚在这里扫过，只算一次"),
        Flag.NEARBY: _("刚在本机构别处出示过"),
        Flag.ELSEWHERE: _("刚在别处出示过"),
        Flag.PAPER: _("纸质卡，请核对本人"),
        Flag.TEMPORARY: _("临时码，还没有登记证件"),
        Flag.BARCODE: _("条形码"),
        Flag.MOVED: _("已登记迁出"),
        Flag.DECEASED: _("已登记死亡，请核验身份证件"),
    }


def offline_words(language: str) -> dict[str, str]:
    """What the page says by itself, word by word; names are never known offline."""
    words = {word.value: refusal_of(word).sentence(language, {}) for word in Word if word is not Word.GENUINE}
    words |= {
        "genuine": _("码有效，请核对本人"),
        "paper": _flag_words()[Flag.PAPER],
        "unable": _("这个浏览器验不了此码，请看证件"),
        "barcode": _("条形码要联网才能核验，请扫二维码"),
        "stale": _("本机的公钥太旧，认不出此码，请联网后再验"),
    }
    told = {word: _("离线核验：{sentence}").format(sentence=sentence) for word, sentence in words.items()}
    return told | {
        "kept": _("待上传"),
        "lost": _("本机存不下了，请抄在纸上"),
        "list": _("离线名单更新于 {t}"),
        "busy": _("正在核验…"),
    }


# Scans kept on the device


class KeptValues(Schema):
    """What the page kept: the scan's own key and time, and the word it gave offline."""

    key: Annotated[str, Field(min_length=1, max_length=64)]
    code: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    at: AwareDatetime
    station: Annotated[str, Field(max_length=16)] = ""
    word: Annotated[str, Field(max_length=12)] = ""


class KeptScan(Schema):
    id: Annotated[str, Field(min_length=1, max_length=64)]
    at: AwareDatetime
    values: KeptValues


_KEPT: Final = TypeAdapter(KeptScan)


def take_kept(
    items: Sequence[Any], *, viewer: Viewer, at: datetime, language: str
) -> tuple[list[dict[str, str]], list[str]]:
    """Take scans kept offline, each at its own time: the answers of the outbox, in order, and the keys now taken.

    Items sent twice are duplicates. An item stays with the desk ("refused") when it was not taken, or when the desk let
    somebody pass offline whose code the city does not accept.
    """
    answers: list[dict[str, str]] = [{}] * len(items)
    good: dict[str, list[tuple[int, KeptScan]]] = {}
    for index, item in enumerate(items):
        try:
            kept = _KEPT.validate_python(item)
        except ValidationError as invalid:
            answers[index] = _misread(item, invalid, language)
        else:
            good.setdefault(kept.values.station, []).append((index, kept))
    taken: list[str] = []
    for station, group in good.items():
        try:
            desk = desk_at(viewer, station)
        except Refused as refused:
            for index, kept in group:
                answers[index] = _state(kept.id, "refused", refused.sentence(language))
            continue
        scans = [Scan(kept.values.key, code_of(kept.values.code), kept.values.at) for _index, kept in group]
        told = verify_all(scans, place=desk.place, by=desk.actor(viewer), at=at)
        for (index, kept), answer in zip(group, told, strict=True):
            answers[index] = _state_of(kept, answer, language)
            if answer.word is not None:
                taken.append(answer.key)
    return answers, taken


def _state_of(kept: KeptScan, answer: Answer, language: str) -> dict[str, str]:
    refused = answer.refused
    if refused is None or (answer.word is not None and kept.values.word != Word.GENUINE):
        sentence = _("已收") if refused is None else refused.sentence(language)
        return _state(kept.id, "duplicate" if answer.repeated else "accepted", sentence)
    state = "conflict" if refused.why is KEY_REUSED else "refused"
    return _state(kept.id, state, refused.sentence(language))


def _misread(item: Any, invalid: ValidationError, language: str) -> dict[str, str]:
    first = invalid.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    known = item.get("id") if isinstance(item, dict) else None
    refused = Refused(BAD_INPUT, field=field, detail=f"{field}: {first['msg']}")
    return _state(known[:64] if isinstance(known, str) else "", "refused", refused.sentence(language))


def _state(number: str, state: str, sentence: str) -> dict[str, str]:
    return {"id": number, "state": state, "sentence": sentence}
