"""收款账户, 发放名册, 发放, 发放流水."""

from django.db import models
from django.db.models import F, Q

from nuanxin.programmes.models.offers import Offer
from nuanxin.programmes.models.seats import Application
from nuanxin.programmes.states import ListState, PaymentKind


class PayeeAccount(models.Model):
    """收款账户: where somebody wants his money; the number is sealed, the latest that stands counts."""

    id = models.BigAutoField(primary_key=True)
    worker = models.ForeignKey(
        "people.Worker", models.PROTECT, db_index=False, verbose_name="劳动者"
    )
    bank = models.CharField("开户行", max_length=60)
    bound = models.UUIDField("密文归属")
    number_sealed = models.BinaryField("账号密文")
    hint = models.CharField("尾号", max_length=4)
    stated_at = models.DateTimeField("填写时间")
    ended_at = models.DateTimeField("停用时间", null=True)

    class Meta:
        verbose_name = "收款账户"
        indexes = [
            models.Index(
                fields=["worker", "-id"], condition=Q(ended_at=None), name="payee_account_now"
            )
        ]


class PaymentList(models.Model):
    """发放名册: who gets how much of an offer; made by one, checked by another (the database insists)."""

    id = models.BigAutoField(primary_key=True)
    offer = models.ForeignKey(Offer, models.PROTECT, verbose_name="一期服务")
    state = models.SmallIntegerField("状态", default=int(ListState.MADE))
    persons = models.IntegerField("人数")
    total_fen = models.BigIntegerField("合计")
    made_at = models.DateTimeField("做册时间")
    made_by = models.UUIDField("做册账号", null=True)
    made_by_name = models.CharField("做册人", max_length=60, blank=True)
    made_by_key = models.CharField("做册本人", max_length=48)
    checked_at = models.DateTimeField("复核时间", null=True)
    checked_by = models.UUIDField("复核账号", null=True)
    checked_by_name = models.CharField("复核人", max_length=60, blank=True)
    checked_by_key = models.CharField("复核本人", max_length=48, blank=True)

    class Meta:
        verbose_name = "发放名册"
        constraints = [
            models.CheckConstraint(
                condition=Q(checked_by_key="") | ~Q(checked_by_key=F("made_by_key")),
                name="payment_list_checked_by_another",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[int(ListState.MADE), int(ListState.CANCELLED)],
                )
                | Q(checked_at__isnull=False) & ~Q(checked_by_key=""),
                name="payment_list_checked_before_it_leaves",
            ),
            models.CheckConstraint(
                condition=Q(persons__gte=1, total_fen__gte=1), name="payment_list_has_a_sum"
            ),
        ]


class Payment(models.Model):
    """发放: one person's line of a list. One that counts an award (unique); what came of it are facts."""

    id = models.BigAutoField(primary_key=True)
    list = models.ForeignKey(PaymentList, models.PROTECT, verbose_name="发放名册")
    application = models.ForeignKey(
        Application, models.PROTECT, db_constraint=False, db_index=False, verbose_name="报名"
    )
    amount_fen = models.BigIntegerField("金额")
    is_void = models.BooleanField("作废", default=False)

    class Meta:
        verbose_name = "发放"
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=Q(is_void=False), name="one_payment_an_award"
            ),
            models.CheckConstraint(condition=Q(amount_fen__gte=1), name="payment_has_an_amount"),
        ]


class PaymentFact(models.Model):
    """发放流水: paid, failed, or reversed. Appended only (trigger); the sum is nought or the amount."""

    id = models.BigAutoField(primary_key=True)
    payment = models.ForeignKey(Payment, models.PROTECT, verbose_name="发放")
    kind = models.SmallIntegerField("种类")
    amount_fen = models.BigIntegerField("金额")
    reason = models.CharField("原因", max_length=120, blank=True)
    at = models.DateTimeField("时间")
    recorded_by = models.UUIDField("登记账号", null=True)
    recorded_by_name = models.CharField("登记人", max_length=60, blank=True)

    class Meta:
        verbose_name = "发放流水"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=int(PaymentKind.PAID), amount_fen__gt=0)
                | Q(kind=int(PaymentKind.FAILED), amount_fen=0) & ~Q(reason="")
                | Q(kind=int(PaymentKind.REVERSED), amount_fen__lt=0) & ~Q(reason=""),
                name="payment_fact_has_its_sign",
            )
        ]
