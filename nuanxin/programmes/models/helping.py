"""代办, 代办记录: an officer or keeper acts for a worker who stands before him; each act can be undone."""

from django.db import models
from django.db.models import F, Q

from nuanxin.programmes.states import HelpConsent


class HelpSession(models.Model):
    """代办: some minutes in which a helper may act for one worker who has shown that he agrees.

    Until ``opened_at`` the worker has not answered the code: then nothing may be done. ``worker`` is
    empty where phone and number fitted nobody: the page tells no difference.
    """

    id = models.BigAutoField(primary_key=True)
    worker = models.ForeignKey(
        "people.Worker", models.PROTECT, null=True, db_index=False, verbose_name="劳动者"
    )
    union = models.ForeignKey("orgs.Union", models.PROTECT, verbose_name="代办人的工会")
    helper_account = models.UUIDField("代办账号")
    helper_key = models.CharField("代办本人", max_length=48)
    helper_name = models.CharField("代办人", max_length=60)
    consent = models.SmallIntegerField("怎么同意的")
    witness_account = models.UUIDField("见证账号", null=True)
    witness_key = models.CharField("见证本人", max_length=48, blank=True)
    witness_name = models.CharField("见证人", max_length=60, blank=True)
    code_id = models.BigIntegerField("验证码", null=True)
    asked_at = models.DateTimeField("开始时间")
    opened_at = models.DateTimeField("本人同意时间", null=True)
    expires_at = models.DateTimeField("到期时间")
    closed_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        verbose_name = "代办"
        constraints = [
            models.CheckConstraint(
                condition=Q(opened_at__isnull=True) | Q(worker__isnull=False),
                name="help_is_for_somebody",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("asked_at")), name="help_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=~Q(consent=int(HelpConsent.PAPERS))
                | Q(opened_at__isnull=True)
                | (
                    Q(witness_account__isnull=False)
                    & ~Q(witness_account=F("helper_account"))
                    & ~Q(witness_key=F("helper_key"))
                ),
                name="papers_are_seen_by_two",
            ),
        ]
        indexes = [models.Index(fields=["helper_account", "-id"], name="help_of_helper")]


class HelpAct(models.Model):
    """代办记录: one thing done for a worker, with its receipt, until when he may undo it, and how it went."""

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey(HelpSession, models.PROTECT, verbose_name="代办")
    worker = models.ForeignKey(
        "people.Worker", models.PROTECT, db_index=False, verbose_name="劳动者"
    )
    union = models.ForeignKey(
        "orgs.Union", models.PROTECT, db_index=False, verbose_name="代办人的工会"
    )
    helper_account = models.UUIDField("代办账号")
    helper_key = models.CharField("代办本人", max_length=48)
    helper_name = models.CharField("代办人", max_length=60)
    kind = models.SmallIntegerField("办了什么")
    target = models.CharField("对象", max_length=60)
    said = models.CharField("内容", max_length=160)
    receipt = models.CharField("回执号", max_length=12, unique=True)
    done_at = models.DateTimeField("办理时间")
    undo_until = models.DateTimeField("可撤销到")
    confirm_until = models.DateTimeField("要本人认到", null=True)
    confirmed_at = models.DateTimeField("本人认了的时间", null=True)
    undone_at = models.DateTimeField("撤销时间", null=True)
    undone_said = models.CharField("撤销结果", max_length=160, blank=True)

    class Meta:
        verbose_name = "代办记录"
        constraints = [
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True)
                | Q(undone_at__gte=F("done_at"), undone_at__lte=F("undo_until")),
                name="help_undone_in_time",
            ),
            models.CheckConstraint(
                condition=Q(confirm_until__isnull=True, confirmed_at__isnull=True)
                | Q(confirm_until__lte=F("undo_until")),
                name="help_confirmed_before_its_undo_ends",
            ),
        ]
        indexes = [
            models.Index(fields=["worker", "-id"], name="help_act_of_worker"),
            models.Index(fields=["union", "-id"], name="help_act_of_union"),
            models.Index(fields=["helper_account", "-id"], name="help_act_of_helper"),
            models.Index(
                fields=["confirm_until"],
                condition=Q(
                    confirm_until__isnull=False, confirmed_at__isnull=True, undone_at__isnull=True
                ),
                name="help_act_to_be_owned_to",
            ),
        ]
