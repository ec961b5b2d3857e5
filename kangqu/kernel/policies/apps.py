from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class PoliciesConfig(AppConfig):
    name = "kangqu.kernel.policies"
    label = "policies"
    verbose_name = "政策参数"

    def ready(self) -> None:
        from kangqu.kernel.policies import checks as checks
        from kangqu.kernel.policies.known import know_at_first

        def connected(connection: Any, **_more: Any) -> None:
            know_at_first(connection)

        connection_created.connect(connected, weak=False, dispatch_uid="policies.known")
