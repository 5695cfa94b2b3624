"""Desk hours at a station, who has booked what, and how many came to join through it."""

from django.db import models
from django.db.models import F, Q

from nuanxin.stations.models.station import Station
from nuanxin.stations.states.services import BookingState, ServiceKind


class StationService(models.Model):
    """驿站服务: desk hours of one kind, cut into slots of so many minutes.

    ``hours`` is OSM's opening_hours: weekdays, or single dates. Ended, never deleted.
    """

    id = models.BigAutoField(primary_key=True)
    station = models.ForeignKey(Station, models.PROTECT, db_index=False, verbose_name="驿站")
    kind = models.SmallIntegerField(
        "做什么", choices=[(int(one), one.label) for one in ServiceKind]
    )
    hours = models.CharField("什么时候", max_length=300)
    slot_minutes = models.SmallIntegerField("一次几分钟")
    seats = models.SmallIntegerField("同时几位", default=1)
    server_hint = models.CharField("谁来", max_length=40)
    is_remote = models.BooleanField("电话或者视频", default=False)
    made_at = models.DateTimeField("登记时间")
    made_by = models.UUIDField("登记账号", null=True)
    made_by_name = models.CharField("登记人", max_length=60, blank=True)
    ended_at = models.DateTimeField("停办时间", null=True)

    class Meta:
        verbose_name = "驿站服务"
        constraints = [
            models.CheckConstraint(condition=~Q(hours=""), name="service_has_hours"),
            models.CheckConstraint(
                condition=Q(
                    slot_minutes__gte=10, slot_minutes__lte=240, seats__gte=1, seats__lte=60
                ),
                name="service_slots_are_of_a_size",
            ),
        ]
        indexes = [models.Index(fields=["station", "kind", "id"], name="services_of_station")]


class ServiceBooking(models.Model):
    """服务预约: one worker in one seat of one slot.

    Two that stand never share a seat at a time (exclusion ``one_booking_a_seat``). The topic is a
    category; the few words beside it are sealed and emptied when the booking is over.
    """

    id = models.BigAutoField(primary_key=True)
    service = models.ForeignKey(
        StationService, models.PROTECT, db_index=False, verbose_name="驿站服务"
    )
    worker = models.ForeignKey("people.Worker", models.PROTECT, verbose_name="劳动者")
    seat = models.SmallIntegerField("第几位")
    starts_at = models.DateTimeField("开始")
    ends_at = models.DateTimeField("结束")
    change_until = models.DateTimeField("自己能改到")
    topic = models.CharField("哪一类事", max_length=20)
    bound_to = models.UUIDField("密文所系", unique=True)
    note_sealed = models.BinaryField("补一句", null=True)
    state = models.SmallIntegerField(
        "到哪一步",
        default=int(BookingState.BOOKED),
        choices=[(int(one), one.label) for one in BookingState],
    )
    made_at = models.DateTimeField("约上时间")
    settled_at = models.DateTimeField("了结时间", null=True)
    settled_by = models.UUIDField("了结账号", null=True)
    reminded_at = models.DateTimeField("提醒时间", null=True)

    class Meta:
        verbose_name = "服务预约"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    ends_at__gt=F("starts_at"), change_until__lte=F("starts_at"), seat__gte=1
                ),
                name="service_booking_in_order",
            ),
            models.CheckConstraint(
                condition=Q(state=int(BookingState.BOOKED), settled_at__isnull=True)
                | Q(state__gt=int(BookingState.BOOKED), settled_at__isnull=False)
                & Q(note_sealed__isnull=True),
                name="service_booking_settled_keeps_no_words",
            ),
        ]
        indexes = [
            models.Index(fields=["service", "starts_at", "id"], name="bookings_of_service"),
            models.Index(
                fields=["starts_at"],
                condition=Q(state=int(BookingState.BOOKED), reminded_at__isnull=True),
                name="bookings_to_remind_of",
            ),
        ]


class StationJoining(models.Model):
    """经驿站入会: how many applied in a month who came through a station's code; no person."""

    id = models.BigAutoField(primary_key=True)
    station = models.ForeignKey(Station, models.PROTECT, db_index=False, verbose_name="驿站")
    month_on = models.DateField("哪个月", help_text="当月 1 日")
    applied = models.IntegerField("申请人数", default=0)

    class Meta:
        verbose_name = "经驿站入会"
        constraints = [
            models.UniqueConstraint(fields=["station", "month_on"], name="joinings_once_a_month"),
            models.CheckConstraint(condition=Q(applied__gte=0), name="joinings_are_counts"),
        ]
