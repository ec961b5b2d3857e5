"""Trouble: what keeps the house itself from working, told to its operator in one sentence, Chinese and English.

A refusal answers somebody who asked for something; trouble stops a command or a start.
"""

from __future__ import annotations


class Trouble(Exception):
    """The command cannot run. The message says why and what to do, in Chinese and in English."""

    def __init__(self, zh: str, en: str, detail: object = None) -> None:
        super().__init__("\n".join(str(part) for part in (zh, en, detail) if part))


class DatabaseTrouble(Trouble):
    """The database cannot be used."""


class ConfigTrouble(Trouble):
    """A setting cannot be used."""
