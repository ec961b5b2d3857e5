"""What the desk page refuses beside the words of the codes themselves."""

from __future__ import annotations

from kangqu.kernel.basis.refusals import refusal

NO_STATION = refusal("no_station", "KQ-1834", zh="请先选择扫码点。", en="Choose your station first.")
