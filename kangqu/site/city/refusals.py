"""How the making of a city says no. Codes KQ-23xx."""

from __future__ import annotations

from kangqu.kernel.basis.refusals import refusal

CITY_INHABITED = refusal(
    "city_inhabited",
    "KQ-2301",
    zh="库里已有 {residents} 名居民、{institutions} 家机构，不能再造一座城市；请换一个空库（KANGQU_HOME）。",
    en="There are {residents} residents and {institutions} institutions here already: a city is made in an empty"
    " database (another KANGQU_HOME).",
    status=409,
)
CITY_OTHERWISE = refusal(
    "city_otherwise",
    "KQ-2302",
    zh="这里有一座没造完的城市（{begun}），参数不同，不能接着造。",
    en="A city was begun here ({begun}) and not finished; it can only be continued with the same figures.",
    status=409,
)
CITY_BUSY = refusal(
    "city_busy", "KQ-2303", zh="另一个进程正在造城市。", en="Another process is making a city here.", status=409
)
CITY_UNKNOWN = refusal("city_unknown", "KQ-2304", zh="没有城市“{city}”。", en="There is no city “{city}”.", status=404)
CITY_SIZE = refusal(
    "city_size", "KQ-2305", zh="人数应为 100 到 {most}。", en="The number of people is from 100 to {most}."
)
