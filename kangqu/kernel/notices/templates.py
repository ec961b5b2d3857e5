"""The texts of messages, from ``templates.toml``: each in Chinese and English, with the fields it needs."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from kangqu.kernel.basis.refusals import Refused, refusal

UNKNOWN_TEMPLATE = refusal(
    "unknown_template", "KQ-2001", zh="没有这种消息：{template}。", en="There is no message {template}."
)
FIELDS_DIFFER = refusal(
    "notice_fields_differ",
    "KQ-2002",
    zh="消息 {template} 需要的内容是 {fields}。",
    en="Message {template} needs exactly {fields}.",
)


@dataclass(frozen=True, slots=True)
class Template:
    """One text. ``urgent`` ones are sent in quiet hours too; the values of ``secret`` ones are erased once sent.

    ``link`` is the page of ours an in-app message leads to, behind a sign-in; its fields may be the page's alone.
    """

    id: str
    title: str
    fields: tuple[str, ...]
    zh: str
    en: str
    urgent: bool = False
    secret: bool = False
    link: str = ""

    def __post_init__(self) -> None:
        linked = _named(self.link)
        for text in (self.zh, self.en):
            named = _named(text)
            if named | linked != set(self.fields):
                raise ValueError(f"template {self.id} names {sorted(named)} but declares {sorted(self.fields)}")

    def text(self, language: str, values: Mapping[str, str]) -> str:
        return (self.zh if language.startswith("zh") else self.en).format_map(values)

    @property
    def spoken(self) -> tuple[str, ...]:
        """The fields that are said, in their order: what a provider is handed. Those of the link alone stay with us."""
        return tuple(name for name in self.fields if name in _named(self.zh))

    def href(self, values: Mapping[str, str]) -> str:
        """Where the message leads; empty where it leads nowhere, or was written without what its page is named by."""
        return self.link.format_map(values) if _named(self.link) <= set(values) else ""

    def require(self, values: Mapping[str, str]) -> None:
        """Refuse values that are not exactly the declared fields."""
        if set(values) != set(self.fields):
            raise Refused(FIELDS_DIFFER, template=self.id, fields=", ".join(self.fields))


def _named(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@lru_cache(maxsize=1)
def templates() -> Mapping[str, Template]:
    """Every text by its id."""
    rows = tomllib.loads(files(__package__).joinpath("templates.toml").read_text(encoding="utf-8"))["template"]
    return {row["id"]: Template(**{**row, "fields": tuple(row["fields"])}) for row in rows}


def template(name: str) -> Template:
    try:
        return templates()[name]
    except KeyError:
        raise Refused(UNKNOWN_TEMPLATE, template=name) from None
