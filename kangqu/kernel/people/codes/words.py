"""What a scan of a code can end with. Each way of not being accepted has its own word, sentence and code.

The words are shared with the desk's offline script (``kq-verify.js``): both are held to one table of examples.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from kangqu.kernel.basis.refusals import Refusal, refusal


class Word(StrEnum):
    """The judgement of one scan. Everything but ``GENUINE`` is a refusal."""

    GENUINE = "genuine"
    UNREADABLE = "unreadable"  # not the form of a code of ours
    ALTERED = "altered"  # the form is ours, a symbol is not what was shown: its check fails
    FORGED = "forged"  # whole, but signed by nobody we know
    RETIRED = "retired"  # signed by a key of ours outside its dates, or one that was withdrawn
    EARLY = "early"
    EXPIRED = "expired"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"  # signed by us, and no card of ours bears the handle


class Flag(StrEnum):
    """What the desk is told beside an accepted scan."""

    AGAIN = "again"  # the same code at the same station a moment ago: counted once
    NEARBY = "nearby"  # the same code at another station of the institution within the minute
    ELSEWHERE = "elsewhere"  # the same code at another institution within the minute
    PAPER = "paper"  # a paper card can be lent: check the face or the document
    TEMPORARY = "temporary"  # the holder has no document recorded yet
    BARCODE = "barcode"
    MOVED = "moved"
    DECEASED = "deceased"


CODE_UNREADABLE = refusal(
    "code_unreadable",
    "KQ-1801",
    zh="不是康衢码，或没有扫全，请重扫。",
    en="Not a code of this city, or not read whole: scan it again.",
)
CODE_ALTERED = refusal(
    "code_altered",
    "KQ-1802",
    zh="码里的字符有误，请重扫；再不行请对方刷新。",
    en="A symbol of the code is wrong: scan again, or ask for a fresh code.",
)
CODE_FORGED = refusal(
    "code_forged",
    "KQ-1803",
    zh="不是本市签发的码，请核验身份证件。",
    en="This city did not sign this code: check the holder's document.",
)
CODE_RETIRED = refusal(
    "code_retired",
    "KQ-1804",
    zh="签发此码的密钥已停用，请对方刷新或换新卡。",
    en="The key that signed this code is no longer in use: ask for a fresh code or a new card.",
)
CODE_EARLY = refusal(
    "code_early",
    "KQ-1805",
    zh="此码的时间在未来，请核对本机时间。",
    en="The code's time lies ahead: check this device's clock.",
)
CODE_EXPIRED = refusal(
    "code_expired", "KQ-1806", zh="码已过期，请对方刷新。", en="The code has expired: ask for a fresh one."
)
CODE_REVOKED = refusal(
    "code_revoked",
    "KQ-1807",
    zh="这张卡已作废，请用新卡或出示证件。",
    en="This card was revoked: ask for the new one or a document.",
)
CODE_SUSPENDED = refusal("code_suspended", "KQ-1808", zh="这张卡已暂停使用。", en="This card is suspended.")
CODE_UNKNOWN = refusal(
    "code_unknown", "KQ-1809", zh="没有这张卡，请出示证件办理。", en="There is no such card: ask for a document."
)
CODE_REPLAYED = refusal(
    "code_replayed",
    "KQ-1810",
    zh="此码一分钟内在别处用过，请核对本人。",
    en="This code was used elsewhere within the minute: check that this is the holder.",
    status=409,
)
SCAN_FUTURE = refusal(
    "scan_future",
    "KQ-1811",
    zh="扫码时间在未来，请核对本机时间。",
    en="The scan's time lies ahead: check this device's clock.",
)
SCAN_TOO_OLD = refusal(
    "scan_too_old",
    "KQ-1812",
    zh="扫码已超过 {hours} 小时，不再接收。",
    en="The scan is more than {hours} hours old and is not taken.",
)
CARD_EXISTS = refusal(
    "card_exists",
    "KQ-1813",
    zh="这位居民已有一张同类的卡。",
    en="This resident already has a card of this kind.",
    status=409,
)
NO_CARD = refusal(
    "no_card", "KQ-1814", zh="还没有卡，或卡已作废。", en="There is no card, or it was revoked.", status=409
)
NO_SIGNING_KEY = refusal(
    "no_signing_key",
    "KQ-1815",
    zh="没有可用的签发密钥，请管理员处理。",
    en="No key is in force to sign with: an administrator must make one.",
    status=503,
)
KEYS_SPENT = refusal("keys_spent", "KQ-1816", zh="密钥编号已用完。", en="All key numbers are used up.", status=409)
ALGORITHM_MISSING = refusal(
    "algorithm_missing",
    "KQ-1817",
    zh="没有安装签名算法 {name}（国密请安装 kangqu[gm]）。",
    en="The signature algorithm {name} is not installed (for SM2 install kangqu[gm]).",
    status=503,
)
NOT_SHOWABLE = refusal(
    "not_showable",
    "KQ-1818",
    zh="居民已{status}，不能亮码。",
    en="No code is shown for this resident: {status}.",
    status=409,
)

REFUSAL_OF: Final = MappingProxyType(
    {
        Word.UNREADABLE: CODE_UNREADABLE,
        Word.ALTERED: CODE_ALTERED,
        Word.FORGED: CODE_FORGED,
        Word.RETIRED: CODE_RETIRED,
        Word.EARLY: CODE_EARLY,
        Word.EXPIRED: CODE_EXPIRED,
        Word.REVOKED: CODE_REVOKED,
        Word.SUSPENDED: CODE_SUSPENDED,
        Word.UNKNOWN: CODE_UNKNOWN,
    }
)


def refusal_of(word: Word) -> Refusal:
    """The refusal a word stands for. ``KeyError`` for ``GENUINE``."""
    return REFUSAL_OF[word]
