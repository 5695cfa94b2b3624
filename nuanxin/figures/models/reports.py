"""Reports: what was written, every version of it, and what was frozen with all its numbers.

Versions and frozen reports are appended; a trigger refuses UPDATE and DELETE.
"""

from django.db import models
from django.db.models import Q


class Report(models.Model):
    """A report that a union writes. ``title`` and ``versions`` are those of the last version."""

    id = models.BigAutoField(primary_key=True)
    union = models.ForeignKey("orgs.Union", models.PROTECT, verbose_name="所属工会")
    title = models.CharField("标题", max_length=200)
    versions = models.IntegerField("版数")
    created_account = models.UUIDField("起草账号", null=True)
    created_name = models.CharField("起草人", max_length=80)
    created_at = models.DateTimeField("起草时间")
    changed_at = models.DateTimeField("最近存版时间")

    class Meta:
        verbose_name = "报告"
        indexes = [
            models.Index(fields=["union", "-id"], name="report_union"),
            models.Index(fields=["created_account", "-id"], name="report_author"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(versions__gte=1), name="report_has_a_version")
        ]


class ReportVersion(models.Model):
    """One version of a report's text. ``restored_from`` is the version that it brings back."""

    id = models.BigAutoField(primary_key=True)
    report = models.ForeignKey(Report, models.PROTECT, verbose_name="报告")
    number = models.IntegerField("第几版")
    title = models.CharField("标题", max_length=200)
    source = models.TextField("正文")
    restored_from = models.IntegerField("恢复自第几版", null=True)
    account = models.UUIDField("存版账号", null=True)
    name = models.CharField("存版人", max_length=80)
    saved_at = models.DateTimeField("存版时间")

    class Meta:
        verbose_name = "报告版本"
        constraints = [
            models.UniqueConstraint(fields=["report", "number"], name="report_version_number")
        ]


class ReportRender(models.Model):
    """报告定稿: a report frozen with every number and its fingerprint, as it can be taken away."""

    id = models.BigAutoField(primary_key=True)
    report = models.ForeignKey(Report, models.PROTECT, verbose_name="报告")
    version_number = models.IntegerField("第几版")
    document = models.JSONField("定稿内容")
    digest = models.CharField("全篇指纹", max_length=16)
    numbers = models.IntegerField("引用的数")
    account = models.UUIDField("定稿账号", null=True)
    name = models.CharField("定稿人", max_length=80)
    frozen_at = models.DateTimeField("定稿时间")

    class Meta:
        verbose_name = "报告定稿"
        indexes = [models.Index(fields=["report", "-id"], name="report_render_report")]
