"""填报的情况, 条件, 条件的结论."""

from django.db import models
from django.db.models import Q

from nuanxin.programmes.models.attestations import Attestation


class StatedFact(models.Model):
    """填报的情况: what somebody states for programmes; never a sensitive fact (those are not kept).

    With an attestation it was confirmed by somebody who knows, and goes before what is merely stated.
    """

    id = models.BigAutoField(primary_key=True)
    worker = models.ForeignKey(
        "people.Worker", models.PROTECT, db_index=False, verbose_name="劳动者"
    )
    name = models.CharField("情况", max_length=60)
    whole = models.BigIntegerField("数值", null=True)
    day = models.DateField("日期", null=True)
    stated_on = models.DateField("填报日期")
    source = models.CharField("来源", max_length=60)
    recorded_at = models.DateTimeField("登记时间")
    recorded_by = models.UUIDField("登记账号", null=True)
    taken_back_at = models.DateTimeField("撤回时间", null=True)
    attestation = models.ForeignKey(Attestation, models.CASCADE, null=True, verbose_name="工作证明")
    valid_until = models.DateField("有效到", null=True, help_text="含这一天；空着的按情况的有效期")

    class Meta:
        verbose_name = "填报的情况"
        constraints = [
            models.CheckConstraint(
                condition=Q(whole__isnull=False, day__isnull=True)
                | Q(whole__isnull=True, day__isnull=False),
                name="stated_fact_has_one_value",
            )
        ]
        indexes = [
            models.Index(fields=["worker", "name", "-stated_on", "-id"], name="stated_fact_latest")
        ]


class KeptRule(models.Model):
    """条件: a rule as it was last applied to the whole register, with what came out."""

    id = models.AutoField(primary_key=True)
    code = models.SlugField("代码", max_length=60, unique=True, db_index=False)
    title = models.CharField("名称", max_length=80)
    text = models.TextField("全文")
    digest = models.CharField("指纹", max_length=64)
    as_of = models.DateField("按哪天")
    applied_at = models.DateTimeField("比对时间")
    counts = models.JSONField("结果")

    class Meta:
        verbose_name = "条件"


class Ruling(models.Model):
    """条件的结论: bits of the conditions that fail and of those not known; none of either is yes."""

    id = models.BigAutoField(primary_key=True)
    rule = models.ForeignKey(KeptRule, models.CASCADE, db_index=False, verbose_name="条件")
    worker = models.ForeignKey(
        "people.Worker",
        models.CASCADE,
        db_constraint=False,
        db_index=False,
        verbose_name="劳动者",
    )
    failing = models.IntegerField("没满足的")
    missing = models.IntegerField("还不知道的")
    since = models.DateField("从哪天起")

    class Meta:
        verbose_name = "条件的结论"
        constraints = [
            models.UniqueConstraint(fields=["worker", "rule"], name="one_ruling_a_person_and_rule"),
            models.CheckConstraint(
                condition=Q(failing__gte=0, missing__gte=0), name="ruling_masks_are_bits"
            ),
        ]
        indexes = [
            models.Index(
                fields=["rule", "worker"],
                condition=Q(failing=0, missing=0),
                name="ruling_of_who_fits",
            )
        ]
