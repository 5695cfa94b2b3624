"""Other names of a station, and what maps call it."""

from django.db import models

from nuanxin.stations.models.station import Station
from nuanxin.stations.states import MapProvider, NameKind


class StationName(models.Model):
    """驿站别名: a name beside the official one; ``compact`` is what lists are matched by."""

    id = models.BigAutoField(primary_key=True)
    station = models.ForeignKey(Station, models.CASCADE, db_index=False, verbose_name="驿站")
    kind = models.SmallIntegerField("哪一种", default=NameKind.ALIAS)
    name = models.CharField("名称", max_length=80)
    compact = models.CharField("比对用的名称", max_length=80)

    class Meta:
        verbose_name = "驿站别名"
        constraints = [
            models.UniqueConstraint(fields=["station", "kind", "compact"], name="each_name_once")
        ]
        indexes = [models.Index(fields=["compact"], name="station_name_compact")]


class MapId(models.Model):
    """地图编号: the id of the station on somebody's map."""

    id = models.BigAutoField(primary_key=True)
    station = models.ForeignKey(Station, models.CASCADE, verbose_name="驿站")
    provider = models.CharField(
        "哪家地图", max_length=10, choices=[(p, p.label) for p in MapProvider]
    )
    ident = models.CharField("编号", max_length=64)

    class Meta:
        verbose_name = "地图编号"
        constraints = [
            models.UniqueConstraint(fields=["provider", "ident"], name="each_map_id_once")
        ]
