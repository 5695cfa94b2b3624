"""驿站名册: a dropped list of stations, its rows and what each of them is."""

from django.db import models
from django.db.models import Q

from nuanxin.stations.models.station import Station
from nuanxin.stations.states import ImportState, RowVerdict


class StationImport(models.Model):
    """驿站名册: one dropped file, what it asks, how far it has taken effect."""

    id = models.BigAutoField(primary_key=True)
    union = models.ForeignKey("orgs.Union", models.PROTECT, verbose_name="工会")
    state = models.SmallIntegerField("状态", default=ImportState.READING)
    file_id = models.UUIDField("原件")
    file_name = models.CharField("文件名", max_length=200)
    file_sha256 = models.BinaryField("指纹", max_length=32)
    crs = models.CharField("坐标系", max_length=6)
    crs_is_sure = models.BooleanField("坐标系问过了", default=False)
    question = models.JSONField("要问的", null=True)
    notes = models.JSONField("留意到", default=list)
    totals = models.JSONField("各类行数", default=dict)
    rows_count = models.IntegerField("行数", default=0)
    with_changes = models.BooleanField("连变了的一起改", default=False)
    created_by = models.UUIDField("上传账号", null=True)
    created_by_name = models.CharField("上传人", max_length=60, blank=True)
    created_at = models.DateTimeField("上传时间")
    confirmed_by = models.UUIDField("办理账号", null=True)
    started_at = models.DateTimeField("开始办理时间", null=True)
    finished_at = models.DateTimeField("办完时间", null=True)
    failure = models.CharField("没办成的原因", max_length=400, blank=True)

    class Meta:
        verbose_name = "驿站名册"
        constraints = [
            models.CheckConstraint(
                condition=Q(started_at__isnull=True) | Q(confirmed_by__isnull=False),
                name="station_import_started_by_somebody",
            )
        ]
        indexes = [
            models.Index(fields=["union", "-id"], name="station_import_union"),
            models.Index(
                fields=["id"],
                condition=Q(state__in=[int(ImportState.READING), int(ImportState.RUNNING)]),
                name="station_import_under_way",
            ),
        ]


class StationImportRow(models.Model):
    """名册里的一行: what it says, which station it is or may be, what a person decided."""

    id = models.BigAutoField(primary_key=True)
    listing = models.ForeignKey(
        StationImport, models.CASCADE, db_index=False, verbose_name="驿站名册"
    )
    row = models.IntegerField("第几行")
    cells = models.JSONField("写的")
    draft = models.JSONField("读出来的", null=True)
    verdict = models.SmallIntegerField("结论")
    reason = models.CharField("原因", max_length=400, blank=True)
    choices = models.JSONField("怎么选", default=list)
    decision = models.CharField("选了", max_length=24, blank=True)
    station = models.ForeignKey(Station, models.PROTECT, null=True, verbose_name="驿站")
    changes = models.JSONField("变了什么", default=dict)
    took_effect_at = models.DateTimeField("生效时间", null=True)

    class Meta:
        verbose_name = "名册里的一行"
        constraints = [
            models.UniqueConstraint(fields=["listing", "row"], name="each_import_row_once"),
            models.CheckConstraint(
                condition=~Q(verdict__in=[int(RowVerdict.CHANGED), int(RowVerdict.SAME)])
                | Q(station__isnull=False),
                name="import_row_known_is_a_station",
            ),
        ]
        indexes = [
            models.Index(fields=["listing", "verdict", "row"], name="import_rows_by_verdict")
        ]
