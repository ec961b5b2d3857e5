"""``kangqu machines``."""

from __future__ import annotations


def command() -> None:
    """收取机器经 MQTT 的上报。 / Take what machines report by MQTT."""
    from kangqu.site.start import open_house

    open_house()
    from kangqu.kernel.basis.trouble import ConfigTrouble
    from kangqu.site.machines import listen

    if not listen():
        raise ConfigTrouble("没有设置 MQTT：请用 KANGQU_MQTT_URL 写明。", "No broker is named: set KANGQU_MQTT_URL.")
