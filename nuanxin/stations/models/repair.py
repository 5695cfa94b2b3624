"""报修 of a station: the one list of what is out of order, whoever found it."""

from django.db import models
from django.db.models import F, Q

from nuanxin.stations.models.station import Station
from nuanxin.stations.states.reporting import RepairSource

FROM_INSPECTION = "check-"
"""How ``what`` begins where an inspection found it; the rest is the line of the form."""

_STANDS = Q(done_at__isnull=True) | Q(source=int(RepairSource.INSPECTION), seen_at__isnull=True)


class Repair(models.Model):
    """报修: one thing out of order, due on a working day; it stands once a station and thing.

    What an inspection found is done only when somebody else has seen that it is (check).
    """

    id = models.BigAutoField(primary_key=True)
    station = models.ForeignKey(Station, models.PROTECT, db_index=False, verbose_name="驿站")
    what = models.CharField("什么坏了", max_length=32)
    text = models.CharField("检查的要求", max_length=80, blank=True)
    note = models.CharField("补一句", max_length=200, blank=True)
    source = models.SmallIntegerField("谁报的", choices=[(int(v), v.label) for v in RepairSource])
    reported_at = models.DateTimeField("报修时间")
    due_on = models.DateField("最迟哪天修好")
    done_at = models.DateTimeField("修好时间", null=True)
    done_by = models.UUIDField("谁销的账号", null=True)
    done_by_name = models.CharField("谁销的", max_length=60, blank=True)
    done_key = models.CharField("销的本人", max_length=48, blank=True)
    how = models.CharField("怎么修的", max_length=200, blank=True)
    seen_at = models.DateTimeField("复查时间", null=True)
    seen_key = models.CharField("复查本人", max_length=48, blank=True)
    seen_by_name = models.CharField("复查人", max_length=60, blank=True)

    class Meta:
        verbose_name = "报修"
        constraints = [
            models.UniqueConstraint(
                fields=["station", "what"], condition=_STANDS, name="each_thing_broken_once"
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by_name="", done_key="", how="")
                | Q(done_at__isnull=False) & ~Q(done_by_name=""),
                name="repair_done_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(source=int(RepairSource.INSPECTION), what__startswith=FROM_INSPECTION)
                & ~Q(text="")
                & (Q(done_at__isnull=True) | ~Q(done_key="") & ~Q(how=""))
                | ~Q(source=int(RepairSource.INSPECTION))
                & ~Q(what__startswith=FROM_INSPECTION)
                & Q(text=""),
                name="inspected_repair_says_what_and_how",
            ),
            models.CheckConstraint(
                condition=Q(seen_at__isnull=True, seen_key="", seen_by_name="")
                | Q(seen_at__isnull=False, done_at__isnull=False)
                & ~Q(seen_key="")
                & ~Q(seen_key=F("done_key")),
                name="repair_seen_by_another_than_done",
            ),
        ]
        indexes = [
            models.Index(fields=["due_on", "id"], condition=_STANDS, name="repairs_open"),
            models.Index(
                fields=["-due_on", "-id"], condition=Q(done_at__isnull=False), name="repairs_done"
            ),
            models.Index(fields=["station", "-id"], name="repairs_of_station"),
        ]
