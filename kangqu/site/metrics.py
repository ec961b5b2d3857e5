"""What the operator measures, for Prometheus: requests by route, the queue, the sealing of the trace. Nothing personal.

Several processes serve one city: with ``PROMETHEUS_MULTIPROC_DIR`` set (``serve`` sets it) their counts are added up.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from django.db import connection
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily

REQUESTS = Counter("kangqu_requests_total", "Requests answered", ["route", "method", "status"])
SECONDS = Histogram(
    "kangqu_request_seconds",
    "Time to answer a request",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


class _City:
    """Figures of the whole city, asked of its database when they are read."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        jobs = GaugeMetricFamily("kangqu_jobs", "Background jobs by queue and state", labels=["queue", "state"])
        with connection.cursor() as cursor:
            cursor.execute("SELECT queue_name, status::text, count(*) FROM procrastinate_jobs GROUP BY 1, 2")
            for queue, state, count in cursor.fetchall():
                jobs.add_metric([queue, state], count)
            yield jobs
            cursor.execute(
                "SELECT coalesce(extract(epoch FROM now() - min(scheduled_at)), 0) FROM procrastinate_jobs"
                " WHERE status = 'todo' AND scheduled_at <= now()"
            )
            yield GaugeMetricFamily("kangqu_jobs_late_seconds", "Age of the oldest job due", value=_one(cursor))
            cursor.execute("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '30 s'")
            yield GaugeMetricFamily(
                "kangqu_workers", "Workers with a heartbeat in the last 30 seconds", value=_one(cursor)
            )
            cursor.execute("SELECT coalesce(extract(epoch FROM now() - max(sealed_at)), -1) FROM trace_seal")
            yield GaugeMetricFamily(
                "kangqu_seconds_since_seal",
                "Seconds since a block of the trace was sealed; -1: never",
                value=_one(cursor),
            )
            cursor.execute(
                "SELECT count(*) FROM trace_entry WHERE position >= (SELECT coalesce(max(to_position), 0) FROM trace_seal)"
            )
            yield GaugeMetricFamily("kangqu_trace_unsealed", "Rows of the trace not sealed yet", value=_one(cursor))
            cursor.execute("SELECT count(*) FROM cases_event WHERE state = 'parked'")
            yield GaugeMetricFamily("kangqu_events_parked", "Events nobody delivers unless told to", value=_one(cursor))
            cursor.execute(
                "SELECT coalesce(extract(epoch FROM now() - min(told_at)), 0) FROM cases_event WHERE state = 'waiting'"
            )
            yield GaugeMetricFamily(
                "kangqu_events_waiting_seconds", "Age of the oldest event not delivered yet", value=_one(cursor)
            )


def _one(cursor: Any) -> float:
    return float(cursor.fetchone()[0])


def figures() -> bytes:
    """Every figure, in Prometheus' text format."""
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REQUESTS)
        registry.register(SECONDS)
    registry.register(_City())
    return generate_latest(registry)
