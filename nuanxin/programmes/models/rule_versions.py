"""条件版本, 条件试算, 报名时的依据.

What was concluded when a place was asked for does not change (migration ``rule_versions``).
"""

from django.db import models

from nuanxin.programmes.models.versions import TextVersion, course_constraints
from nuanxin.programmes.states import PreviewState


class RuleVersion(TextVersion):
    """条件版本: the text of a rule; on days without one the shipped file counts."""

    union = models.ForeignKey(
        "orgs.Union", models.PROTECT, db_index=False, verbose_name="谁定的条件"
    )
    document = models.CharField("依据文件", max_length=400, blank=True)
    checked_on = models.DateField("核对日期", null=True)

    class Meta:
        verbose_name = "条件版本"
        constraints = course_constraints("rule")


class RulePreview(models.Model):
    """条件试算: what a text would change over the register, kept with the text's digest."""

    id = models.BigAutoField(primary_key=True)
    version = models.ForeignKey(
        RuleVersion, models.CASCADE, db_index=False, verbose_name="条件版本"
    )
    digest = models.CharField("指纹", max_length=64)
    as_of = models.DateField("按哪天")
    state = models.SmallIntegerField("状态", default=int(PreviewState.WAITING))
    asked_by = models.UUIDField("谁要算的", null=True)
    asked_at = models.DateTimeField("什么时候要算的")
    done_at = models.DateTimeField("算好时间", null=True)
    took_ms = models.IntegerField("用了多少毫秒", null=True)
    result = models.JSONField("结果", default=dict)

    class Meta:
        verbose_name = "条件试算"
        indexes = [models.Index(fields=["version", "-id"], name="preview_of_version")]


class AwardBasis(models.Model):
    """报名时的依据: what the rule said when a place was asked for, with the facts it used.

    ``version`` is None for the shipped file; the digest names the text in either case. Values of
    sensitive facts are not in it. Written once, with the application; taken out of it is only what
    concerns the person, when he is erased.
    """

    application = models.OneToOneField(
        "programmes.Application", models.PROTECT, primary_key=True, db_constraint=False,
        verbose_name="报名",
    )  # fmt: skip
    version = models.ForeignKey(
        RuleVersion, models.PROTECT, null=True, db_constraint=False, db_index=False,
        verbose_name="条件版本",
    )  # fmt: skip
    code = models.CharField("代码", max_length=60)
    digest = models.CharField("指纹", max_length=64)
    as_of = models.DateField("按哪天")
    answer = models.CharField("结论", max_length=8)
    clauses = models.JSONField("各条", default=list)
    erased_at = models.DateTimeField("删除时间", null=True)

    class Meta:
        verbose_name = "报名时的依据"
