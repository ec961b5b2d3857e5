"""``kangqu verify-certificate`` with files alone."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kangqu.kernel.basis.trouble import Trouble
from kangqu.kernel.certificates.card import numeric
from kangqu.site.cli import command_line
from tests.certificates.test_card import AT, made, trust

RUN = CliRunner()


def judged(folder: Path, *more: str, rids: tuple[str, ...] = (), card: str = "") -> tuple[int, str]:
    known = trust(*rids)
    (folder / "keys.json").write_text(json.dumps(known.keys))
    for kid, each in known.lists.items():
        (folder / f"{kid}.json").write_text(json.dumps(each))
        more = (*more, "--revoked", str(folder / f"{kid}.json"))
    asked = ["verify-certificate", card or numeric(made()), "--keys", str(folder / "keys.json"), *more]
    answer = RUN.invoke(command_line(), asked)
    return answer.exit_code, answer.output


def test_by_keys_and_list(tmp_path: Path) -> None:
    code, said = judged(tmp_path, "--at", AT.isoformat())
    assert code == 0
    assert "有效 / Valid" in said
    assert "演示" in said
    code, said = judged(tmp_path, "--at", AT.isoformat(), "--json", rids=("abc",))
    assert (code, json.loads(said)["word"]) == (1, "revoked")
    assert judged(tmp_path, "--at", AT.isoformat(), card="no")[0] == 1


def test_an_old_list_says_nothing_for_certain(tmp_path: Path) -> None:
    later = (AT + timedelta(hours=30)).isoformat()
    assert judged(tmp_path, "--at", later)[0] == 1
    assert judged(tmp_path, "--at", later, "--hours", "48")[0] == 0


@pytest.mark.parametrize("more", [("--at", "tomorrow"), ("--at", "2026-11-24T09:00:00"), ("--revoked", "/nowhere")])
def test_what_cannot_be_read_is_said(tmp_path: Path, more: tuple[str, str]) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(trust().keys))
    answer = RUN.invoke(command_line(), ["verify-certificate", made(), "--keys", str(keys), *more])
    assert isinstance(answer.exception, Trouble)
    assert more[1] in str(answer.exception)
