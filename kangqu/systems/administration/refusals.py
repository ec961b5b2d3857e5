"""What the administration refuses."""

from __future__ import annotations

from kangqu.kernel.basis.refusals import refusal

SERVED_FROM_ABOVE = refusal(
    "served_from_above",
    "KQ-2181",
    zh="服务区域由上级机构分派，本机构不能给自己分派。",
    en="Served divisions are assigned by the institution above, not by the institution itself.",
    status=403,
)
