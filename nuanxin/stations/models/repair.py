"""报修 of a station."""

from django.db import models
from django.db.models import Q

from nuanxin.stations.models.station import Station
from nuanxin.stations.states.reporting import ReportSource


class Repair(models.Model):
    """报修: one thing out of order, due on a working day; open once a station and thing."""

    id = models.BigAutoField(primary_key=True)
    station = models.ForeignKey(Station, models.PROTECT, db_index=False, verbose_name="驿站")
    what = models.CharField("什么坏了", max_length=24)
    note = models.CharField("补一句", max_length=60, blank=True)
    source = models.SmallIntegerField("谁报的", choices=[(int(v), v.label) for v in ReportSource])
    reported_at = models.DateTimeField("报修时间")
    due_on = models.DateField("最迟哪天修好")
    done_at = models.DateTimeField("修好时间", null=True)
    done_by = models.UUIDField("谁销的账号", null=True)
    done_by_name = models.CharField("谁销的", max_length=60, blank=True)

    class Meta:
        verbose_name = "报修"
        constraints = [
            models.UniqueConstraint(
                fields=["station", "what"],
                condition=Q(done_at__isnull=True),
                name="each_thing_broken_once",
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by_name="")
                | Q(done_at__isnull=False) & ~Q(done_by_name=""),
                name="repair_done_by_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_on", "id"], condition=Q(done_at__isnull=True), name="repairs_open"
            )
        ]
