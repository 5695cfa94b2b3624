"""竞赛, 赛程, 评分项, 选手, 评委, 评分表.

Judges score blind: a sheet knows the entrant's number, the person stands in the application. A sheet
that was handed in, ended or whose round is not being scored never changes; a judge has no sheet of
an entrant from whom he has withdrawn (triggers, migration). Two persons close a round (check).
"""

from django.db import models
from django.db.models import F, Q

from nuanxin.programmes.models.offers import Offer
from nuanxin.programmes.models.seats import Application
from nuanxin.programmes.states import AppealState, CriterionKind, RoundState


class Contest(models.Model):
    """竞赛: what an offer of places in a contest adds: rounds, judges, entrants, appeals."""

    id = models.BigAutoField(primary_key=True)
    offer = models.OneToOneField(Offer, models.PROTECT, verbose_name="一期服务")
    appeal_days = models.SmallIntegerField("申诉工作日")
    created_at = models.DateTimeField("建立时间")
    created_by = models.UUIDField("建立账号", null=True)
    created_by_name = models.CharField("建立人", max_length=60, blank=True)

    class Meta:
        verbose_name = "竞赛"
        constraints = [
            models.CheckConstraint(
                condition=Q(appeal_days__gte=1, appeal_days__lte=60), name="contest_takes_appeals"
            )
        ]


class ContestRound(models.Model):
    """赛程: one round, its day, how it is counted, who closed it."""

    id = models.BigAutoField(primary_key=True)
    contest = models.ForeignKey(Contest, models.PROTECT, db_index=False, verbose_name="竞赛")
    ordinal = models.SmallIntegerField("次序")
    label = models.CharField("叫什么", max_length=20)
    held_on = models.DateField("哪天")
    place = models.CharField("地点", max_length=80, blank=True)
    goes_on = models.IntegerField("几名晋级或获奖")
    drop_highest = models.SmallIntegerField("去掉几个最高", default=0)
    drop_lowest = models.SmallIntegerField("去掉几个最低", default=0)
    state = models.SmallIntegerField("状态", default=int(RoundState.PREPARING))
    asked_at = models.DateTimeField("提请时间", null=True)
    asked_key = models.CharField("提请本人", max_length=48, blank=True)
    asked_name = models.CharField("提请人", max_length=60, blank=True)
    closed_at = models.DateTimeField("定成绩时间", null=True)
    closed_key = models.CharField("复核本人", max_length=48, blank=True)
    closed_name = models.CharField("复核人", max_length=60, blank=True)
    appeals_until = models.DateField("申诉截止", null=True)
    proof = models.JSONField("排名过程", default=list)

    class Meta:
        verbose_name = "赛程"
        constraints = [
            models.UniqueConstraint(fields=["contest", "ordinal"], name="each_contest_round_once"),
            models.CheckConstraint(
                condition=Q(goes_on__gte=1, drop_highest__gte=0, drop_lowest__gte=0),
                name="contest_round_counts",
            ),
            models.CheckConstraint(
                condition=~Q(state=int(RoundState.CLOSED))
                | (
                    Q(closed_at__isnull=False, appeals_until__isnull=False)
                    & ~Q(asked_key="")
                    & ~Q(closed_key="")
                    & ~Q(closed_key=F("asked_key"))
                ),
                name="two_persons_close_a_round",
            ),
        ]


class ContestCriterion(models.Model):
    """评分项: one thing that is scored in a round, with its weight and most points."""

    id = models.BigAutoField(primary_key=True)
    round = models.ForeignKey(ContestRound, models.CASCADE, db_index=False, verbose_name="赛程")
    ordinal = models.SmallIntegerField("次序")
    label = models.CharField("叫什么", max_length=40)
    kind = models.SmallIntegerField("怎么得分", default=int(CriterionKind.POINTS))
    weight = models.DecimalField("占比", max_digits=6, decimal_places=3)
    most = models.DecimalField("满分", max_digits=8, decimal_places=2)
    table = models.JSONField("换算", default=list)

    class Meta:
        verbose_name = "评分项"
        constraints = [
            models.UniqueConstraint(fields=["round", "ordinal"], name="each_criterion_once"),
            models.CheckConstraint(condition=Q(weight__gt=0, most__gt=0), name="criterion_counts"),
        ]


class ContestEntrant(models.Model):
    """选手: one person or a team, known to judges by the number alone."""

    id = models.BigAutoField(primary_key=True)
    contest = models.ForeignKey(Contest, models.PROTECT, db_index=False, verbose_name="竞赛")
    number = models.IntegerField("选手号")
    team = models.CharField("队名", max_length=40, blank=True)

    class Meta:
        verbose_name = "选手"
        constraints = [
            models.UniqueConstraint(fields=["contest", "number"], name="each_entrant_number_once")
        ]


class EntrantMember(models.Model):
    """队员: who stands behind an entrant's number; one person once in a contest."""

    id = models.BigAutoField(primary_key=True)
    entrant = models.ForeignKey(ContestEntrant, models.CASCADE, verbose_name="选手")
    application = models.OneToOneField(Application, models.PROTECT, verbose_name="报名")

    class Meta:
        verbose_name = "队员"


class RoundEntry(models.Model):
    """参赛: an entrant in a round; the result when the round is closed."""

    id = models.BigAutoField(primary_key=True)
    round = models.ForeignKey(ContestRound, models.PROTECT, db_index=False, verbose_name="赛程")
    entrant = models.ForeignKey(ContestEntrant, models.PROTECT, verbose_name="选手")
    rank = models.IntegerField("名次", null=True)
    total = models.CharField("总分", max_length=12, blank=True)
    goes_on = models.BooleanField("晋级或获奖", null=True)
    absent_at = models.DateTimeField("记没来的时间", null=True)
    absent_by_name = models.CharField("记没来的人", max_length=60, blank=True)

    class Meta:
        verbose_name = "参赛"
        constraints = [
            models.UniqueConstraint(fields=["round", "entrant"], name="each_entry_once"),
        ]


class Judge(models.Model):
    """评委: comes in with his account, or with a code that expires; says which unions are his."""

    id = models.BigAutoField(primary_key=True)
    contest = models.ForeignKey(Contest, models.PROTECT, db_index=False, verbose_name="竞赛")
    ordinal = models.SmallIntegerField("次序")
    name = models.CharField("姓名", max_length=40)
    account_id = models.UUIDField("账号", null=True)
    code_key = models.BinaryField("评委码指纹", max_length=32, unique=True)
    code_until = models.DateTimeField("评委码到期")
    union_path = models.CharField("所在工会路径", max_length=200, blank=True)

    class Meta:
        verbose_name = "评委"
        constraints = [
            models.UniqueConstraint(fields=["contest", "ordinal"], name="each_judge_once")
        ]


class Recusal(models.Model):
    """回避: a judge does not score this entrant, and why."""

    id = models.BigAutoField(primary_key=True)
    judge = models.ForeignKey(Judge, models.PROTECT, db_index=False, verbose_name="评委")
    entrant = models.ForeignKey(ContestEntrant, models.PROTECT, verbose_name="选手")
    why = models.CharField("为什么", max_length=60)
    declared_at = models.DateTimeField("登记时间")
    declared_by_name = models.CharField("登记人", max_length=60, blank=True)

    class Meta:
        verbose_name = "回避"
        constraints = [
            models.UniqueConstraint(fields=["judge", "entrant"], name="each_recusal_once")
        ]


class ScoreSheet(models.Model):
    """评分表: what one judge gives one entrant in a round; ended with a reason, never rewritten."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(RoundEntry, models.PROTECT, verbose_name="参赛")
    judge = models.ForeignKey(Judge, models.PROTECT, db_index=False, verbose_name="评委")
    handed_in_at = models.DateTimeField("交卷时间", null=True)
    ended_at = models.DateTimeField("作废时间", null=True)
    ended_why = models.CharField("作废原因", max_length=200, blank=True)
    ended_by_name = models.CharField("作废人", max_length=60, blank=True)

    class Meta:
        verbose_name = "评分表"
        constraints = [
            models.UniqueConstraint(
                fields=["judge", "entry"],
                condition=Q(ended_at__isnull=True),
                name="one_live_sheet",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_why="")
                | (Q(ended_at__isnull=False) & ~Q(ended_why="")),
                name="sheet_ended_with_a_reason",
            ),
        ]


class Score(models.Model):
    """打分: the value of one criterion on a sheet: points, or seconds."""

    id = models.BigAutoField(primary_key=True)
    sheet = models.ForeignKey(ScoreSheet, models.PROTECT, db_index=False, verbose_name="评分表")
    criterion = models.ForeignKey(
        ContestCriterion, models.PROTECT, db_index=False, verbose_name="评分项"
    )
    value = models.DecimalField("数值", max_digits=9, decimal_places=2)
    given_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "打分"
        constraints = [
            models.UniqueConstraint(fields=["sheet", "criterion"], name="each_score_once"),
            models.CheckConstraint(condition=Q(value__gte=0), name="score_not_below_nought"),
        ]


class ContestAppeal(models.Model):
    """竞赛申诉: an entrant's word against a result; answered by somebody who did not close the round."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(RoundEntry, models.PROTECT, verbose_name="参赛")
    worker_id = models.BigIntegerField("申诉的劳动者")
    bound = models.UUIDField("密文归属")
    text_sealed = models.BinaryField("内容")
    filed_at = models.DateTimeField("提出时间")
    due_on = models.DateField("答复期限")
    closed_keys = models.CharField("定成绩的本人", max_length=100)
    state = models.SmallIntegerField("状态", default=int(AppealState.OPEN))
    answer = models.CharField("答复", max_length=400, blank=True)
    answered_at = models.DateTimeField("答复时间", null=True)
    answered_key = models.CharField("答复本人", max_length=48, blank=True)
    answered_name = models.CharField("答复人", max_length=60, blank=True)

    class Meta:
        verbose_name = "竞赛申诉"
        constraints = [
            models.UniqueConstraint(
                fields=["entry"],
                condition=Q(state=int(AppealState.OPEN)),
                name="one_open_appeal_an_entry",
            ),
            models.CheckConstraint(
                condition=Q(state=int(AppealState.OPEN), answered_at__isnull=True)
                | (Q(answered_at__isnull=False) & ~Q(answer="") & ~Q(answered_key="")),
                name="appeal_answered_with_words",
            ),
        ]
