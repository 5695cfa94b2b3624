"""公示, 公示名单的一行, 异议."""

from django.db import models
from django.db.models import F, Q

from nuanxin.programmes.models.offers import Offer
from nuanxin.programmes.models.seats import Application
from nuanxin.programmes.states import ObjectionState


class PublicNotice(models.Model):
    """公示: a list of proposed people before everybody's eyes, from when until when.

    Number 1 is the whole list; later ones are of those who moved up. The list is frozen (trigger):
    a line is struck, never rewritten; ``digest`` is the SHA-256 of its lines.
    """

    id = models.BigAutoField(primary_key=True)
    offer = models.ForeignKey(Offer, models.PROTECT, db_index=False, verbose_name="一期服务")
    number = models.SmallIntegerField("第几次")
    code = models.SlugField("编号", max_length=20, unique=True, db_index=False)
    posted_at = models.DateTimeField("公示时间")
    days = models.SmallIntegerField("工作日")
    first_on = models.DateField("第一天")
    last_on = models.DateField("最后一天")
    ends_at = models.DateTimeField("截止时间")
    is_provisional = models.BooleanField("截止日待定", default=False)
    why = models.CharField("为什么公示", max_length=80)
    digest = models.CharField("指纹", max_length=64)
    persons = models.IntegerField("人数")
    posted_by = models.UUIDField("公示账号", null=True)
    posted_by_name = models.CharField("公示人", max_length=60, blank=True)
    posted_by_key = models.CharField("公示本人", max_length=48)

    class Meta:
        verbose_name = "公示"
        constraints = [
            models.UniqueConstraint(fields=["offer", "number"], name="each_notice_once"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("posted_at"), last_on__gte=F("first_on"), days__gte=1),
                name="notice_ends_after_it_begins",
            ),
        ]
        indexes = [models.Index(fields=["ends_at", "id"], name="notice_by_end")]


class NoticeLine(models.Model):
    """公示名单的一行: the masked name, the union, the pool; who it is stands in the application."""

    id = models.BigAutoField(primary_key=True)
    notice = models.ForeignKey(PublicNotice, models.PROTECT, db_index=False, verbose_name="公示")
    ordinal = models.IntegerField("序号")
    application = models.ForeignKey(
        Application, models.PROTECT, db_constraint=False, verbose_name="报名"
    )
    masked_name = models.CharField("姓名", max_length=20)
    union_name = models.CharField("工会", max_length=60, blank=True)
    pool = models.CharField("哪一份", max_length=60, blank=True)
    struck_at = models.DateTimeField("划去时间", null=True)

    class Meta:
        verbose_name = "公示名单的一行"
        constraints = [
            models.UniqueConstraint(fields=["notice", "ordinal"], name="each_notice_line_once")
        ]


class Objection(models.Model):
    """异议: what somebody holds against a line, or the whole list; sealed, answered by another officer.

    Two persons by the database: who awarded does not answer, nor does the person concerned.
    """

    id = models.BigAutoField(primary_key=True)
    notice = models.ForeignKey(PublicNotice, models.PROTECT, db_index=False, verbose_name="公示")
    line = models.ForeignKey(
        NoticeLine, models.PROTECT, null=True, db_index=False, verbose_name="公示名单的一行"
    )
    receipt = models.CharField("回执号", max_length=20, unique=True)
    state = models.SmallIntegerField("状态", default=int(ObjectionState.OPEN))
    filed_at = models.DateTimeField("提出时间")
    due_on = models.DateField("答复期限")
    bound = models.UUIDField("密文归属")
    text_sealed = models.BinaryField("内容")
    filed_by = models.CharField("提出人", max_length=48, blank=True)
    filed_by_worker = models.BigIntegerField("提出的劳动者", null=True)
    awarder_key = models.CharField("公示本人", max_length=48)
    concerned_key = models.CharField("被提的本人", max_length=48, blank=True)
    answer = models.CharField("答复", max_length=400, blank=True)
    answered_at = models.DateTimeField("答复时间", null=True)
    answered_by = models.UUIDField("答复账号", null=True)
    answered_by_name = models.CharField("答复人", max_length=60, blank=True)
    answered_by_key = models.CharField("答复本人", max_length=48, blank=True)

    class Meta:
        verbose_name = "异议"
        constraints = [
            models.CheckConstraint(
                condition=Q(state=int(ObjectionState.OPEN), answered_at__isnull=True, answer="")
                | Q(
                    state__in=[int(ObjectionState.NOT_UPHELD), int(ObjectionState.UPHELD)],
                    answered_at__isnull=False,
                )
                & ~Q(answer="")
                & ~Q(answered_by_key=""),
                name="objection_answered_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(answered_by_key="")
                | ~Q(answered_by_key=F("awarder_key"))
                & ~Q(answered_by_key=F("concerned_key"))
                & ~Q(answered_by_key=F("filed_by")),
                name="objection_answered_by_another",
            ),
        ]
        indexes = [
            models.Index(
                fields=["notice"],
                condition=Q(state=int(ObjectionState.OPEN)),
                name="objection_open",
            ),
            models.Index(fields=["notice", "-id"], name="objection_of_notice"),
        ]
