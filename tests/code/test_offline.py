"""Reading without a network: Python, the command line and the browser's script say the same word on every example."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kangqu.kernel.people.codes.handles import unpack
from kangqu.kernel.people.codes.limits import limits_at
from kangqu.kernel.people.codes.reading import read_code
from kangqu.kernel.people.codes.signing import from_jwk
from kangqu.site.cli import command_line

TABLE = json.loads((Path(__file__).parent.parent / "data" / "code-vectors.json").read_text(encoding="utf-8"))
KEYS = {key.number: key for key in map(from_jwk, TABLE["published"]["keys"])}
SCRIPT = Path(__file__).parent.parent.parent / "kangqu" / "web" / "static" / "kq" / "kq-verify.js"
VECTORS = [pytest.param(vector, id=vector["name"]) for vector in TABLE["vectors"]]


def test_the_table_has_every_word_a_reader_without_network_can_say():
    assert {vector["word"] for vector in TABLE["vectors"]} == {
        *("genuine", "unreadable", "altered", "forged", "retired", "early", "expired", "revoked", "suspended")
    }


@pytest.mark.parametrize("vector", VECTORS)
def test_python_says_the_word(vector):
    at = datetime.fromisoformat(vector["at"])
    revoked, suspended = (unpack(TABLE["revocations"][name]) for name in ("revoked", "suspended"))
    read = read_code(
        vector["code"], keys=KEYS, at=at, limits=limits_at(at), revoked=lambda handle, _: handle in revoked
    )
    word = "suspended" if read.word == "genuine" and read.handle in suspended else str(read.word)
    assert word == vector["word"]


@pytest.mark.parametrize("vector", VECTORS)
def test_the_command_line_says_the_word(vector, tmp_path):
    keys, lists = tmp_path / "keys.json", tmp_path / "revoked.json"
    keys.write_text(json.dumps(TABLE["published"]))
    lists.write_text(json.dumps(TABLE["revocations"]))
    arguments = [
        "verify-code",
        "--keys",
        str(keys),
        "--revoked",
        str(lists),
        "--at",
        vector["at"],
        "--json",
        "--",
        vector["code"],
    ]
    done = CliRunner().invoke(command_line(), arguments)
    assert json.loads(done.stdout)["word"] == vector["word"]
    assert done.exit_code == (0 if vector["word"] == "genuine" else 1)


def test_the_command_line_refuses_keys_that_are_none(tmp_path):
    keys = tmp_path / "keys.json"
    for text in ("", "[]", "{}", '{"keys": [{}], "limits": {}}', "\0"):
        keys.write_text(text)
        done = CliRunner().invoke(command_line(), ["verify-code", "R00", "--keys", str(keys)])
        assert done.exit_code != 0 and "KeyError" not in (done.stdout + done.stderr)


@pytest.mark.browser
def test_the_browser_says_the_words(browser):
    page = browser.new_page()
    page.goto("about:blank")
    # WebCrypto is there on secure origins alone: a page of the local machine is one.
    page.route("http://localhost/**", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    page.goto("http://localhost/")
    page.add_script_tag(content=SCRIPT.read_text(encoding="utf-8"))
    words = page.evaluate(
        "table => kqVerify.open(table.published, table.revocations).then(reader => Promise.all("
        "table.vectors.map(v => reader.read(v.code, new Date(v.at)).then(told => told.word))))",
        TABLE,
    )
    said = dict(zip([vector["name"] for vector in TABLE["vectors"]], words, strict=True))
    assert said == {vector["name"]: vector["word"] for vector in TABLE["vectors"]}
