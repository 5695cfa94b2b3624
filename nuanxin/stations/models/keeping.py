"""Papers of keepers, and who keeps a station when."""

from django.db import models
from django.db.models import F, Q

from nuanxin.stations.models.keeper import StationKeeper
from nuanxin.stations.models.station import Station
from nuanxin.stations.states.inspections import PaperKind


class KeeperPaper(models.Model):
    """站长记录: a training done or a record check asked for, on a day; appended, the newest counts.

    Of a record check nothing is kept but the day and whether it was clear.
    """

    id = models.BigAutoField(primary_key=True)
    keeper = models.ForeignKey(
        StationKeeper, models.PROTECT, db_index=False, verbose_name="驿站站长"
    )
    kind = models.SmallIntegerField("哪一种", choices=[(one, one.label) for one in PaperKind])
    done_on = models.DateField("日期")
    is_clear = models.BooleanField("通过")
    course = models.CharField("培训内容", max_length=80, blank=True)
    noted_at = models.DateTimeField("登记时间")
    noted_by = models.UUIDField("登记账号", null=True)
    noted_by_name = models.CharField("登记人", max_length=60, blank=True)

    class Meta:
        verbose_name = "站长记录"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=int(PaperKind.RECORD_CHECK), course="")
                | Q(kind=int(PaperKind.TRAINING), is_clear=True) & ~Q(course=""),
                name="keeper_paper_of_its_kind",
            )
        ]
        indexes = [models.Index(fields=["keeper", "kind", "-done_on"], name="keeper_papers")]


class KeeperShift(models.Model):
    """值班: one keeper at his station from a time until a time. Nobody is at two places (exclusion).

    Taken off the roster: ``ended_at``; the row stays.
    """

    id = models.BigAutoField(primary_key=True)
    station = models.ForeignKey(Station, models.PROTECT, db_index=False, verbose_name="驿站")
    keeper = models.ForeignKey(
        StationKeeper, models.PROTECT, db_index=False, verbose_name="驿站站长"
    )
    person_key = models.CharField("本人", max_length=48, help_text="同一个人在几个站也只有一个")
    starts_at = models.DateTimeField("开始")
    ends_at = models.DateTimeField("结束")
    made_at = models.DateTimeField("排班时间")
    made_by = models.UUIDField("排班账号", null=True)
    ended_at = models.DateTimeField("撤下时间", null=True)

    class Meta:
        verbose_name = "值班"
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="shift_ends_after_it_begins"
            )
        ]
        indexes = [
            models.Index(fields=["station", "starts_at"], name="shift_of_station"),
            models.Index(fields=["keeper", "starts_at"], name="shift_of_keeper"),
        ]
