"""The real server for a bench, a gate with a token, residents with cards, and a closed loop of connections."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import itertools
import os
import random
import re
import secrets
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

_CHANCE = random.SystemRandom()
_SERVE: Final = "from bench._served import serve_here; serve_here()"


def serve_here() -> None:
    """The product's own server with its own settings; only the bare views are beside its pages."""
    from kangqu.site.config import read_config
    from kangqu.site.server import prepare_to_serve, serve, workers_for

    config = read_config()
    prepare_to_serve(config)
    serve(config, workers=workers_for())


@contextlib.contextmanager
def server(port: int) -> Iterator[None]:
    """The product's server on ``port``, until the block ends. Its log goes to a file, as an operator's does."""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "bench._settings", "KANGQU_PORT": str(port)}
    with (Path(os.environ["KANGQU_HOME"]) / "bench-server.log").open("wb") as log:
        running = subprocess.Popen([sys.executable, "-c", _SERVE], env=environment, stdout=log, stderr=log)
        try:
            _wait(port)
            yield
        finally:
            running.terminate()
            running.wait(20)


def _wait(port: int) -> None:
    for _ in range(240):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/api/v1/code-keys")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.25)
    raise SystemExit("the server did not come up")


class _Line:
    """One connection: what is still to send of its request, what has come of the answer, when the request began."""

    _LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.rest = memoryview(b"")
        self.got = bytearray()
        self.began = 0.0

    def ask(self, request: bytes) -> None:
        self.rest, self.got, self.began = memoryview(request), bytearray(), time.perf_counter()
        self.send()

    def send(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self.rest:
                self.rest = self.rest[self.socket.send(self.rest) :]

    def answer(self) -> bytes | None:
        """The whole answer once it is there. A connection closed in the middle ends the bench."""
        part = self.socket.recv(1 << 18)
        if not part:
            raise SystemExit("the server closed a connection")
        self.got += part
        head = self.got.find(b"\r\n\r\n")
        length = self._LENGTH.search(self.got, 0, head + 2) if head >= 0 else None
        whole = length is not None and len(self.got) >= head + 4 + int(length[1])
        return bytes(self.got) if whole else None


Driven = tuple[list[float], float]


def drive(port: int, path: str, token: str, bodies: Sequence[bytes], *, connections: int, seconds: float) -> Driven:
    """Send ``bodies``, each once, over ``connections`` in a closed loop for at most ``seconds``.

    Return how long each request took, from before its first byte is sent until its answer is whole, and how long it
    all took, in seconds. Any answer but a 2xx ends the bench. Requests are made beforehand and one thread serves all
    connections: the client shares the server's cores and should take little of them.
    """
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: "
    requests = iter([f"{head}{len(body)}\r\n\r\n".encode() + body for body in bodies])
    taken: list[float] = []
    with selectors.DefaultSelector() as waiting:
        lines = [_Line(port) for _ in range(connections)]
        began = time.perf_counter()
        ends = began + seconds
        for line in lines:
            _next(line, requests, waiting, fresh=True)
        while waiting.get_map():
            for key, events in waiting.select():
                line = key.data
                if events & selectors.EVENT_WRITE:
                    line.send()
                    if not line.rest:
                        waiting.modify(line.socket, selectors.EVENT_READ, line)
                if not events & selectors.EVENT_READ or (answer := line.answer()) is None:
                    continue
                taken.append(time.perf_counter() - line.began)
                if answer[9:10] != b"2" or b'"refused"' in answer:
                    raise SystemExit(f"{path}: {answer[:600]!r}")
                _next(line, requests if time.perf_counter() < ends else iter(()), waiting)
        return taken, time.perf_counter() - began


def _next(line: _Line, requests: Iterator[bytes], waiting: selectors.BaseSelector, *, fresh: bool = False) -> None:
    """Send the next request over ``line``, or close it when there is none."""
    request = next(requests, None)
    if request is None:
        if not fresh:
            waiting.unregister(line.socket)
        line.socket.close()
        return
    line.ask(request)
    events = selectors.EVENT_READ | (selectors.EVENT_WRITE if line.rest else 0)
    if fresh:
        waiting.register(line.socket, events, line)
    elif line.rest:
        waiting.modify(line.socket, events, line)


class Cast:
    """A gate with its token, and ``count`` residents with cards, made anew for every run of a bench."""

    def __init__(self, count: int, at: datetime) -> None:
        from kangqu.kernel.basis.ids import new_code, take_ids
        from kangqu.kernel.people.codes.keys import ensure_keys, forget_keys, key_set
        from kangqu.kernel.people.codes.models import Card
        from kangqu.kernel.people.codes.signing import Use
        from kangqu.kernel.people.models import Person
        from kangqu.kernel.trace.partitions import STREAM_TABLES, ensure_partitions

        for table in STREAM_TABLES:
            ensure_partitions(table, around=at)
        ensure_keys(at - timedelta(minutes=5))
        forget_keys()
        self.key, self.signer = key_set(at).signing(Use.DYNAMIC, at)
        self._gate(at)
        ids = take_ids(count)
        shape = {"name": "甲", "name_pinyin": "jia", "name_initials": "j", "sex": "1", "demo": True}
        people = [
            Person(id=number, public_code=new_code("R", _CHANCE), registered_at=at, changed_at=at, **shape)
            for number in ids
        ]
        Person.objects.bulk_create(people)
        self.people = [(person.pk, person.public_code, _CHANCE.getrandbits(48)) for person in people]
        Card.objects.bulk_create(
            [Card(handle=handle, person_id=pk, kind="dynamic", issued_at=at) for pk, _, handle in self.people]
        )
        self._turn = itertools.count()

    def _gate(self, at: datetime) -> None:
        from kangqu.kernel.basis.ids import new_code, take_ids
        from kangqu.kernel.places.models import Device, Institution, Region, Station

        region, _ = Region.objects.get_or_create(code="37", defaults={"name": "山东省", "level": "province"})
        (number,) = take_ids(1)
        self.institution = Institution.objects.create(
            id=number, code=new_code("G", _CHANCE), kind="venue", name="压测场所", region=region, path=f"/{number}/"
        )
        self.station = Station.objects.create(
            code=new_code("X", _CHANCE), institution=self.institution, name="压测入口"
        )
        self.token = "kqd_" + secrets.token_urlsafe(32)
        digest = hashlib.sha256(self.token.encode()).digest()
        self.device = Device.objects.create(station=self.station, name="压测", token_sha256=digest, registered_at=at)

    def fresh(self, at: datetime) -> tuple[int, str, int, datetime, str]:
        """A code nobody has used: person, public code, handle, issue time (within the last 40 s), code."""
        from kangqu.kernel.people.codes.reading import write_code

        turn = next(self._turn)
        person_id, public_code, handle = self.people[turn % len(self.people)]
        issued_at = at.replace(microsecond=0) - timedelta(seconds=turn // len(self.people) % 40)
        code = write_code(key=self.key.number, signer=self.signer, handle=handle, issued_at=issued_at)
        return person_id, public_code, handle, issued_at, code


def rate(parts: Sequence[Driven], each: int = 1) -> float:
    """The median of the requests (times ``each``) per second of several drives."""
    rates = sorted(each * len(taken) / seconds for taken, seconds in parts)
    return rates[len(rates) // 2]


def times(parts: Sequence[Driven]) -> list[float]:
    return [value for taken, _ in parts for value in taken]


Bodies = Callable[[datetime], list[bytes]]
Json = dict[str, Any]
