"""The SMS provider's keys and approved texts, from ``sms.toml`` in ``KANGQU_HOME``.

::

    secret_id = "…"
    secret_key = "…"
    app_id = "1400…"
    sign_name = "某市卫生健康委"

    [template_ids]
    "sign_in_code:zh" = "1234567"
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from kangqu.kernel.basis.trouble import ConfigTrouble
from kangqu.kernel.notices.gateways import TencentSmsConfig


def read_sms(home: Path) -> TencentSmsConfig | None:
    """The configured provider; ``None`` where the file is missing. ``ConfigTrouble`` when it cannot be used."""
    file = home / "sms.toml"
    if not file.exists():
        return None
    try:
        return TencentSmsConfig(**tomllib.loads(file.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, TypeError, UnicodeDecodeError) as wrong:
        raise ConfigTrouble(
            f"{file} 里的短信设置不能用。", f"The SMS settings in {file} cannot be used.", wrong
        ) from wrong
