"""照片 of a station: an evidence file, re-encoded before it was stored."""

from django.db import models
from django.db.models import Q

from nuanxin.stations.models.station import Station


class StationPhoto(models.Model):
    """驿站照片: ``file_id`` is an evidence file owned by the station; taken down, never overwritten."""

    id = models.BigAutoField(primary_key=True)
    station = models.ForeignKey(Station, models.PROTECT, db_index=False, verbose_name="驿站")
    file_id = models.UUIDField("文件", unique=True)
    digest = models.BinaryField("内容指纹", max_length=32)
    caption = models.CharField("说明", max_length=60)
    ordinal = models.SmallIntegerField("次序")
    width = models.SmallIntegerField("宽")
    height = models.SmallIntegerField("高")
    added_at = models.DateTimeField("加入时间")
    added_by = models.UUIDField("加入账号", null=True)
    removed_at = models.DateTimeField("拿掉时间", null=True)

    class Meta:
        verbose_name = "驿站照片"
        constraints = [
            models.UniqueConstraint(
                fields=["station", "ordinal"],
                condition=Q(removed_at__isnull=True),
                name="each_photo_place_once",
            ),
            models.UniqueConstraint(
                fields=["station", "digest"],
                condition=Q(removed_at__isnull=True),
                name="each_photo_once",
            ),
        ]
