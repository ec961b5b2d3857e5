"""What can be done with places: open, change, move and close institutions and what stands in them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import IntegrityError, models, transaction
from django.db.models import Value
from django.db.models.functions import Concat, Substr

from kangqu.kernel.basis.ids import Random, new_code, take_ids
from kangqu.kernel.basis.refusals import Refusal, Refused
from kangqu.kernel.places import refusals as no
from kangqu.kernel.places.codes import code_table, read_institution_code, read_licence_number, read_uscc
from kangqu.kernel.places.models import (
    Consortium,
    ConsortiumMember,
    Department,
    Device,
    HospitalGrade,
    Institution,
    InstitutionKind,
    InstitutionStatus,
    Licence,
    Post,
    Region,
    ServedRegion,
    Station,
    institution_path,
    lock_tree,
)
from kangqu.kernel.places.words import choice, pinyin_of, words
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.actor import Actor

Entropy = Callable[[int], bytes]
"""Where secrets come from: ``os.urandom`` in the product."""

INSTITUTION_LETTER: Final = "J"
STATION_LETTER: Final = "X"
TOKEN_PREFIX: Final = "kqd_"  # noqa: S105 - what a device's token begins with, not a token
_DEEPEST_PATH: Final = 200

# Institutions ----------------------------------------------------------------------------------------------------


@contextmanager
def _refusing(**refusals: Refusal) -> Iterator[None]:
    """Turn the violation of a named constraint into the refusal it stands for; the transaction around it lives on."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as broken:
        name = getattr(getattr(broken.__cause__, "diag", None), "constraint_name", "") or ""
        for part, why in refusals.items():
            if part in name:
                raise Refused(why) from None
        raise


def _open_institution(institution_id: int) -> Institution:
    """The institution, locked for the rest of the transaction; refused when it is closed."""
    institution = Institution.objects.select_for_update().get(pk=institution_id)
    if institution.status in (InstitutionStatus.CLOSED, InstitutionStatus.REVOKED):
        raise Refused(no.INSTITUTION_CLOSED)
    return institution


def _known_region(code: str) -> str:
    if not Region.objects.filter(code=code).exists():
        raise Refused(no.REGION_UNKNOWN, field="region", code=code)
    return code


_TEXTS: Final = {
    "name": ("名称", 100, False),
    "short_name": ("简称", 40, True),
    "address": ("地址", 200, True),
    "phone": ("电话", 30, True),
}


def _fields(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The columns to write for what was ``asked``, each checked."""
    columns: dict[str, Any] = {}
    for field, value in asked.items():
        if field in _TEXTS:
            label, limit, empty = _TEXTS[field]
            columns[field] = words(value, label, limit, field=field, empty=empty)
        elif field == "region":
            columns["region_id"] = _known_region(value)
        elif field == "uscc":
            columns["uscc"] = read_uscc(value).code if value else None
        elif field == "institution_code":
            columns["institution_code"] = read_institution_code(value).code if value else ""
        elif field == "category":
            if value and value not in code_table("categories"):
                raise Refused(no.CHOICE_BAD, field="category", label="机构类别（WS 218）")
            columns["category"] = value
        elif field == "grade":
            columns["grade"] = choice(value, HospitalGrade, "等级", field="grade") if value else ""
        elif field in ("private", "demo", "opened_on"):
            columns[field] = value
        else:
            raise TypeError(f"an institution has no {field} to write")
    if "name" in columns:
        columns["name_pinyin"], columns["name_initials"] = pinyin_of(columns["name"])
    return columns


def open_institution(
    *, kind: str, name: str, region: str, parent: Institution | None, by: Actor, at: datetime, rng: Random, **more: Any
) -> Institution:
    """Open an institution of ``kind`` in ``region`` under ``parent`` (None: a root of the tree).

    ``more``: ``short_name``, ``address``, ``phone``, ``uscc``, ``institution_code``, ``category`` (WS 218), ``grade``
    (hospitals), ``private``, ``opened_on``, ``demo``. Refused: bad codes and words, a code that is taken, an unknown
    region, a parent that is closed.
    """
    columns = _fields({"name": name, "region": region, **more})
    kind = choice(kind, InstitutionKind, "类别", field="kind")
    if columns.get("grade") and kind != InstitutionKind.HOSPITAL:
        raise Refused(no.GRADE_MISPLACED, field="grade")
    with transaction.atomic(), _refusing(uscc=no.USCC_TAKEN):
        lock_tree()
        above = _open_parent(parent)
        (number,) = take_ids(1)
        path = institution_path(above, number)
        if len(path) > _DEEPEST_PATH:
            raise Refused(no.TOO_DEEP, field="parent")
        code = new_code(INSTITUTION_LETTER, rng)
        institution = Institution.objects.create(id=number, code=code, kind=kind, parent=above, path=path, **columns)
        facts = {"name": institution.name, "kind": kind, "region": region}
        record(by.did("places.open_institution", at=at, object_type="institution", object_id=number, facts=facts))
    return institution


def _open_parent(parent: Institution | None) -> Institution | None:
    if parent is None:
        return None
    try:
        return _open_institution(parent.pk)
    except Refused:
        raise Refused(no.PARENT_CLOSED, field="parent") from None


def change_institution(institution: Institution, *, by: Actor, at: datetime, **changes: Any) -> Institution:
    """Write what changed of an institution's own facts (those of ``open_institution``; not its kind, code or place)."""
    columns = _fields(changes)
    with transaction.atomic(), _refusing(uscc=no.USCC_TAKEN):
        here = _open_institution(institution.pk)
        if columns.get("grade") and here.kind != InstitutionKind.HOSPITAL:
            raise Refused(no.GRADE_MISPLACED, field="grade")
        changed = {name: value for name, value in columns.items() if getattr(here, name) != value}
        if changed:
            Institution.objects.filter(pk=here.pk).update(**changed)
            facts = {"changed": sorted(changed)}
            record(
                by.did("places.change_institution", at=at, object_type="institution", object_id=here.pk, facts=facts)
            )
        here.refresh_from_db()
    return here


def move_institution(institution: Institution, *, to: Institution | None, by: Actor, at: datetime) -> Institution:
    """Hang an institution, and everything below it, under ``to`` (None: make it a root).

    Scopes follow at once, because the paths of the whole subtree are rewritten in one statement. Refused: a cycle, a
    closed parent, a tree too deep.
    """
    with transaction.atomic():
        lock_tree()
        above = _open_parent(to)
        here = _open_institution(institution.pk)
        if above is not None and above.path.startswith(here.path):
            raise Refused(no.CYCLE, field="parent")
        old, new = here.path, institution_path(above, here.pk)
        if old != new:
            subtree = Institution.objects.filter(path__startswith=old)
            longest = max(len(path) for path in subtree.values_list("path", flat=True))
            if longest - len(old) + len(new) > _DEEPEST_PATH:
                raise Refused(no.TOO_DEEP, field="parent")
            tail = Substr("path", len(old) + 1)
            moved = subtree.update(path=Concat(Value(new), tail, output_field=models.CharField()))
            Institution.objects.filter(pk=here.pk).update(parent=above)
            facts = {"from": old, "to": new, "institutions": moved}
            record(by.did("places.move_institution", at=at, object_type="institution", object_id=here.pk, facts=facts))
        here.refresh_from_db()
    return here


def close_institution(
    institution: Institution, *, reason: str, by: Actor, at: datetime, on: date, revoked: bool = False
) -> Institution:
    """Close an institution on a day: its stations close, its devices are revoked, its memberships end.

    Refused while institutions under it are open. ``revoked``: its licence was taken away (吊销).
    """
    reason = words(reason, "原因", 200, field="reason")
    with transaction.atomic():
        lock_tree()
        here = _open_institution(institution.pk)
        gone = (InstitutionStatus.CLOSED, InstitutionStatus.REVOKED)
        branches = Institution.objects.filter(parent=here).exclude(status__in=gone).count()
        if branches:
            raise Refused(no.HAS_BRANCHES, count=branches)
        Device.objects.filter(station__institution=here, revoked_at=None).update(revoked_at=at)
        Station.objects.filter(institution=here).update(open=False)
        ConsortiumMember.objects.filter(institution=here, left_on=None).update(left_on=on)
        here.status = InstitutionStatus.REVOKED if revoked else InstitutionStatus.CLOSED
        here.closed_on = on
        here.save(update_fields=["status", "closed_on"])
        entry = by.did("places.close_institution", at=at, object_type="institution", object_id=here.pk, reason=reason)
        record(entry)
    return here


def serve_region(institution: Institution, *, region: str, by: Actor, at: datetime) -> ServedRegion:
    """Charge an institution with the residents of a division."""
    with transaction.atomic(), _refusing(served_once=no.ALREADY_SERVED):
        here = _open_institution(institution.pk)
        served = ServedRegion.objects.create(institution=here, region_id=_known_region(region))
        _record_at(here, "places.serve_region", by=by, at=at, facts={"region": region})
    return served


def stop_serving(institution: Institution, *, region: str, by: Actor, at: datetime) -> None:
    """Take a division away from an institution; one it does not serve is refused."""
    with transaction.atomic():
        gone, _each = ServedRegion.objects.filter(institution=institution, region_id=region).delete()
        if not gone:
            raise Refused(no.NOT_SERVED, field="region")
        _record_at(institution, "places.stop_serving", by=by, at=at, facts={"region": region})


def _record_at(institution: Institution, action: str, *, by: Actor, at: datetime, facts: Mapping[str, Any]) -> None:
    record(by.did(action, at=at, object_type="institution", object_id=institution.pk, facts=facts))


# What stands in an institution -----------------------------------------------------------------------------------


def add_licence(
    institution: Institution,
    *,
    kind: str,
    number: str,
    valid_from: date,
    by: Actor,
    at: datetime,
    valid_to: date | None = None,
    issued_by: str = "",
) -> Licence:
    """Record a licence. A village clinic's register number (``kind`` "clinic_register") is checked digit by digit."""
    kind = words(kind, "证照种类", 30, field="kind")
    number = words(number, "证照编号", 40, field="number")
    if kind == "clinic_register":
        number = read_licence_number(number).number
    if valid_to is not None and valid_to < valid_from:
        raise Refused(no.DATES_CROSSED, field="valid_to")
    with transaction.atomic(), _refusing(licence_once=no.LICENCE_TWICE):
        here = _open_institution(institution.pk)
        licence = Licence.objects.create(
            institution=here,
            kind=kind,
            number=number,
            issued_by=words(issued_by, "发证机关", 60, field="issued_by", empty=True),
            valid_from=valid_from,
            valid_to=valid_to,
        )
        _record_at(here, "places.add_licence", by=by, at=at, facts={"kind": kind, "number": number})
    return licence


def add_department(institution: Institution, *, name: str, by: Actor, at: datetime, code: str = "") -> Department:
    """Set up a department (诊疗科目); ``code`` is its number in the national list of clinical subjects."""
    name = words(name, "科室名称", 60, field="name")
    code = words(code, "科目代码", 10, field="code", empty=True)
    with transaction.atomic(), _refusing(department_once=no.DEPARTMENT_TWICE):
        here = _open_institution(institution.pk)
        department = Department.objects.create(institution=here, name=name, code=code)
        _record_at(here, "places.add_department", by=by, at=at, facts={"name": name})
    return department


def add_post(
    institution: Institution,
    *,
    title: str,
    role: str,
    by: Actor,
    at: datetime,
    department: Department | None = None,
    places: int = 1,
) -> Post:
    """Set up a post for ``role`` with ``places`` seats (1–10,000), at the institution or in one of its departments."""
    title = words(title, "岗位名称", 60, field="title")
    role = words(role, "岗位角色", 40, field="role")
    if not 1 <= places <= 10_000:
        raise Refused(no.CHOICE_BAD, field="places", label="编制数")
    if department is not None and department.institution_id != institution.pk:
        raise Refused(no.DEPARTMENT_ELSEWHERE, field="department")
    with transaction.atomic(), _refusing(post_once=no.POST_TWICE):
        here = _open_institution(institution.pk)
        post = Post.objects.create(institution=here, department=department, role=role, title=title, places=places)
        _record_at(here, "places.add_post", by=by, at=at, facts={"title": title, "role": role})
    return post


# Consortia -------------------------------------------------------------------------------------------------------


def form_consortium(*, kind: str, name: str, leader: Institution, on: date, by: Actor, at: datetime) -> Consortium:
    """Found a consortium; its leader is its first member."""
    kind = choice(kind, Consortium.Kind, "联合体类别", field="kind")
    name = words(name, "名称", 80, field="name")
    with transaction.atomic(), _refusing(name=no.CONSORTIUM_TWICE):
        here = _open_institution(leader.pk)
        consortium = Consortium.objects.create(kind=kind, name=name, leader=here)
        ConsortiumMember.objects.create(consortium=consortium, institution=here, joined_on=on)
        _record_of(consortium, "places.form_consortium", by=by, at=at, institution=here)
    return consortium


def join_consortium(
    consortium: Consortium, institution: Institution, *, on: date, by: Actor, at: datetime
) -> ConsortiumMember:
    with transaction.atomic(), _refusing(member_once=no.ALREADY_MEMBER):
        here = _open_institution(institution.pk)
        member = ConsortiumMember.objects.create(consortium=consortium, institution=here, joined_on=on)
        _record_of(consortium, "places.join_consortium", by=by, at=at, institution=here)
    return member


def leave_consortium(consortium: Consortium, institution: Institution, *, on: date, by: Actor, at: datetime) -> None:
    """End a membership. The leader stays as long as the consortium stands; nobody leaves before joining."""
    if consortium.leader_id == institution.pk:
        raise Refused(no.LEADER_STAYS)
    with transaction.atomic():
        here = ConsortiumMember.objects.filter(consortium=consortium, institution=institution, left_on=None)
        member = here.select_for_update().first()
        if member is None:
            raise Refused(no.NOT_MEMBER)
        if on < member.joined_on:
            raise Refused(no.DATES_CROSSED, field="on")
        here.update(left_on=on)
        _record_of(consortium, "places.leave_consortium", by=by, at=at, institution=institution)


def _record_of(consortium: Consortium, action: str, *, by: Actor, at: datetime, institution: Institution) -> None:
    facts = {"institution": institution.pk, "name": consortium.name}
    record(by.did(action, at=at, object_type="consortium", object_id=consortium.pk, facts=facts))


# Stations and devices --------------------------------------------------------------------------------------------


def open_station(institution: Institution, *, name: str, by: Actor, at: datetime, rng: Random) -> Station:
    """Set up a gate, window or desk where codes are scanned."""
    name = words(name, "点位名称", 60, field="name")
    with transaction.atomic():
        here = _open_institution(institution.pk)
        station = Station.objects.create(institution=here, name=name, code=new_code(STATION_LETTER, rng))
        _record_at(here, "places.open_station", by=by, at=at, facts={"station": station.pk, "name": name})
    return station


def close_station(station: Station, *, by: Actor, at: datetime) -> None:
    """Close a station and revoke its devices. Closing a closed one changes nothing."""
    with transaction.atomic():
        if Station.objects.filter(pk=station.pk, open=True).update(open=False):
            Device.objects.filter(station=station, revoked_at=None).update(revoked_at=at)
            record(by.did("places.close_station", at=at, object_type="station", object_id=station.pk))


@dataclass(frozen=True, slots=True)
class Registered:
    """A registered device and its token, which is shown this once and kept nowhere."""

    device: Device
    token: str

    def __repr__(self) -> str:
        return f"Registered(device={self.device.pk})"


def register_device(station: Station, *, name: str, by: Actor, at: datetime, entropy: Entropy) -> Registered:
    """Register a device to an open station; its token is ``kqd_`` and 256 bits, URL-safe. Kept: only its SHA-256."""
    name = words(name, "设备名称", 60, field="name")
    token = TOKEN_PREFIX + base64.urlsafe_b64encode(entropy(32)).rstrip(b"=").decode()
    with transaction.atomic():
        here = Station.objects.select_for_update().get(pk=station.pk)
        if not here.open:
            raise Refused(no.STATION_CLOSED)
        digest = hashlib.sha256(token.encode()).digest()
        device = Device.objects.create(station=here, name=name, token_sha256=digest, registered_at=at)
        facts = {"station": here.pk, "name": name}
        record(by.did("places.register_device", at=at, object_type="device", object_id=device.pk, facts=facts))
    return Registered(device, token)


def revoke_device(device: Device, *, by: Actor, at: datetime) -> None:
    """End a device's token. Refused when it is revoked already: of two people pressing, one did it."""
    with transaction.atomic():
        if Device.objects.filter(pk=device.pk, revoked_at=None).update(revoked_at=at) == 0:
            raise Refused(no.DEVICE_REVOKED)
        facts = {"station": device.station_id}
        record(by.did("places.revoke_device", at=at, object_type="device", object_id=device.pk, facts=facts))
