"""Tables of 留痕: what happened, who read what, which file belongs to what.

No foreign key points outward, so that a record outlives what it speaks of. Rows are appended;
a trigger refuses UPDATE and DELETE (see the migrations).
"""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models


class Event(models.Model):
    """One thing that happened, written in the transaction in which it happened."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField("时间")
    kind = models.CharField("事由", max_length=64, help_text="package.noun_past")
    actor_account = models.UUIDField("操作账号", null=True)
    actor_name = models.CharField("操作人", max_length=80, blank=True)
    subject_type = models.CharField("对象种类", max_length=32)
    subject_id = models.BigIntegerField("对象编号", null=True)
    union_id = models.BigIntegerField("所属工会", null=True)
    data = models.JSONField("内容", null=True)

    class Meta:
        verbose_name = "事件"
        indexes = [
            models.Index(fields=["subject_type", "subject_id"], name="event_subject"),
            BrinIndex(fields=["at"], name="event_at_brin", pages_per_range=32),
        ]


class Seal(models.Model):
    """A signed checkpoint over a range of events; each carries the digest of the one before."""

    id = models.BigAutoField(primary_key=True)
    first_event = models.BigIntegerField("首条事件")
    last_event = models.BigIntegerField("末条事件", unique=True)
    events_count = models.BigIntegerField("事件数")
    digest = models.BinaryField("摘要", max_length=32)
    previous_digest = models.BinaryField("上一封存摘要", max_length=32)
    leaves = models.BinaryField("逐条指纹")
    signature = models.BinaryField("签名", max_length=64)
    sealed_at = models.DateTimeField("封存时间")

    class Meta:
        verbose_name = "封存"


class Reading(models.Model):
    """One reading in clear of something sensitive, committed before the bytes leave."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField("时间")
    actor_account = models.UUIDField("查看账号", null=True)
    actor_name = models.CharField("查看人", max_length=80)
    actor_post = models.CharField("查看人职务", max_length=120, blank=True)
    worker_id = models.BigIntegerField("被查看的劳动者")
    field = models.CharField("查看内容", max_length=32)
    purpose = models.CharField("用途", max_length=120)

    class Meta:
        verbose_name = "查看记录"
        indexes = [models.Index(fields=["worker_id", "-id"], name="reading_worker")]


class EvidenceFile(models.Model):
    """A stored file with one owner; served only through the owner's permission."""

    id = models.UUIDField(primary_key=True, editable=False)
    owner_type = models.CharField("所属种类", max_length=32)
    owner_id = models.BigIntegerField("所属编号")
    name = models.CharField("文件名", max_length=200)
    media_type = models.CharField("内容类型", max_length=100)
    size_bytes = models.BigIntegerField("大小")
    sha256 = models.BinaryField("指纹", max_length=32)
    stored_at = models.DateTimeField("存入时间")
    stored_by = models.UUIDField("存入账号", null=True)
    erased_at = models.DateTimeField("清除时间", null=True)

    class Meta:
        verbose_name = "证据文件"
        indexes = [models.Index(fields=["owner_type", "owner_id"], name="evidence_owner")]


class IdempotentRequest(models.Model):
    """The answer once given to a key: the same key and body get it again, without a second effect."""

    id = models.BigAutoField(primary_key=True)
    client = models.CharField("客户", max_length=64)
    key = models.CharField("幂等键", max_length=128)
    body_digest = models.BinaryField("请求指纹", max_length=32)
    status = models.SmallIntegerField("答复状态", null=True)
    answer = models.JSONField("答复", null=True)
    created_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "幂等键"
        constraints = [
            models.UniqueConstraint(fields=["client", "key"], name="one_answer_per_key"),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotent_age")]
