"""兑现 and what figures keep of it.

A delivery is a fact: somebody got what the programme gives, on a day, there. It is appended; a mistake
is taken back by a row of its own (triggers, migration). ``ServiceYear`` and ``ServiceCell`` are
derived from it and can be made anew at any time (``actions/counting.py``).
"""

from django.db import models
from django.db.models import Q

from nuanxin.programmes.models.camp_places import CampPlace
from nuanxin.programmes.models.offers import Offer, Programme
from nuanxin.programmes.models.seats import Application


class Delivery(models.Model):
    """兑现: a person got a service on a day; ``step`` −1 takes one back.

    ``occasion`` is the number of the session, 0 where there is one only. ``region`` and ``union_id``
    are those of the membership on the day: moving later changes no past figure.
    """

    id = models.BigAutoField(primary_key=True)
    programme = models.ForeignKey(
        Programme, models.PROTECT, db_index=False, verbose_name="服务项目"
    )
    offer = models.ForeignKey(
        Offer, models.PROTECT, null=True, db_index=False, verbose_name="一期服务"
    )
    application = models.ForeignKey(
        Application, models.PROTECT, null=True, db_index=False, verbose_name="报名"
    )
    child_place = models.ForeignKey(
        CampPlace, models.PROTECT, null=True, db_index=False, verbose_name="托管名额"
    )
    occasion = models.BigIntegerField("场次", default=0)
    turn = models.SmallIntegerField("第几次登记", default=0)
    worker = models.ForeignKey(
        "people.Worker", models.PROTECT, db_index=False, verbose_name="劳动者"
    )
    union_id = models.BigIntegerField("当天的工会")
    region = models.IntegerField("当天的地区")
    occupation = models.SmallIntegerField("当天的职业", null=True)
    is_directed = models.BooleanField("定向人群", default=False)
    day = models.DateField("日期")
    step = models.SmallIntegerField("加减", default=1)
    corrects = models.OneToOneField("self", models.PROTECT, null=True, verbose_name="撤销的是")
    reason = models.CharField("撤销原因", max_length=100, blank=True)
    recorded_at = models.DateTimeField("登记时间")
    recorded_by = models.UUIDField("登记账号", null=True)
    recorded_by_name = models.CharField("登记人", max_length=60, blank=True)

    class Meta:
        verbose_name = "兑现"
        constraints = [
            models.UniqueConstraint(
                fields=["application", "occasion", "turn"],
                condition=Q(step=1),
                name="each_delivery_once",
            ),
            models.UniqueConstraint(
                fields=["child_place", "day", "turn"],
                condition=Q(step=1),
                name="each_camp_day_once",
            ),
            models.CheckConstraint(
                condition=Q(step=1, corrects__isnull=True, reason="")
                | (Q(step=-1, corrects__isnull=False) & ~Q(reason="")),
                name="delivery_taken_back_by_its_opposite",
            ),
        ]
        indexes = [
            models.Index(
                fields=["programme", "day"],
                include=["region", "worker", "union_id", "occupation", "step", "recorded_at"],
                name="delivery_in_period",
            ),
            models.Index(fields=["worker", "day"], name="delivery_worker"),
            models.Index(fields=["offer", "-id"], name="delivery_offer"),
        ]


class DoorDue(models.Model):
    """待兑现: a booking, or a child's day at a camp, of which the door said something new; by a trigger."""

    id = models.BigAutoField(primary_key=True)
    booking_id = models.BigIntegerField("预约", null=True)
    child_place_id = models.BigIntegerField("托管名额", null=True)
    day = models.DateField("日期", null=True)

    class Meta:
        verbose_name = "待兑现"


class ServiceDue(models.Model):
    """待汇总: a delivery that the yearly numbers do not count yet; noted by a trigger."""

    id = models.BigAutoField(primary_key=True)
    delivery_id = models.BigIntegerField("兑现")

    class Meta:
        verbose_name = "待汇总"


class ServiceYear(models.Model):
    """一人一年: what one person got of a kind in a year, and where first; kind "" is any."""

    id = models.BigAutoField(primary_key=True)
    year = models.SmallIntegerField("年度")
    kind = models.CharField("种类", max_length=16, blank=True)
    worker_id = models.BigIntegerField("劳动者")
    region = models.IntegerField("第一次的地区")

    class Meta:
        verbose_name = "一人一年"
        constraints = [
            models.UniqueConstraint(
                fields=["worker_id", "year", "kind"], name="one_service_year_a_person"
            )
        ]


class ServiceCell(models.Model):
    """年度服务数: persons and person-times of a year, kind and county."""

    id = models.BigAutoField(primary_key=True)
    year = models.SmallIntegerField("年度")
    region = models.IntegerField("地区")
    kind = models.CharField("种类", max_length=16, blank=True)
    persons = models.IntegerField("人", default=0)
    person_times = models.IntegerField("人次", default=0)

    class Meta:
        verbose_name = "年度服务数"
        constraints = [
            models.UniqueConstraint(fields=["year", "region", "kind"], name="one_cell_a_county"),
            models.CheckConstraint(
                condition=Q(persons__gte=0, person_times__gte=0), name="cell_not_below_nothing"
            ),
        ]
