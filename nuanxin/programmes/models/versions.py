"""What every text has that two persons bring into force: a rule, a definition of a service.

One text of a code in force on any day: released versions do not overlap (exclusion constraint), are
released by somebody who never wrote in them (check) and do not change afterwards (trigger; before its
day one may be revoked). Constraints that a model cannot say are in the migration of each table.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from nuanxin.programmes.states import VersionState

_IN_WORK = [int(VersionState.DRAFT), int(VersionState.SUBMITTED)]
_DECIDED = [int(VersionState.RELEASED), int(VersionState.REVOKED)]


class TextVersion(models.Model):
    """A text, written by one, released by another, in force for a time; ``union`` is whose it is.

    ``editors`` are all who wrote in it. ``valid_to`` is the last day, None while it lasts; what is
    shipped counts on days that no released version has.
    """

    id = models.BigAutoField(primary_key=True)
    code = models.CharField("代码", max_length=60)
    number = models.SmallIntegerField("第几版")
    state = models.SmallIntegerField("状态", default=int(VersionState.DRAFT))
    text = models.TextField("全文")
    digest = models.CharField("指纹", max_length=64)
    revision = models.IntegerField("改过几次", default=0)
    drafted_by = models.UUIDField("起草账号")
    drafted_by_name = models.CharField("起草人", max_length=60)
    drafted_at = models.DateTimeField("起草时间")
    editors = ArrayField(models.UUIDField(), verbose_name="改过的账号", default=list)
    changed_at = models.DateTimeField("改动时间")
    submitted_at = models.DateTimeField("送审时间", null=True)
    reason = models.CharField("退回或撤回的原因", max_length=200, blank=True)
    released_by = models.UUIDField("复核账号", null=True)
    released_by_name = models.CharField("复核人", max_length=60, blank=True)
    released_at = models.DateTimeField("定稿时间", null=True)
    revoked_by = models.UUIDField("撤回账号", null=True)
    revoked_by_name = models.CharField("撤回人", max_length=60, blank=True)
    revoked_at = models.DateTimeField("撤回时间", null=True)
    valid_from = models.DateField("从哪天起", null=True)
    valid_to = models.DateField("到哪天为止", null=True)

    union_id: int

    class Meta:
        abstract = True


def course_constraints(noun: str) -> list[models.BaseConstraint]:
    """Return what the table of ``noun`` insists on: one draft a code, who and when together."""
    return [
        models.UniqueConstraint(fields=["code", "number"], name=f"each_{noun}_version_once"),
        models.UniqueConstraint(
            fields=["code"], condition=Q(state__in=_IN_WORK), name=f"one_draft_a_{noun}"
        ),
        models.CheckConstraint(
            condition=~Q(state__in=_DECIDED)
            & Q(released_by__isnull=True, released_at__isnull=True, valid_from__isnull=True)
            | Q(
                state__in=_DECIDED,
                released_by__isnull=False,
                released_at__isnull=False,
                valid_from__isnull=False,
            ),
            name=f"{noun}_released_by_somebody_from_a_day",
        ),
        models.CheckConstraint(
            condition=~Q(state=int(VersionState.REVOKED))
            & Q(revoked_by__isnull=True, revoked_at__isnull=True)
            | Q(
                ~Q(reason=""),
                state=int(VersionState.REVOKED),
                revoked_by__isnull=False,
                revoked_at__isnull=False,
            ),
            name=f"{noun}_revoked_by_somebody_with_a_reason",
        ),
        models.CheckConstraint(
            condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
            name=f"{noun}_ends_after_it_begins",
        ),
    ]
