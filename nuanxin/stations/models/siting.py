"""Where demand is, and plans of where to put stations; a plan keeps all that it was worked out from."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from nuanxin.stations.states import PlanState


class WorkedPlace(models.Model):
    """在哪里干活: how many engagements of a trade an outlet has, counted anew each night.

    Without an outlet only the county is known. Numbers only; nobody is named.
    """

    id = models.BigAutoField(primary_key=True)
    adcode = models.IntegerField("县（市、区）")
    town_code = models.IntegerField("乡镇（街道）", null=True)
    outlet_id = models.BigIntegerField("网点", null=True)
    lng = models.FloatField("经度", null=True)
    lat = models.FloatField("纬度", null=True)
    occupation = models.SmallIntegerField("职业")
    persons = models.IntegerField("人数")
    counted_at = models.DateTimeField("点数时间")

    class Meta:
        verbose_name = "在哪里干活"
        constraints = [
            models.UniqueConstraint(
                fields=["adcode", "outlet_id", "occupation"],
                nulls_distinct=False,
                name="worked_place_once_a_trade",
            ),
            models.CheckConstraint(condition=Q(persons__gt=0), name="worked_place_has_people"),
        ]


class DemandGrid(models.Model):
    """需求表: an uploaded table of where people are at which hour."""

    id = models.BigAutoField(primary_key=True)
    union = models.ForeignKey("orgs.Union", models.PROTECT, verbose_name="工会")
    name = models.CharField("名称", max_length=60)
    source = models.CharField("来源", max_length=120)
    points = models.IntegerField("点数")
    digest = models.CharField("指纹", max_length=64, default="")
    persons_hours = models.FloatField("一天的人时")
    uploaded_by = models.UUIDField("谁传的", null=True)
    uploaded_at = models.DateTimeField("上传时间")

    class Meta:
        verbose_name = "需求表"
        indexes = [models.Index(fields=["union", "-id"], name="grid_of_union")]
        constraints = [
            models.UniqueConstraint(
                fields=["union", "digest"], condition=~Q(digest=""), name="grid_once_a_union"
            )
        ]


class DemandPoint(models.Model):
    """需求点: one line of an uploaded table; persons in each of the 24 hours of a usual day."""

    id = models.BigAutoField(primary_key=True)
    grid = models.ForeignKey(
        DemandGrid, models.CASCADE, related_name="lines", verbose_name="需求表"
    )
    wgs_lng = models.FloatField("经度 WGS-84")
    wgs_lat = models.FloatField("纬度 WGS-84")
    persons = ArrayField(models.FloatField(), verbose_name="各小时人数", size=24)

    class Meta:
        verbose_name = "需求点"
        constraints = [
            models.CheckConstraint(condition=Q(persons__len=24), name="demand_point_has_24_hours")
        ]


class SitingPlan(models.Model):
    """选址方案: what was asked, all numbers it was asked over, and what came out.

    ``question`` holds the numbers as packed arrays and ``digest`` their SHA-256: the plan can be
    worked out again and must come out the same.
    """

    id = models.BigAutoField(primary_key=True)
    union = models.ForeignKey("orgs.Union", models.PROTECT, verbose_name="工会")
    name = models.CharField("名称", max_length=60)
    settings = models.JSONField("设置", default=dict)
    state = models.SmallIntegerField("状态", default=int(PlanState.WAITING))
    done_steps = models.SmallIntegerField("算到第几步", default=0)
    seed = models.BigIntegerField("种子")
    question = models.BinaryField("题目", null=True)
    digest = models.CharField("指纹", max_length=64, blank=True)
    told = models.JSONField("取数说明", default=dict)
    result = models.JSONField("结果", default=dict)
    failure = models.CharField("没算成的原因", max_length=200, blank=True)
    asked_by = models.UUIDField("谁要算的", null=True)
    asked_at = models.DateTimeField("什么时候要算的")
    moved_at = models.DateTimeField("最近有进展")
    done_at = models.DateTimeField("算好时间", null=True)
    took_ms = models.IntegerField("用了多少毫秒", null=True)
    checked_at = models.DateTimeField("重算核对时间", null=True)
    is_same = models.BooleanField("重算一样", null=True)
    proof_state = models.SmallIntegerField("证明到哪一步", null=True)
    proof_steps = models.SmallIntegerField("证明做了几步", default=0)
    proof_moved_at = models.DateTimeField("证明最近有进展", null=True)
    proof = models.JSONField("证明", default=dict)

    class Meta:
        verbose_name = "选址方案"
        indexes = [models.Index(fields=["union", "-id"], name="siting_plan_of_union")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=int(PlanState.DONE))
                | Q(question__isnull=False, done_at__isnull=False) & ~Q(digest=""),
                name="siting_plan_done_with_its_question",
            ),
            models.CheckConstraint(
                condition=Q(checked_at__isnull=True, is_same__isnull=True)
                | Q(checked_at__isnull=False, is_same__isnull=False),
                name="siting_plan_checked_with_outcome",
            ),
            models.CheckConstraint(
                condition=Q(proof_state__isnull=True, proof={})
                | Q(proof_state__isnull=False, state=int(PlanState.DONE))
                & (~Q(proof_state=int(PlanState.DONE)) | Q(proof__has_keys=["bound", "seconds"])),
                name="siting_proof_of_a_done_plan",
            ),
        ]
