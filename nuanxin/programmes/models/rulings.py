"""填报的情况, 条件, 条件的结论."""

from django.contrib.postgres.fields import ArrayField
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
    """条件: a rule as it was last applied to the whole register, with what came out.

    ``place`` is where its answers stand in the lists of every ``Ruling``, from 1 (as SQL counts).
    """

    id = models.AutoField(primary_key=True)
    code = models.SlugField("代码", max_length=60, unique=True, db_index=False)
    place = models.SmallIntegerField("第几个", unique=True)
    title = models.CharField("名称", max_length=80)
    text = models.TextField("全文")
    digest = models.CharField("指纹", max_length=64)
    as_of = models.DateField("按哪天")
    applied_at = models.DateTimeField("比对时间")
    counts = models.JSONField("结果")

    class Meta:
        verbose_name = "条件"


class Ruling(models.Model):
    """条件的结论: what all rules say of one person, each at the place of its ``KeptRule``.

    Bits of the conditions that fail and of those not known; none of either is yes, None is a rule that
    was not applied to him. A row below zero is nobody's any more: an erased person's answers, kept
    without him until the next run has counted them off.
    """

    worker = models.OneToOneField(
        "people.Worker",
        models.CASCADE,
        primary_key=True,
        db_constraint=False,
        verbose_name="劳动者",
    )
    failing = ArrayField(models.IntegerField(null=True), verbose_name="没满足的")
    missing = ArrayField(models.IntegerField(null=True), verbose_name="还不知道的")
    since = ArrayField(models.DateField(null=True), verbose_name="从哪天起")

    class Meta:
        verbose_name = "条件的结论"
