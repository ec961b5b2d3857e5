"""The demo's telephone: the SMS simulator on loopback, and the last texts it received for a page that is marked as demo.

The demo starts it beside the server. Everything between the outbox and the telephone is the real path: the provider's
SDK, its signature, HTTP.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Mapping
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from kangqu.kernel.basis.clock import system_clock
from kangqu.kernel.notices.gateways import TencentSmsConfig
from kangqu.kernel.notices.simulator import ShownText, SmsSimulator, simulator_config

VARIABLE = "KANGQU_DEMO_TELEPHONE"
_KEPT = 50
_CACHE_KEY = "demo-telephone"
_HOST = "127.0.0.1"


class _Silent(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        """A request line would hold nothing personal, but a log has no use for it."""


def start_telephone() -> None:
    """Start the simulator in a thread of this process and tell child processes where it is."""
    secret = secrets.token_urlsafe(32)
    server = WSGIServer((_HOST, 0), _Silent)
    config = simulator_config(host=_HOST, port=server.server_port, secret=secret)
    server.set_app(SmsSimulator(config, _keep, system_clock))
    os.environ[VARIABLE] = f"{server.server_port}:{secret}"
    threading.Thread(target=server.serve_forever, name="demo telephone", daemon=True).start()


def telephone_config(environment: Mapping[str, str]) -> TencentSmsConfig | None:
    """The client settings for the running simulator; ``None`` outside the demo."""
    port, _, secret = environment.get(VARIABLE, "").partition(":")
    return simulator_config(host=_HOST, port=int(port), secret=secret) if port.isdigit() and secret else None


def _keep(shown: ShownText) -> None:
    from django.core.cache import cache

    cache.set(_CACHE_KEY, [shown, *cache.get(_CACHE_KEY, [])][:_KEPT], timeout=3600)


def received_texts() -> list[ShownText]:
    """The texts of the last hour, newest first."""
    from django.core.cache import cache

    return list(cache.get(_CACHE_KEY, []))
