"""场次, 预约, 签到口.

How many are booked stands in the session's row (trigger, migration of this table) and never passes its
capacity (check). Whose application loses its seat loses his bookings in the same statement (trigger).
"""

from django.db import models
from django.db.models import F, Q

from nuanxin.programmes.models.offers import Offer, Pool
from nuanxin.programmes.models.seats import Application


class Session(models.Model):
    """场次: when and where part of an offer takes place, for how many.

    Sessions of one ``series`` belong together (the evenings of a class): who is in one is in all.
    """

    id = models.BigAutoField(primary_key=True)
    offer = models.ForeignKey(Offer, models.PROTECT, db_index=False, verbose_name="一期服务")
    pool = models.ForeignKey(
        Pool, models.PROTECT, null=True, db_index=False, verbose_name="只给哪一份"
    )
    series = models.SmallIntegerField("班次", help_text="同一班次的场次要都来")
    title = models.CharField("名称", max_length=40)
    place = models.CharField("地点", max_length=100)
    bring = models.CharField("要带什么", max_length=200, blank=True)
    starts_at = models.DateTimeField("开始")
    ends_at = models.DateTimeField("结束")
    change_until = models.DateTimeField("自己能改到")
    late_minutes = models.SmallIntegerField("晚多少分钟算迟到", default=15)
    capacity = models.IntegerField("容量")
    booked = models.IntegerField("已约", default=0)
    created_at = models.DateTimeField("建立时间")
    created_by = models.UUIDField("建立账号", null=True)
    created_by_name = models.CharField("建立人", max_length=60, blank=True)
    closed_at = models.DateTimeField("结场时间", null=True)

    class Meta:
        verbose_name = "场次"
        constraints = [
            models.CheckConstraint(
                condition=Q(booked__gte=0, booked__lte=F("capacity")), name="session_not_overbooked"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="session_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(change_until__lte=F("starts_at")), name="session_changes_end_before"
            ),
        ]
        indexes = [models.Index(fields=["offer", "starts_at", "id"], name="session_of_offer")]


class Booking(models.Model):
    """预约: one application in one session, with the code that is shown at the door."""

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey(Session, models.PROTECT, db_index=False, verbose_name="场次")
    application = models.ForeignKey(
        Application, models.PROTECT, db_constraint=False, db_index=False, verbose_name="报名"
    )
    series = models.SmallIntegerField("班次")
    code = models.CharField("预约码", max_length=8)
    made_at = models.DateTimeField("约上时间")
    ended_at = models.DateTimeField("取消时间", null=True)
    excuse = models.SmallIntegerField("请假理由", null=True)
    excused_at = models.DateTimeField("请假时间", null=True)
    excuse_granted = models.BooleanField("准假", null=True)
    excuse_decided_at = models.DateTimeField("准假时间", null=True)
    excuse_decided_by = models.UUIDField("准假账号", null=True)
    excuse_decided_by_name = models.CharField("准假人", max_length=60, blank=True)
    feedback_asked_at = models.DateTimeField("问评价时间", null=True)

    class Meta:
        verbose_name = "预约"
        constraints = [
            models.UniqueConstraint(fields=["code"], name="booking_code_once"),
            models.UniqueConstraint(
                fields=["session", "application"],
                condition=Q(ended_at__isnull=True),
                name="one_live_booking_a_session",
            ),
            models.CheckConstraint(
                condition=Q(excuse__isnull=True, excused_at__isnull=True)
                | Q(excuse__isnull=False, excused_at__isnull=False),
                name="excuse_with_its_time",
            ),
            models.CheckConstraint(
                condition=Q(excuse_granted__isnull=True, excuse_decided_at__isnull=True)
                | Q(excuse_granted__isnull=False, excuse_decided_at__isnull=False),
                name="excuse_decided_with_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["session", "id"], name="booking_of_session"),
            models.Index(fields=["application", "session"], name="booking_of_application"),
        ]


class Gate(models.Model):
    """签到口: what a keeper at the door opens with a link and a PIN, for one session and its days.

    Link and PIN are kept as keyed hashes; too many wrong PINs close it.
    """

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey(Session, models.PROTECT, verbose_name="场次")
    link_hash = models.UUIDField("链接查找值", unique=True)
    pin_hash = models.UUIDField("口令查找值")
    label = models.CharField("谁来用", max_length=40)
    shows_names = models.BooleanField("给名单", default=False, help_text="姓名、年龄段、预约码")
    salt = models.CharField("预约码摘要的盐", max_length=32)
    opens_at = models.DateTimeField("能用从")
    expires_at = models.DateTimeField("能用到")
    wrong_tries = models.SmallIntegerField("口令错几次", default=0)
    made_at = models.DateTimeField("建立时间")
    made_by = models.UUIDField("建立账号", null=True)
    made_by_name = models.CharField("建立人", max_length=60, blank=True)
    closed_at = models.DateTimeField("停用时间", null=True)

    class Meta:
        verbose_name = "签到口"
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("opens_at")), name="gate_expires_after_it_opens"
            )
        ]
