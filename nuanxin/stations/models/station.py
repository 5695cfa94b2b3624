"""驿站: one row a place; closed, never deleted."""

from django.db import models
from django.db.models import F, Q

from nuanxin.kernel.geo import CRS
from nuanxin.stations.states import DefinitionTag, HostKind, Standing

WEST, EAST, SOUTH, NORTH = 117.5, 123.5, 26.5, 31.8
"""The box of the province with a margin, WGS-84: what lies outside was swapped or belongs elsewhere."""


class Station(models.Model):
    """驿站: where it is, what it is, when it is open, how it stands.

    ``lng``/``lat`` are as given, in the system ``crs``; ``wgs_lng``/``wgs_lat`` are the same place
    in WGS-84, kept beside by the action. Hours are written in OSM's opening_hours.
    """

    id = models.BigAutoField(primary_key=True)
    code = models.CharField("编号", max_length=16, unique=True, help_text="330105-0001")
    union = models.ForeignKey("orgs.Union", models.PROTECT, verbose_name="管理工会")
    name = models.CharField("名称", max_length=80)
    name_compact = models.CharField("比对用的名称", max_length=80)
    name_kind = models.SmallIntegerField("站点类别", default=DefinitionTag.UNION_STATION)
    adcode = models.IntegerField("县（市、区）")
    town_code = models.CharField("乡镇（街道）", max_length=9, blank=True)
    address = models.CharField("地址", max_length=160)
    lng = models.FloatField("经度", help_text="原样")
    lat = models.FloatField("纬度", help_text="原样")
    crs = models.CharField("坐标系", max_length=6, default=CRS.GCJ02)
    wgs_lng = models.FloatField("经度 WGS-84")
    wgs_lat = models.FloatField("纬度 WGS-84")
    host_name = models.CharField("共建单位", max_length=80, blank=True)
    host_kind = models.SmallIntegerField("共建单位类别", default=HostKind.OTHER)
    is_benchmark = models.BooleanField("标杆", default=False)
    is_24h = models.BooleanField("24 小时", default=False)
    is_smart = models.BooleanField("智慧", default=False)
    is_shared = models.BooleanField("共享", default=False)
    floor = models.SmallIntegerField("楼层", null=True)
    area_m2 = models.IntegerField("面积（平方米）", null=True)
    capacity_persons = models.IntegerField("能坐几人", null=True)
    has_sign = models.BooleanField("有统一标识", null=True)
    has_rules = models.BooleanField("制度上墙", null=True)
    hours = models.CharField("有人值守", max_length=300, blank=True)
    extended_hours = models.CharField("延时开放", max_length=300, blank=True)
    scan_hours = models.CharField("扫码进门", max_length=300, blank=True)
    opened_on = models.DateField("启用日期", null=True)
    standing = models.SmallIntegerField("去留", default=Standing.OPEN)
    standing_reason = models.CharField("原因", max_length=200, blank=True)
    standing_from = models.DateField("从哪天起", null=True)
    standing_until = models.DateField("到哪天", null=True, help_text="含这一天；暂停的才有")
    created_at = models.DateTimeField("登记时间")
    updated_at = models.DateTimeField("更新时间")

    class Meta:
        verbose_name = "驿站"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    wgs_lng__gte=WEST, wgs_lng__lte=EAST, wgs_lat__gte=SOUTH, wgs_lat__lte=NORTH
                ),
                name="station_in_the_province",
            ),
            models.CheckConstraint(condition=Q(crs__in=list(CRS)), name="station_crs_known"),
            models.CheckConstraint(
                condition=Q(standing=int(Standing.OPEN), standing_reason="")
                & Q(standing_from__isnull=True, standing_until__isnull=True)
                | Q(standing=int(Standing.PAUSED), standing_from__isnull=False)
                & ~Q(standing_reason="")
                & (Q(standing_until__isnull=True) | Q(standing_until__gte=F("standing_from")))
                | Q(standing=int(Standing.CLOSED), standing_from__isnull=False)
                & Q(standing_until__isnull=True)
                & ~Q(standing_reason=""),
                name="station_stands_with_reason_and_days",
            ),
            models.CheckConstraint(
                condition=(Q(area_m2__isnull=True) | Q(area_m2__gte=1, area_m2__lte=20_000))
                & (
                    Q(capacity_persons__isnull=True)
                    | Q(capacity_persons__gte=1, capacity_persons__lte=2_000)
                ),
                name="station_sizes_are_sane",
            ),
            models.CheckConstraint(
                condition=Q(code__regex=r"^33[0-9]{4}-[0-9]{4,6}$"), name="station_code_form"
            ),
            models.CheckConstraint(condition=~Q(name="") & ~Q(address=""), name="station_named"),
        ]
        indexes = [
            models.Index(fields=["adcode", "code"], name="station_county"),
            models.Index(fields=["name_compact"], name="station_compact_name"),
            models.Index(fields=["town_code"], name="station_town"),
            models.Index(fields=["updated_at", "id"], name="station_changed"),
        ]
