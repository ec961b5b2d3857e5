"""``kangqu token``."""

from __future__ import annotations

import sys
from typing import Annotated, Optional

import typer


def command(
    role: Annotated[str, typer.Option(help="角色代码 / role, such as registrar")],
    institution: Annotated[str, typer.Option(help="机构公开编码 / institution's public code")],
    scope: Annotated[Optional[list[str]], typer.Option(help="只给这些权限 / only these scopes")] = None,  # noqa: UP045
    days: Annotated[int, typer.Option(help="有效天数 / days it is good for", min=1, max=365)] = 30,
) -> None:
    """给脚本发一个访问令牌，只显示这一次。 / Print a bearer token for scripts; it is shown once."""
    from kangqu.site.start import open_house

    open_house(migrate=False)
    from importlib import import_module

    from django.conf import settings

    from kangqu.kernel.access.roles import Role
    from kangqu.kernel.access.tokens import issue_token
    from kangqu.kernel.basis.clock import system_clock
    from kangqu.kernel.basis.trouble import Trouble
    from kangqu.kernel.trace.actor import the_house

    import_module(settings.ROOT_URLCONF)  # every served operation is declared by now, and so is every scope
    if role not in {known.value for known in Role}:
        known = ", ".join(sorted(each.value for each in Role))
        raise Trouble(f"没有角色 {role}。可用：{known}", f"There is no role {role}. Known: {known}")
    issued = issue_token(
        role=Role(role),
        institution_code=institution,
        scopes=scope,
        days=days,
        by=the_house("operator"),
        at=system_clock(),
    )
    sys.stdout.write(f"{issued.token}\n")
    sys.stderr.write(f"scopes: {' '.join(issued.scopes)}\nexpires: {issued.expires.isoformat()}\n")
