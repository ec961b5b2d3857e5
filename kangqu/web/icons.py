"""Our own 24 × 24 stroke icons, drawn inline so that no page asks another file or host for them."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from markupsafe import Markup, escape

_SHAPES: Final = {
    "add": '<path d="M12 5v14M5 12h14"/>',
    "back": '<path d="M15 5l-7 7 7 7"/>',
    "barcode": '<path d="M4 5v14M8 5v14M11 5v14M15 5v14M17 5v14M20 5v14"/>',
    "bell": '<path d="M6 17v-6a6 6 0 0 1 12 0v6l2 2H4zM10 21h4"/>',
    "building": '<path d="M5 21V4h10v17M15 9h4v12M3 21h18M8 8h4M8 12h4M8 16h4"/>',
    "calendar": '<path d="M4 6h16v15H4zM4 10h16M8 3v4M16 3v4"/>',
    "camera": '<path d="M3 7h4l2-3h6l2 3h4v13H3z"/><circle cx="12" cy="13" r="4"/>',
    "card": '<path d="M3 6h18v13H3zM3 10h18M7 15h4"/>',
    "chart": '<path d="M4 4v16h16M8 16v-4M12 16V8M16 16v-6"/>',
    "check": '<path d="M5 13l4 4L19 7"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3 2"/>',
    "close": '<path d="M6 6l12 12M18 6L6 18"/>',
    "code": '<path d="M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 18h2v2h-2zM18 14h2M14 18v2"/>',
    "doctor": '<path d="M7 3v5a4 4 0 0 0 8 0V3M11 12v3a5 5 0 0 0 10 0v-1"/><circle cx="20" cy="12" r="1.6"/>',
    "down": '<path d="M6 9l6 6 6-6"/>',
    "edit": '<path d="M4 20l1-4L16 5l3 3L8 19zM14 7l3 3"/>',
    "empty": '<path d="M4 13l3-8h10l3 8v6H4zM4 13h5l1 3h4l1-3h5"/>',
    "export": '<path d="M12 4v11M7 11l5 5 5-5M4 20h16"/>',
    "eye": '<path d="M2 12c3-5 6-7 10-7s7 2 10 7c-3 5-6 7-10 7s-7-2-10-7z"/><circle cx="12" cy="12" r="3"/>',
    "family": '<circle cx="8" cy="8" r="3"/><circle cx="17" cy="9" r="2.5"/>'
    '<path d="M2 20c0-4 2.7-6 6-6s6 2 6 6M15 14.5c3.500-.3 6 1.500 6 5.500"/>',
    "file": '<path d="M6 3h9l4 4v14H6zM15 3v4h4M9 12h7M9 16h7"/>',
    "filter": '<path d="M4 5h16l-6 8v6l-4-2v-4z"/>',
    "forward": '<path d="M9 5l7 7-7 7"/>',
    "help": '<circle cx="12" cy="12" r="9"/><path d="M9.500 9.500a2.500 2.500 0 1 1 3.500 2.300c-.7.3-1 .9-1 1.700M12 17h.01"/>',
    "home": '<path d="M4 11l8-7 8 7v9h-5v-6H9v6H4z"/>',
    "idcard": '<path d="M3 5h18v14H3zM13 10h5M13 14h5"/><circle cx="8" cy="10.500" r="2"/><path d="M5 16c.5-2 1.500-2.500 3-2.500s2.500.5 3 2.500"/>',
    "import": '<path d="M12 20V9M7 13l5-5 5 5M4 4h16"/>',
    "info": '<circle cx="12" cy="12" r="9"/><path d="M12 11v6M12 7.500h.01"/>',
    "key": '<circle cx="8" cy="15" r="4"/><path d="M11 12l9-9M16 7l3 3"/>',
    "language": '<path d="M3 6h10M8 3v3M5 6c1 4 4 6 7 7M11 6c-1 4-4 6-7 7M12 21l4-10 4 10M13.500 17.500h5"/>',
    "link": '<path d="M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1"/>',
    "list": '<path d="M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01"/>',
    "lock": '<path d="M5 11h14v10H5zM8 11V8a4 4 0 0 1 8 0v3"/>',
    "menu": '<path d="M4 6h16M4 12h16M4 18h16"/>',
    "merge": '<path d="M6 3v5c0 4 6 4 6 8v5M18 3v5c0 4-6 4-6 8M9 18l3 3 3-3"/>',
    "offline": '<path d="M3 3l18 18M5 9a11 11 0 0 1 4-2.300M19 9a11 11 0 0 0-6-2.900M8 13a6 6 0 0 1 2-1.300M16 13l-.7-.6M12 18h.01"/>',
    "ok": '<circle cx="12" cy="12" r="9"/><path d="M8 12.500l3 3 5-6"/>',
    "online": '<path d="M3 9a13 13 0 0 1 18 0M6 12.500a9 9 0 0 1 12 0M9 16a4.500 4.500 0 0 1 6 0M12 19.500h.01"/>',
    "pin": '<path d="M12 21c5-5 7-8 7-11a7 7 0 0 0-14 0c0 3 2 6 7 11z"/><circle cx="12" cy="10" r="2.500"/>',
    "print": '<path d="M7 9V3h10v6M7 17H4V9h16v8h-3M7 14h10v7H7z"/>',
    "refresh": '<path d="M20 12a8 8 0 1 1-2.500-5.800M20 3v4h-4"/>',
    "report": '<path d="M5 3h14v18H5zM8 15l2.500-3 2 2L16 9"/>',
    "scan": '<path d="M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M4 12h16"/>',
    "search": '<circle cx="10.500" cy="10.500" r="6.500"/><path d="M15.500 15.500L21 21"/>',
    "settings": '<circle cx="12" cy="12" r="3"/><path d="M12 3v3M12 18v3M3 12h3M18 12h3M5.600 5.600l2.100 2.100M16.300 16.300l2.100 2.100'
    'M18.400 5.600l-2.100 2.100M7.700 16.300l-2.100 2.100"/>',
    "shield": '<path d="M12 3l8 3v6c0 4.500-3 7.500-8 9-5-1.500-8-4.500-8-9V6zM8.500 12l2.500 2.500 4.500-5"/>',
    "signout": '<path d="M10 4H4v16h6M10 12h11M17 8l4 4-4 4"/>',
    "tasks": '<path d="M5 4h14v17H5zM9 2.500h6V6H9zM8.500 12l1.500 1.500 2.500-3M8.500 17h7"/>',
    "tel": '<path d="M5 3h4l2 5-2.500 1.800a12 12 0 0 0 5.700 5.700L16 13l5 2v4a2 2 0 0 1-2 2C10.700 21 3 13.300 3 5a2 2 0 0 1 2-2z"/>',
    "trash": '<path d="M4 7h16M9 7V4h6v3M6 7l1 14h10l1-14M10 11v6M14 11v6"/>',
    "unlink": '<path d="M9 15l-3 3a4 4 0 0 1-3-6l3-3M15 9l3-3a4 4 0 0 1 3 6l-3 3M4 4l16 16"/>',
    "user": '<circle cx="12" cy="8" r="4"/><path d="M4 21c0-4.500 3.600-7 8-7s8 2.500 8 7"/>',
    "warn": '<path d="M12 3l10 18H2zM12 10v5M12 18h.01"/>',
}
ICONS: Final = MappingProxyType(_SHAPES)


def icon(name: str, label: str = "") -> Markup:
    """The icon as inline SVG. With ``label`` it is an image with that name; without, it is hidden from screen readers.

    Raises ``KeyError`` for a name that was never drawn, so that a misspelt icon fails its page's test.
    """
    says = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return Markup(f'<svg class="i" viewBox="0 0 24 24" {says} focusable="false">{ICONS[name]}</svg>')  # noqa: S704 - own shapes
