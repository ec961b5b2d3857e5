"""What the system is, who may use it, and for what."""

from __future__ import annotations

from typing import Final

CODE: Final = "tcm_pharmacy"
TITLE: Final = "智慧中药房"
TITLE_EN: Final = "Smart TCM pharmacy"
