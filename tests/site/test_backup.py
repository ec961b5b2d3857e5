"""A backup restores into a fresh server, every row and seal of it; a damaged or foreign one changes nothing."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import zipfile
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from kangqu.kernel.basis.embedded import release_embedded, start_embedded
from kangqu.kernel.basis.postgres import database_named
from kangqu.kernel.basis.trouble import Trouble
from kangqu.site.backup import MANIFEST, counts
from kangqu.site.restore import read_backup
from tests.site.running import kangqu, program

pytestmark = [pytest.mark.slow, pytest.mark.database]

_FILL = """
from datetime import datetime, timedelta, timezone
from kangqu.site.start import open_house
open_house(migrate=True)
from kangqu.kernel.trace.actions import record
from kangqu.kernel.trace.entries import Entry, Result, Stream
from kangqu.kernel.trace.sealing import seal_finished
at = datetime(2026, 11, 23, 1, tzinfo=timezone.utc)
for stream in Stream:
    record(*(Entry(stream=stream, action="person.open", result=Result.SEEN, at=at + timedelta(seconds=number), person_id=number,
                   facts={"name": "𠮷"}) for number in range(100)))
def come_by(person):
    from secrets import randbits
    from django.db import connection
    from kangqu.kernel.trace.presences import COLUMNS, Presence
    seen = Presence(randbits(62), at, person, 5, None, 7, "code", 365, at)
    row = [seen.id, at, person, 5, None, 7, "code", 365, "", at, seen.mac()]
    names, given = COLUMNS.replace(" position,", ""), ", ".join(["%s"] * len(row))
    with connection.cursor() as cursor:
        cursor.execute(f"WITH a AS (INSERT INTO presence_by_place ({names}) VALUES ({given}))"
                       f" INSERT INTO presence_by_person ({names}) VALUES ({given})", row + row)
for person in range(20):
    come_by(person)
seal_finished(at)
record(Entry(stream=Stream.LOOK, action="person.open", result=Result.SEEN, at=at, person_id=1))
come_by(99)
"""


def run(*arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    if arguments == ("fill",):
        return program(_FILL, home=home, **environment)
    return kangqu(*arguments, home=home, **environment)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A small city on the server the suite runs on, its home, and a backup of it with the secret inside."""
    home = tmp_path_factory.mktemp("source")
    name = f"kangqu_source_{secrets.token_hex(4)}"
    url = database_named(os.environ["KANGQU_DATABASE_URL"], name)
    filled = run("fill", home=home, KANGQU_DATABASE_URL=url)
    assert filled.returncode == 0, filled.stderr
    file = home / "city.kangqu"
    done = run("backup", str(file), "--with-secret", home=home, KANGQU_DATABASE_URL=url)
    assert done.returncode == 0, done.stderr
    yield home, url, file
    with psycopg.connect(database_named(url, "postgres"), autocommit=True) as server:
        server.execute(f"DROP DATABASE {name}")


@pytest.fixture
def fresh(tmp_path):
    home = tmp_path / "fresh"
    yield home
    release_embedded(home)


def _rows(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        return counts(connection)


def _rows_of(home: Path) -> dict[str, int]:
    return _rows(database_named(start_embedded(home), "kangqu"))


def test_everything_comes_back_on_a_fresh_server_and_every_check_holds(source, fresh):
    _, url, file = source
    restored = run("restore", str(file), home=fresh)
    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert "FINDINGS" not in restored.stdout
    assert "trace.chain" in restored.stdout
    facts = {"house_fact": _rows(url)["house_fact"] + 1}  # when it was restored
    assert _rows_of(fresh) == _rows(url) | facts
    checked = run("check", "--json", home=fresh)
    assert checked.returncode == 0, checked.stdout
    assert {each["name"] for each in json.loads(checked.stdout)} >= {"trace.rows", "trace.chain", "house.migrations"}


def test_the_trace_goes_on_after_the_restore_and_still_finds_an_edit(source, fresh):
    run("restore", str(source[2]), home=fresh)
    assert run("fill", home=fresh).returncode == 0
    assert run("check", "trace", "presence", home=fresh).returncode == 0
    with psycopg.connect(database_named(start_embedded(fresh), "kangqu"), autocommit=True) as connection:
        connection.execute("UPDATE trace_entry SET reason = 'x' WHERE person_id = 7 AND stream = 'look'")
        for table in ("presence_by_place", "presence_by_person"):
            connection.execute(f"DELETE FROM {table} WHERE person_id = 3")
    checked = run("check", "trace", home=fresh)
    assert checked.returncode == 1
    assert "stream=look" in checked.stdout
    assert "presence_by_place, seal" in checked.stdout
    assert "presence_by_person, seal" in checked.stdout


def test_a_rehearsal_proves_a_backup_beside_the_city_and_leaves_nothing(source, fresh):
    home, url, file = source
    done = run("restore", "--rehearse", str(file), home=home, KANGQU_DATABASE_URL=url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every check holds" in done.stdout
    with psycopg.connect(url) as connection:
        said = connection.execute("SELECT value FROM house_fact WHERE name = 'restore.rehearsed'").fetchone()
        assert said is not None
        left = connection.execute("SELECT 1 FROM pg_database WHERE datname LIKE '%rehearsal'").fetchall()
    assert left == []


def test_a_city_is_not_overwritten_unless_told_and_then_kept(source, fresh):
    run("restore", str(source[2]), home=fresh)
    again = run("restore", str(source[2]), home=fresh)
    assert again.returncode == 2
    assert "already holds data" in again.stderr
    assert run("restore", "--replace", str(source[2]), home=fresh).returncode == 0
    with psycopg.connect(start_embedded(fresh)) as server:
        names = [name for (name,) in server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'kangqu%'")]
    assert sorted(name.partition("_until_")[0] for name in names) == ["kangqu", "kangqu"]


def test_somebody_elses_tables_are_not_swept_away(source, fresh):
    with psycopg.connect(start_embedded(fresh), autocommit=True) as server:
        server.execute("CREATE DATABASE kangqu")
    with psycopg.connect(database_named(start_embedded(fresh), "kangqu"), autocommit=True) as theirs:
        theirs.execute("CREATE SCHEMA payroll CREATE TABLE wages (fen bigint)")
    refused = run("restore", str(source[2]), home=fresh)
    assert refused.returncode == 2, refused.stdout
    assert "already holds data" in refused.stderr
    with psycopg.connect(database_named(start_embedded(fresh), "kangqu")) as theirs:
        assert theirs.execute("SELECT count(*) FROM payroll.wages").fetchone() == (0,)
        told = run("restore", str(source[2]), "--replace", home=fresh)
        assert told.returncode == 2
        assert "is in use" in told.stderr


def test_a_backup_is_its_owners_alone_and_never_overwritten(source):
    home, url, file = source
    assert file.stat().st_mode & 0o077 == 0
    again = run("backup", str(file), home=home, KANGQU_DATABASE_URL=url)
    assert again.returncode == 2
    assert "is not overwritten" in again.stderr


def test_without_being_asked_the_secret_stays_at_home(source, fresh):
    home, url, _ = source
    file = home / "plain.kangqu"
    assert run("backup", str(file), home=home, KANGQU_DATABASE_URL=url).returncode == 0
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == ["database.dump", "manifest.json"]
        assert (home / "secret").read_text() not in archive.read(MANIFEST).decode()
    refused = run("restore", str(file), home=fresh)
    assert refused.returncode == 2
    assert "another secret" in refused.stderr


def test_a_damaged_file_is_refused_wherever_it_is_damaged(source, tmp_path):
    whole = source[2].read_bytes()
    broken = tmp_path / "broken.kangqu"
    for position in (*range(0, len(whole), max(1, len(whole) // 60)), len(whole) - 1):
        broken.write_bytes(whole[:position] + bytes([whole[position] ^ 0x10]) + whole[position + 1 :])
        with suppress(Trouble):
            backup = read_backup(broken)
            # The flipped bit lies in a part of the ZIP that says nothing about the city.
            assert backup.manifest == read_backup(source[2]).manifest
    for length in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        broken.write_bytes(whole[:length])
        with pytest.raises(Trouble):
            read_backup(broken)


def test_a_damaged_file_leaves_nothing_behind(source, fresh, tmp_path):
    broken = tmp_path / "broken.kangqu"
    broken.write_bytes(source[2].read_bytes()[:-40])
    refused = run("restore", str(broken), home=fresh)
    assert refused.returncode == 2
    assert "nothing was restored" in refused.stderr
    assert not fresh.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"counts": {"trace_entry": 1}}, "was changed"),
        ({"migrations": ["people.9999_the_future"]}, "was changed"),
        ({"city": "jinan"}, "was changed"),
        ({"keys": {"1": "0" * 32}}, "another secret"),
        ({"format": 2}, "another format"),
    ],
)
def test_a_changed_manifest_is_refused(source, fresh, tmp_path, change, said):
    forged = tmp_path / "forged.kangqu"
    with zipfile.ZipFile(source[2]) as old, zipfile.ZipFile(forged, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == MANIFEST:
                content = json.dumps(json.loads(content) | change).encode()
            new.writestr(name, content)
    refused = run("restore", str(forged), home=fresh)
    assert refused.returncode == 2, refused.stdout
    assert said in refused.stderr
    if fresh.exists():
        assert "django_migrations" not in _rows_of(fresh)


def test_a_missing_file_is_a_sentence(fresh):
    refused = run("restore", "no-such-file.kangqu", home=fresh)
    assert refused.returncode == 2
    assert "was not found" in refused.stderr
