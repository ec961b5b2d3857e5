from __future__ import annotations

from django.apps import AppConfig


class CertificatePagesConfig(AppConfig):
    name = "kangqu.systems.certificates"
    label = "certificate_pages"
    verbose_name = "证明核验"

    def ready(self) -> None:
        from kangqu.systems.certificates.menu import fill_menu
        from kangqu.web.pages import keep_offline

        fill_menu()
        keep_offline("certificates/verify.js", "kq/qr.js")
