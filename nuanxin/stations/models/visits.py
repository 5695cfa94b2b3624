"""到站: how many came, and about how many different people; nowhere who.

A sketch holds hashes made with a salt of its day or month; the salt is deleted when that is over, so
that nobody, with the whole database in hand, can ask a sketch about a person (ADR 0159).
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from nuanxin.stations.models.station import Station

HOURS_A_DAY = 24


class VisitSketch(models.Model):
    """驿站一天的到站: person-times, by hour for some months, and different persons as estimated.

    While the day runs ``sketch`` is what is counted with; after it only the estimate stays.
    """

    pk = models.CompositePrimaryKey("station_id", "day")
    station = models.ForeignKey(Station, models.PROTECT, db_index=False, verbose_name="驿站")
    day = models.DateField("哪天")
    visits_person_times = models.IntegerField("人次", default=0)
    visitors_persons = models.IntegerField("约几人", null=True)
    hours = ArrayField(models.SmallIntegerField(), verbose_name="每个小时的人次", null=True)
    sketch = models.BinaryField("草图", null=True)

    class Meta:
        verbose_name = "驿站一天的到站"
        constraints = [
            models.CheckConstraint(
                condition=Q(visits_person_times__gte=0)
                & (Q(visitors_persons__isnull=True) | Q(visitors_persons__gte=0)),
                name="visits_are_counts",
            ),
            models.CheckConstraint(
                condition=Q(hours__isnull=True) | Q(hours__len=HOURS_A_DAY),
                name="visits_of_24_hours",
            ),
        ]


class VisitMonth(models.Model):
    """驿站一月的到站: person-times and different persons of a calendar month; ``month`` is its first day."""

    pk = models.CompositePrimaryKey("station_id", "month")
    station = models.ForeignKey(Station, models.PROTECT, db_index=False, verbose_name="驿站")
    month = models.DateField("哪个月")
    visits_person_times = models.IntegerField("人次", default=0)
    visitors_persons = models.IntegerField("约几人", null=True)
    sketch = models.BinaryField("草图", null=True)

    class Meta:
        verbose_name = "驿站一月的到站"
        constraints = [
            models.CheckConstraint(condition=Q(month__day=1), name="visit_month_begins"),
        ]


class VisitSalt(models.Model):
    """到站用的盐: random, of one day or one month; deleted when that is over."""

    id = models.BigAutoField(primary_key=True)
    is_month = models.BooleanField("按月")
    begins_on = models.DateField("从哪天起")
    salt = models.BinaryField("盐", max_length=32)

    class Meta:
        verbose_name = "到站用的盐"
        constraints = [
            models.UniqueConstraint(fields=["is_month", "begins_on"], name="each_salt_once")
        ]
