"""抽查, 检查, 检查项, 整改: rounds by verifiable sample, what was found."""

from django.db import models
from django.db.models import F, Q

from nuanxin.stations.models.repair import Repair
from nuanxin.stations.models.station import Station
from nuanxin.stations.states.inspections import Finding, InspectionKind, RoundState, Verdict


class InspectionRound(models.Model):
    """抽查: a sample of the stations below a union, drawn so that anybody can draw it again.

    ``draw`` is the file of the draw (``kernel.draw``): list and terms committed first, then the public
    value, then the result. It only grows (trigger).
    """

    id = models.BigAutoField(primary_key=True)
    union = models.ForeignKey("orgs.Union", models.PROTECT, verbose_name="工会")
    title = models.CharField("名称", max_length=60)
    state = models.SmallIntegerField("状态", default=int(RoundState.COMMITTED))
    permille = models.SmallIntegerField("抽几成（千分比）")
    due_on = models.DateField("哪天前查完")
    draw = models.JSONField("抽签文件")
    stations = models.IntegerField("名单里几家")
    sampled = models.IntegerField("抽中几家", default=0)
    created_at = models.DateTimeField("封存时间")
    created_by = models.UUIDField("封存账号", null=True)
    created_by_name = models.CharField("封存人", max_length=60, blank=True)
    drawn_at = models.DateTimeField("抽出时间", null=True)
    closed_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        verbose_name = "抽查"
        constraints = [
            models.CheckConstraint(
                condition=Q(permille__gte=1, permille__lte=1000), name="round_samples_some"
            ),
            models.CheckConstraint(
                condition=Q(state=int(RoundState.COMMITTED), drawn_at__isnull=True)
                | Q(state__gt=int(RoundState.COMMITTED), drawn_at__isnull=False),
                name="round_drawn_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["union", "-id"], name="round_of_union")]


class SampledStation(models.Model):
    """抽中的驿站: drawn in a round; the inspection that answers it is set once."""

    id = models.BigAutoField(primary_key=True)
    round = models.ForeignKey(InspectionRound, models.PROTECT, db_index=False, verbose_name="抽查")
    station = models.ForeignKey(Station, models.PROTECT, verbose_name="驿站")
    inspection = models.OneToOneField(
        "stations.Inspection", models.PROTECT, null=True, verbose_name="检查"
    )

    class Meta:
        verbose_name = "抽中的驿站"
        constraints = [
            models.UniqueConstraint(fields=["round", "station"], name="sampled_once_a_round")
        ]


class Inspection(models.Model):
    """检查: one look at a station with the form in force; appended, never rewritten.

    ``client_id`` comes from the device: what was filled in without a network is taken once. A cadre's
    day as station master says from when until when, and what was heard.
    """

    id = models.BigAutoField(primary_key=True)
    client_id = models.UUIDField("设备给的编号", unique=True)
    station = models.ForeignKey(Station, models.PROTECT, db_index=False, verbose_name="驿站")
    kind = models.SmallIntegerField(
        "为什么查", choices=[(one, one.label) for one in InspectionKind]
    )
    form_code = models.CharField("检查表", max_length=20)
    inspected_at = models.DateTimeField("检查时间")
    sent_at = models.DateTimeField("交上时间")
    until_at = models.DateTimeField("到什么时候", null=True)
    permille = models.SmallIntegerField("得分（千分比）")
    verdict = models.SmallIntegerField("结论", choices=[(one, one.label) for one in Verdict])
    heard = models.CharField("听到什么", max_length=500, blank=True)
    inspector_id = models.UUIDField("检查账号", null=True)
    inspector_key = models.CharField("检查本人", max_length=48)
    inspector_name = models.CharField("检查人", max_length=60)

    class Meta:
        verbose_name = "检查"
        constraints = [
            models.CheckConstraint(
                condition=Q(permille__gte=0, permille__lte=1000), name="inspection_marks_in_range"
            ),
            models.CheckConstraint(
                condition=Q(sent_at__gte=F("inspected_at")), name="inspection_sent_after_it_was"
            ),
            models.CheckConstraint(
                condition=Q(kind=int(InspectionKind.MASTER_DAY), until_at__gt=F("inspected_at"))
                | ~Q(kind=int(InspectionKind.MASTER_DAY)) & Q(until_at__isnull=True),
                name="master_day_has_an_end",
            ),
        ]
        indexes = [
            models.Index(fields=["station", "-inspected_at", "-id"], name="inspection_of_station"),
            models.Index(fields=["inspector_key", "-id"], name="inspection_of_inspector"),
        ]


class InspectionFinding(models.Model):
    """检查项: what was found for one line of the form; what was not kept stands in the list of repairs.

    Appended, never rewritten (trigger): how it is mended, and who saw that, the repair knows. The next
    inspection that finds the same before it is seen leads to the same repair.
    """

    id = models.BigAutoField(primary_key=True)
    inspection = models.ForeignKey(Inspection, models.PROTECT, db_index=False, verbose_name="检查")
    station = models.ForeignKey(Station, models.PROTECT, db_index=False, verbose_name="驿站")
    item = models.CharField("哪一项", max_length=20)
    text = models.CharField("要求", max_length=80)
    found = models.SmallIntegerField("看到", choices=[(one, one.label) for one in Finding])
    note = models.CharField("说明", max_length=200, blank=True)
    repair = models.ForeignKey(Repair, models.PROTECT, null=True, verbose_name="报修")

    class Meta:
        verbose_name = "检查项"
        constraints = [
            models.UniqueConstraint(fields=["inspection", "item"], name="each_item_once"),
            models.CheckConstraint(
                condition=Q(found=int(Finding.NO), repair__isnull=False)
                | ~Q(found=int(Finding.NO)) & Q(repair__isnull=True),
                name="what_is_missing_is_to_be_mended",
            ),
        ]
