"""Hours promised and delivered, kept by county and day, with what was known when."""

from django.db import models
from django.db.models import F, Q

from nuanxin.stations.models.station import Station


class HoursCell(models.Model):
    """驿站开放时间: minutes of all stations of a county on a day, as known from ``known_from`` on.

    ``known_until`` is empty for what is known now. A day on which no station was in use has none.
    """

    pk = models.CompositePrimaryKey("day", "county", "known_from")
    day = models.DateField("哪天")
    county = models.IntegerField("县（市、区）")
    known_from = models.DateTimeField("从什么时候起知道")
    known_until = models.DateTimeField("到什么时候为止", null=True)
    promised_minutes = models.IntegerField("承诺的分钟")
    told_minutes = models.IntegerField("有记录的日子承诺的分钟")
    delivered_minutes = models.IntegerField("做到的分钟")

    class Meta:
        verbose_name = "驿站开放时间"
        constraints = [
            models.CheckConstraint(
                condition=Q(delivered_minutes__gte=0)
                & Q(delivered_minutes__lte=F("told_minutes"))
                & Q(told_minutes__lte=F("promised_minutes")),
                name="hours_within_what_was_promised",
            ),
            models.CheckConstraint(
                condition=Q(known_until__isnull=True) | Q(known_until__gt=F("known_from")),
                name="hours_known_for_a_time",
            ),
        ]


class HoursMark(models.Model):
    """要重算的驿站开放时间: what was entered at ``at`` touches days that were over, both included.

    Triggers write it (migration); a run of the fold takes it. It stays: what was known before ``at``
    is told by it.
    """

    id = models.BigAutoField(primary_key=True)
    station = models.ForeignKey(Station, models.PROTECT, db_index=False, verbose_name="驿站")
    first_on = models.DateField("从哪天")
    last_on = models.DateField("到哪天")
    at = models.DateTimeField("什么时候记的")
    is_followed = models.BooleanField("算过了", default=False)

    class Meta:
        verbose_name = "要重算的驿站开放时间"
        constraints = [
            models.CheckConstraint(
                condition=Q(first_on__lte=F("last_on")), name="hours_mark_has_days"
            )
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(is_followed=False), name="hours_mark_waiting"),
            models.Index(fields=["last_on", "first_on"], name="hours_mark_days"),
        ]


class HoursKeptDays(models.Model):
    """已经算好的日子: cells are there for every day from ``since`` to ``until``; one row at most."""

    id = models.SmallAutoField(primary_key=True)
    since = models.DateField("从哪天")
    until = models.DateField("到哪天")

    class Meta:
        verbose_name = "已经算好的日子"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="hours_kept_days_once"),
            models.CheckConstraint(
                condition=Q(since__lte=F("until")), name="hours_kept_days_in_order"
            ),
        ]
