"""报名 and 名额.

A seat is a row: whoever holds it holds a place, and there are as many rows as places. An application
that is granted or confirmed has exactly one seat and no other has one (check and unique index);
one person has one live application an offer (unique index). A seat that nobody has is a row of
``FreeSeat`` as well, which triggers delete when it is taken and write when it is let go
(migration 0024): to take a place is to lock such a row, passing over those that others hold. So overselling, a place lost to somebody
who asked twice, and two places for one person are refused by the database, whoever writes.
"""

from django.db import models
from django.db.models import Q

from nuanxin.programmes.models.offers import Offer, Pool
from nuanxin.programmes.models.parties import Party
from nuanxin.programmes.states import LIVE, ClaimState

HOLDS_SEAT = [int(s) for s in ClaimState if s.holds_seat or s is ClaimState.FORFEITED]


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
    seat = models.OneToOneField(
        "programmes.Seat", models.PROTECT, null=True, db_constraint=False, verbose_name="名额"
    )
    taken_at = models.DateTimeField("给出时间", null=True)
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
            models.CheckConstraint(
                condition=Q(seat__isnull=False, state__in=HOLDS_SEAT)
                | (Q(seat__isnull=True) & ~Q(state__in=HOLDS_SEAT)),
                name="granted_has_a_seat",
            ),
            models.CheckConstraint(
                condition=Q(seat__isnull=True, taken_at__isnull=True)
                | Q(seat__isnull=False, taken_at__isnull=False),
                name="seat_taken_with_its_time",
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
    """名额: one place; held by the application that names it, free without one."""

    id = models.BigAutoField(primary_key=True)
    offer = models.ForeignKey(Offer, models.PROTECT, db_index=False, verbose_name="一期服务")
    pool = models.ForeignKey(Pool, models.PROTECT, db_index=False, verbose_name="名额份")
    ordinal = models.IntegerField("序号")
    is_directed = models.BooleanField("定向", default=False)
    slot_at = models.DateTimeField("时段", null=True)

    class Meta:
        verbose_name = "名额"
        constraints = [
            models.UniqueConstraint(fields=["offer", "ordinal"], name="each_seat_once"),
        ]


class FreeSeat(models.Model):
    """空着的名额: a seat that nobody has, with what is asked of it when one is looked for.

    Written and deleted by triggers only. What moves a free seat locks this row first: claims lock it
    and never touch the row of the seat.
    """

    seat = models.OneToOneField(
        Seat,
        models.DO_NOTHING,
        primary_key=True,
        db_column="id",
        db_constraint=False,
        related_name="ticket",
        verbose_name="名额",
    )
    offer = models.ForeignKey(
        Offer, models.DO_NOTHING, db_constraint=False, db_index=False, verbose_name="一期服务"
    )
    pool = models.ForeignKey(
        Pool, models.DO_NOTHING, db_constraint=False, db_index=False, verbose_name="名额份"
    )
    ordinal = models.IntegerField("序号")
    is_directed = models.BooleanField("定向")
    slot_at = models.DateTimeField("时段", null=True)

    class Meta:
        verbose_name = "空着的名额"
        indexes = [
            models.Index(fields=["pool", "is_directed", "ordinal"], name="seat_free_in_pool"),
            models.Index(fields=["offer", "ordinal"], name="seat_free_in_offer"),
        ]
