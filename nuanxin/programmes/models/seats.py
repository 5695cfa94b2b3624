"""报名 and 名额.

A seat is a row: whoever holds it holds a place, and there are as many rows as places. An application
that is granted or confirmed has exactly one seat and no other has one (triggers, migration 0001);
one person has one live application an offer (unique index). So overselling, a place lost to somebody
who asked twice, and two places for one person are refused by the database, whoever writes.
"""

from django.db import models
from django.db.models import Q

from nuanxin.programmes.models.offers import Offer, Pool
from nuanxin.programmes.models.parties import Party
from nuanxin.programmes.states import LIVE, ClaimState


class Application(models.Model):
    """报名: one person asks for one place of an offer; with a seat when it is granted."""

    id = models.BigAutoField(primary_key=True)
    offer = models.ForeignKey(
        Offer, models.PROTECT, db_constraint=False, db_index=False, verbose_name="一期服务"
    )
    pool = models.ForeignKey(Pool, models.PROTECT, db_index=False, verbose_name="名额份")
    worker = models.ForeignKey("people.Worker", models.PROTECT, verbose_name="劳动者")
    party = models.ForeignKey(
        Party,
        models.PROTECT,
        null=True,
        db_constraint=False,
        db_index=False,
        verbose_name="一家一起报",
    )
    is_directed = models.BooleanField("定向人群", default=False)
    state = models.SmallIntegerField("状态")
    points = models.IntegerField("分数", null=True)
    rank = models.IntegerField("候补次序", default=0)
    applied_at = models.DateTimeField("报名时间")
    keep_until = models.DateTimeField("留到", null=True)
    ended_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        verbose_name = "报名"
        constraints = [
            models.UniqueConstraint(
                fields=["offer", "worker"],
                condition=Q(state__in=[int(s) for s in LIVE]),
                name="one_live_application_per_offer",
            ),
        ]
        indexes = [
            models.Index(
                fields=["pool", "rank", "id"],
                condition=Q(state=int(ClaimState.WAITING)),
                name="application_waiting",
            ),
            models.Index(
                fields=["keep_until"],
                condition=Q(state=int(ClaimState.GRANTED)),
                name="application_to_expire",
            ),
            models.Index(
                fields=["party"], condition=Q(party__isnull=False), name="application_of_party"
            ),
        ]


class Seat(models.Model):
    """名额: one place. Free without an application; taken by one, and by one only."""

    id = models.BigAutoField(primary_key=True)
    offer = models.ForeignKey(Offer, models.PROTECT, db_index=False, verbose_name="一期服务")
    pool = models.ForeignKey(Pool, models.PROTECT, db_index=False, verbose_name="名额份")
    ordinal = models.IntegerField("序号")
    is_directed = models.BooleanField("定向", default=False)
    slot_at = models.DateTimeField("时段", null=True)
    application = models.OneToOneField(
        Application, models.PROTECT, null=True, db_constraint=False, verbose_name="报名"
    )
    holder_directed = models.BooleanField("持有人属定向人群", default=False)
    taken_at = models.DateTimeField("给出时间", null=True)

    class Meta:
        verbose_name = "名额"
        constraints = [
            models.UniqueConstraint(fields=["offer", "ordinal"], name="each_seat_once"),
            models.CheckConstraint(
                condition=Q(application__isnull=True, taken_at__isnull=True)
                | Q(application__isnull=False, taken_at__isnull=False),
                name="seat_taken_with_its_time",
            ),
            models.CheckConstraint(
                condition=Q(is_directed=False)
                | Q(application__isnull=True)
                | Q(holder_directed=True),
                name="directed_seat_for_the_directed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["pool", "is_directed", "ordinal"],
                condition=Q(application__isnull=True),
                name="seat_free",
            ),
        ]
