"""The residents' own pages: the code, the paper card, family, who looked, messages, what the city keeps of them."""

from __future__ import annotations

CODE = "citizen"
TITLE = "居民端"
TITLE_EN = "Residents' pages"
