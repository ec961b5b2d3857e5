"""What the residents' pages serve: all of it to residents only, on their own data or that of those they stand for."""

from __future__ import annotations

from kangqu.kernel.access.operations import Operation, Reach, operation
from kangqu.kernel.access.roles import Purpose, Role


def _for_residents(name: str, title: str, title_en: str, reach: Reach) -> Operation:
    return operation(f"citizen.{name}", title, title_en, roles={Role.RESIDENT}, reach=reach, purpose=Purpose.SELF)


HOME = _for_residents("home", "居民首页", "Resident's home", Reach.SELF)
SHOW_CODE = _for_residents("code", "出示健康码", "Show the code", Reach.FAMILY)
CARD = _for_residents("card", "纸质健康卡", "Paper card", Reach.FAMILY)
FAMILY = _for_residents("family", "家人代办", "Family accounts", Reach.FAMILY)
WHO = _for_residents("who", "谁看过我", "Who looked", Reach.SELF)
CONSENTS = _for_residents("consents", "我的授权同意", "My consents", Reach.SELF)
MESSAGES = _for_residents("messages", "我的消息", "My messages", Reach.SELF)
ME = _for_residents("me", "我的资料与登录", "My data and sign-ins", Reach.SELF)
HELP = _for_residents("help", "帮助", "Help", Reach.SELF)
