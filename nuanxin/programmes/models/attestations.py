"""证明人, 证明请求, 工作证明: who may say that somebody works here, what was asked, what was said."""

from django.db import models
from django.db.models import F, Q

from nuanxin.programmes.states import AttesterKind, RequestState


class Attester(models.Model):
    """证明人: somebody who knows people at work, for one union and what hangs below it, until a day.

    With an outlet only for those who work there. ``account_id`` is his sign-in, where he has one;
    else he answers by a link to his phone.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.SmallIntegerField("哪一种", default=AttesterKind.OFFICER)
    union = models.ForeignKey("orgs.Union", models.PROTECT, verbose_name="工会")
    outlet = models.ForeignKey("orgs.Outlet", models.PROTECT, null=True, verbose_name="网点")
    name = models.CharField("姓名", max_length=60)
    post_title = models.CharField("职务", max_length=40)
    place = models.CharField("在哪里", max_length=80, blank=True)
    phone_hash = models.UUIDField("手机号查找值", null=True)
    phone_sealed = models.BinaryField("手机号密文", null=True)
    phone_hint = models.CharField("手机号提示", max_length=7, blank=True)
    account_id = models.UUIDField("账号", null=True)
    valid_to = models.DateField("到哪天", help_text="含这一天")
    registered_at = models.DateTimeField("登记时间")
    registered_by = models.UUIDField("登记账号", null=True)
    registered_by_name = models.CharField("登记人", max_length=60, blank=True)
    revoked_at = models.DateTimeField("停用时间", null=True)
    revoked_by_name = models.CharField("停用人", max_length=60, blank=True)
    revoked_why = models.CharField("停用原因", max_length=200, blank=True)

    class Meta:
        verbose_name = "证明人"
        constraints = [
            models.CheckConstraint(
                condition=Q(phone_hash__isnull=False, phone_sealed__isnull=False)
                | Q(phone_hash__isnull=True, phone_sealed__isnull=True, account_id__isnull=False),
                name="attester_can_be_reached",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_why="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_why="")),
                name="attester_revoked_with_reason",
            ),
            models.UniqueConstraint(
                fields=["union", "phone_hash"],
                condition=Q(revoked_at__isnull=True),
                name="one_live_attester_a_phone",
            ),
            models.UniqueConstraint(
                fields=["union", "account_id"],
                condition=Q(revoked_at__isnull=True),
                name="one_live_attester_an_account",
            ),
        ]


class AttestationRequest(models.Model):
    """证明请求: what a worker asks one attester to confirm; the link is kept as a hash, used once."""

    id = models.BigAutoField(primary_key=True)
    worker = models.ForeignKey(
        "people.Worker", models.PROTECT, db_index=False, verbose_name="劳动者"
    )
    attester = models.ForeignKey(Attester, models.PROTECT, db_index=False, verbose_name="证明人")
    scope = models.JSONField("请他证明的")
    workplace = models.CharField("在哪里干活", max_length=80, blank=True)
    programme = models.CharField("为哪一期", max_length=20, blank=True)
    state = models.SmallIntegerField("状态", default=RequestState.ASKED)
    token_hash = models.UUIDField("链接查找值", unique=True)
    asked_at = models.DateTimeField("发出时间")
    expires_at = models.DateTimeField("链接到期")
    answered_at = models.DateTimeField("答复时间", null=True)
    reason = models.CharField("原因", max_length=200, blank=True)

    class Meta:
        verbose_name = "证明请求"
        constraints = [
            models.CheckConstraint(
                condition=Q(state=RequestState.ASKED, answered_at__isnull=True)
                | (~Q(state=RequestState.ASKED) & Q(answered_at__isnull=False)),
                name="attestation_request_answered_once",
            ),
            models.CheckConstraint(
                condition=~Q(state=RequestState.REFUSED) | ~Q(reason=""),
                name="attestation_refused_with_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["worker", "-id"], name="attestation_asked_of_worker"),
            models.Index(fields=["attester", "state", "-id"], name="attestation_asked_of_attester"),
        ]


class Attestation(models.Model):
    """工作证明: what an attester said of a worker at a moment; never rewritten (trigger).

    ``scope`` are the facts with their values; ``digest`` is the SHA-256 of what was said, ``seal`` its
    keyed hash: both change with any word. Taken back, it counts no more; flagged, somebody looks.
    """

    id = models.BigAutoField(primary_key=True)
    worker = models.ForeignKey(
        "people.Worker", models.PROTECT, db_index=False, verbose_name="劳动者"
    )
    attester = models.ForeignKey(Attester, models.PROTECT, db_index=False, verbose_name="证明人")
    request = models.OneToOneField(
        AttestationRequest, models.PROTECT, null=True, verbose_name="证明请求"
    )
    union = models.ForeignKey("orgs.Union", models.PROTECT, verbose_name="工会")
    by_name = models.CharField("谁证明的", max_length=60)
    by_post = models.CharField("什么职务", max_length=40)
    by_union = models.CharField("哪个工会", max_length=60)
    scope = models.JSONField("证明了什么")
    workplace = models.CharField("在哪里干活", max_length=80, blank=True)
    programme = models.CharField("为哪一期", max_length=20, blank=True)
    way = models.SmallIntegerField("怎么证明的")
    attested_at = models.DateTimeField("证明时间")
    attested_on = models.DateField("证明日期")
    valid_until = models.DateField("有效到", help_text="含这一天")
    digest = models.CharField("指纹", max_length=64)
    seal = models.UUIDField("签章")
    taken_back_at = models.DateTimeField("收回时间", null=True)
    taken_back_by_name = models.CharField("收回人", max_length=60, blank=True)
    taken_back_why = models.CharField("收回原因", max_length=200, blank=True)
    flagged_at = models.DateTimeField("待复核时间", null=True)
    flagged_why = models.CharField("为什么待复核", max_length=200, blank=True)
    reviewed_at = models.DateTimeField("复核时间", null=True)
    reviewed_by_name = models.CharField("复核人", max_length=60, blank=True)

    class Meta:
        verbose_name = "工作证明"
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("attested_on")), name="attestation_lasts"
            ),
            models.CheckConstraint(
                condition=Q(taken_back_at__isnull=True, taken_back_why="")
                | (Q(taken_back_at__isnull=False) & ~Q(taken_back_why="")),
                name="attestation_taken_back_with_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["worker", "-id"], name="attestation_of_worker"),
            models.Index(fields=["attester", "attested_on"], name="attestation_of_attester"),
            models.Index(
                fields=["valid_until", "id"],
                condition=Q(taken_back_at__isnull=True),
                name="attestation_by_end",
            ),
        ]
