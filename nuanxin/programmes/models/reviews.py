"""人工复核: a person asks that somebody looks at what the rule answered (PIPL a.24)."""

from django.db import models
from django.db.models import Q

from nuanxin.programmes.models.offers import Offer, Programme
from nuanxin.programmes.states import ReviewOutcome, ReviewState

_OPEN = [int(ReviewState.ASKED), int(ReviewState.TAKEN)]


class HumanReview(models.Model):
    """人工复核: the rule's answer as it stood, why the person doubts it, who looked, what came out."""

    id = models.BigAutoField(primary_key=True)
    worker = models.ForeignKey(
        "people.Worker", models.PROTECT, db_index=False, verbose_name="劳动者"
    )
    programme = models.ForeignKey(
        Programme, models.PROTECT, db_index=False, verbose_name="服务项目"
    )
    offer = models.ForeignKey(Offer, models.PROTECT, db_index=False, verbose_name="一期服务")
    state = models.SmallIntegerField("状态", default=int(ReviewState.ASKED))
    rule_answer = models.CharField("规则的结论", max_length=8)
    frozen = models.JSONField("当时的逐条结论")
    reason_sealed = models.BinaryField("说明", null=True)
    reason_key = models.UUIDField("说明的绑定")
    asked_at = models.DateTimeField("提出时间")
    due_on = models.DateField("最晚哪天答复", null=True)
    taken_at = models.DateTimeField("接手时间", null=True)
    taken_by = models.UUIDField("接手账号", null=True)
    taken_by_name = models.CharField("接手人", max_length=60, blank=True)
    answered_at = models.DateTimeField("答复时间", null=True)
    answered_by = models.UUIDField("答复账号", null=True)
    answered_by_name = models.CharField("答复人", max_length=60, blank=True)
    outcome = models.SmallIntegerField("结果", null=True)
    answer = models.CharField("答复", max_length=300, blank=True)

    class Meta:
        verbose_name = "人工复核"
        constraints = [
            models.UniqueConstraint(
                fields=["worker", "programme"],
                condition=Q(state__in=_OPEN),
                name="one_open_review_a_programme",
            ),
            models.CheckConstraint(
                condition=Q(taken_at__isnull=True, taken_by__isnull=True)
                | Q(taken_at__isnull=False, taken_by__isnull=False),
                name="review_taken_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(
                    answered_at__isnull=True, answered_by__isnull=True, outcome__isnull=True
                )
                & ~Q(state=int(ReviewState.ANSWERED))
                | Q(
                    answered_at__isnull=False,
                    answered_by__isnull=False,
                    outcome__isnull=False,
                    state=int(ReviewState.ANSWERED),
                ),
                name="review_answered_by_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_at", "id"], condition=Q(state__in=_OPEN), name="review_open_by_age"
            ),
            models.Index(
                fields=["-answered_at", "-id"],
                condition=Q(state=int(ReviewState.ANSWERED)),
                name="review_answered_latest",
            ),
            models.Index(fields=["worker", "-id"], name="review_of_worker"),
            models.Index(
                fields=["offer", "worker"],
                condition=Q(outcome=int(ReviewOutcome.EXCEPTION)),
                name="review_exception",
            ),
        ]
