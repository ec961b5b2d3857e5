"""What an import keeps: itself, its file in sealed parts, and its rows, sealed, each with its answer."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from kangqu.kernel.basis.ids import NextId


class ImportState(models.TextChoices):
    PARSING = "parsing", _("读取中")
    DECIDING = "deciding", _("核对中")
    READY = "ready", _("待确认")
    APPLYING = "applying", _("写入中")
    DONE = "done", _("已完成")
    FAILED = "failed", _("未导入")
    STOPPED = "stopped", _("已停止")
    UNDOING = "undoing", _("撤销中")
    UNDONE = "undone", _("已撤销")


AT_WORK = (ImportState.PARSING, ImportState.DECIDING, ImportState.APPLYING, ImportState.UNDOING)
OPEN = (ImportState.PARSING, ImportState.DECIDING, ImportState.READY, ImportState.APPLYING)


class ImportMode(models.TextChoices):
    ALL = "all", _("全部或不导入")
    GOOD = "good", _("只导入正确的行")


class ResidentImport(models.Model):
    """One import of a list. What it is doing, how far it is and what came of it are here, never in a process."""

    id = models.BigIntegerField(primary_key=True, db_default=NextId(), editable=False)
    code = models.CharField("名单编码（N…）", max_length=16, unique=True)
    file_name = models.CharField(max_length=200)
    file_bytes = models.BigIntegerField()
    digest = models.BinaryField("SHA-256", max_length=32)
    format = models.CharField(max_length=6)
    encoding = models.CharField(max_length=10, blank=True)
    mode = models.CharField(max_length=4, choices=ImportMode)
    preview = models.BooleanField("先核对后确认")
    state = models.CharField(max_length=8, choices=ImportState, default=ImportState.PARSING)
    stopping = models.BooleanField(default=False)
    stopped_in = models.CharField(max_length=8, blank=True)
    header = models.JSONField(default=list)
    recognised = models.JSONField(default=dict)
    unknown = models.JSONField(default=list)
    rows = models.BigIntegerField("已读行数", default=0)
    last_line = models.BigIntegerField("已读到的行", default=1)
    decided_line = models.BigIntegerField("已核对到的行", default=1)
    applied_line = models.BigIntegerField("已写入到的行", default=1)
    bytes_read = models.BigIntegerField(default=0)
    counts = models.JSONField("各种结果的行数", default=dict)
    failure = models.CharField(max_length=7, blank=True)
    failure_facts = models.JSONField(default=dict)
    account_id = models.BigIntegerField(null=True)
    role = models.CharField(max_length=40, blank=True)
    institution_id = models.BigIntegerField(null=True)
    purpose = models.CharField(max_length=30, blank=True)
    started_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "digest",
                Coalesce("institution_id", models.Value(0, models.BigIntegerField())),
                condition=models.Q(state__in=["parsing", "deciding", "ready", "applying"]),
                name="one_import_of_a_file",
            )
        ]
        indexes = [models.Index(fields=["-started_at"], name="import_latest")]


class ImportPart(models.Model):
    """A piece of an import's file, packed and sealed."""

    import_id = models.BigIntegerField()
    number = models.IntegerField()
    pk = models.CompositePrimaryKey("import_id", "number")
    sealed = models.BinaryField()


class RowOutcome(models.TextChoices):
    READ = "read", _("已读")
    NEW = "new", _("新建")
    LINKED = "linked", _("已关联")
    CHANGED = "changed", _("更新")
    UNCHANGED = "same", _("已存在未改")
    REVIEW = "review", _("待核对")
    ERROR = "error", _("有误")


class ImportRow(models.Model):
    """A row of a list. ``sealed`` holds its values in normal form, or its cells as they stood when it is wrong."""

    import_id = models.BigIntegerField()
    line = models.BigIntegerField()
    pk = models.CompositePrimaryKey("import_id", "line")
    outcome = models.CharField(max_length=9, choices=RowOutcome)
    sealed = models.BinaryField()
    blind = models.BinaryField(max_length=16, null=True)
    kind = models.CharField(max_length=2, blank=True)
    errors = models.JSONField(default=list)  # [code, our column or -1, facts] each
    person_id = models.BigIntegerField(null=True)
    former = models.BinaryField("改动前的值", null=True)
    heads = models.BinaryField("以户主身份所在的户号", max_length=16, null=True)
    guardian = models.BinaryField("监护人证件", max_length=16, null=True)

    class Meta:
        # No index names the outcome: a row gets its answer in its own page, and no index is touched.
        indexes = [
            models.Index(fields=["blind"], name="import_row_blind"),
            models.Index(fields=["heads"], name="import_row_heads", condition=models.Q(heads__isnull=False)),
            models.Index(fields=["guardian"], name="import_row_guardian", condition=models.Q(guardian__isnull=False)),
        ]


class ImportKey(models.Model):
    """A matching key of a row that a preview judged new: later rows of the file are weighed against it. Dropped when
    the preview is done."""

    import_id = models.BigIntegerField()
    key = models.BigIntegerField()
    line = models.BigIntegerField()
    pk = models.CompositePrimaryKey("import_id", "key", "line")
