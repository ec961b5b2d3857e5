"""The pharmacy's lines in the workstation's menu."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kangqu.systems.tcm_pharmacy.definition import (
    BOARD,
    COMPLAINTS,
    DESK,
    FLOOR,
    KEYS,
    LINE,
    NEWS,
    OVERVIEW,
    PRESCRIBE,
    RECALLS,
    RULES,
    SAMPLES,
    STORE,
)
from kangqu.web.frame import MenuItem, add_for_resident, add_help, add_to_menu
from kangqu.web.serving import may_open


def fill_menu() -> None:
    """Add the lines, once."""
    add_to_menu(
        "c",
        MenuItem(key="tcm-line", label=_("中药房工位"), icon="scan", view="tcm-line", order=12, allowed=may_open(LINE)),
        MenuItem(
            key="tcm-board", label=_("中药房大屏"), icon="eye", view="tcm-board", order=13, allowed=may_open(BOARD)
        ),
        MenuItem(
            key="tcm-store", label=_("中药库存"), icon="building", view="tcm-store", order=14, allowed=may_open(STORE)
        ),
        MenuItem(
            key="tcm-floor", label=_("产能与约定"), icon="calendar", view="tcm-floor", order=15, allowed=may_open(FLOOR)
        ),
        MenuItem(
            key="tcm-recalls", label=_("中药召回"), icon="warn", view="tcm-recalls", order=32, allowed=may_open(RECALLS)
        ),
        MenuItem(
            key="tcm-complaints",
            label=_("中药投诉"),
            icon="edit",
            view="tcm-complaints",
            order=33,
            allowed=may_open(COMPLAINTS),
        ),
        MenuItem(
            key="tcm-samples", label=_("留样"), icon="list", view="tcm-samples", order=34, allowed=may_open(SAMPLES)
        ),
        MenuItem(
            key="tcm-news", label=_("完成时间变动"), icon="bell", view="tcm-news", order=31, allowed=may_open(NEWS)
        ),
        MenuItem(
            key="tcm-overview",
            label=_("中药房运行"),
            icon="chart",
            view="tcm-overview",
            order=16,
            allowed=may_open(OVERVIEW),
        ),
        MenuItem(
            key="tcm-rules", label=_("审方规则表"), icon="search", view="tcm-rules", order=17, allowed=may_open(RULES)
        ),
        MenuItem(key="tcm-review", label=_("审方"), icon="check", view="tcm-review", order=11, allowed=may_open(DESK)),
        MenuItem(
            key="tcm-mine", label=_("我开的处方"), icon="list", view="tcm-mine", order=30, allowed=may_open(PRESCRIBE)
        ),
    )
    add_to_menu(
        "a",
        MenuItem(
            key="tcm-keys", label=_("处方签名密钥"), icon="key", view="tcm-keys", order=70, allowed=may_open(KEYS)
        ),
    )
    add_for_resident(
        MenuItem(key="tcm", label=_("开中药处方"), icon="edit", view="tcm-prescribe", allowed=may_open(PRESCRIBE))
    )
    add_help(
        "c",
        "tcm-line",
        _("先选工位，之后只用扫码枪：扫处方，再按页面要求扫药斗、锅、袋数或“确认”。"),
        _("绿色是办好了，红色会说明原因；扫“清空”重新开始。"),
        _("每味药称量误差超过规定会被拒收，换批号也要重新扫药斗。"),
    )
    add_help(
        "c",
        "tcm-review",
        _("超时的排最前，然后是问题最重的；按 F8 打开第一张。"),
        _("F8 签字，F4 退回医生，F2 写意见；办完自动打开下一张。"),
        _("规则没有说到的，页面上写明“没有审到”，仍由药师判断。"),
    )
    add_help(
        "c",
        "tcm-board",
        _("放在墙上的大屏或手机上都能看，每 15 秒自己更新；不显示患者姓名和药名。"),
        _("红色“已晚”是过了约定时间，黄色“可能晚”是按现在的进度做不到约定。"),
        _("顶上出现红条，说明数据停住了：看看有没有接上网。"),
    )
    add_help(
        "c",
        "tcm-overview",
        _("先选从哪天到哪天；每个数都能点开，看是哪些处方。"),
        _("数都从办理记录里数出来，每个数下面写着怎么数的；人数少的只写几张，不算百分比。"),
        _("要带走，点表格右上角的 Excel 或 CSV。"),
    )
    add_help(
        "c",
        "tcm-rules",
        _("药名可以打全名、别名、拼音或首字母；一个名字不止一味药时全部列出。"),
        _("要看以前的规则，填“哪一天的规则”；处方按开方那天的规则审。"),
        _("表里没有写的，不等于安全；“待核实”的，用前请核对原文。"),
    )
    add_help(
        "c",
        "tcm-store",
        _("收到饮片先入库，再打印货位签贴在药斗上；工位只认条码。"),
        _("停用的批次不能再调配；煎药机报故障后不能装锅。"),
        _("“扫码指令”印出来放在每个工位。"),
    )
    add_help(
        "c",
        "tcm-floor",
        _("先登记营业时间、各岗同时在岗人数和配送车次，处方审过后按它约定完成时间。"),
        _("煎药机故障、积压时，做不到的约定排在最前；要改时间点“改约”，写明原因。"),
        _("改约不会抹掉原来的时间，办理记录里两次都在。"),
    )
    add_help(
        "c",
        "tcm-recalls",
        _("打开批次点“召回”：各药房的同一批马上停用，没发出的暂扣，发出的列入电话名单。"),
        _("每次联系都要记：联系上的写已服几袋、收回几袋；实在联系不上的由负责人写明原因。"),
        _("人人有着落、暂扣的都报废重做以后，才能结束召回。"),
    )
    add_help(
        "c",
        "tcm-complaints",
        _("患者在手机上投诉，或打电话、到窗口，由我们扫药袋上的条码登记。"),
        _("24 小时内调查，之后 3 天内答复；答复马上告诉患者，她可以认可或不认可。"),
        _("页面列出这张处方用的每个批次，别的患者也投诉过的排在前面。"),
    )
    add_help(
        "c",
        "tcm-news",
        _("中药不能按约定时间做好，或者改了时间，这里马上看得到；患者同时收到消息。"),
        _("夜里只告知病区，其他的早上再告知。"),
        _("看过点“知道了”，同一边的同事就不用再看。"),
    )
    add_help(
        "c",
        "tcm-mine",
        _("打开居民，点“开中药处方”；药名可以打拼音首字母，回车到下一格。"),
        _("右边边写边审：拦截的要改方，写明可以再次签字的，勾选后再签。"),
        _("药师退回的，打开后点“改方再送”，原来写的都在。"),
    )
    add_help(
        "a",
        "tcm-keys",
        _("登记的是公钥；私钥由医院自己保管，泄露了马上停用。"),
        _("登记后请医院核对指纹，两边一样才算登对。"),
        _("停用以后用它签的处方不再收，已经收下的不变。"),
    )
