"""托管名额, 到离记录, 接晚提醒.

A class has few places, so claims queue at the camp's row, and the database counts the class whoever
writes: more holders than its size, a child twice in a year, a place without consent are refused
(triggers and unique index; ADR 0154).
"""

from django.db import models
from django.db.models import Q

from nuanxin.programmes.models.camps import CampClass
from nuanxin.programmes.models.children import Child, PickupPerson
from nuanxin.programmes.states import ClaimState

HOLDING = (int(ClaimState.GRANTED), int(ClaimState.CONFIRMED))
PLACE_LIVE = (int(ClaimState.WAITING), *HOLDING)


class CampPlace(models.Model):
    """托管名额: one child asks for a place of a class; WAITING, GRANTED, CONFIRMED or ended.

    ``party`` is the same for brothers and sisters who come together or not at all.
    """

    id = models.BigAutoField(primary_key=True)
    camp_class = models.ForeignKey(CampClass, models.PROTECT, db_index=False, verbose_name="托管班")
    child = models.ForeignKey(Child, models.PROTECT, verbose_name="孩子")
    worker = models.ForeignKey("people.Worker", models.PROTECT, verbose_name="监护人")
    person = models.UUIDField("查找值")
    season = models.SmallIntegerField("哪一年")
    party = models.UUIDField("一起的")
    state = models.SmallIntegerField("状态")
    applied_at = models.DateTimeField("报名时间")
    keep_until = models.DateTimeField("留到", null=True)
    ended_at = models.DateTimeField("结束时间", null=True)
    agreement = models.CharField("协议版本", max_length=20)
    agreed_at = models.DateTimeField("签协议时间")
    declared_at = models.DateTimeField("健康声明时间")
    insured_at = models.DateTimeField("确认意外险时间")

    class Meta:
        verbose_name = "托管名额"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "season"],
                condition=Q(state__in=PLACE_LIVE),
                name="one_camp_a_child_and_year",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[2, 3, 4, 5, 6]), name="camp_place_state_is_known"
            ),
        ]
        indexes = [
            models.Index(fields=["camp_class", "state", "id"], name="camp_place_in_order"),
            models.Index(
                fields=["keep_until"],
                condition=Q(state=int(ClaimState.GRANTED)),
                name="camp_place_to_expire",
            ),
        ]


class CampPresence(models.Model):
    """到离记录: arrived, absent, handed over; appended, corrected by a row that takes one back."""

    id = models.BigAutoField(primary_key=True)
    place = models.ForeignKey(CampPlace, models.PROTECT, db_index=False, verbose_name="托管名额")
    day = models.DateField("日期")
    kind = models.SmallIntegerField("到还是离")
    round = models.SmallIntegerField("第几次", default=0)
    at = models.DateTimeField("时间")
    pickup = models.ForeignKey(
        PickupPerson, models.PROTECT, null=True, db_index=False, verbose_name="接送人"
    )
    how = models.SmallIntegerField("怎么核对的", default=0)
    takes_back = models.OneToOneField("self", models.PROTECT, null=True, verbose_name="撤销的是")
    recorded_at = models.DateTimeField("记入时间")
    recorded_by = models.UUIDField("记入账号", null=True)
    recorded_by_name = models.CharField("记入人", max_length=60, blank=True)

    class Meta:
        verbose_name = "到离记录"
        constraints = [
            models.UniqueConstraint(
                fields=["place", "day", "kind", "round"], name="each_presence_once"
            ),
            models.CheckConstraint(
                condition=Q(kind=2, pickup__isnull=False, how__gte=1)
                | Q(kind__in=[1, 3], pickup__isnull=True)
                | Q(kind=4, takes_back__isnull=False),
                name="handed_over_to_somebody",
            ),
        ]
        indexes = [models.Index(fields=["day", "place"], name="presence_of_a_day")]


class LateAlarm(models.Model):
    """接晚提醒: a child was still there after the hour; told once a day."""

    id = models.BigAutoField(primary_key=True)
    place = models.ForeignKey(CampPlace, models.PROTECT, db_index=False, verbose_name="托管名额")
    day = models.DateField("日期")
    at = models.DateTimeField("提醒时间")

    class Meta:
        verbose_name = "接晚提醒"
        constraints = [
            models.UniqueConstraint(fields=["place", "day"], name="one_late_alarm_a_day")
        ]
