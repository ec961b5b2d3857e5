"""A worker with a task that takes its time at the first attempt, so that it can be killed in the middle of it."""

from __future__ import annotations

import sys
import time

from kangqu.site.start import open_house

open_house(migrate=True)

from django.db import connection, transaction  # noqa: E402
from procrastinate.contrib.django import app  # noqa: E402

from kangqu.kernel.basis.models import HouseFact  # noqa: E402
from kangqu.site import tasks  # noqa: E402
from kangqu.site.worker import work  # noqa: E402

tasks.STALLED_SECONDS = 12.0


@app.task(name="test.pay_once")
def pay_once(key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO attempts (key) VALUES (%s)", [key])
    HouseFact.objects.get_or_create(name=f"paid.{key}", defaults={"value": "1"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM attempts WHERE key = %s", [key])
        (attempts,) = cursor.fetchone()
    if attempts == 1:
        time.sleep(600)


if sys.argv[1] == "defer":
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE attempts (key text)")
    with transaction.atomic():
        pay_once.defer(key="a")
    try:
        with transaction.atomic():
            pay_once.defer(key="never")
            raise LookupError
    except LookupError:
        pass
else:
    work()
