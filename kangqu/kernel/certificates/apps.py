from __future__ import annotations

from django.apps import AppConfig


class CertificatesConfig(AppConfig):
    name = "kangqu.kernel.certificates"
    label = "certificates"
    verbose_name = "证明"
