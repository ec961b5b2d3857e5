from __future__ import annotations

from django.apps import AppConfig


class OneCodeConfig(AppConfig):
    name = "kangqu.systems.one_code"
    label = "one_code"
    verbose_name = "健康一卡（码）通"

    def ready(self) -> None:
        from kangqu.systems.one_code.menu import fill_menu
        from kangqu.web.pages import keep_offline

        fill_menu()
        keep_offline("kq/kq-verify.js", "one_code/desk.js", "kq/qr.js")
