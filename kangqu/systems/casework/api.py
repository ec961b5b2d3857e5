"""Cases over the API. What is about many cases is routed before what names one.

Facts go through the same forms as on the pages. A case outside the caller's posts and one that does not exist answer alike.
"""

from __future__ import annotations

from kangqu.systems.casework import all_api, one_api
from kangqu.systems.casework.shapes import router

__all__ = ["all_api", "one_api", "router"]
