"""取消资格, 追回流水."""

from django.db import models
from django.db.models import Q

from nuanxin.programmes.models.seats import Application
from nuanxin.programmes.states import DebtKind, ForfeitState


class Forfeit(models.Model):
    """取消资格: a reason found by the nightly check, the hearing of the person, an officer's decision.

    A decision to take the place needs a hearing that was over, or that he answered (check).
    """

    id = models.BigAutoField(primary_key=True)
    application = models.ForeignKey(
        Application, models.PROTECT, db_constraint=False, db_index=False, verbose_name="报名"
    )
    rule_code = models.SlugField("原因代码", max_length=40, db_index=False)
    label = models.CharField("原因", max_length=60)
    source = models.CharField("依据", max_length=400)
    evidence = models.JSONField("查到的情况", default=list)
    state = models.SmallIntegerField("状态", default=int(ForfeitState.PROPOSED))
    follows = models.CharField("后果", max_length=16)
    share = models.CharField("退多少", max_length=16)
    months = models.SmallIntegerField("应满月数")
    awarded_on = models.DateField("定名额日期")
    found_on = models.DateField("查到日期")
    proposed_at = models.DateTimeField("提出时间")
    heard_from = models.DateTimeField("开始听取时间", null=True)
    hear_until = models.DateTimeField("听取截止", null=True)
    said_at = models.DateTimeField("本人说明时间", null=True)
    bound = models.UUIDField("密文归属")
    said_sealed = models.BinaryField("本人说明密文", null=True)
    decided_at = models.DateTimeField("决定时间", null=True)
    decided_by = models.UUIDField("决定账号", null=True)
    decided_by_name = models.CharField("决定人", max_length=60, blank=True)
    reason = models.CharField("决定理由", max_length=400, blank=True)
    owed_fen = models.BigIntegerField("应退", default=0)
    proof = models.JSONField("怎么算的", default=list)

    class Meta:
        verbose_name = "取消资格"
        constraints = [
            models.UniqueConstraint(
                fields=["application", "rule_code"], name="each_forfeit_reason_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[int(ForfeitState.PROPOSED), int(ForfeitState.HEARING)],
                    decided_at__isnull=True,
                )
                | Q(state=int(ForfeitState.DROPPED), decided_at__isnull=False) & ~Q(reason="")
                | Q(
                    state=int(ForfeitState.DECIDED),
                    hear_until__isnull=False,
                    decided_at__gte=models.F("hear_until"),
                )
                & ~Q(reason="")
                | Q(
                    state=int(ForfeitState.DECIDED),
                    said_at__isnull=False,
                    decided_at__gte=models.F("said_at"),
                )
                & ~Q(reason=""),
                name="forfeit_decided_after_a_hearing",
            ),
            models.CheckConstraint(condition=Q(owed_fen__gte=0), name="forfeit_owes_no_less"),
        ]
        indexes = [
            models.Index(
                fields=["state", "-id"],
                condition=Q(state__in=[int(ForfeitState.PROPOSED), int(ForfeitState.HEARING)]),
                name="forfeit_open",
            )
        ]


class DebtEntry(models.Model):
    """追回流水: owed, returned, or an entry taken back. Appended only; the balance is never below nought."""

    id = models.BigAutoField(primary_key=True)
    forfeit = models.ForeignKey(Forfeit, models.PROTECT, verbose_name="取消资格")
    kind = models.SmallIntegerField("种类")
    amount_fen = models.BigIntegerField("金额")
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="+", verbose_name="冲回哪一笔"
    )
    note = models.CharField("说明", max_length=120, blank=True)
    at = models.DateTimeField("时间")
    recorded_by = models.UUIDField("登记账号", null=True)
    recorded_by_name = models.CharField("登记人", max_length=60, blank=True)

    class Meta:
        verbose_name = "追回流水"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=int(DebtKind.OWED), amount_fen__gt=0, reverses__isnull=True)
                | Q(kind=int(DebtKind.RETURNED), amount_fen__lt=0, reverses__isnull=True)
                | Q(kind=int(DebtKind.REVERSED), reverses__isnull=False) & ~Q(note=""),
                name="debt_entry_has_its_sign",
            )
        ]
