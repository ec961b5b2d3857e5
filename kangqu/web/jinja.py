"""The Jinja environment every page is rendered in."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, StrictUndefined


def environment(**options: Any) -> Environment:
    options["undefined"] = StrictUndefined
    return Environment(**options)  # noqa: S701 - Django's backend asks for autoescaping
