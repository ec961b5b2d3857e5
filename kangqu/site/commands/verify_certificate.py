"""``kangqu verify-certificate``: judge a certificate with what the issuer publishes alone; no database, no network."""

from __future__ import annotations

import json as json_text
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from kangqu.kernel.basis.trouble import Trouble


def command(
    card: Annotated[str, typer.Argument(help="扫到的内容（shc:/…）/ what was scanned")],
    keys: Annotated[Path, typer.Option(help="公钥文件，取自 /.well-known/jwks.json / the issuer's key set")],
    revoked: Annotated[
        list[Path], typer.Option(help="撤销名单，取自 /.well-known/crl/…，可多个 / lists of revocations")
    ] = [],  # noqa: B006 - typer reads it, nobody writes it
    hours: Annotated[int, typer.Option(min=1, max=168, help="名单最多用几小时 / how old a list may be")] = 24,
    at: Annotated[str, typer.Option(help="按此时刻判断（ISO 8601，带时区） / judge as of this instant")] = "",
    json: Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")] = False,
) -> None:
    """离线核验一张证明：只用公钥和撤销名单。 / Verify a certificate offline, with public keys and lists only.

    Exit code 0 for a valid one, 1 for any other word, 2 when keys, list or instant cannot be read.
    """
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.kernel.certificates.kinds import told
    from kangqu.kernel.certificates.verifying import WORDS, Trust, Word, verify

    instant = _instant(at) if at else system_clock()
    lists = [_read(path) for path in revoked]
    trust = Trust(_read(keys), {str(each.get("kid")): each for each in lists}, timedelta(hours=hours))
    verdict = verify(card, trust, instant)
    lines = told(verdict.entries)
    if json:
        said = {
            "word": str(verdict.word),
            "issuer": verdict.issuer,
            "lines": [[line.label[1], line.value[1]] for line in lines],
        }
        typer.echo(json_text.dumps(said, ensure_ascii=False))
    else:
        typer.echo(" / ".join(WORDS[verdict.word]))
        for line in lines:
            typer.echo(f"{line.label[0]} {line.label[1]}：{line.value[0]}")
    raise typer.Exit(0 if verdict.word is Word.VALID else 1)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        found = json_text.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict) or not {"keys", "rids"} & set(found):
            raise ValueError("neither keys nor rids")
    except (OSError, ValueError, RecursionError) as trouble:
        raise Trouble(f"{path} 读不出来。", f"{path} cannot be read.", str(trouble)[:300]) from None
    return found


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise ValueError(text)
    except ValueError:
        raise Trouble(
            f"时刻 {text} 读不出来。", f"The instant {text} cannot be read.", "2026-11-23T09:00:00+08:00"
        ) from None
    return found
