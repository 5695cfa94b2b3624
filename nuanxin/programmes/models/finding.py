"""服务提醒 and 不要的提醒: who was found for an offer and told of it, and who wants no such word."""

from django.db import models
from django.db.models import Q

from nuanxin.programmes.models.offers import Offer


class OfferReminder(models.Model):
    """服务提醒: a person who fits an offer, or of whom one fact is missing; found once, told once or dropped.

    ``fact`` is the name of that fact, "" where he fits: never twice for the same. ``trade`` (0: none known) decides at which hours he is told. Waiting is neither told nor dropped.
    """

    id = models.BigAutoField(primary_key=True)
    offer = models.ForeignKey(Offer, models.PROTECT, db_index=False, verbose_name="一期服务")
    worker = models.ForeignKey(
        "people.Worker", models.PROTECT, db_index=False, verbose_name="劳动者"
    )
    trade = models.SmallIntegerField("职业", default=0)
    fact = models.CharField("只差的情况", max_length=60, default="", db_default="")
    found_on = models.DateField("找到日期")
    told_at = models.DateTimeField("告诉时间", null=True)
    dropped_at = models.DateTimeField("作罢时间", null=True)
    notice_id = models.BigIntegerField("站内通知", null=True)

    class Meta:
        verbose_name = "服务提醒"
        constraints = [
            models.UniqueConstraint(
                fields=["offer", "worker", "fact"], name="found_once_per_offer_and_fact"
            ),
            models.CheckConstraint(
                condition=Q(told_at__isnull=True) | Q(dropped_at__isnull=True),
                name="reminder_told_or_dropped",
            ),
            models.CheckConstraint(
                condition=Q(told_at__isnull=True, notice_id__isnull=True)
                | Q(told_at__isnull=False, notice_id__isnull=False),
                name="reminder_told_with_its_notice",
            ),
        ]
        indexes = [
            models.Index(fields=["worker", "found_on"], name="reminder_worker"),
            models.Index(
                fields=["id"],
                condition=Q(told_at__isnull=True, dropped_at__isnull=True),
                name="reminder_waiting",
            ),
        ]


class ReminderOff(models.Model):
    """不要的提醒: a kind of programmes that somebody wants to hear nothing of."""

    id = models.BigAutoField(primary_key=True)
    worker = models.ForeignKey(
        "people.Worker", models.PROTECT, db_index=False, verbose_name="劳动者"
    )
    kind = models.CharField("种类", max_length=16)
    since = models.DateTimeField("从何时起")

    class Meta:
        verbose_name = "不要的提醒"
        constraints = [
            models.UniqueConstraint(fields=["worker", "kind"], name="kind_off_once"),
        ]


class RuleGround(models.Model):
    """比对的底子: from which state of which database a rule's answers were reckoned, by what statement.

    ``horizon`` is the oldest transaction that was still under way: a row written since then has a
    later one. ``database`` tells a database that was restored elsewhere, where horizons mean nothing.
    """

    id = models.AutoField(primary_key=True)
    rule = models.OneToOneField("programmes.KeptRule", models.CASCADE, verbose_name="条件")
    horizon = models.BigIntegerField("事务界线")
    database = models.CharField("数据库", max_length=64)
    statement = models.CharField("语句指纹", max_length=64)
    full_on = models.DateField("哪天全部算过")

    class Meta:
        verbose_name = "比对的底子"
