"""孩子, 监护人同意, 接送人, 健康情况, 查看孩子资料的批准.

A child is no worker and has no account: a sealed name, the month of birth, the grade, and whose child
it is. Names, phones and notes are sealed (kernel.sealing) and bound to their row; ``name_hint`` is what
a list may show (叶小朋友). Reading in clear is logged first (actions/child_reading.py).
"""

from django.db import models
from django.db.models import F, Q

from nuanxin.programmes.models.camps import Camp


class Child(models.Model):
    """孩子 of a worker. ``person`` finds the same child again, whichever parent brings it."""

    id = models.BigAutoField(primary_key=True)
    worker = models.ForeignKey("people.Worker", models.PROTECT, verbose_name="监护人")
    relation = models.SmallIntegerField("监护关系")
    bound_to = models.UUIDField("密文所系")
    name_sealed = models.BinaryField("姓名密文", null=True)
    name_hint = models.CharField("称呼", max_length=12)
    person = models.UUIDField("查找值")
    born = models.DateField("出生年月", null=True, help_text="当月一日")
    grade = models.SmallIntegerField("年级")
    recorded_at = models.DateTimeField("登记时间")
    erased_at = models.DateTimeField("清除时间", null=True)

    class Meta:
        verbose_name = "孩子"
        constraints = [
            models.UniqueConstraint(
                fields=["worker", "person"],
                condition=Q(erased_at__isnull=True),
                name="each_child_once_a_guardian",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True, name_sealed__isnull=False, born__isnull=False)
                | Q(erased_at__isnull=False, name_sealed__isnull=True, born__isnull=True),
                name="an_erased_child_has_no_name",
            ),
        ]


class ChildConsent(models.Model):
    """监护人同意: to one purpose, under one version of the text, after who says so was checked again."""

    id = models.BigAutoField(primary_key=True)
    child = models.ForeignKey(Child, models.PROTECT, verbose_name="孩子")
    purpose = models.SmallIntegerField("用途")
    version = models.CharField("文本版本", max_length=20)
    said_by = models.SmallIntegerField("谁同意的")
    checked_at = models.DateTimeField("核对本人的时间")
    granted_at = models.DateTimeField("同意时间")
    withdrawn_at = models.DateTimeField("撤回时间", null=True)

    class Meta:
        verbose_name = "监护人同意"
        constraints = [
            models.UniqueConstraint(
                fields=["child", "purpose"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_live_consent_a_child_and_purpose",
            ),
            models.CheckConstraint(
                condition=Q(checked_at__lte=F("granted_at")), name="checked_before_it_was_granted"
            ),
        ]


class PickupPerson(models.Model):
    """接送人: who may take the child home; removed, never overwritten."""

    id = models.BigAutoField(primary_key=True)
    child = models.ForeignKey(Child, models.PROTECT, db_index=False, verbose_name="孩子")
    slot = models.SmallIntegerField("第几位")
    relation = models.CharField("和孩子的关系", max_length=12)
    bound_to = models.UUIDField("密文所系")
    name_sealed = models.BinaryField("姓名密文", null=True)
    phone_sealed = models.BinaryField("手机号密文", null=True)
    hint = models.CharField("称呼", max_length=12)
    added_at = models.DateTimeField("加入时间")
    removed_at = models.DateTimeField("去掉时间", null=True)

    class Meta:
        verbose_name = "接送人"
        constraints = [
            models.UniqueConstraint(
                fields=["child", "slot"],
                condition=Q(removed_at__isnull=True),
                name="each_pickup_slot_once",
            ),
            models.CheckConstraint(
                condition=Q(slot__gte=1, slot__lte=9), name="pickup_slots_are_few"
            ),
        ]


class HealthNote(models.Model):
    """健康情况: what keepers must know of one child in one class; deletes itself on its day."""

    id = models.BigAutoField(primary_key=True)
    place = models.OneToOneField("CampPlace", models.CASCADE, verbose_name="托管名额")
    bound_to = models.UUIDField("密文所系")
    sealed = models.BinaryField("密文")
    written_at = models.DateTimeField("写下时间")
    erase_on = models.DateField("哪天删")

    class Meta:
        verbose_name = "健康情况"
        indexes = [models.Index(fields=["erase_on"], name="health_note_to_erase")]


class ChildAccess(models.Model):
    """查看批准: an officer asks to read the children of a camp for a purpose; another one decides."""

    id = models.BigAutoField(primary_key=True)
    camp = models.ForeignKey(Camp, models.PROTECT, verbose_name="托管营")
    purpose = models.CharField("用途", max_length=120)
    asked_at = models.DateTimeField("申请时间")
    asked_by = models.UUIDField("申请账号")
    asked_by_name = models.CharField("申请人", max_length=60)
    decided_at = models.DateTimeField("批准时间", null=True)
    decided_by = models.UUIDField("批准账号", null=True)
    decided_by_name = models.CharField("批准人", max_length=60, blank=True)
    is_approved = models.BooleanField("批了", default=False)
    until = models.DateTimeField("看到什么时候", null=True)

    class Meta:
        verbose_name = "查看批准"
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")),
                name="reading_is_approved_by_another",
            ),
            models.CheckConstraint(
                condition=Q(is_approved=False)
                | Q(decided_at__isnull=False, decided_by__isnull=False, until__isnull=False),
                name="approval_has_who_and_until",
            ),
        ]
