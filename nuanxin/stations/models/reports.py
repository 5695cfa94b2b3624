"""What is said of a station, the link by which its keeper says it, and what was planned."""

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import F, Q

from nuanxin.stations.models.keeper import StationKeeper
from nuanxin.stations.models.station import Station
from nuanxin.stations.states.reporting import ReportSource, Said


class StationReport(models.Model):
    """驿站反映: one word about one thing, appended; a taken-back one stays, with its counterpart.

    ``thing`` is the kind of facility that works or is broken; of everything else empty (check).

    ``reporter`` tells apart who speaks within a station and a month, and tells nobody who (keyed
    hash). ``until`` is a promise: after it the word counts no more.
    """

    id = models.BigAutoField(primary_key=True)
    station = models.ForeignKey(Station, models.PROTECT, db_index=False, verbose_name="驿站")
    said = models.SmallIntegerField("说什么", choices=[(int(v), v.label) for v in Said])
    thing = models.CharField("哪样设施", max_length=24, blank=True, db_default="")
    source = models.SmallIntegerField("谁说的", choices=[(int(v), v.label) for v in ReportSource])
    reporter = models.UUIDField("分得清是不是同一个人")
    reported_at = models.DateTimeField("什么时候说的")
    until = models.DateTimeField("说到什么时候", null=True)
    note = models.CharField("补一句", max_length=60, blank=True)
    takes_back = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="taken_back_by", verbose_name="撤销哪一条"
    )

    class Meta:
        verbose_name = "驿站反映"
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("reported_at")),
                name="report_ends_after_it",
            ),
            models.CheckConstraint(
                condition=Q(said__in=(int(Said.WORKS), int(Said.BROKEN))) & ~Q(thing="")
                | ~Q(said__in=(int(Said.WORKS), int(Said.BROKEN))) & Q(thing=""),
                name="report_of_a_thing_names_it",
            ),
        ]
        indexes = [models.Index(fields=["station", "-reported_at"], name="reports_of_station")]


class KeeperLink(models.Model):
    """站长链接: opens the keeper's page of one station without signing in; kept as a keyed hash."""

    id = models.BigAutoField(primary_key=True)
    station = models.ForeignKey(Station, models.PROTECT, verbose_name="驿站")
    keeper = models.ForeignKey(
        StationKeeper, models.PROTECT, null=True, db_index=False, verbose_name="给谁用"
    )
    token_hash = models.UUIDField("链接查找值", unique=True)
    label = models.CharField("给谁用", max_length=40)
    made_at = models.DateTimeField("开出时间")
    made_by = models.UUIDField("开出账号", null=True)
    made_by_name = models.CharField("开出人", max_length=60, blank=True)
    expires_at = models.DateTimeField("到期")
    closed_at = models.DateTimeField("停用时间", null=True)

    class Meta:
        verbose_name = "站长链接"
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")), name="keeper_link_ends"
            )
        ]


class PlannedClosure(models.Model):
    """计划停用: when a station will be shut although its hours say otherwise; two never overlap."""

    id = models.BigAutoField(primary_key=True)
    station = models.ForeignKey(Station, models.PROTECT, db_index=False, verbose_name="驿站")
    during = DateTimeRangeField("停用时间")
    reason = models.CharField("原因", max_length=60)
    made_at = models.DateTimeField("登记时间")
    made_by = models.UUIDField("登记账号", null=True)
    made_by_name = models.CharField("登记人", max_length=60, blank=True)
    cancelled_at = models.DateTimeField("取消时间", null=True)

    class Meta:
        verbose_name = "计划停用"
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="closure_has_a_reason"),
            models.CheckConstraint(
                condition=Q(
                    during__isempty=False, during__lower_inf=False, during__upper_inf=False
                ),
                name="closure_has_both_ends",
            ),
        ]
