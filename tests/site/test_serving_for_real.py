"""The commands as their users run them: a city comes up, answers, and goes down leaving nothing behind."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import pytest

from tests.site.running import Running, migrated_home, wait_for

pytestmark = pytest.mark.slow


def test_a_demo_city_comes_up_twice_and_goes_down_whole(tmp_path):
    home = tmp_path / "home"
    with Running("demo", "--people", "300", home=home) as city:
        city.wait_ready()
        assert city.json("/health/live") == {"status": "ok"}
        wait_for(lambda: city.json("/health/ready")["queue"] == "ok", 30)
        wait_for(lambda: f"http://127.0.0.1:{city.port}" in city.said(), 10)
        assert city.json("/health")["status"] == "ok"
        status, body = city.get("/")
        assert status == 200 and b'name="phone"' in body
        assert city.stop(signal.SIGTERM) == 0, city.said()
        assert city.postgres() == []
    with Running("demo", home=home) as city:
        city.wait_ready()
        assert city.stop(signal.SIGINT) in (0, 130), city.said()
        assert city.postgres() == []
    assert "Traceback" not in city.said()


def test_two_workers_count_together_and_only_the_neighbourhood_reads_it(tmp_path):
    with Running(
        "serve", "--workers", "2", home=migrated_home(tmp_path / "home"), KANGQU_METRICS_TOKEN="t" * 20
    ) as city:
        city.wait_ready()
        for _ in range(20):
            city.get("/health/live")
        status, body = city.get("/metrics")
        assert status == 200
        assert 'kangqu_requests_total{method="GET",route="health/live",status="200"} 20.0' in body.decode()
        assert "kangqu_trace_unsealed" in body.decode()
        assert city.get("/metrics", X_Forwarded_For="203.0.113.9")[0] == 404
        assert city.get("/metrics", X_Forwarded_For="203.0.113.9", Authorization="Bearer " + "t" * 20)[0] == 200


def test_a_taken_port_is_a_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for command in ("serve", "demo"):
            city = Running(command, home=tmp_path / "home")
            city._environment["KANGQU_PORT"] = str(taken.getsockname()[1])
            with city:
                assert city.process.wait(30) == 2
            assert "已被占用" in city.said()
            assert "is taken" in city.said()
            assert "Traceback" not in city.said()
    assert not (tmp_path / "home" / "postgres").exists()


def test_told_to_end_while_still_starting_it_leaves_no_server(tmp_path):
    with Running("serve", home=tmp_path / "home") as city:
        wait_for(lambda: (tmp_path / "home" / "postgres" / "postmaster.pid").exists(), 60, city.said)
        city.stop(signal.SIGTERM)
    wait_for(lambda: city.postgres() == [], 20)


def test_no_request_leaves_a_digit_of_a_person_in_the_log(tmp_path):
    number, phone = "370303199003074477", "13805331234"
    with Running("serve", "--workers", "1", home=migrated_home(tmp_path / "home")) as city:
        city.wait_ready()
        city.get(f"/residents/{number}?phone={phone}", Referer=f"http://x/{number}", User_Agent=phone)
        city.get(f"/api/v1/residents/{number}?q={phone}", Authorization=f"Bearer {number}")
        for path in ("/api/v1/residents", "/sign-in", f"/api/v1/{number}"):
            subprocess.run(
                [sys.executable, "-c", _POST, f"http://127.0.0.1:{city.port}{path}", f'{{"identifier": "{number}"}}'],
                check=True,
            )
        wait_for(lambda: city.said().count('"event": "request"') >= 6, 10)
    log = city.said()
    assert '"route": "none"' in log
    assert not [piece for piece in (number[:6], number[6:14], number[-6:], phone[:7], phone[-6:]) if piece in log]


_POST = """
import sys, urllib.request, urllib.error
try: urllib.request.urlopen(urllib.request.Request(sys.argv[1], sys.argv[2].encode(), {"Content-Type": "application/json"}))
except urllib.error.HTTPError: pass
"""
