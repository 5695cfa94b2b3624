"""What ratios are divided by: numbers of the outside world, each with its day and its source."""

from django.db import models
from django.db.models import F, Q


class Denominator(models.Model):
    """分母: how many there were of something in a region on a day, as a document says.

    Appended; a trigger refuses UPDATE and DELETE. A mistake is put right by a later entry of the
    same kind, region and day that ``corrects`` it and says why.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField("种类", max_length=40)
    region = models.IntegerField("地区")
    as_of = models.DateField("截至哪一天")
    value = models.BigIntegerField("数值")
    source = models.CharField("来源", max_length=200)
    checked_on = models.DateField("核对日期")
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="corrected_by", verbose_name="更正哪一条"
    )
    reason = models.CharField("更正原因", max_length=200, blank=True)
    entered_at = models.DateTimeField("录入时间")
    entered_by = models.UUIDField("录入账号", null=True)
    entered_by_name = models.CharField("录入人", max_length=80)

    class Meta:
        verbose_name = "分母"
        constraints = [
            models.CheckConstraint(condition=Q(value__gt=0), name="denominator_above_zero"),
            models.CheckConstraint(condition=~Q(source=""), name="denominator_has_a_source"),
            models.CheckConstraint(
                condition=Q(checked_on__gte=F("as_of")), name="denominator_checked_after_its_day"
            ),
            models.CheckConstraint(
                condition=Q(corrects__isnull=True, reason="")
                | (Q(corrects__isnull=False) & ~Q(reason="")),
                name="denominator_corrected_why",
            ),
            models.UniqueConstraint(
                fields=["kind", "region", "as_of"],
                condition=Q(corrects__isnull=True),
                name="denominator_once_a_day",
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "region", "-as_of", "-id"], name="denominator_in_force")
        ]
