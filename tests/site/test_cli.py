"""The command line: every command is found, help needs nothing heavy, and every no is a sentence."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from kangqu.kernel.basis.refusals import NOT_FOUND, Refused
from kangqu.kernel.basis.trouble import ConfigTrouble
from kangqu.site import cli


def kangqu(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from kangqu.site.cli import main; main()", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_the_commands_and_imports_nothing_heavy():
    program = (
        "import sys; from kangqu.site.cli import command_line\n"
        "try: command_line()(['--help'])\n"
        "finally: print(sorted({'django', 'psycopg', 'numpy', 'pypinyin', 'cryptography'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False).stdout
    assert "migrate" in answer
    assert "bench" in answer
    assert answer.rstrip().endswith("[]")


@pytest.mark.parametrize(
    ("environment", "word"),
    [
        ({"KANGQU_CITY": "atlantis"}, "KANGQU_CITY"),
        ({"KANGQU_PORT": "70000"}, "KANGQU_PORT"),
        ({"KANGQU_PORT": "eight"}, "KANGQU_PORT"),
        ({"KANGQU_HOST": "0.0.0.0"}, "KANGQU_ALLOWED_HOSTS"),
        ({"KANGQU_ALLOWED_HOSTS": "*"}, "KANGQU_ALLOWED_HOSTS"),
        ({"KANGQU_METRICS_TOKEN": "short"}, "KANGQU_METRICS_TOKEN"),
        ({"KANGQU_LOG_LEVEL": "LOUD"}, "KANGQU_LOG_LEVEL"),
        ({"KANGQU_SECRET": "short"}, "KANGQU_SECRET"),
        ({"KANGQU_DATABASE_URL": "mysql://x/y"}, "KANGQU_DATABASE_URL"),
        ({"KANGQU_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/kangqu"}, "KANGQU_DATABASE_URL"),
    ],
)
def test_a_wrong_setting_is_a_sentence_in_two_languages(environment, word, tmp_path):
    answer = kangqu("migrate", **{"KANGQU_HOME": str(tmp_path), **environment})
    assert answer.returncode == 2, answer.stderr
    zh, en = answer.stderr.splitlines()[:2]
    assert word in zh
    assert word in en
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (Refused(NOT_FOUND), 1, "KQ-1001"),
        (ConfigTrouble("不行。", "It cannot be."), 2, "It cannot be."),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_the_exit_code_says_what_kind_of_no(raised, code, said, monkeypatch, capsys):
    def command_line():
        def run(**settings):
            raise raised

        return run

    monkeypatch.setattr(cli, "command_line", command_line)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == code
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "No such command"),
        (["token"], "--role"),
        (["token", "--role", "registrar", "--institution", "X", "--days", "9999"], "--days"),
        (["verify-code"], "code"),
        (["restore"], "FILE"),
        (["export", "residents"], "file"),
    ],
)
def test_a_wrong_word_or_option_is_said_in_two_languages(arguments, said):
    answer = kangqu(*arguments)
    assert answer.returncode == 2
    assert said in answer.stderr
    assert "命令的写法不对" in answer.stderr
    assert "Traceback" not in answer.stderr


_KEYS = (
    '{"keys": [], "limits": {"valid_seconds": 90, "refresh_seconds": 60, "early_seconds": 5, "paper_valid_seconds": 9}}'
)


@pytest.mark.parametrize(
    ("keys", "revoked", "at", "said"),
    [
        (None, None, "", "The file of public keys"),
        ("", None, "", "The file of public keys"),
        ("{}", None, "", "The file of public keys"),
        ("[" * 100_000, None, "", "The file of public keys"),
        (_KEYS.replace("90", "1e400"), None, "", "The file of public keys"),
        (_KEYS.replace("90", "9" * 30), None, "", "The file of public keys"),
        (_KEYS.replace("[]", '[{"kty": "EC"}]'), None, "", "The file of public keys"),
        (_KEYS, "{}", "", "The list of revoked cards"),
        (_KEYS, '{"type": "urn:kangqu:refusal:sign_in", "status": 401}', "", "The list of revoked cards"),
        (_KEYS, '{"revoked": 7, "suspended": ""}', "", "The list of revoked cards"),
        (_KEYS, None, "yesterday", "The instant"),
        (_KEYS, None, "2026-11-23T09:00:00", "The instant"),
    ],
)
def test_what_a_code_is_judged_by_must_be_readable(keys, revoked, at, said, tmp_path, capsys):
    from pathlib import Path

    from kangqu.kernel.basis.trouble import Trouble
    from kangqu.site.commands.verify_code import command

    files = {"keys": keys, "revoked": revoked}
    for name, text in files.items():
        if text is not None:
            (tmp_path / name).write_text(text)
    with pytest.raises(Trouble, match=said):
        command("X", Path(tmp_path / "keys"), tmp_path / "revoked" if revoked is not None else None, at)


@pytest.mark.parametrize("spoil", ["missing", "short", "garbage", "folder"])
def test_a_spoilt_secret_stops_the_start_and_none_is_made_beside_a_city(spoil, tmp_path):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("18")
    file = tmp_path / "secret"
    if spoil == "folder":
        file.mkdir()
    elif spoil != "missing":
        file.write_bytes({"short": b"abc", "garbage": b"\xff" * 64}[spoil])
    answer = kangqu("check", KANGQU_HOME=str(tmp_path), KANGQU_DATABASE_URL="")
    assert answer.returncode == 2, answer.stderr
    assert "密钥" in answer.stderr
    assert "secret" in answer.stderr.lower()
    assert "Traceback" not in answer.stderr
    assert file.exists() == (spoil != "missing")


def test_a_home_that_cannot_be_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("x")
    answer = kangqu("check", KANGQU_HOME=str(tmp_path / "file" / "home"), KANGQU_DATABASE_URL="")
    assert answer.returncode == 2
    assert "cannot be written to" in answer.stderr
    assert "Traceback" not in answer.stderr
