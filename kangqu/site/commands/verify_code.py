"""``kangqu verify-code``: judge a code with the city's public keys alone; no database, no network."""

from __future__ import annotations

import json as json_text
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from kangqu.kernel.basis.trouble import Trouble


def command(
    code: Annotated[str, typer.Argument(help="扫到的码 / the scanned code")],
    keys: Annotated[Path, typer.Option(help="公钥文件，取自 /api/v1/code-keys / the city's public keys")],
    revoked: Annotated[
        Path | None, typer.Option(help="作废名单，取自 /api/v1/code-revocations / the list of revoked cards")
    ] = None,
    at: Annotated[str, typer.Option(help="按此时刻判断（ISO 8601，带时区） / judge as of this instant")] = "",
    json: Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")] = False,
) -> None:
    """离线核验一个码：只用公钥，不连数据库。 / Verify a code offline, with public keys only.

    Exit code 0 for a genuine code, 1 for any other word, 2 when keys, list or instant cannot be read.
    """
    from kangqu.kernel.people.codes.reading import read_code
    from kangqu.kernel.people.codes.words import Word, refusal_of

    known, limits, lists, instant = _given(keys, revoked, at)
    reading = read_code(
        code, keys=known, at=instant, limits=limits, revoked=lambda handle, _: handle in lists["revoked"]
    )
    word = reading.word
    if word is Word.GENUINE and reading.handle in lists["suspended"]:
        word = Word.SUSPENDED
    told = {
        "word": str(word),
        "code": None if word is Word.GENUINE else refusal_of(word).code,
        "handle": None if reading.handle is None else f"{reading.handle:012x}",
        "issued_at": reading.issued_at.isoformat() if reading.issued_at else None,
        "key": reading.key,
        "use": str(reading.use),
    }
    if json:
        typer.echo(json_text.dumps(told, ensure_ascii=False))
    elif word is Word.GENUINE:
        typer.echo(f"有效 / genuine：{told['use']}，{told['issued_at']}，{told['handle']}")
    else:
        why = refusal_of(word)
        typer.echo(f"{why.zh}（{why.code}）\n{why.en}")
    raise typer.Exit(0 if word is Word.GENUINE else 1)


def _given(keys: Path, revoked: Path | None, at: str) -> tuple[Any, Any, dict[str, frozenset[int]], Any]:
    from datetime import datetime

    from kangqu.kernel.basis.clock import system_clock
    from kangqu.kernel.people.codes.handles import unpack

    with _or_said(f"公钥文件 {keys}", f"The file of public keys {keys}"):
        known, limits = _published(json_text.loads(keys.read_text(encoding="utf-8")))
    packed: dict[str, frozenset[int]] = {"revoked": frozenset(), "suspended": frozenset()}
    if revoked is not None:
        # A file without the lists (an answer that was an error) must not pass for lists with nobody in them.
        with _or_said(f"作废名单 {revoked}", f"The list of revoked cards {revoked}"):
            lists = json_text.loads(revoked.read_text(encoding="utf-8"))
            packed = {name: unpack(lists[name]) for name in packed}
    with _or_said(f"时刻 {at}", f"The instant {at}"):
        instant = datetime.fromisoformat(at) if at else system_clock()
        if instant.tzinfo is None:
            raise ValueError("an offset is needed, such as 2026-11-23T09:00:00+08:00")
    return known, limits, packed, instant


def _published(content: Any) -> tuple[dict[int, Any], Any]:
    from kangqu.kernel.people.codes.limits import Limits
    from kangqu.kernel.people.codes.signing import from_jwk

    told = {name: timedelta(seconds=int(value)) for name, value in content["limits"].items()}
    limits = Limits(
        valid=told["valid_seconds"],
        refresh=told["refresh_seconds"],
        early=told["early_seconds"],
        replay=timedelta(0),
        paper_valid=told["paper_valid_seconds"],
        scan_future=timedelta(0),
        scan_age=timedelta(0),
    )
    return {key.number: key for key in map(from_jwk, content["keys"])}, limits


@contextmanager
def _or_said(zh: str, en: str) -> Iterator[None]:
    try:
        yield
    except Exception as trouble:  # noqa: BLE001 - whatever was handed over, it is not what it should be
        raise Trouble(
            f"{zh} 读不出来。", f"{en} cannot be read.", f"{type(trouble).__name__}: {trouble}"[:300]
        ) from None
