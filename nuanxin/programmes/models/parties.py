"""一家一起报: people of one household ask for places together, and get all of them or wait.

Each of them has an application of his own, and a seat of his own when places are given: everything
that counts, checks in or forfeits stays person by person. That the applications of a party stand
alike (all wait, all are kept, all have their place) is refused otherwise at the end of a transaction
(trigger, migration 0020).
"""

from django.db import models
from django.db.models import Q

from nuanxin.programmes.models.offers import Offer, Pool

FEWEST, MOST = 2, 20


class Party(models.Model):
    """一家一起报: who stands together before one pool of one offer."""

    id = models.BigAutoField(primary_key=True)
    offer = models.ForeignKey(Offer, models.PROTECT, db_index=False, verbose_name="一期服务")
    pool = models.ForeignKey(Pool, models.PROTECT, db_index=False, verbose_name="名额份")
    persons = models.SmallIntegerField("一起报的人数")
    skipped = models.IntegerField("放不下让了几次", default=0)
    created_at = models.DateTimeField("报名时间")

    class Meta:
        verbose_name = "一家一起报"
        constraints = [
            models.CheckConstraint(
                condition=Q(persons__gte=FEWEST, persons__lte=MOST), name="party_is_of_several"
            ),
            models.CheckConstraint(condition=Q(skipped__gte=0), name="party_skipped_counts_up"),
        ]
