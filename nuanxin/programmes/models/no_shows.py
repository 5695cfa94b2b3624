"""没来, 没来说明.

That somebody held a place and did not come is a fact: appended, taken back by a row of its own with a
reason (triggers). Of whom it is told is the person's record, which a merge moves and nothing else.
"""

from django.db import models
from django.db.models import Q

from nuanxin.programmes.models.offers import Offer


class NoShow(models.Model):
    """没来: who held a place and did not come, on which day; ``times`` −1 takes one back.

    ``what`` and ``ref`` say where he was expected (states.NoShowOf): a booking, a child's place, a
    member of a contest's entrant. ``turn`` counts what was taken back of the same before.
    """

    id = models.BigAutoField(primary_key=True)
    worker = models.ForeignKey(
        "people.Worker", models.PROTECT, db_index=False, verbose_name="劳动者"
    )
    offer = models.ForeignKey(Offer, models.PROTECT, db_index=False, verbose_name="一期服务")
    what = models.SmallIntegerField("在哪里等他")
    ref = models.BigIntegerField("哪一个")
    turn = models.SmallIntegerField("第几次记", default=0)
    day = models.DateField("哪天")
    times = models.SmallIntegerField("次数", default=1)
    reverses = models.OneToOneField("self", models.PROTECT, null=True, verbose_name="撤销的是")
    reason = models.CharField("撤销原因", max_length=200, blank=True)
    recorded_at = models.DateTimeField("记入时间")
    recorded_by = models.UUIDField("记入账号", null=True)
    recorded_by_name = models.CharField("记入人", max_length=60, blank=True)

    class Meta:
        verbose_name = "没来"
        constraints = [
            models.UniqueConstraint(
                fields=["what", "ref", "turn"], condition=Q(times=1), name="each_no_show_once"
            ),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True, times=1, reason="")
                | (Q(reverses__isnull=False, times=-1) & ~Q(reason="")),
                name="no_show_taken_back_with_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["worker", "-day", "id"], condition=Q(times=1), name="no_show_of_a_person"
            ),
            models.Index(fields=["-id"], condition=Q(times=1), name="no_show_latest"),
        ]


class NoShowPlea(models.Model):
    """没来说明: what the person says to it, once; answered by somebody else with words."""

    id = models.BigAutoField(primary_key=True)
    no_show = models.OneToOneField(NoShow, models.PROTECT, verbose_name="没来")
    kind = models.SmallIntegerField("怎么回事")
    said_at = models.DateTimeField("说明时间")
    due_on = models.DateField("答复期限")
    is_accepted = models.BooleanField("接受", null=True)
    answer = models.CharField("答复", max_length=200, blank=True)
    answered_at = models.DateTimeField("答复时间", null=True)
    answered_by = models.UUIDField("答复账号", null=True)
    answered_by_name = models.CharField("答复人", max_length=60, blank=True)

    class Meta:
        verbose_name = "没来说明"
        constraints = [
            models.CheckConstraint(
                condition=Q(is_accepted__isnull=True, answered_at__isnull=True, answer="")
                | (Q(is_accepted__isnull=False, answered_at__isnull=False) & ~Q(answer="")),
                name="plea_answered_with_words",
            )
        ]
        indexes = [
            models.Index(
                fields=["due_on", "id"],
                condition=Q(answered_at__isnull=True),
                name="plea_to_answer",
            )
        ]
