"""``kangqu bench import``: a list of residents end to end, beside a bare ``COPY`` of the very rows it ends in.

Every side runs in a process of its own on a fresh copy of the same database, with the same indexes and constraints:

* *import*: the CSV file through upload, parsing, judging and writing, as the command does it;
* *bare COPY*: the finished rows of all tables (dumped from that import), by binary COPY, one transaction;
* *plain COPY*: the file's own rows into one table of text columns without an index.

The importer's peak memory is that of its process; it must not grow with the list.
"""

from __future__ import annotations

import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.measure import Figure, Peer, open_bench_city, options, report

AT_LEAST: Final = 0.25
_BLOCK: Final = 1 << 20
_TABLES: Final = {
    "people_household": "id > %s",
    "people_person": "id > %s",
    "people_identifier": "person_id > %s",
    "people_identifierdirectory": "person_id > %s",
    "people_phone": "person_id > %s",
    "people_residence": "person_id > %s",
    "people_householdmember": "person_id > %s",
    "people_householdnumber": "household_id > %s",
    "people_personname": "person_id > %s",
    "people_matchkey": "person_id > %s",
    "trace_entry": "person_id > %s",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and report; ``--side`` is how this bench calls itself."""
    extra: tuple[tuple[str, dict[str, Any]], ...] = (
        ("--rows", {"type": int, "default": 200_000, "help": "rows of the list"}),
        ("--residents", {"type": int, "default": 0, "help": "residents the city has before"}),
        ("--smaller", {"type": int, "default": 0, "help": "also import this many, to compare the memory"}),
        ("--households", {"action": "store_true", "help": "with 户号 and 与户主关系, three to a household"}),
        ("--side", {"default": "", "help": "internal"}),
        ("--folder", {"default": "", "help": "internal"}),
    )
    asked = options("import", "Import a list of residents end to end.", argv, *extra)
    if asked.side:
        print(json.dumps(_SIDES[asked.side](Path(asked.folder), asked)))
        return 0
    open_bench_city("import")
    with tempfile.TemporaryDirectory() as folder:
        return report("import", asked, _measure(Path(folder), asked))


def _measure(folder: Path, asked: Any) -> list[Figure]:
    write_list(folder / "list.csv", asked.rows, first=asked.residents, households=asked.households)
    _database("import_base", None)
    _child("prepare", "import_base", folder, asked)
    imported, bare, plain, memory = [], [], [], 0
    ours_spent, theirs_spent = 0.0, 0.0
    for _ in range(asked.runs):
        _database("import_side", "import_base")
        told = _child("import", "import_side", folder, asked)
        imported.append(told["seconds"])
        ours_spent += told["processor"]
        memory = max(memory, told["peak_mib"])
        _child("dump", "import_side", folder, asked)
        _database("import_side", "import_base")
        told = _child("bare", "import_side", folder, asked)
        bare.append(told["seconds"])
        theirs_spent += told["processor"]
        plain.append(_child("plain", "import_side", folder, asked)["seconds"])
    rows = asked.rows
    ours, theirs, least = (rows / sorted(taken)[len(taken) // 2] for taken in (imported, bare, plain))
    figures = [
        Figure("end to end", ours, "rows/s", peer=Peer("bare COPY of the finished rows", theirs), at_least=AT_LEAST),
        Figure(
            "by processor time, ours and the server's",
            rows * asked.runs / ours_spent,
            "rows/s",
            peer=Peer("bare COPY, the same way", rows * asked.runs / theirs_spent),
        ),
        Figure("end to end", ours, "rows/s", peer=Peer("plain COPY of the file's rows, no index", least)),
        Figure("peak memory of the importer", memory, "MiB"),
    ]
    if asked.smaller:
        figures.append(Figure("peak memory", memory, "MiB", peer=Peer(*_smaller(folder, asked)), at_most=1.25))
    _database("import_side", None)
    return figures


def _smaller(folder: Path, asked: Any) -> tuple[str, float]:
    write_list(folder / "list.csv", asked.smaller, first=asked.residents, households=asked.households)
    _database("import_side", "import_base")
    told = _child("import", "import_side", folder, asked)
    return f"with {asked.smaller:,} rows", told["peak_mib"]


def write_list(file: Path, rows: int, *, first: int, households: bool = False) -> None:
    """A list of made-up residents with numbers that check; no two lists with different ``first`` share one."""
    from tests.importing.lists import HEADER, resident

    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow([*HEADER, *_HOME] if households else HEADER)
        for place in range(first, first + rows):
            home = [f"{place // 3:08}", _RELATIONS[place % 3]] if households else []
            writer.writerow([*resident(place), *home])


_HOME: Final = ("户号", "与户主关系")
_RELATIONS: Final = ("户主", "配偶", "子")


def _url(database: str) -> str:
    from kangqu.kernel.basis.postgres import database_named

    return database_named(os.environ["KANGQU_DATABASE_URL"], database)


def _database(name: str, template: str | None) -> None:
    """Make database ``name`` anew, empty or as a copy."""
    import psycopg

    with psycopg.connect(_url("postgres"), autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template or 'template0'} ENCODING 'UTF8'")
        server.execute("CHECKPOINT")


def _child(side: str, database: str, folder: Path, asked: Any) -> dict[str, Any]:
    command = [
        sys.executable, "-m", "bench.import_", "--side", side, "--folder", str(folder),
        "--rows", str(asked.rows), "--residents", str(asked.residents),
    ]  # fmt: skip
    environment = {**os.environ, "KANGQU_DATABASE_URL": _url(database)}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _open(*, migrate: bool = False) -> Any:
    from kangqu.site.start import open_house

    open_house(migrate=migrate)
    from django.db import connection

    return connection


def _prepare(folder: Path, asked: Any) -> dict[str, Any]:
    """Tables, and the residents the city has before."""
    connection = _open(migrate=True)
    from datetime import UTC, datetime

    from kangqu.kernel.people.loading import Loader, NewIdentifier, NewPerson
    from kangqu.kernel.trace.actor import the_house
    from tests.importing.lists import number_of, resident

    loader, at = Loader(demo=True), datetime(2026, 11, 1, tzinfo=UTC)
    for start in range(0, asked.residents, 5000):
        people = []
        for place in range(start, min(start + 5000, asked.residents)):
            cells, number = resident(place), number_of(place)
            born = datetime.strptime(number[6:14], "%Y%m%d").replace(tzinfo=UTC).date()
            papers, phones = [NewIdentifier("01", number)], [f"+86{cells[5]}"]
            people.append(
                NewPerson(cells[0], "1", born, papers, phones, address=cells[6], ethnicity="01", nationality="CHN")
            )
        loader.write(people, by=the_house("bench"), at=at)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT coalesce(max(id), 0) FROM people_person")
        (folder / "before").write_text(str(cursor.fetchone()[0]))
    return {}


def _server_seconds() -> float:
    """Processor seconds of the server's process behind this connection; the server runs on this machine."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    spent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(spent[11]) + int(spent[12])) / os.sysconf("SC_CLK_TCK")


def _import(folder: Path, asked: Any) -> dict[str, Any]:
    """The import, from the file to its last row."""
    _open()
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.kernel.people.importing import actions
    from kangqu.kernel.people.importing.running import run
    from kangqu.kernel.trace.actor import the_house

    by, file = the_house("bench"), folder / "list.csv"
    began, processor = time.perf_counter(), time.process_time() + _server_seconds()
    with file.open("rb") as content:
        blocks = iter(lambda: content.read(_BLOCK), b"")
        job = actions.start_import(file_name="bench", blocks=blocks, by=by, at=system_clock(), preview=False)
    job = run(job.pk, by=by, clock=system_clock)
    seconds = time.perf_counter() - began
    if job.counts != {"new": job.rows}:
        raise SystemExit(f"the list was not all new: {job.counts}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    spent = time.process_time() + _server_seconds() - processor
    return {"seconds": seconds, "processor": spent, "peak_mib": peak}


def _dump(folder: Path, asked: Any) -> dict[str, Any]:
    connection, before = _open(), int((folder / "before").read_text())
    with connection.cursor() as cursor:
        for table, mine in _TABLES.items():
            with (
                cursor.cursor.copy(
                    f"COPY (SELECT * FROM {table} WHERE {mine % before}) TO STDOUT (FORMAT binary)"
                ) as copy,
                (folder / table).open("wb") as out,
            ):
                for block in copy:
                    out.write(block)
    return {}


def _bare(folder: Path, asked: Any) -> dict[str, Any]:
    """The finished rows, table after table, and nothing else."""
    connection = _open()
    from django.db import transaction

    began, processor = time.perf_counter(), time.process_time() + _server_seconds()
    with transaction.atomic(), connection.cursor() as cursor:
        for table in _TABLES:
            with (
                cursor.cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy,
                (folder / table).open("rb") as rows,
            ):
                while block := rows.read(_BLOCK):
                    copy.write(block)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "processor": time.process_time() + _server_seconds() - processor}


def _plain(folder: Path, asked: Any) -> dict[str, Any]:
    """The file as it is, into text columns."""
    connection = _open()
    with (folder / "list.csv").open(encoding="utf-8") as rows_of:
        width = len(next(csv.reader(rows_of)))
    columns = ", ".join(f"c{place} text" for place in range(width))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE plain ({columns})")
        began = time.perf_counter()
        with (
            cursor.cursor.copy("COPY plain FROM STDIN (FORMAT csv, HEADER)") as copy,
            (folder / "list.csv").open("rb") as rows,
        ):
            while block := rows.read(_BLOCK):
                copy.write(block)
        seconds = time.perf_counter() - began
        cursor.execute("DROP TABLE plain")
    return {"seconds": seconds}


_SIDES: Final = {"prepare": _prepare, "import": _import, "dump": _dump, "bare": _bare, "plain": _plain}


if __name__ == "__main__":
    sys.exit(main())
