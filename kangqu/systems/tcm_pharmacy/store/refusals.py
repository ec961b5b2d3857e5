"""Why a machine's message is not taken."""

from __future__ import annotations

from kangqu.kernel.basis.refusals import refusal

MESSAGE_STRANGE = refusal(
    "tcm_message_strange",
    "KQ-3331",
    zh="主题里没有登记过的药房和煎药机。",
    en="The topic names no pharmacy and pot that are registered.",
)
MESSAGE_UNPROVED = refusal(
    "tcm_message_unproved",
    "KQ-3332",
    zh="签名不对，或者还没有发给机器密钥。",
    en="The signature is wrong, or the machine has no key yet.",
)
MESSAGE_UNREADABLE = refusal(
    "tcm_message_unreadable",
    "KQ-3333",
    zh="内容不是接口规定的 JSON。",
    en="What it says is not the JSON of the interface.",
)
MESSAGE_OF_ANOTHER = refusal(
    "tcm_message_of_another",
    "KQ-3334",
    zh="报的是另一台煎药机的读数。",
    en="It reports readings of another pot.",
)
