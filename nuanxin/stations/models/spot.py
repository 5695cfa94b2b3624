"""驿站找点行: what the search reads, one narrow row a station, kept by the database itself."""

from typing import TYPE_CHECKING, Any

from django.db import models

from nuanxin.stations.models.multirange import TimesField
from nuanxin.stations.models.station import Station

if TYPE_CHECKING:
    _Field = models.Field[Any, Any]
else:
    _Field = models.Field


class PlaneField(_Field):
    """PostgreSQL's ``point``: degrees of longitude × cos 29.5°, degrees of latitude."""

    description = "A point of the plane in which the index searches"

    def db_type(self, connection: Any) -> str:
        """Return the column's type."""
        return "point"


class StationSpot(models.Model):
    """驿站找点行: where a station is in the plane, what works there, when it may be shown as open.

    Triggers write it whenever the station, its facilities or its state change (migration); nobody
    else does. Closed stations have none. ``usable_until`` is empty unless the station was last
    found open.
    """

    station = models.OneToOneField(
        Station, models.CASCADE, primary_key=True, db_index=False, verbose_name="驿站"
    )
    place = PlaneField("平面位置")
    lng = models.FloatField("经度 WGS-84")
    lat = models.FloatField("纬度 WGS-84")
    facilities = models.BigIntegerField("能用的设施", default=0)
    usable_until = models.DateTimeField("可信到", null=True)
    open_during = TimesField("开放时间")

    class Meta:
        verbose_name = "驿站找点行"
