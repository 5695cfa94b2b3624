"""条件版本, 条件试算, 报名时的依据.

One text of a rule in force on any day: released versions of a code do not overlap (exclusion
constraint), are released by somebody who never wrote in them (check) and do not change afterwards
(trigger; before its day it may be revoked); what was concluded when a place was asked for does not change either (migration
``rule_versions``).
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from nuanxin.programmes.states import PreviewState, VersionState

_DECIDED = [int(VersionState.RELEASED), int(VersionState.REVOKED)]


class RuleVersion(models.Model):
    """条件版本: the text of a rule, drafted by one, released by another, in force for a time.

    ``editors`` are all who wrote in it. ``valid_to`` is the last day, None while it lasts; the
    shipped file is what counts on days that no released version has.
    """

    id = models.BigAutoField(primary_key=True)
    code = models.CharField("代码", max_length=60)
    number = models.SmallIntegerField("第几版")
    union = models.ForeignKey(
        "orgs.Union", models.PROTECT, db_index=False, verbose_name="谁定的条件"
    )
    state = models.SmallIntegerField("状态", default=int(VersionState.DRAFT))
    text = models.TextField("全文")
    digest = models.CharField("指纹", max_length=64)
    revision = models.IntegerField("改过几次", default=0)
    document = models.CharField("依据文件", max_length=400, blank=True)
    checked_on = models.DateField("核对日期", null=True)
    drafted_by = models.UUIDField("起草账号")
    drafted_by_name = models.CharField("起草人", max_length=60)
    drafted_at = models.DateTimeField("起草时间")
    editors = ArrayField(models.UUIDField(), verbose_name="改过的账号", default=list)
    changed_at = models.DateTimeField("改动时间")
    submitted_at = models.DateTimeField("送审时间", null=True)
    reason = models.CharField("退回或撤回的原因", max_length=200, blank=True)
    released_by = models.UUIDField("复核账号", null=True)
    released_by_name = models.CharField("复核人", max_length=60, blank=True)
    released_at = models.DateTimeField("定稿时间", null=True)
    revoked_by = models.UUIDField("撤回账号", null=True)
    revoked_by_name = models.CharField("撤回人", max_length=60, blank=True)
    revoked_at = models.DateTimeField("撤回时间", null=True)
    valid_from = models.DateField("从哪天起", null=True)
    valid_to = models.DateField("到哪天为止", null=True)

    class Meta:
        verbose_name = "条件版本"
        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="each_rule_version_once"),
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(state__in=[int(VersionState.DRAFT), int(VersionState.SUBMITTED)]),
                name="one_draft_a_rule",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=_DECIDED)
                & Q(released_by__isnull=True, released_at__isnull=True, valid_from__isnull=True)
                | Q(
                    state__in=_DECIDED,
                    released_by__isnull=False,
                    released_at__isnull=False,
                    valid_from__isnull=False,
                ),
                name="rule_released_by_somebody_from_a_day",
            ),
            models.CheckConstraint(
                condition=~Q(state=int(VersionState.REVOKED))
                & Q(revoked_by__isnull=True, revoked_at__isnull=True)
                | Q(
                    ~Q(reason=""),
                    state=int(VersionState.REVOKED),
                    revoked_by__isnull=False,
                    revoked_at__isnull=False,
                ),
                name="rule_revoked_by_somebody_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="rule_ends_after_it_begins",
            ),
        ]


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
