"""投入 of a station: who paid how much in a year."""

from django.db import models
from django.db.models import Q

from nuanxin.stations.models.station import Station
from nuanxin.stations.states import FundingLevel


class Funding(models.Model):
    """驿站投入: fen of a year by who paid, with the document it stands in."""

    id = models.BigAutoField(primary_key=True)
    station = models.ForeignKey(Station, models.PROTECT, db_index=False, verbose_name="驿站")
    year = models.SmallIntegerField("年份")
    level = models.SmallIntegerField("谁出的", choices=[(int(v), v.label) for v in FundingLevel])
    amount_fen = models.BigIntegerField("金额（分）")
    source = models.CharField("依据", max_length=120)
    recorded_at = models.DateTimeField("记录时间")
    recorded_by = models.UUIDField("记录账号", null=True)

    class Meta:
        verbose_name = "驿站投入"
        constraints = [
            models.UniqueConstraint(
                fields=["station", "year", "level", "source"], name="each_funding_once"
            ),
            models.CheckConstraint(
                condition=Q(amount_fen__gt=0, year__gte=2000, year__lte=2100),
                name="funding_is_an_amount",
            ),
        ]
