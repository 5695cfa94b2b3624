"""投入 of a station: who paid how much in a year."""

from django.db import models
from django.db.models import Q

from nuanxin.stations.models.station import Station
from nuanxin.stations.states import FundingLevel


class Funding(models.Model):
    """驿站投入: fen of a year by who paid, with the document it stands in.

    A wrong one is not rewritten: another row ``replaces`` it, of nought fen where there was none at
    all; the old one stays with the moment from which it counts no more.
    """

    id = models.BigAutoField(primary_key=True)
    station = models.ForeignKey(Station, models.PROTECT, db_index=False, verbose_name="驿站")
    year = models.SmallIntegerField("年份")
    level = models.SmallIntegerField("谁出的", choices=[(int(v), v.label) for v in FundingLevel])
    amount_fen = models.BigIntegerField("金额（分）")
    source = models.CharField("依据", max_length=120)
    recorded_at = models.DateTimeField("记录时间")
    recorded_by = models.UUIDField("记录账号", null=True)
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="replaced_by", verbose_name="更正哪一笔"
    )
    replaced_at = models.DateTimeField("被更正时间", null=True)

    class Meta:
        verbose_name = "驿站投入"
        constraints = [
            models.UniqueConstraint(
                fields=["station", "year", "level", "source"],
                condition=Q(replaced_at__isnull=True, amount_fen__gt=0),
                name="each_funding_once",
            ),
            models.CheckConstraint(
                condition=Q(year__gte=2000, year__lte=2100)
                & (Q(amount_fen__gt=0) | Q(amount_fen=0, replaces__isnull=False)),
                name="funding_is_an_amount",
            ),
        ]
        indexes = [models.Index(fields=["station", "-year"], name="funding_of_station")]
