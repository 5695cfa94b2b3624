"""托管营, 托管班, 带班人员, 排班, 开班日.

Whoever cares for children had his record checked within the year (law on minors, a.62): an assignment
and a day refuse anybody else, and a day without enough adults is not opened (triggers, migration).
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from nuanxin.programmes.models.offers import Offer


class Camp(models.Model):
    """托管营: what an offer of places for children adds to an offer: days, hours, insurance, erasure."""

    id = models.BigAutoField(primary_key=True)
    offer = models.OneToOneField(Offer, models.PROTECT, verbose_name="一期服务")
    starts_on = models.DateField("第一天")
    ends_on = models.DateField("最后一天")
    insurance = models.CharField("意外险", max_length=120)
    erase_on = models.DateField("孩子资料哪天删")
    created_at = models.DateTimeField("建立时间")
    created_by = models.UUIDField("建立账号", null=True)
    created_by_name = models.CharField("建立人", max_length=60, blank=True)

    class Meta:
        verbose_name = "托管营"
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on"), erase_on__gt=F("ends_on")),
                name="camp_days_in_order",
            ),
        ]


class CampClass(models.Model):
    """托管班: so many children of these grades, at this place, in these hours, with these adults."""

    id = models.BigAutoField(primary_key=True)
    camp = models.ForeignKey(Camp, models.PROTECT, db_index=False, verbose_name="托管营")
    ordinal = models.SmallIntegerField("次序")
    label = models.CharField("叫什么", max_length=30)
    place = models.CharField("地点", max_length=120)
    opens_at = models.TimeField("几点开门")
    closes_at = models.TimeField("几点接走")
    grade_from = models.SmallIntegerField("最低年级", help_text="0 是学前")
    grade_to = models.SmallIntegerField("最高年级")
    size = models.SmallIntegerField("人数")
    tutors = models.SmallIntegerField("老师至少")
    volunteers = models.SmallIntegerField("志愿者至少")

    class Meta:
        verbose_name = "托管班"
        constraints = [
            models.UniqueConstraint(fields=["camp", "ordinal"], name="each_camp_class_once"),
            models.CheckConstraint(
                condition=Q(
                    size__gte=1,
                    size__lte=100,
                    tutors__gte=1,
                    volunteers__gte=0,
                    grade_from__gte=0,
                    grade_to__gte=F("grade_from"),
                    grade_to__lte=12,
                    closes_at__gt=F("opens_at"),
                ),
                name="camp_class_is_sound",
            ),
        ]


class CampStaff(models.Model):
    """带班人员: a head, tutor or volunteer of a union; with the day his record was last checked."""

    id = models.BigAutoField(primary_key=True)
    union = models.ForeignKey("orgs.Union", models.PROTECT, db_index=False, verbose_name="主办工会")
    worker = models.ForeignKey("people.Worker", models.PROTECT, null=True, verbose_name="劳动者")
    name = models.CharField("姓名", max_length=60)
    role = models.SmallIntegerField("做什么")
    checked_on = models.DateField("犯罪记录查询日", null=True)
    check_number = models.CharField("查询回执编号", max_length=40, blank=True)
    trained_on = models.DateField("培训日", null=True)
    left_on = models.DateField("离开日", null=True)
    recorded_at = models.DateTimeField("登记时间")
    recorded_by = models.UUIDField("登记账号", null=True)

    class Meta:
        verbose_name = "带班人员"
        indexes = [models.Index(fields=["union", "id"], name="camp_staff_union")]


class CampAssignment(models.Model):
    """排班: somebody cares for a class from a day on; refused without a check of the last year."""

    id = models.BigAutoField(primary_key=True)
    camp_class = models.ForeignKey(CampClass, models.PROTECT, verbose_name="托管班")
    staff = models.ForeignKey(CampStaff, models.PROTECT, verbose_name="带班人员")
    from_on = models.DateField("从哪天起")
    assigned_at = models.DateTimeField("排班时间")
    assigned_by = models.UUIDField("排班账号", null=True)
    ended_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        verbose_name = "排班"
        constraints = [
            models.UniqueConstraint(
                fields=["camp_class", "staff"],
                condition=Q(ended_at__isnull=True),
                name="one_live_assignment_a_class",
            )
        ]


class CampDay(models.Model):
    """开班日: a class was opened on a day by these adults; the database counts them."""

    id = models.BigAutoField(primary_key=True)
    camp_class = models.ForeignKey(CampClass, models.PROTECT, db_index=False, verbose_name="托管班")
    day = models.DateField("日期")
    staff = ArrayField(models.BigIntegerField(), verbose_name="在班人员")
    opened_at = models.DateTimeField("开班时间")
    opened_by = models.UUIDField("开班账号", null=True)
    opened_by_name = models.CharField("开班人", max_length=60, blank=True)

    class Meta:
        verbose_name = "开班日"
        constraints = [
            models.UniqueConstraint(fields=["camp_class", "day"], name="a_class_opens_once_a_day")
        ]


class HarmReport(models.Model):
    """强制报告: a child may have been harmed; who was told, and when (law on minors, a.11)."""

    id = models.BigAutoField(primary_key=True)
    camp_class = models.ForeignKey(CampClass, models.PROTECT, verbose_name="托管班")
    noticed_at = models.DateTimeField("发现时间")
    bound_to = models.UUIDField("密文所系")
    what_sealed = models.BinaryField("情况密文")
    police_told_at = models.DateTimeField("告诉公安的时间", null=True)
    civil_told_at = models.DateTimeField("告诉民政的时间", null=True)
    education_told_at = models.DateTimeField("告诉教育的时间", null=True)
    recorded_at = models.DateTimeField("记录时间")
    recorded_by = models.UUIDField("记录账号", null=True)
    recorded_by_name = models.CharField("记录人", max_length=60, blank=True)

    class Meta:
        verbose_name = "强制报告"
