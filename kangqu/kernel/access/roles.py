"""The roles of the city. A few roles over the tree of places go further than a hundred permissions."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

_LABELS = {
    "resident": ("居民", "Resident"),
    "village_doctor": ("村医", "Village doctor"),
    "family_doctor": ("家庭医生", "Family doctor"),
    "doctor": ("医生", "Doctor"),
    "nurse": ("护士", "Nurse"),
    "midwife": ("助产士", "Midwife"),
    "pharmacist": ("药师", "Pharmacist"),
    "dispenser": ("调剂员", "Dispenser"),
    "decoction_worker": ("煎药员", "Decoction worker"),
    "courier": ("配送员", "Courier"),
    "pharmacy_manager": ("中药房负责人", "Pharmacy manager"),
    "public_health_worker": ("公卫人员", "Public health worker"),
    "registrar": ("登记员", "Registrar"),
    "index_keeper": ("主索引管理员", "Index keeper"),
    "cdc_officer": ("疾控人员", "CDC officer"),
    "gate_keeper": ("场所查验员", "Gate keeper"),
    "home_manager": ("养老机构负责人", "Elder-care home manager"),
    "inspector": ("监督员", "Inspector"),
    "commission_officer": ("卫健委工作人员", "Commission officer"),
    "institution_manager": ("机构管理员", "Institution manager"),
    "system_admin": ("系统管理员", "System administrator"),
    "security_admin": ("安全管理员", "Security administrator"),
    "audit_admin": ("审计管理员", "Audit administrator"),
    "device": ("设备", "Device"),
    "system": ("接入系统", "Connected system"),
}


class Role(StrEnum):
    """A post's role, by its code. Later systems add theirs here, one line each."""

    RESIDENT = "resident"
    VILLAGE_DOCTOR = "village_doctor"
    FAMILY_DOCTOR = "family_doctor"
    DOCTOR = "doctor"
    NURSE = "nurse"
    MIDWIFE = "midwife"
    PHARMACIST = "pharmacist"
    DISPENSER = "dispenser"
    DECOCTION_WORKER = "decoction_worker"
    COURIER = "courier"
    PHARMACY_MANAGER = "pharmacy_manager"
    PUBLIC_HEALTH_WORKER = "public_health_worker"
    REGISTRAR = "registrar"
    INDEX_KEEPER = "index_keeper"
    CDC_OFFICER = "cdc_officer"
    GATE_KEEPER = "gate_keeper"
    HOME_MANAGER = "home_manager"
    INSPECTOR = "inspector"
    COMMISSION_OFFICER = "commission_officer"
    INSTITUTION_MANAGER = "institution_manager"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"
    DEVICE = "device"
    SYSTEM = "system"

    @property
    def label(self) -> str:
        return _LABELS[self.value][0]

    @property
    def label_en(self) -> str:
        return _LABELS[self.value][1]

    def titled(self, language: str) -> str:
        """The role's name in ``language`` ("zh…" or anything else for English)."""
        return self.label if language.startswith("zh") else self.label_en


class Purpose(StrEnum):
    """Why somebody looks at a person."""

    SELF = "self"
    CARE = "care"
    REGISTRATION = "registration"
    PUBLIC_HEALTH = "public_health"
    INDEX = "index"
    ENTRY = "entry"
    SUPERVISION = "supervision"
    AUDIT = "audit"
    EMERGENCY = "emergency"


class Right(StrEnum):
    """What a family account may do for the person it stands for."""

    CODE = "code"
    BOOK = "book"
    REPORTS = "reports"
    PAY = "pay"
    ELDER_FEES = "elder_fees"


ADMIN_ROLES: Final = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
"""Three administrators who watch each other (三员分立): no account holds two of them."""

NEEDS_SECOND_FACTOR: Final = frozenset(Role) - {Role.RESIDENT, Role.DEVICE, Role.SYSTEM}
"""Roles that see residents' data or administer: they sign in with a second factor."""
