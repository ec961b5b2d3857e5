"""The template environment: what every page may call, and how values are shown.

Templates live in ``kangqu/web/templates``, ``kangqu/site/templates`` and each system's own ``templates`` folder. The
macros of ``templates/macros`` are at hand everywhere as ``ui.<name>``; an undefined name is an error, not an empty space.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kangqu.web import formats, forms, labels
from kangqu.web.icons import icon

PACKAGE: Final = Path(__file__).resolve().parent.parent


def template_folders() -> list[Path]:
    """The folders templates are looked for in: the frame's, the site's, every system's."""
    return [
        PACKAGE / "web" / "templates",
        PACKAGE / "site" / "templates",
        *sorted((PACKAGE / "systems").glob("*/templates")),
    ]


class Macros:
    """The macros of ``templates/macros`` as attributes, read once, found whichever file they stand in."""

    FILES: Final = ("basics", "fields", "lists")

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        for file in self.FILES:
            found = getattr(self._environment.get_template(f"macros/{file}.html").module, name, None)
            if found is not None:
                return found
        raise AttributeError(f"no macro is called {name}")


def environment(**options: Any) -> Environment:
    """The environment Django's Jinja2 backend asks for (``OPTIONS["environment"]``)."""
    if not getattr(options.get("loader"), "searchpath", None):
        options["loader"] = FileSystemLoader([str(folder) for folder in template_folders()])
    options["undefined"] = StrictUndefined
    options.setdefault("trim_blocks", True)
    env = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], **options)  # noqa: S701 - the backend sets autoescape
    env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.filters.update(formats.FILTERS)
    env.globals.update(
        url=url, static=static, icon=icon, qr_svg=labels.qr_svg, code128_svg=labels.code128_svg, ui=Macros(env),
        field_kind=forms.kind, field_value=forms.value, field_choices=forms.choices, field_attrs=forms.attrs,
        field_class=forms.css_class, field_suggestions=forms.suggestions, form_sections=forms.sections,
    )  # fmt: skip
    # A macro may call a macro of another file by its bare name.
    env.globals.update({name: _late(env, name) for name in ("status", "note", "empty", "field")})
    return env


def _late(env: Environment, name: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        return getattr(env.globals["ui"], name)(*args, **kwargs)

    return call


def url(name: str, *args: Any, **kwargs: Any) -> str:
    """The address of a named page."""
    return reverse(name, args=args or None, kwargs=kwargs or None)
