"""What the system is, who may use it, and for what."""

from __future__ import annotations

from typing import Final

from kangqu.kernel.access.operations import Reach, operation
from kangqu.kernel.access.roles import Purpose, Role

CODE: Final = "tcm_pharmacy"
TITLE: Final = "智慧中药房"
TITLE_EN: Final = "Smart TCM pharmacy"

PRESCRIBERS: Final = frozenset({Role.DOCTOR, Role.VILLAGE_DOCTOR, Role.FAMILY_DOCTOR})

REVIEW = operation(
    "tcm.review",
    "中药处方自动审核",
    "Review a TCM prescription",
    roles=PRESCRIBERS | {Role.PHARMACIST, Role.SYSTEM},
    reach=Reach.CITY,
    purpose=Purpose.CARE,
    scope="tcm.review",
)
"""Of nobody's data: a prescription without a patient's identity goes in, findings come out, nothing is kept."""

HERBS = operation(
    "tcm.herbs",
    "中药饮片检索",
    "Find herbs",
    roles=PRESCRIBERS | {Role.PHARMACIST, Role.SYSTEM},
    reach=Reach.CITY,
    purpose=Purpose.CARE,
    scope="tcm.review",
)

RULES = operation(
    "tcm.rules",
    "查看审方规则表",
    "Read the tables of the review",
    roles=PRESCRIBERS | {Role.PHARMACIST, Role.PHARMACY_MANAGER, Role.INSPECTOR, Role.COMMISSION_OFFICER, Role.SYSTEM},
    reach=Reach.CITY,
    scope="tcm.review",
)
"""Of nobody's data: what published documents say, and how sure the city is of it."""

SEND = operation(
    "tcm.prescriptions.send",
    "发送中药处方",
    "Send TCM prescriptions",
    roles={Role.SYSTEM},
    reach=Reach.INSTITUTION,
    purpose=Purpose.CARE,
    scope="tcm.prescriptions",
)
FOLLOW = operation(
    "tcm.prescriptions.follow",
    "查看所开中药处方的进度",
    "Follow TCM prescriptions sent",
    roles={Role.SYSTEM},
    reach=Reach.INSTITUTION,
    purpose=Purpose.CARE,
    scope="tcm.prescriptions",
)

QUOTE = operation(
    "tcm.quote",
    "询问中药处方完成时间",
    "Ask when a TCM prescription would be ready",
    roles={Role.SYSTEM},
    reach=Reach.INSTITUTION,
    purpose=Purpose.CARE,
    scope="tcm.prescriptions",
)
"""Of nobody's data: the prescription is planned, answered, and forgotten."""

LINE = operation(
    "tcm.line",
    "中药房工位",
    "Stations of the TCM pharmacy",
    roles={Role.PHARMACIST, Role.DISPENSER, Role.DECOCTION_WORKER, Role.COURIER},
    reach=Reach.INSTITUTION,
    purpose=Purpose.CARE,
)
DESK = operation(
    "tcm.desk",
    "中药处方审方",
    "Review desk of TCM prescriptions",
    roles={Role.PHARMACIST},
    reach=Reach.INSTITUTION,
    purpose=Purpose.CARE,
)

LABELS = operation(
    "tcm.labels",
    "打印中药标签",
    "Print labels of the TCM pharmacy",
    roles={Role.PHARMACIST, Role.DISPENSER, Role.DECOCTION_WORKER, Role.COURIER, Role.PHARMACY_MANAGER},
    reach=Reach.INSTITUTION,
    purpose=Purpose.CARE,
)
STORE = operation(
    "tcm.store",
    "中药房库存与设备",
    "Store and machines of the TCM pharmacy",
    roles={Role.PHARMACY_MANAGER},
    reach=Reach.INSTITUTION,
)
FLOOR = operation(
    "tcm.floor",
    "中药房产能与约定时间",
    "Capacity and promises of the TCM pharmacy",
    roles={Role.PHARMACY_MANAGER},
    reach=Reach.INSTITUTION,
)
NEWS = operation(
    "tcm.news",
    "中药完成时间变动",
    "Changed promises of the TCM pharmacy",
    roles=PRESCRIBERS | {Role.NURSE, Role.PHARMACY_MANAGER},
    reach=Reach.INSTITUTION,
    purpose=Purpose.CARE,
)
CHANGES = operation(
    "tcm.promises.changes",
    "听取中药完成时间变动",
    "Hear of changed promises of TCM prescriptions sent",
    roles={Role.SYSTEM},
    reach=Reach.INSTITUTION,
    purpose=Purpose.CARE,
    scope="tcm.prescriptions",
)
MACHINES = operation(
    "tcm.machines",
    "煎药机上报",
    "Readings of decoction machines",
    roles={Role.DEVICE, Role.SYSTEM},
    reach=Reach.INSTITUTION,
    scope="tcm.machines",
)
PRESCRIBE = operation(
    "tcm.prescribe",
    "开中药处方",
    "Prescribe TCM herbs",
    roles=PRESCRIBERS,
    reach=Reach.SERVED,
    purpose=Purpose.CARE,
)

KEYS = operation(
    "tcm.keys",
    "查看处方签名密钥",
    "See signing keys of prescriptions",
    roles={Role.INSTITUTION_MANAGER},
    reach=Reach.INSTITUTION,
)
KEYS_WRITE = operation(
    "tcm.keys.write",
    "登记和停用处方签名密钥",
    "Register and end signing keys of prescriptions",
    roles={Role.INSTITUTION_MANAGER},
    reach=Reach.INSTITUTION,
    step_up=True,
)
RECALL = operation(
    "tcm.recall",
    "中药批次追溯与召回",
    "Lineage and recall of TCM lots",
    roles={Role.PHARMACY_MANAGER, Role.PHARMACIST},
    reach=Reach.SUBTREE,
    purpose=Purpose.CARE,
)
RECALLS = operation(
    "tcm.recalls",
    "中药召回进度和电话名单",
    "Progress and call lists of TCM recalls",
    roles={Role.PHARMACY_MANAGER, Role.PHARMACIST, Role.INSPECTOR, Role.COMMISSION_OFFICER},
    reach=Reach.SUBTREE,
    purpose=Purpose.CARE,
)
RECALLS_CALL = operation(
    "tcm.recalls.call",
    "记录中药召回的联系结果",
    "Write down who was reached for a TCM recall",
    roles={Role.PHARMACY_MANAGER, Role.PHARMACIST},
    reach=Reach.SUBTREE,
    purpose=Purpose.CARE,
)
COMPLAINTS = operation(
    "tcm.complaints",
    "查看中药投诉",
    "See complaints about TCM medicine",
    roles={Role.PHARMACY_MANAGER, Role.PHARMACIST, Role.INSPECTOR, Role.COMMISSION_OFFICER},
    reach=Reach.SUBTREE,
    purpose=Purpose.CARE,
)
COMPLAINTS_WRITE = operation(
    "tcm.complaints.write",
    "登记中药投诉",
    "Write down a complaint about TCM medicine",
    roles={Role.PHARMACY_MANAGER, Role.PHARMACIST, Role.DISPENSER},
    reach=Reach.INSTITUTION,
    purpose=Purpose.CARE,
)
SAMPLES = operation(
    "tcm.samples",
    "查看中药留样",
    "See retained samples of TCM medicine",
    roles={Role.PHARMACY_MANAGER, Role.PHARMACIST, Role.DECOCTION_WORKER},
    reach=Reach.INSTITUTION,
    purpose=Purpose.CARE,
)
BOARD = operation(
    "tcm.board",
    "中药房大屏",
    "Live board of the TCM pharmacy",
    roles={Role.PHARMACIST, Role.DISPENSER, Role.DECOCTION_WORKER, Role.COURIER, Role.PHARMACY_MANAGER},
    reach=Reach.INSTITUTION,
)
"""Of nobody's data: numbers, stations, pots and times."""
OWN = operation(
    "tcm.own",
    "患者看自己中药的进度",
    "A patient follows her medicine",
    roles={Role.RESIDENT},
    reach=Reach.FAMILY,
    purpose=Purpose.SELF,
)
RATE = operation(
    "tcm.rate",
    "患者评价中药",
    "A patient rates her medicine",
    roles={Role.RESIDENT},
    reach=Reach.FAMILY,
    purpose=Purpose.SELF,
)
OVERVIEW = operation(
    "tcm.overview",
    "中药房运行情况",
    "How TCM pharmacies do",
    roles={Role.PHARMACY_MANAGER, Role.COMMISSION_OFFICER, Role.INSPECTOR},
    reach=Reach.SUBTREE,
    purpose=Purpose.SUPERVISION,
)
"""Figures of pharmacies; the cases behind one are opened through the case's own door."""
