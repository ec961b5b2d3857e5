"""The real server for a bench, a gate with a token, residents with cards, and a closed loop of connections."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import itertools
import os
import random
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

_CHANCE = random.SystemRandom()


@contextlib.contextmanager
def server(port: int) -> Iterator[None]:
    """Granian with two workers of the product's own application on ``port``, until the block ends."""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "bench._settings"}
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "2", "--blocking-threads", "4", "--log-level", "error", "kangqu.site.wsgi:application"]
    running = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
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


def drive(
    port: int, path: str, token: str, bodies: Sequence[bytes], *, connections: int, seconds: float
) -> tuple[list[float], float]:
    """Send ``bodies``, each once, over ``connections`` in a closed loop for at most ``seconds``.

    Return how long each request took and how long it all took, in seconds. Any answer but a 2xx ends the bench.
    """
    taken: list[float] = []
    troubles: list[str] = []
    waiting, lock = iter(bodies), threading.Lock()
    ends = time.perf_counter() + seconds

    def loop() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        while time.perf_counter() < ends and not troubles:
            with lock:
                body = next(waiting, None)
            if body is None:
                return
            began = time.perf_counter()
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
            taken.append(time.perf_counter() - began)
            if answer.status // 100 != 2 or b'"refused"' in text:
                troubles.append(f"{path}: {answer.status} {text[:300]!r}")

    threads = [threading.Thread(target=loop) for _ in range(connections)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if troubles:
        raise SystemExit(troubles[0])
    return taken, time.perf_counter() - began


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


def rate(parts: list[tuple[list[float], float]], each: int = 1) -> float:
    """The median of the requests (times ``each``) per second of several drives."""
    rates = sorted(each * len(taken) / seconds for taken, seconds in parts)
    return rates[len(rates) // 2]


def times(parts: list[tuple[list[float], float]]) -> list[float]:
    return [value for taken, _ in parts for value in taken]


Bodies = Callable[[datetime], list[bytes]]
Json = dict[str, Any]
