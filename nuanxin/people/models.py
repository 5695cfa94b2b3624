"""Tables of 人员: one living record per person; each other package owns its own side table.

Identity number and phone are sealed (``kernel.sealing``); the ``*_hint`` columns hold just the
characters that a mask shows (first four and last four; first three and last four).
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class Worker(models.Model):
    """A person. ``merged_into`` marks a record that turned out to be somebody already here."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField("姓名", max_length=60)
    name_key = models.CharField("姓名排序键", max_length=120, blank=True)
    identity_hash = models.UUIDField("证件号查找值", null=True)
    identity_sealed = models.BinaryField("证件号密文", null=True)
    identity_hint = models.CharField("证件号提示", max_length=8, blank=True)
    identity_kind = models.SmallIntegerField("证件种类", default=1)
    phone_hash = models.UUIDField("手机号查找值", null=True)
    phone_sealed = models.BinaryField("手机号密文", null=True)
    phone_hint = models.CharField("手机号提示", max_length=7, blank=True)
    birth_on = models.DateField("出生日期", null=True)
    sex = models.CharField("性别", max_length=1, blank=True)
    assurance = models.SmallIntegerField("核实程度", default=1)
    created_at = models.DateTimeField("建档时间")
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, db_index=False, verbose_name="并入"
    )
    erased_at = models.DateTimeField("清除时间", null=True)

    class Meta:
        verbose_name = "劳动者"
        constraints = [
            models.UniqueConstraint(
                fields=["identity_hash"],
                condition=Q(merged_into__isnull=True),
                name="one_living_record_per_identity",
            ),
            models.CheckConstraint(
                condition=(
                    Q(identity_hash__isnull=True, identity_sealed__isnull=True)
                    | Q(identity_hash__isnull=False, identity_sealed__isnull=False)
                ),
                name="identity_hash_and_sealed_together",
            ),
            models.CheckConstraint(
                condition=(
                    Q(phone_hash__isnull=True, phone_sealed__isnull=True)
                    | Q(phone_hash__isnull=False, phone_sealed__isnull=False)
                ),
                name="phone_hash_and_sealed_together",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="not_merged_into_itself",
            ),
        ]
        indexes = [
            models.Index(fields=["phone_hash"], name="worker_phone"),
            models.Index(
                fields=["identity_hash"],
                condition=Q(merged_into__isnull=False),
                name="worker_folded_identity",
            ),
            models.Index(
                fields=["merged_into"],
                condition=Q(merged_into__isnull=False),
                name="worker_folded",
            ),
        ]
        # The index for name search (pairs of characters, GIN) is made in migration 0002 by SQL.


class Engagement(models.Model):
    """One dated job of a person; several may run at once."""

    id = models.BigAutoField(primary_key=True)
    worker = models.ForeignKey(Worker, models.PROTECT, verbose_name="劳动者")
    occupation = models.SmallIntegerField("职业")
    employer_id = models.BigIntegerField("用人单位", null=True)
    platform_id = models.BigIntegerField("平台", null=True)
    outlet_id = models.BigIntegerField("网点", null=True)
    place_stated = models.CharField("所报单位或网点", max_length=120, blank=True)
    relation = models.SmallIntegerField("用工关系", default=9)
    work_adcode = models.IntegerField("工作地区", null=True)
    started_on = models.DateField("开始日期", null=True)
    ended_on = models.DateField("结束日期", null=True)
    recorded_at = models.DateTimeField("登记时间")
    source = models.CharField("来源", max_length=32)

    class Meta:
        verbose_name = "从业经历"
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True)
                | Q(started_on__isnull=True)
                | Q(ended_on__gte=F("started_on")),
                name="engagement_ends_after_start",
            ),
        ]


class Household(models.Model):
    """People who live on one budget; used by family programmes and hardship files."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField("称呼", max_length=60)
    recorded_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = "家庭"


class HouseholdMember(models.Model):
    """A person in a household, for a time."""

    id = models.BigAutoField(primary_key=True)
    household = models.ForeignKey(Household, models.PROTECT, verbose_name="家庭")
    worker = models.ForeignKey(Worker, models.PROTECT, verbose_name="劳动者")
    from_on = models.DateField("从")
    to_on = models.DateField("到", null=True)

    class Meta:
        verbose_name = "家庭成员"
        constraints = [
            models.UniqueConstraint(
                fields=["worker"], condition=Q(to_on__isnull=True), name="one_household_at_a_time"
            )
        ]


class Consent(models.Model):
    """A consent to one purpose under one version of the notice; withdrawn, never deleted."""

    id = models.BigAutoField(primary_key=True)
    worker = models.ForeignKey(Worker, models.PROTECT, verbose_name="劳动者")
    purpose = models.SmallIntegerField("用途")
    notice_version = models.CharField("告知书版本", max_length=20)
    granted_at = models.DateTimeField("同意时间")
    granted_via = models.CharField("同意方式", max_length=32)
    withdrawn_at = models.DateTimeField("撤回时间", null=True)

    class Meta:
        verbose_name = "同意记录"
        constraints = [
            models.UniqueConstraint(
                fields=["worker", "purpose"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_live_consent_per_purpose",
            ),
        ]


class Contact(models.Model):
    """接触: on this day the person was reached, or served. Appended only (trigger).

    What was written down by mistake is taken back by a row with the opposite ``times``. ``reference``
    tells things of one kind and day apart; where there can be only one (signing in) it is empty.
    """

    id = models.BigAutoField(primary_key=True)
    worker = models.ForeignKey(Worker, models.PROTECT, db_index=False, verbose_name="劳动者")
    day = models.DateField("日期")
    kind = models.SmallIntegerField("种类", help_text="见 states.ContactKind")
    times = models.SmallIntegerField("次数", default=1, help_text="撤销的记成负数")
    reference = models.CharField("来源编号", max_length=40, blank=True)
    note = models.CharField("说明", max_length=100, blank=True)
    reverses = models.OneToOneField("self", models.PROTECT, null=True, verbose_name="撤销的是")
    recorded_at = models.DateTimeField("记入时间")
    recorded_by = models.UUIDField("记入账号", null=True)
    recorded_by_name = models.CharField("记入人", max_length=60, blank=True)

    class Meta:
        verbose_name = "接触"
        constraints = [
            models.UniqueConstraint(
                fields=["worker", "day", "kind", "reference"], name="each_contact_once"
            ),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True, times__gt=0)
                | Q(reverses__isnull=False, times__lt=0),
                name="contact_reversed_by_the_opposite",
            ),
        ]


class DuplicateCandidate(models.Model):
    """Two records that may be one person, with the signs that say so."""

    id = models.BigAutoField(primary_key=True)
    first = models.ForeignKey(Worker, models.PROTECT, related_name="+", verbose_name="甲")
    second = models.ForeignKey(Worker, models.PROTECT, related_name="+", verbose_name="乙")
    signs = ArrayField(models.CharField(max_length=24), verbose_name="相同之处")
    found_at = models.DateTimeField("发现时间")
    settled_at = models.DateTimeField("处理时间", null=True)
    verdict = models.CharField("处理结果", max_length=16, blank=True)

    class Meta:
        verbose_name = "疑似重复"
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="one_candidate_per_pair"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="pair_in_order"),
        ]
        indexes = [
            models.Index(
                fields=["-id"], condition=Q(settled_at__isnull=True), name="duplicate_open"
            )
        ]


class Merge(models.Model):
    """A merge of two records; ``before`` holds what is needed to take it back."""

    id = models.BigAutoField(primary_key=True)
    kept = models.ForeignKey(Worker, models.PROTECT, related_name="+", verbose_name="保留")
    folded = models.ForeignKey(Worker, models.PROTECT, related_name="+", verbose_name="并入的")
    choices = models.JSONField("逐项选择")
    before = models.JSONField("合并前")
    merged_at = models.DateTimeField("合并时间")
    merged_by = models.UUIDField("合并账号", null=True)
    undo_until = models.DateTimeField("可撤销到")
    undone_at = models.DateTimeField("撤销时间", null=True)

    class Meta:
        verbose_name = "合并记录"
