from __future__ import annotations

from pathlib import Path

from django.apps import AppConfig
from django.conf import settings


class WebConfig(AppConfig):
    name = "kangqu.web"
    label = "web"
    verbose_name = "页面"

    def ready(self) -> None:
        """Compile the catalogues and gather the static files, if they changed."""
        from kangqu.web.language import ensure_compiled
        from kangqu.web.static_files import ensure_collected

        ensure_compiled(Path(settings.LOCALE_PATHS[0]))
        ensure_collected(Path(settings.STATIC_ROOT))
