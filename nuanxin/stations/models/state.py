"""现状 of a station: one row each, made with the station."""

from django.db import models
from django.db.models import Q
from psycopg.types.multirange import TimestamptzMultirange

from nuanxin.stations.models.multirange import TimesField
from nuanxin.stations.models.station import Station
from nuanxin.stations.states import OpenState
from nuanxin.stations.states.reporting import Outcome


class StationState(models.Model):
    """驿站现状: what was last known, by whom, how long it may be shown, and the usable times ahead.

    ``open_during`` is the usable opening time from the day before to 15 days ahead: "open at T" is
    ``open_during @> T``. What was confirmed may be shown until ``fresh_until``.
    """

    id = models.BigAutoField(primary_key=True)
    station = models.OneToOneField(Station, models.CASCADE, verbose_name="驿站")
    state = models.SmallIntegerField("状态", default=OpenState.UNKNOWN)
    confirmed_at = models.DateTimeField("确认时间", null=True)
    confirmed_by_kind = models.SmallIntegerField("谁确认的", null=True)
    confirmations = models.SmallIntegerField("几人确认", default=0)
    contradictions = models.SmallIntegerField("几人说不对", default=0)
    has_water = models.BooleanField("有水", null=True)
    has_power = models.BooleanField("有电", null=True)
    is_cool = models.BooleanField("26 度", null=True)
    note = models.CharField("站长说", max_length=60, blank=True)
    outcome = models.SmallIntegerField("怎么定的", default=Outcome.NOBODY)
    confidence = models.SmallIntegerField("确认时的分数", default=0)
    fresh_until = models.DateTimeField("可信到", null=True)
    open_during = TimesField("开放时间", default=TimestamptzMultirange)
    scan_during = TimesField("其中扫码进门", default=TimestamptzMultirange)
    refreshed_at = models.DateTimeField("算出时间", null=True)

    class Meta:
        verbose_name = "驿站现状"
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, confirmed_by_kind__isnull=True)
                | Q(confirmed_at__isnull=False, confirmed_by_kind__isnull=False),
                name="state_confirmed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state=int(OpenState.UNKNOWN)) | Q(confirmed_at__isnull=False),
                name="state_was_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(state=int(OpenState.UNKNOWN)) | Q(fresh_until__isnull=False),
                name="state_ends_some_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["fresh_until"],
                condition=~Q(state=int(OpenState.UNKNOWN)),
                name="state_going_stale",
            )
        ]
