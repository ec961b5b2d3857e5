"""The table of operations, walked: every URL of the site, as every kind of principal, at every kind of object.

New pages and API calls are walked as soon as they are served; nothing here names a system.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from kangqu.kernel.access.models import Account, AccountKind, Encounter, SecondFactor, SignIn
from kangqu.kernel.access.operations import EVERY_ROLE, Operation, Reach, all_operations
from kangqu.kernel.access.roles import Role
from kangqu.kernel.basis.clock import city_day
from kangqu.web.access_table import Served, served_urls
from kangqu.web.lanes import LANES
from kangqu.web.serving import SESSION_KEY
from tests.access import cast

PACKAGE = Path(__file__).resolve().parent.parent / "kangqu"

OUTSIDE_THE_TABLE = {
    "/api/v1/",  # the root Ninja makes: always 404
    "/look",  # keeps a choice of language or size in a cookie
    "/dev/ui",  # the sheet of components: no data, and only in development
    "/c/sw.js",  # the offline worker: a script
    "/health",
    "/health/live",
    "/health/ready",
    "/metrics",  # its own token
}
"""URLs that show nobody's data and need no operation. Short, and kept short."""

MISSING_CODE = "R0000000000000"


def served() -> list[Served]:
    return [each for each in served_urls() if each.operation is not None]


def test_every_url_is_bound_to_an_operation():
    unbound = {each.path for each in served_urls() if each.operation is None}
    assert unbound <= OUTSIDE_THE_TABLE, sorted(unbound - OUTSIDE_THE_TABLE)
    assert served()


def test_the_table_is_whole():
    """Every operation declared by an installed part is served: a row without a URL is a promise nobody keeps."""
    bound = {each.operation.name for each in served() if each.operation is not None}
    declared = {name for name in all_operations() if not name.startswith("test.")}
    assert declared == bound, declared ^ bound


def test_a_lane_answers_for_the_operation_that_is_served_there():
    """And the view beside it proves whom it remembers, as the lane does."""
    views = {each.path: each for each in served() if each.method == "POST"}
    assert LANES
    for path, lane in LANES.items():
        assert views[path].operation == lane.operation, path
        assert getattr(views[path].view, "proves", False), path


def _modules() -> Iterator[Path]:
    for name in ("*pages.py", "*api.py", "pages/*.py", "api/*.py"):
        yield from PACKAGE.glob(f"systems/*/{name}")


@pytest.mark.parametrize("module", list(_modules()), ids=lambda file: f"{file.parent.name}/{file.name}")
def test_pages_and_api_reach_no_model(module):
    """People, records and the rest are reached through doors, reads and actions, never as rows."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    taken = [
        (str(node.module), alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    rows = [
        f"{source}.{name}"
        for source, name in taken
        if source.endswith("models")
        and isinstance(thing := getattr(import_module(source), name), type)
        and issubclass(thing, Model)
    ]
    database = [
        f"{source}.{name}" for source, name in taken if source.split(".")[:2] == ["django", "db"] or source == "psycopg"
    ]
    assert rows + database == []


# Walking


@dataclass
class Principal:
    """Somebody who asks: a browser with a session, or a program with a token."""

    client: Client
    headers: dict[str, str] = field(default_factory=dict)
    account: Account | None = None

    def ask(self, each: Served, **arguments: str) -> Any:
        method = "GET" if each.method == "*" else each.method
        data, kind = ("{}", "application/json") if each.method not in ("*", "GET") else ("", "")
        where = address(each.path, **arguments)
        if each.path.endswith("/presences") and method == "GET":
            where += "?from=2026-11-01T00:00:00Z&to=2026-11-30T00:00:00Z"
        return self.client.generic(method, where, data, kind, headers=self.headers)


def address(pattern: str, **arguments: str) -> str:
    """A path of ``pattern`` with every placeholder filled."""

    def fill(found: re.Match[str]) -> str:
        kind, name = found.group(1) or "str", found.group(2)
        if name in arguments:
            return arguments[name]
        defaults = {"int": "1", "uuid": "00000000-0000-0000-0000-000000000000", "date": "2026-11-22"}
        return defaults.get(kind, MISSING_CODE)

    return re.sub(r"<(?:(\w+):)?(\w+)>", fill, pattern)


class City:
    """Two cities; in the first, somebody of every role in the right place; in the second, the same."""

    def __init__(self) -> None:
        self.now = timezone.now()
        self.here = self._place("3703", "淄博")
        self.there = self._place("3701", "济南")
        self.resident = cast.resident("王𠮷祥", at=self.now, where=self.here.region, kept_by=self.here)
        self.neighbour = cast.resident("李丽", at=self.now, where=self.there.region, kept_by=self.there)

    def _place(self, code: str, name: str) -> Any:
        return cast.institution(f"{name}卫健委", "commission", cast.region(code, name), serves=True)

    def role_of(self, row: Operation) -> Role:
        staff = sorted(row.roles - {Role.RESIDENT, Role.DEVICE, Role.SYSTEM})
        return staff[0] if staff else sorted(row.roles)[0]

    def principal(self, row: Operation, each: Served, role: Role, where: Any) -> Principal:
        if role is Role.DEVICE:
            _, token = cast.device(where, at=self.now)
            return Principal(Client(raise_request_exception=False), {"Authorization": f"Bearer {token}"})
        if role is Role.RESIDENT:
            person = self.resident if where == self.here else self.neighbour
            known = Account.objects.filter(person=person, kind=AccountKind.RESIDENT).first()
            return self.session(known or cast.resident_account(person, at=self.now))
        account = self.staff(role, where)
        if role is Role.SYSTEM:
            return self.token(account, row.scope or "none.at_all")
        return self.session(account)

    def staff(self, role: Role, where: Any) -> Account:
        name = f"{role.value}.{where.pk}"
        known = Account.objects.filter(username=name).first()
        if known is not None:
            return known
        account = cast.staff(name, role, where, at=self.now)
        SecondFactor.objects.create(account=account, secret_sealed=b"x", confirmed_at=self.now)
        return account

    def session(self, account: Account) -> Principal:
        client = Client(raise_request_exception=False)
        session = client.session
        session[SESSION_KEY] = cast.signed_in(account, at=self.now).pk
        session.save()
        client.cookies["sessionid"] = session.session_key or ""
        return Principal(client, account=account)

    def token(self, account: Account, scope: str) -> Principal:
        token = cast.token_of(account, scope, until=self.now + timedelta(hours=1))
        return Principal(Client(raise_request_exception=False), {"Authorization": f"Bearer {token}"}, account)


@pytest.fixture
def city(db: Any) -> City:
    return City()


def for_machines(each: Served) -> bool:
    return each.path.startswith(("/api/", "/oauth/", "/fhir/"))


def turned_away(response: Any) -> str:
    """Why the operation itself refused ("" when it admitted): whose data it is comes after."""
    if response.status_code in (301, 302) and re.match(r"/(sign-in|account/[a-z-]+)\?next=", response["Location"]):
        return "sign-in"
    text = response.content.decode(errors="replace") if not response.streaming else ""
    found = re.search(r"KQ-(1002|1003|1701|1702|1703|1704)", text) if response.status_code in (401, 403) else None
    return found.group() if found else ""


SERVED = [(each, each.operation) for each in served_urls() if each.operation is not None]


def rows(wanted: Callable[[Served, Operation], bool] = lambda *_: True) -> Any:
    """The served operations that ``wanted`` picks, as a test's parameters."""
    picked = [pytest.param(each, row, id=f"{each.method} {each.path}") for each, row in SERVED if wanted(each, row)]
    return pytest.mark.parametrize(("each", "row"), picked)


@rows()
def test_each_operation_admits_its_roles_and_nobody_else(city: City, each: Served, row: Operation) -> None:
    stranger = Principal(Client(raise_request_exception=False)).ask(each)
    assert stranger.status_code < 500
    if row.public:
        assert turned_away(stranger) in ("", "sign-in")
        return
    assert turned_away(stranger) == ("KQ-1003" if for_machines(each) else "sign-in")

    right = city.principal(row, each, city.role_of(row), city.here)
    answer = right.ask(each)
    assert answer.status_code < 500, answer.content[:300]
    assert turned_away(answer) == "", answer.content[:300]

    for wrong in _others(row):
        answer = city.principal(row, each, wrong, city.here).ask(each)
        # A device's token counts only for programs: on a page it is nobody.
        no = ("KQ-1002", "KQ-1701") if for_machines(each) or wrong is not Role.DEVICE else ("sign-in",)
        assert turned_away(answer) in no, (wrong, answer.content[:300])


def _others(row: Operation) -> list[Role]:
    """Roles that may not: one of the staff, one administrator, the resident, the device: as far as they may not."""
    tried = [Role.NURSE, Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN, Role.RESIDENT, Role.DEVICE, Role.PHARMACIST]
    return [] if row.roles == EVERY_ROLE else [role for role in tried if role not in row.roles]


@rows(lambda each, row: bool(row.roles))
def test_what_has_ended_admits_nobody(city: City, each: Served, row: Operation) -> None:
    role = city.role_of(row)
    if role in (Role.DEVICE, Role.SYSTEM):
        pytest.skip("a machine has no session")
    expired = city.principal(row, each, role, city.here)
    SignIn.objects.update(seen_at=city.now - timedelta(hours=1))
    assert turned_away(expired.ask(each)) in ("KQ-1003", "sign-in")
    ended = city.principal(row, each, role, city.here)
    SignIn.objects.update(ended_at=city.now)
    assert turned_away(ended.ask(each)) in ("KQ-1003", "sign-in")
    closed = city.principal(row, each, role, city.here)
    Account.objects.update(is_active=False)
    assert turned_away(closed.ask(each)) in ("KQ-1003", "sign-in")


@rows(lambda each, row: each.path.startswith("/api/"))
def test_a_token_needs_the_scope_and_dies_when_revoked(city: City, each: Served, row: Operation) -> None:
    from oauth2_provider.models import AccessToken

    role = city.role_of(row) if row.roles else Role.DOCTOR
    if row.public or role in (Role.RESIDENT, Role.DEVICE):
        pytest.skip("not for the tokens of systems")
    account = city.staff(role, city.here)
    assert turned_away(city.token(account, "other.scope").ask(each)) == "KQ-1701"
    if row.scope is None:
        return
    good = city.token(account, row.scope)
    assert turned_away(good.ask(each)) == ""
    AccessToken.objects.all().delete()
    assert turned_away(good.ask(each)) == "KQ-1003"


OF_A_PERSON = re.compile(r"(residents|persons?|people|/c/p|/h/family)[^<]*/?<(?:str:|slug:)?(\w*code\w*)>")


@rows(lambda each, row: OF_A_PERSON.search(each.path) is not None and each.method in ("*", "GET"))
def test_a_person_of_another_city_is_as_good_as_nobody(city: City, each: Served, row: Operation) -> None:
    """Right role, wrong place: the answer for a resident of the next city is the answer for one who does not exist."""
    found = OF_A_PERSON.search(each.path)
    assert found is not None
    if row.reach is Reach.CITY:
        pytest.skip("works on the whole city")
    asker = city.principal(row, each, city.role_of(row), city.there)
    Encounter.objects.create(person=city.neighbour, institution_id=city.there.pk, day=city_day(city.now), at=city.now)
    missing = asker.ask(each, **{found.group(2): MISSING_CODE})
    stranger = asker.ask(each, **{found.group(2): city.resident.public_code})
    assert missing.status_code == stranger.status_code == 404, stranger.content[:300]
    if for_machines(each):
        assert missing.json() == stranger.json()
    assert city.resident.name not in stranger.content.decode()
