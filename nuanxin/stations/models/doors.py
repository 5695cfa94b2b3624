"""门码: the screen at a door that shows a rotating code, and what was scanned there."""

from django.db import models
from django.db.models import Q

from nuanxin.stations.models.station import Station
from nuanxin.stations.states.living import DoorOutcome


class DoorDevice(models.Model):
    """门上屏幕: shows a code that changes; its key is sealed, its own link kept as a keyed hash."""

    id = models.BigAutoField(primary_key=True)
    station = models.ForeignKey(Station, models.PROTECT, verbose_name="驿站")
    label = models.CharField("在哪里", max_length=40)
    token_hash = models.UUIDField("链接查找值", unique=True)
    key_sealed = models.BinaryField("密钥密文")
    bound_to = models.UUIDField("密文所系", unique=True)
    made_at = models.DateTimeField("启用时间")
    made_by = models.UUIDField("启用账号", null=True)
    made_by_name = models.CharField("启用人", max_length=60, blank=True)
    closed_at = models.DateTimeField("停用时间", null=True)

    class Meta:
        verbose_name = "门上屏幕"


class DoorScan(models.Model):
    """扫门码: each code opens once (unique); what was refused is written down once too. Nobody's name."""

    id = models.BigAutoField(primary_key=True)
    device = models.ForeignKey(
        DoorDevice, models.PROTECT, null=True, db_index=False, verbose_name="哪块屏幕"
    )
    digest = models.UUIDField("码的查找值")
    step = models.BigIntegerField("第几个时间窗", null=True)
    serial = models.SmallIntegerField("窗里第几个", null=True)
    outcome = models.SmallIntegerField("结果", choices=[(int(v), v.label) for v in DoorOutcome])
    scanned_at = models.DateTimeField("扫码时间")
    received_at = models.DateTimeField("送到时间")

    class Meta:
        verbose_name = "扫门码"
        constraints = [
            models.UniqueConstraint(
                fields=["device", "step", "serial"],
                condition=Q(outcome=int(DoorOutcome.OPENED)),
                name="each_door_code_opens_once",
            ),
            models.UniqueConstraint(fields=["digest", "outcome"], name="each_scan_told_once"),
            models.CheckConstraint(
                condition=~Q(outcome=int(DoorOutcome.OPENED))
                | Q(device__isnull=False, step__isnull=False, serial__isnull=False),
                name="an_opened_door_is_known",
            ),
        ]
        indexes = [models.Index(fields=["device", "-received_at"], name="scans_of_door")]
