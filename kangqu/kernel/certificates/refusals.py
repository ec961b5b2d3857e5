"""Why no certificate is given."""

from __future__ import annotations

from typing import Final

from kangqu.kernel.basis.refusals import refusal

NO_KEY: Final = refusal(
    "certificate_no_key", "KQ-2401", zh="暂时不能签发证明，请稍后再试。", en="No certificate can be signed just now: try again later.",
    status=503,
)  # fmt: skip
TOO_LARGE: Final = refusal(
    "certificate_too_large", "KQ-2402", zh="内容太多，一张证明放不下，请少选几项。",
    en="Too much for one certificate: choose less.",
)  # fmt: skip
NOT_ISSUED: Final = refusal(
    "certificate_not_issued", "KQ-2403", zh="这张证明已经撤销。", en="This certificate is revoked.", status=409
)
