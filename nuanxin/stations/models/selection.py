"""评最美驿站, 推荐, 异议; and what workers think of a station."""

from django.db import models
from django.db.models import F, Q

from nuanxin.stations.models.station import Station
from nuanxin.stations.states.inspections import ObjectionOutcome, SelectionState


class Selection(models.Model):
    """评最美驿站: a year's list of a union: nominated, ranked from facts, shown to all, decided."""

    id = models.BigAutoField(primary_key=True)
    union = models.ForeignKey("orgs.Union", models.PROTECT, verbose_name="主办工会")
    code = models.SlugField("编号", max_length=20, unique=True)
    title = models.CharField("名称", max_length=60)
    year = models.SmallIntegerField("年度")
    places = models.SmallIntegerField("评几家")
    state = models.SmallIntegerField("状态", default=int(SelectionState.NOMINATING))
    nominate_until = models.DateField("推荐到哪天")
    weights = models.JSONField("评分怎么合", help_text="开始核对时的值")
    posted_at = models.DateTimeField("公示时间", null=True)
    publicity_until = models.DateTimeField("公示到", null=True)
    posted_key = models.CharField("公示本人", max_length=48, blank=True)
    decided_at = models.DateTimeField("定下时间", null=True)
    decided_key = models.CharField("定下本人", max_length=48, blank=True)
    created_at = models.DateTimeField("开始时间")
    created_by_name = models.CharField("开始的人", max_length=60, blank=True)

    class Meta:
        verbose_name = "评最美驿站"
        constraints = [
            models.CheckConstraint(condition=Q(places__gte=1), name="selection_has_places"),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True)
                | Q(decided_at__gte=F("publicity_until")) & ~Q(decided_key=F("posted_key")),
                name="selection_decided_after_publicity_by_another",
            ),
        ]
        indexes = [models.Index(fields=["union", "-year", "-id"], name="selection_of_union")]


class Nomination(models.Model):
    """推荐: a station that a union proposes; marks and proof are set when the list is ranked."""

    id = models.BigAutoField(primary_key=True)
    selection = models.ForeignKey(
        Selection, models.PROTECT, db_index=False, verbose_name="评最美驿站"
    )
    station = models.ForeignKey(Station, models.PROTECT, verbose_name="驿站")
    reason = models.CharField("为什么推荐", max_length=300)
    nominated_at = models.DateTimeField("推荐时间")
    nominated_key = models.CharField("推荐本人", max_length=48)
    nominated_name = models.CharField("推荐人", max_length=60)
    withdrawn_at = models.DateTimeField("撤回时间", null=True)
    total = models.SmallIntegerField("合计（千分比）", null=True)
    rank = models.SmallIntegerField("名次", null=True)
    proof = models.CharField("怎么算的", max_length=300, blank=True)
    left_out = models.CharField("为什么没排", max_length=120, blank=True)
    is_proposed = models.BooleanField("在公示名单里", default=False)
    struck_at = models.DateTimeField("划去时间", null=True)
    struck_reason = models.CharField("为什么划去", max_length=200, blank=True)

    class Meta:
        verbose_name = "推荐"
        constraints = [
            models.UniqueConstraint(fields=["selection", "station"], name="nominated_once"),
            models.CheckConstraint(
                condition=Q(struck_at__isnull=True, struck_reason="")
                | Q(struck_at__isnull=False) & ~Q(struck_reason=""),
                name="struck_with_reason",
            ),
        ]


class SelectionObjection(models.Model):
    """对最美驿站名单的异议: sealed, answered by another than who posted the list."""

    id = models.BigAutoField(primary_key=True)
    nomination = models.ForeignKey(Nomination, models.PROTECT, verbose_name="推荐")
    receipt = models.CharField("回执号", max_length=20, unique=True)
    outcome = models.SmallIntegerField("结果", default=int(ObjectionOutcome.OPEN))
    filed_at = models.DateTimeField("提出时间")
    bound_to = models.UUIDField("密文所系", unique=True)
    text_sealed = models.BinaryField("内容")
    posted_key = models.CharField("公示本人", max_length=48)
    answer = models.CharField("答复", max_length=400, blank=True)
    answered_at = models.DateTimeField("答复时间", null=True)
    answered_key = models.CharField("答复本人", max_length=48, blank=True)

    class Meta:
        verbose_name = "对最美驿站名单的异议"
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome=int(ObjectionOutcome.OPEN), answered_at__isnull=True)
                | Q(outcome__gt=int(ObjectionOutcome.OPEN), answered_at__isnull=False)
                & ~Q(answer="")
                & ~Q(answered_key="")
                & ~Q(answered_key=F("posted_key")),
                name="selection_objection_answered_by_another",
            )
        ]


class StationRating(models.Model):
    """评价: one to five stars of somebody for a station in a month; the last of the month counts.

    ``rater`` is a keyed digest of person, station and month: the same person at two stations, or in
    two months, cannot be told to be the same.
    """

    id = models.BigAutoField(primary_key=True)
    station = models.ForeignKey(Station, models.PROTECT, db_index=False, verbose_name="驿站")
    month_on = models.DateField("哪个月", help_text="当月 1 日")
    rater = models.UUIDField("打分人摘要")
    stars = models.SmallIntegerField("几颗星")
    rated_at = models.DateTimeField("打分时间")

    class Meta:
        verbose_name = "评价"
        constraints = [
            models.UniqueConstraint(
                fields=["station", "month_on", "rater"], name="rated_once_a_month"
            ),
            models.CheckConstraint(
                condition=Q(stars__gte=1, stars__lte=5), name="one_to_five_stars"
            ),
        ]
