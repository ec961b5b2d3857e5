"""Casework: work lists, the page of a case, its steps, for staff and residents; what every programme gets for nothing."""

from __future__ import annotations

CODE = "casework"
TITLE = "办件"
TITLE_EN = "Casework"
