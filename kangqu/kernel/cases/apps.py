from __future__ import annotations

from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "kangqu.kernel.cases"
    label = "cases"
    verbose_name = "业务流程"
