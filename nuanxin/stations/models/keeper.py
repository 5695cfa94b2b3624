"""站长 of a station."""

from django.db import models
from django.db.models import F, Q

from nuanxin.stations.models.station import Station
from nuanxin.stations.states import KeeperRole


class StationKeeper(models.Model):
    """驿站站长: who keeps a station, from a day until a day (included).

    Name and phone are sealed and bound to the row; the hints are what may be shown (沈老师,
    138****5678). ``account_id`` is his sign-in, where he has one.
    """

    id = models.BigAutoField(primary_key=True)
    station = models.ForeignKey(Station, models.PROTECT, db_index=False, verbose_name="驿站")
    account_id = models.UUIDField("账号", null=True)
    role = models.SmallIntegerField("职责", default=KeeperRole.CHIEF)
    bound_to = models.UUIDField("密文所系", unique=True)
    name_sealed = models.BinaryField("姓名密文")
    phone_sealed = models.BinaryField("手机号密文", null=True)
    phone_hash = models.UUIDField("手机号查找值", null=True)
    name_hint = models.CharField("称呼", max_length=12)
    phone_hint = models.CharField("手机号提示", max_length=7, blank=True)
    from_on = models.DateField("从哪天起")
    until_on = models.DateField("到哪天", null=True, help_text="含这一天")
    registered_at = models.DateTimeField("登记时间")
    registered_by = models.UUIDField("登记账号", null=True)

    class Meta:
        verbose_name = "驿站站长"
        constraints = [
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")),
                name="keeper_has_a_day",
            ),
            models.UniqueConstraint(
                fields=["station"],
                condition=Q(role=int(KeeperRole.CHIEF), until_on__isnull=True),
                name="one_chief_a_station",
            ),
            models.UniqueConstraint(
                fields=["station", "account_id"],
                condition=Q(until_on__isnull=True),
                name="each_keeper_once_a_station",
            ),
        ]
        indexes = [
            models.Index(fields=["station", "from_on"], name="keeper_of_station"),
            models.Index(
                fields=["account_id"], condition=Q(account_id__isnull=False), name="keeper_account"
            ),
        ]
