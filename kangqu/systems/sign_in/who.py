"""Who is at the screen, for the frame of every page; and where each kind of person begins."""

from __future__ import annotations

from django.http import HttpRequest

from kangqu.kernel.access.looks import institution_names
from kangqu.kernel.access.roles import ADMIN_ROLES
from kangqu.kernel.access.viewer import Viewer
from kangqu.web.frame import SignedIn
from kangqu.web.serving import viewer_of


def who_is_signed_in(request: HttpRequest) -> SignedIn:
    """Name and institution of the viewer, empty for nobody."""
    viewer = viewer_of(request)
    if not viewer.signed_in:
        return SignedIn()
    where = institution_names([viewer.grants[0].institution_id]) if viewer.grants else {}
    return SignedIn(viewer.display_name, next(iter(where.values()), ""), "/account")


def first_page(viewer: Viewer) -> str:
    """Where somebody begins who asked for nothing in particular."""
    if viewer.is_resident:
        return "/h"
    return "/a" if viewer.roles & ADMIN_ROLES else "/c"
