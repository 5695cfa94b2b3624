"""设施 of a station."""

from django.db import models
from django.db.models import Q

from nuanxin.stations.models.station import Station


class Facility(models.Model):
    """设施: one kind of thing (``parameters/facilities.yaml``), how many, whether it works."""

    id = models.BigAutoField(primary_key=True)
    station = models.ForeignKey(Station, models.CASCADE, db_index=False, verbose_name="驿站")
    kind = models.CharField("哪一种", max_length=24)
    count = models.SmallIntegerField("几个", default=1)
    works = models.BooleanField("能用", default=True)
    noted_at = models.DateTimeField("记录时间")

    class Meta:
        verbose_name = "设施"
        constraints = [
            models.UniqueConstraint(fields=["station", "kind"], name="each_facility_once"),
            models.CheckConstraint(
                condition=Q(count__gte=1, count__lte=500), name="facility_counts"
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "station"], condition=Q(works=True), name="facility_works")
        ]
